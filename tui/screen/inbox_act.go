package screen

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// onAct begins what can be done to the chosen thread.
func (x *Inbox) onAct(m tea.KeyMsg) (tea.Cmd, bool) {
	k := x.room.Keys
	if key.Matches(m, k.Undo) {
		return x.undo(), true
	}
	v, ok := x.conversation()
	if !ok {
		return nil, false
	}
	switch {
	case key.Matches(m, k.Reply):
		return x.reply(v), true
	case key.Matches(m, k.Note):
		x.composer = newComposer(true, "")
	case key.Matches(m, k.Template):
		return x.askOffers(v), true
	case key.Matches(m, k.Done):
		return x.move(v, ngo.ConversationClosed, "closed"), true
	case key.Matches(m, k.Reopen):
		return x.move(v, ngo.ConversationOpen, "open again"), true
	case key.Matches(m, k.Again):
		return x.again(), true
	case key.Matches(m, k.Picture):
		return x.picture(v), true
	case key.Matches(m, k.Browse):
		return x.browse(v, x.room.Browse, "no browser here"), true
	case key.Matches(m, k.Person):
		return x.person(v), true
	default:
		return nil, false
	}
	return nil, true
}

// conversation gives the chosen thread, as it was told where that is known.
func (x *Inbox) conversation() (api.Conversation, bool) {
	if x.thread != nil && x.thread.ID == x.chosen {
		return x.thread.Conversation, true
	}
	if at := x.index(); at >= 0 {
		return x.threads[at], true
	}
	return api.Conversation{}, false
}

// reply opens the composer, unless only templates go.
func (x *Inbox) reply(v api.Conversation) tea.Cmd {
	if v.Window != nil && !v.Window.Open {
		return notice(Notice{Text: "the window is shut: only a template goes; t shows those there are", Bad: true})
	}
	x.composer = newComposer(false, x.drafts[v.ID])
	return nil
}

// onComposer passes a key to the draft that is being written. Leaving keeps it.
func (x *Inbox) onComposer(m tea.KeyMsg) tea.Cmd {
	k := x.room.Keys
	switch {
	case key.Matches(m, k.Back):
		draft := x.composer
		x.composer = nil
		if !draft.note {
			x.drafts[x.chosen] = draft.value()
		}
		return x.decided(notice(Notice{Text: "nothing was sent; the draft is kept until you leave the desk"}))
	case key.Matches(m, k.Submit):
		return x.submit(false)
	case key.Matches(m, k.SubmitDone):
		return x.submit(true)
	}
	return x.composer.update(m)
}

// submit writes what was drafted, and with done closes the thread and goes on to the next.
func (x *Inbox) submit(done bool) tea.Cmd {
	text, note, id := x.composer.value(), x.composer.note, x.chosen
	if strings.TrimSpace(text) == "" {
		return notice(Notice{Text: "there is nothing to send yet", Bad: true})
	}
	x.composer = nil
	if !note {
		x.drafts[id] = text // until it is known to be written
	}
	r := api.Reply{Text: text, Note: note, Close: done && !note}
	said := "it leaves in ten seconds; u pulls it back"
	if note {
		said = "the note is kept"
	}
	return x.decided(x.write(id, r, said, done))
}

// attempt is what was last tried to be written into a thread, with the key that makes one message of all tries.
type attempt struct{ what, key string }

// keyOf gives the key of what is written: that of the try before, when the same was tried and nobody knows what became of it.
func (x *Inbox) keyOf(id ngo.ConversationID, r api.Reply) string {
	r.Close = false
	what, err := json.Marshal(r)
	if err != nil {
		panic(err) // texts always marshal
	}
	if last, ok := x.tried[id]; ok && last.what == string(what) {
		return last.key
	}
	key := string(ngo.NewID[ngo.ActID](x.room.Now()))
	x.tried[id] = attempt{string(what), key}
	return key
}

func (x *Inbox) write(id ngo.ConversationID, r api.Reply, said string, on bool) tea.Cmd {
	c, org := x.room.Client, x.room.Org.Slug
	r.Key = x.keyOf(id, r)
	return load(func(ctx context.Context) tea.Msg {
		w, err := c.ReplyTo(ctx, org, id, r)
		if err != nil {
			return inboxDone{err: err}
		}
		done := inboxDone{said: said, on: on, wrote: id}
		if !r.Note {
			done.clear, done.undo = id, &undoable{message: w.Message.ID, what: "the message was pulled back"}
		}
		return done
	})
}

// decided does what an answer leads to, and reads what was put off meanwhile.
func (x *Inbox) decided(cmd tea.Cmd) tea.Cmd {
	if !x.late {
		return cmd
	}
	x.late = false
	return tea.Batch(cmd, x.readAnew())
}

