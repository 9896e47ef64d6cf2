package apiserver

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Limits of what is written into a conversation.
const (
	maxReply = 24 << 20 // of a request with files, which are a third larger than they are
	maxFiles = 16 << 20 // of all files of one reply
)

// draft is what a member of staff wants written into a conversation, with what it takes to check it. It is the same for a
// conversation that there is and one that is begun by it.
type draft struct {
	api.Reply
	author string
	line   line // by which it goes; zero for a note
	zone   *time.Location
	lang   string // the organisation's
	free   *api.FreeReplies
	files  []sending
}

// reply writes into a conversation. Whatever stands against it is told before anything is stored; what was written with the
// same key before is given again.
func (s *Server) reply(ctx context.Context, in *idBody[api.Reply]) (*answer[api.Written], error) {
	if err := checkReply(in.Body); err != nil {
		return nil, err
	}
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var c ngo.Conversation
	err = o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		c, err = rx.Conversation(ngo.ConversationID(in.ID))
		return err
	})
	if err != nil {
		return nil, err
	}
	d, err := s.draft(ctx, o, c, in.Body)
	if err != nil {
		return nil, err
	}
	var out api.Written
	err = o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) (err error) {
		out, err = s.put(tx, c.ID, d)
		return err
	})
	return &answer[api.Written]{out}, err
}

// checkReply refuses what is no one thing.
func checkReply(r api.Reply) error {
	text := strings.TrimSpace(r.Text) != ""
	switch {
	case r.Template != nil && text:
		return &ngo.Error{Code: ngo.Invalid, Message: "a template has its own words: it takes no text besides", Hint: "put the words into its values, or leave the template out"}
	case r.Note && (r.Template != nil || len(r.Files) > 0 || r.Quotes != ""):
		return &ngo.Error{Code: ngo.Invalid, Message: "a note is a text and nothing else", Hint: "write it without a template, files and quotation"}
	case r.Template == nil && !text && len(r.Files) == 0:
		return &ngo.Error{Code: ngo.Invalid, Message: "there is nothing to write"}
	case strings.ContainsFunc(r.Text, steersTerminals):
		return &ngo.Error{Code: ngo.Invalid, Message: "the text has signs in it that nobody sees, such as those of a terminal's colours", Hint: "write it without them"}
	}
	total := 0
	for _, f := range r.Files {
		total += len(f.Data)
		if len(f.Data) == 0 {
			return &ngo.Error{Code: ngo.Invalid, Message: "the file " + ngo.Printable(f.Name) + " is empty"}
		}
	}
	if total > maxFiles {
		return &ngo.Error{Code: ngo.TooLarge, Message: "the files are larger than 16 MiB together", Hint: "send them in several messages"}
	}
	return nil
}

// steersTerminals tells of signs that are no text. Whatever shows what strangers wrote takes them out; we send nobody any.
func steersTerminals(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }

// draft gets ready what needs no transaction: the channel, what is free, and the files, which are durable before a row names
// them.
func (s *Server) draft(ctx context.Context, o *org.Org, c ngo.Conversation, r api.Reply) (d draft, err error) {
	d.Reply, d.author, d.zone = r, actor(ctx), o.Zone()
	if r.Note {
		return d, nil
	}
	if d.line, err = (lines{}).of(ctx, o, c.Account); err != nil {
		return d, err
	}
	if err := d.line.usable(); err != nil {
		return d, err
	}
	if d.free, err = s.freeReplies(ctx, o, d.line, c); err != nil {
		return d, err
	}
	p, err := o.Profile(ctx)
	if err != nil {
		return d, err
	}
	d.lang = p.Language
	d.files, err = s.keepFiles(ctx, o, r.Files)
	return d, err
}

// usable tells whether anything can be sent by the channel at all.
func (l line) usable() error {
	switch {
	case l.info.Removed != nil:
		return &ngo.Error{Code: ngo.Conflict, Message: "the channel " + l.info.Name + " was removed: nothing can be sent by it", Hint: "see which there are: ngoctl channel list"}
	case l.account == nil:
		return &ngo.Error{Code: ngo.Conflict, Message: "the channel " + l.info.Name + " cannot be used as it is set up", Hint: "see what is wrong: ngoctl channel test " + l.info.Name, Err: l.err}
	}
	return nil
}

