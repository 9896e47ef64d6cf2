package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// talk is what sending a message of a conversation takes beside the message.
type talk struct {
	ngo.Conversation
	more     ngo.Extra
	quoted   ngo.Ref // the provider's id of the message that it answers
	refs     []store.ThreadRef
	files    []talkFile
	template *ngo.Template
	blocked  bool // an older message of the conversation is still to go
	refuses  map[ngo.Topic]bool
}

// talkFile is a file that goes along.
type talkFile struct {
	ngo.Attachment
	blob store.Blob
}

const mostRefs = 20 // mails of a thread that a mail refers to

// readTalk reads what a message of a conversation needs.
func (l *letter) readTalk(rx *store.Rx, c ngo.Conversation) (err error) {
	m := l.message
	t := &talk{Conversation: c}
	l.talk = t
	if len(m.More) > 0 {
		if err := json.Unmarshal(m.More, &t.more); err != nil {
			return err
		}
	}
	if _, t.blocked, err = rx.Backlog(m); err != nil {
		return err
	}
	if m.Quotes != "" {
		quoted, err := rx.Message(m.Quotes)
		if err != nil {
			return err
		}
		t.quoted = quoted.Ref
	}
	if c.Kind == ngo.Mail {
		if t.refs, err = rx.ThreadRefs(c.ID, mostRefs); err != nil {
			return err
		}
	}
	if err := t.readTemplate(rx, m); err != nil {
		return err
	}
	return t.readFiles(rx, m)
}

// readTemplate reads the template that a message is sent as, and what the person said about getting such.
func (t *talk) readTemplate(rx *store.Rx, m ngo.Message) error {
	if t.more.Template == "" {
		return nil
	}
	found, err := rx.Template(t.Account, t.more.Template, t.more.Language)
	switch ngo.CodeOf(err) {
	case "":
		t.template = &found
	case ngo.NotFound:
	default:
		return err
	}
	if t.Person == "" {
		return nil
	}
	root, err := rx.RootOf(t.Person)
	if err != nil {
		return err
	}
	t.refuses, err = rx.Refused(root)
	return err
}

func (t *talk) readFiles(rx *store.Rx, m ngo.Message) error {
	all, err := rx.AttachmentsOf(m.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.State != ngo.AttachmentKept || a.Blob == "" {
			continue
		}
		b, err := rx.Blob(a.Blob)
		if err != nil {
			return err
		}
		t.files = append(t.files, talkFile{a.Attachment, b})
	}
	return nil
}

// stopped tells whether the person asked for no more of what the message is; an answer to what they write goes all the same.
func (t *talk) stopped() bool {
	return t.more.Template != "" && (t.refuses[ngo.TopicAll] || t.category() == "marketing" && t.refuses[ngo.TopicMarketing])
}

func (t *talk) category() string {
	if t.template != nil {
		return t.template.Category
	}
	return t.more.Category
}

// shut tells whether the time to write freely is over.
func (t *talk) shut(via channel.Account, m ngo.Message, now time.Time) bool {
	w, ok := via.(channel.Windowed)
	if !ok || t.more.Template != "" {
		return false
	}
	open := w.Window().Free
	if m.Kind == ngo.MessageText && m.Author != "" {
		open = max(open, w.Window().Human)
	}
	return t.LastIn == nil || now.Sub(*t.LastIn) >= open
}

// composeTalk writes a message of a conversation.
func (f *Flow) composeTalk(ctx context.Context, o *org.Org, l letter, via channel.Account) (channel.Message, error) {
	m, t := l.message, l.talk
	profile, err := o.Profile(ctx)
	if err != nil {
		return channel.Message{}, err
	}
	own := cmp.Or(ngo.Printable(profile.LegalName), ngo.Printable(o.Info().Name))
	out := channel.Message{
		ID: m.ID, To: t.Address, FromName: own, Text: m.Text, Line: cmp.Or(m.Line, t.Line), ReplyTo: t.quoted, Auto: m.Kind == ngo.MessageAuto,
	}
	for _, file := range t.files {
		data, err := f.document(ctx, o, file.blob)
		if err != nil {
			return out, err
		}
		out.Attachments = append(out.Attachments, channel.Attachment{Name: file.Name, Type: file.Type, Data: data})
	}
	if l.carries() {
		pdf, err := f.paper(ctx, o, l, profile)
		if err != nil {
			return out, err
		}
		out.Attachments = append(out.Attachments, pdf)
	}
	if t.more.Template != "" {
		filled, err := t.fill()
		out.Template = filled
		return out, err
	}
	if t.Kind == ngo.Mail {
		f.thread(&out, l, via)
	}
	return out, nil
}

// fill puts the values into the template as it is now. It fails with Invalid when it is gone or was changed.
func (t *talk) fill() (*channel.Filled, error) {
	if t.template == nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the template " + ngo.Printable(t.more.Template) + " is not known any more", Hint: "see: ngoctl template list"}
	}
	kept, err := channel.Kept(*t.template)
	if err != nil {
		return nil, err
	}
	if kept.State != channel.TemplateApproved {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the template " + kept.Name + " is " + string(kept.State) + " and cannot be sent", Hint: "choose an approved one"}
	}
	filled, _, err := kept.Fill(t.more.Header, t.more.Body, t.more.Buttons)
	return &filled, err
}

// thread makes a mail one of its thread: for the reader's program, and for ours when an answer comes. It refers to what came before the
// mail that it answers, and to none of ours that answer the same one.
func (f *Flow) thread(out *channel.Message, l letter, via channel.Account) {
	t := l.talk
	out.ReplyTo = ""
	out.Subject = answering(cmp.Or(l.message.Subject, t.Subject))
	if len(t.refs) == 0 {
		out.Subject = ngo.Printable(cmp.Or(l.message.Subject, t.Subject))
	}
	end := min(1, len(t.refs)) // behind ours that began it, when they have not written
	for i, r := range t.refs {
		if r.In {
			end = i + 1
		}
	}
	for _, r := range t.refs[:end] {
		out.References, out.InReplyTo = append(out.References, r.Ref), r.Ref
	}
	if r, ok := via.(channel.Returner); ok && t.Token != "" {
		out.ReplyAddress = r.ReturnAddress(out.Line, t.Token)
	}
}

// answering puts the word for an answer before a subject that has none.
func answering(subject string) string {
	subject = ngo.Printable(subject)
	if len(subject) >= 3 && strings.EqualFold(subject[:3], "re:") {
		return subject
	}
	return strings.TrimSpace("Re: " + subject)
}