func (x *Inbox) undo() tea.Cmd {
	if x.last == nil {
		return notice(Notice{Text: "nothing was done here that could be taken back", Bad: true})
	}
	last, c, org := *x.last, x.room.Client, x.room.Org.Slug
	x.last = nil
	return load(func(ctx context.Context) tea.Msg {
		var err error
		if last.act != nil {
			_, err = c.Undo(ctx, org, last.act.ID)
		} else {
			_, err = c.Withdraw(ctx, org, last.message)
		}
		return inboxDone{said: last.what, err: err}
	})
}

func (x *Inbox) move(v api.Conversation, to ngo.ConversationState, said string) tea.Cmd {
	if v.State == to {
		return notice(Notice{Text: "this thread is " + string(to) + " already", Bad: true})
	}
	c, org := x.room.Client, x.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		moved, err := c.MoveConversation(ctx, org, v.ID, to)
		if err != nil {
			return inboxDone{err: err}
		}
		return inboxDone{said: said + "; u takes it back", on: to == ngo.ConversationClosed, undo: &undoable{act: &moved.Act, what: "it is as it was"}}
	})
}

// again tries the newest message that did not go. One that may have arrived needs a yes.
func (x *Inbox) again() tea.Cmd {
	if x.thread == nil {
		return nil
	}
	for i := len(x.thread.Messages) - 1; i >= 0; i-- {
		m := x.thread.Messages[i]
		switch m.State {
		case ngo.MessageFailed:
			return x.retry(m, false)
		case ngo.MessageUncertain:
			x.dialog = newDialog(func([]string) tea.Cmd { return x.retry(m, true) },
				question{text: "It may have arrived. If you found out that it did not, type yes:", words: []string{"yes"}})
			return nil
		}
	}
	return notice(Notice{Text: "no message of this thread failed", Bad: true})
}

func (x *Inbox) retry(m ngo.Message, sure bool) tea.Cmd {
	c, org := x.room.Client, x.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		_, err := c.RetryMessage(ctx, org, m.ID, sure)
		return inboxDone{said: "it is tried again", err: err}
	})
}

// askOffers asks which templates can be sent.
func (x *Inbox) askOffers(v api.Conversation) tea.Cmd {
	c, org := x.room.Client, x.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		offers, err := c.Offers(ctx, org, v.ID)
		return inboxOffers{conversation: v.ID, offers: offers, err: err}
	})
}

// onOffers lists the templates in place of the thread, and asks for the number of one.
func (x *Inbox) onOffers(m inboxOffers) tea.Cmd {
	if m.err != nil {
		return notice(failed(m.err))
	}
	if m.conversation != x.chosen || x.writing() {
		return nil
	}
	if len(m.offers) == 0 {
		return notice(Notice{Text: "there are no templates; make them at the provider, then: ngoctl template sync", Bad: true})
	}
	x.offers = m.offers
	x.dialog = newDialog(func(a []string) tea.Cmd { return x.fill(m.conversation, a[0]) },
		question{text: fmt.Sprintf("Which template? 1 to %d:", len(m.offers)), needed: true})
	return nil
}

// fill asks for the values of the template chosen, and for a yes with the price.
func (x *Inbox) fill(id ngo.ConversationID, number string) tea.Cmd {
	offers := x.offers
	x.offers = nil
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(offers) {
		return notice(Notice{Text: "there is no template " + ngo.Printable(number), Bad: true})
	}
	o := offers[n-1]
	if o.Refused != "" {
		return notice(Notice{Text: ngo.Printable(o.Refused), Bad: true})
	}
	if fileOf(o) != "" {
		return notice(Notice{Text: "a file goes with this template, and the desk sends none; write\n" + ngo.Printable(commandFor(id, o)), Bad: true})
	}
	var questions []question
	for _, p := range o.Header {
		questions = append(questions, question{text: "Heading, {{" + p + "}}:", needed: true})
	}
	for i, p := range o.Parameters {
		hint := ""
		if i < len(o.Examples) {
			hint = ", such as " + o.Examples[i]
		}
		questions = append(questions, question{text: "{{" + p + "}}" + hint + ":", needed: true})
	}
	for i := range o.Buttons {
		questions = append(questions, question{text: fmt.Sprintf("Button %d:", i+1), needed: true})
	}
	questions = append(questions, question{text: "Send " + o.Name + " in " + o.Language + priced(o.Price) + ". Type yes:", words: []string{"yes"}})
	x.dialog = newDialog(func(a []string) tea.Cmd {
		r := api.Reply{Template: filled(o, a)}
		return x.write(id, r, "it leaves in ten seconds; u pulls it back", false)
	}, questions...)
	return nil
}

// refusal tells why a template cannot be sent from here; empty when it can.
func refusal(o api.TemplateOffer) string {
	if kind := fileOf(o); o.Refused == "" && kind != "" {
		return "a file goes with it (" + kind + "); choose it to see the command"
	}
	return o.Refused
}