// put writes a draft into a conversation.
func (s *Server) put(tx *store.Tx, id ngo.ConversationID, d draft) (api.Written, error) {
	c, err := tx.Conversation(id)
	if err != nil {
		return api.Written{}, err
	}
	if d.Key != "" {
		if m, err := tx.MessageByKey(c.ID, d.Key); err == nil {
			return repeated(tx, m, d)
		} else if ngo.CodeOf(err) != ngo.NotFound {
			return api.Written{}, err
		}
	}
	n, price, err := s.compose(tx, c, d)
	if err != nil {
		return api.Written{}, err
	}
	for _, f := range d.files {
		if err := tx.AddBlob(f.kept.ID, f.kept.Size, f.kept.SHA, f.kept.Key); err != nil {
			return api.Written{}, err
		}
	}
	m, _, err := tx.AddReply(n)
	if err != nil {
		return api.Written{}, err
	}
	if d.Close && c.State != ngo.ConversationClosed {
		if _, err := tx.CloseWith(m); err != nil {
			return api.Written{}, err
		}
	}
	return api.Written{Message: m, Until: m.Due, Price: price}, nil
}

// repeated gives what was written with a key before. It fails with Conflict when that was something else, and when it was pulled back:
// it goes no more, and whoever writes it again may believe that it does.
func repeated(tx *store.Tx, m ngo.Message, d draft) (api.Written, error) {
	said, _, err := d.said(&tx.Rx)
	if err != nil {
		return api.Written{}, err
	}
	if d.Note != (m.Kind == ngo.MessageNote) || (d.Template != nil) != (m.Kind == ngo.MessageTemplate) || d.Template == nil && m.Text != said[0] {
		return api.Written{}, &ngo.Error{Code: ngo.Conflict, Message: "something else was written with this key before", Hint: "use another key for another message"}
	}
	if m.State == ngo.MessageWithdrawn {
		return api.Written{}, &ngo.Error{Code: ngo.Conflict, Message: "what was written with this key was pulled back and does not go", Hint: "to write it all the same, use another key"}
	}
	return api.Written{Message: m, Until: m.Due}, nil
}

// said is the text of a draft and the names of its files, without the numbers that are never kept, and how many there were.
func (d draft) said(rx *store.Rx) ([]string, int, error) {
	all := []string{d.Text}
	for _, f := range d.files {
		all = append(all, f.row.Name)
	}
	return maskTogether(rx, all)
}

// compose makes the row, and holds it against all that can stand in its way.
func (s *Server) compose(tx *store.Tx, c ngo.Conversation, d draft) (n store.NewReply, price *api.Price, err error) {
	said, masked, err := d.said(&tx.Rx)
	if err != nil {
		return n, nil, err
	}
	n = store.NewReply{Conversation: c.ID, Kind: ngo.MessageText, Text: said[0], Masked: masked > 0, Key: d.Key, Author: d.author, Due: tx.Now().Add(store.Regret)}
	for i, f := range d.files {
		f.row.Name = said[1+i]
		n.Attachments = append(n.Attachments, f.row)
	}
	if d.Note {
		n.Kind = ngo.MessageNote
		return n, nil, nil
	}
	if c.Kind == ngo.Mail {
		n.Subject = replySubject(c.Subject)
	}
	if c.Kind == ngo.Group {
		return n, nil, &ngo.Error{Code: ngo.Conflict, Message: "nothing can be sent into a group from here", Hint: "answer one of its members in a thread of their own, or leave a note"}
	}
	r, err := readerOf(&tx.Rx, c.Person)
	if err != nil {
		return n, nil, err
	}
	m := channel.Message{ID: ngo.NewID[ngo.MessageID](tx.Now()), To: c.Address, Subject: n.Subject, Line: c.Line}
	if d.Quotes != "" {
		quoted, err := quotable(&tx.Rx, c.ID, d.Quotes)
		if err != nil {
			return n, nil, err
		}
		n.Quotes, m.ReplyTo = quoted.ID, quoted.Ref
	}
	if d.Template != nil {
		price, err = s.fill(tx, c, d, r, &n, &m)
	} else {
		price, err = d.priceOfReply(), s.mayAnswer(c, d, r)
	}
	if err != nil {
		return n, nil, err
	}
	m.Text = n.Text
	return n, price, d.fits(m)
}

// fill makes the message a template with its values.
func (s *Server) fill(tx *store.Tx, c ngo.Conversation, d draft, r reader, n *store.NewReply, m *channel.Message) (*api.Price, error) {
	t, err := choose(&tx.Rx, c.Account, *d.Template, wishes(r.Persona, d.lang))
	if err != nil {
		return nil, err
	}
	if err := errRefused(t, r); err != nil {
		return nil, err
	}
	full, err := channel.Kept(t)
	if err != nil {
		return nil, err
	}
	if err := headed(full, len(d.files)); err != nil {
		return nil, err
	}
	filled, text, err := full.Fill(d.Template.Header, d.Template.Body, d.Template.Buttons)
	if err != nil {
		return nil, err
	}
	if _, masked, err := maskAadhaar(&tx.Rx, text); err != nil {
		return nil, err
	} else if masked > 0 {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "one of the values is an Aadhaar number, which is neither kept nor sent", Hint: "write its last four digits only"}
	}
	n.Kind, n.Text, m.Template = ngo.MessageTemplate, text, &filled
	n.More = extraOf(filled, *d.Template)
	return s.priceOfTemplate(d.line, c, t.Category, d.zone), nil
}