// fileOf tells what file a template begins with: document, image or video; empty when with none.
func fileOf(o api.TemplateOffer) string {
	var parts struct {
		Header struct{ Kind string }
	}
	if err := json.Unmarshal(o.Parts, &parts); err != nil || parts.Header.Kind == "text" { // what cannot be read is refused by the daemon
		return ""
	}
	return parts.Header.Kind
}

// commandFor is the command that sends a template with a file.
func commandFor(id ngo.ConversationID, o api.TemplateOffer) string {
	words := []string{"ngoctl conversation reply", string(id), "--template", ngo.ShellWord(o.Name), "--language", ngo.ShellWord(o.Language)}
	for _, p := range o.Parameters {
		words = append(words, "--set", ngo.ShellWord(p+"=VALUE"))
	}
	for range o.Buttons {
		words = append(words, "--button VALUE")
	}
	return strings.Join(append(words, "--attach FILE"), " ")
}

// filled is a template with the answers to its questions.
func filled(o api.TemplateOffer, answers []string) *api.TemplateUse {
	use := &api.TemplateUse{Name: o.Name, Language: o.Language, Header: map[string]string{}, Body: map[string]string{}}
	for i, p := range o.Header {
		use.Header[p] = answers[i]
	}
	answers = answers[len(o.Header):]
	for i, p := range o.Parameters {
		use.Body[p] = answers[i]
	}
	use.Buttons = append(use.Buttons, answers[len(o.Parameters):len(o.Parameters)+o.Buttons]...)
	return use
}

// priced says what a template costs.
func priced(p *api.Price) string {
	switch {
	case p == nil:
		return ""
	case p.Micros == 0:
		return ", free"
	case p.Currency == string(ngo.INR):
		return fmt.Sprintf(", ₹%d.%04d", p.Micros/1_000_000, p.Micros%1_000_000/100)
	}
	return fmt.Sprintf(", %s %d.%04d", p.Currency, p.Micros/1_000_000, p.Micros%1_000_000/100)
}

// onDialog passes a key to the question that is open. Esc leaves without doing anything.
func (x *Inbox) onDialog(m tea.KeyMsg) tea.Cmd {
	if key.Matches(m, x.room.Keys.Back) {
		x.dialog, x.offers = nil, nil
		return x.decided(notice(Notice{Text: "nothing was done"}))
	}
	if !key.Matches(m, x.room.Keys.Open) {
		return x.dialog.update(m)
	}
	if !x.dialog.enter() {
		return nil
	}
	d := x.dialog
	x.dialog = nil
	return x.decided(d.run(d.answers))
}

// picture shows the newest message that has words, drawn as its script is written, for terminals that cannot.
func (x *Inbox) picture(v api.Conversation) tea.Cmd {
	m, ok := x.newestWords()
	if !ok {
		return notice(Notice{Text: "this thread has no words to draw", Bad: true})
	}
	if x.room.Open == nil {
		return x.browse(v, nil, "no viewer here")
	}
	c, org, show := x.room.Client, x.room.Org.Slug, x.room.Open
	return load(func(ctx context.Context) tea.Msg {
		png, err := c.MessagePicture(ctx, org, m.ID, pictureWidth)
		if err == nil {
			err = show(string(m.ID)+".png", png)
		}
		if err != nil {
			return failed(err)
		}
		return Notice{Text: "the message is drawn in your viewer"}
	})
}

const pictureWidth = 800 // pixels

func (x *Inbox) newestWords() (ngo.Message, bool) {
	if x.thread == nil {
		return ngo.Message{}, false
	}
	for i := len(x.thread.Messages) - 1; i >= 0; i-- {
		if m := x.thread.Messages[i]; m.Text != "" && m.Revoked == nil {
			return m, true
		}
	}
	return ngo.Message{}, false
}

// browse opens the thread as a page, with its files. Where that cannot be, the notice says why, and gives the link on a line of its
// own.
func (x *Inbox) browse(v api.Conversation, show func(string) error, why string) tea.Cmd {
	c, org := x.room.Client, x.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		link, err := c.ThreadLink(ctx, org, v.ID)
		if err != nil {
			return failed(err)
		}
		if show != nil {
			if err = show(link.URL); err == nil {
				return Notice{Text: "the thread is open in your browser"}
			}
			why = failed(err).Text
		}
		return Notice{Text: why + "; for ten minutes the thread is at\n" + ngo.Printable(link.URL)}
	})
}

func (x *Inbox) person(v api.Conversation) tea.Cmd {
	id := v.Root
	if id == "" {
		id = v.Person
	}
	if id == "" {
		return notice(Notice{Text: "nobody is known by this thread: it is a group", Bad: true})
	}
	return func() tea.Msg { return GoTo{Person: id} }
}