// headed tells whether a template comes with the file that it begins with, and no other.
func headed(t channel.Template, files int) error {
	switch kind := t.Header.Kind; {
	case (kind == "" || kind == "text") && files > 0:
		return &ngo.Error{Code: ngo.Invalid, Message: "the template " + t.Name + " takes no files", Hint: "send them in an answer"}
	case kind != "" && kind != "text" && files != 1:
		return &ngo.Error{Code: ngo.Invalid, Message: "the template " + t.Name + " begins with a file (" + ngo.Printable(kind) + "): one is to go with it", Hint: "name the file with --attach"}
	}
	return nil
}

// mayAnswer tells whether a text of ours may go into a conversation now.
func (s *Server) mayAnswer(c ngo.Conversation, d draft, r reader) error {
	if w := d.line.window(c, s.o.Now()); w != nil && !w.Open {
		why := "they have not written yet, and can be written to freely only once they have"
		if w.Until != nil {
			why = "the time in which they can be written to freely ended on " + w.Until.In(d.zone).Format("2 January at 15:04")
		}
		return &ngo.Error{Code: ngo.Conflict, Message: why + ": only a template goes", Hint: "see which can be sent: ngoctl template list --conversation " + string(c.ID)}
	}
	if r.Stopped && c.LastIn == nil { // then it is no answer
		return errStopped(r.Root)
	}
	return nil
}

// priceOfReply is that of one more text; nil while it is free, or where nobody knows.
func (d draft) priceOfReply() *api.Price {
	if d.free == nil || d.free.Used < d.free.Of {
		return nil
	}
	return d.free.Price
}

func errStopped(root ngo.PersonID) error {
	return &ngo.Error{
		Code: ngo.Conflict, Message: "they asked for no more than answers to what they write",
		Hint: "if they have changed their mind, record it: ngoctl person consent " + string(root) + " --give all",
	}
}

// quotable gives a message of the same conversation. One of another looks like none.
func quotable(rx *store.Rx, in ngo.ConversationID, id ngo.MessageID) (ngo.Message, error) {
	m, err := rx.Message(id)
	if ngo.CodeOf(err) == ngo.NotFound || err == nil && m.Conversation != in {
		return m, &ngo.Error{Code: ngo.NotFound, Message: "the message that it is to answer is not one of this conversation", Hint: "see: ngoctl conversation show " + string(in)}
	}
	return m, err
}

// fits tells whether the channel takes a message of this form, before it is written down.
func (d draft) fits(m channel.Message) error {
	if !d.line.account.Reaches(m.To.Kind) {
		return &ngo.Error{Code: ngo.Conflict, Message: "the channel " + d.line.info.Name + " cannot write there"}
	}
	fitter, ok := d.line.account.(channel.Fitter)
	if !ok {
		return nil
	}
	for _, f := range d.files {
		m.Attachments = append(m.Attachments, channel.Attachment{Name: f.row.Name, Type: f.row.Type, Data: f.data})
	}
	return fitter.Fits(m)
}

// replySubject is the subject of an answer.
func replySubject(s string) string {
	if s == "" || len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		return s
	}
	return "Re: " + s
}

// withdraw pulls a message back.
func (s *Server) withdraw(ctx context.Context, in *IDPath) (*answer[ngo.Message], error) {
	return s.actOn(ctx, *in, (*store.Tx).Withdraw)
}

type retrial struct {
	Sure bool `json:"sure,omitempty" doc:"Of one whose fate is uncertain: it did not arrive."`
}

func (s *Server) retryMessage(ctx context.Context, in *idBody[retrial]) (*answer[ngo.Message], error) {
	return s.actOn(ctx, in.IDPath, func(tx *store.Tx, id ngo.MessageID) (ngo.Message, error) { return tx.RetryMessage(id, in.Body.Sure) })
}

// actOn does something to a message of a conversation and gives it as it is then.
func (s *Server) actOn(ctx context.Context, in IDPath, do func(*store.Tx, ngo.MessageID) (ngo.Message, error)) (*answer[ngo.Message], error) {
	var out answer[ngo.Message]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		m, err := spoken(&tx.Rx, in.ID)
		if err != nil {
			return err
		}
		out.Body, err = do(tx, m.ID)
		return err
	})
	return &out, err
}
