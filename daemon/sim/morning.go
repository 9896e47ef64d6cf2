package sim

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The channels of a morning.
const (
	AtWhatsApp = "whatsapp"
	AtMail     = "email"
)

// MorningOptions say what a morning happens beside.
type MorningOptions struct {
	Seed uint64
	Day  *Day  // some of those who gave write as well: a step of the morning goes with each moment of it, at most
	Post *SMTP // what the organisation sends by mail goes there, and must be kept
}

// Morning is what people write on one morning, by WhatsApp and by mail, in three languages, and what staff does about it. Some of it
// lay there already when the office opened. It is played step by step:
//
//	m, err := sim.NewMorning(sim.MorningOptions{Day: day, Post: post})
//	// set up the accounts with m.WhatsApp.Values() and m.Inbox.Values()
//	for want, ok := m.Wants(); ok; want, ok = m.Wants() {
//		wait until the messages that want names are as it says
//		turn := m.Next()
//		// post turn.Sends to the hook of AtWhatsApp, each until it is taken, and do turn.Acts as staff
//	}
//	// post what m.Webhooks gives until there is nothing more; the inbox now is as m.Expected() says
//
// A Morning is for one caller at a time; the doubles take requests all the while.
type Morning struct {
	WhatsApp *WhatsApp
	Inbox    *IMAP

	day     *Day
	post    *SMTP
	behind  atomic.Int64 // how long ago happens what happens
	left    []step
	threads []*ExpectedThread
	people  map[string]*Contact
	said    map[string]ngo.Ref // the last that each has written
	hold    []string           // of what says this, what became of it is under way for longer
	held    []Webhook
	bounced string
}

// Turn is what happens at one time, what WhatsApp now sends, and what staff does after that.
type Turn struct {
	Title string
	Sends []Webhook // in this order; one may come twice
	Acts  []Act
}

// Act is what a member of staff does in a thread.
type Act struct {
	Thread  string // its name here
	Reply   string
	Note    string
	Close   bool
	Refused bool // it must be refused: the time to answer freely is over
}

// Want is a message that must have come so far before the next step.
type Want struct {
	Thread string
	Text   string // it begins so
	State  ngo.MessageState
}

// ExpectedThread is a thread as an inbox should have it.
type ExpectedThread struct {
	Name      string
	Channel   string   // AtWhatsApp or AtMail
	Addresses []string // an answer goes to one of these
	Subject   string   // of mail: it ends so
	Lines     []Line
	State     ngo.ConversationState
	Waiting   bool // somebody has to answer
	Shut      bool // the time to answer freely is over
	Failed    int
	Donor     string // the name under which they gave; empty for somebody new
}

// Line is a message as an inbox should have it.
type Line struct {
	Direction ngo.Direction
	Text      string // it begins so
	State     ngo.MessageState
	Files     int
	Reaction  string
	Revoked   bool
	Edited    bool
	Masked    bool
	Doubted   bool
}

// NewMorning opens WhatsApp and the mailbox. Close ends both.
func NewMorning(o MorningOptions) (*Morning, error) {
	m := &Morning{day: o.Day, post: o.Post, people: map[string]*Contact{}, said: map[string]ngo.Ref{}}
	now := func() time.Time { return time.Now().Add(-time.Duration(m.behind.Load())) }
	var err error
	if m.WhatsApp, err = NewWhatsApp(WhatsAppOptions{Seed: o.Seed, Now: now}); err != nil {
		return nil, err
	}
	if m.Inbox, err = NewIMAP(IMAPOptions{Now: now}); err != nil {
		m.WhatsApp.Close()
		return nil, err
	}
	for _, t := range morningTemplates {
		m.WhatsApp.AddTemplate(t)
	}
	m.left = m.script()
	return m, nil
}

// Close ends both.
func (m *Morning) Close() error {
	m.Inbox.Close()
	return m.WhatsApp.Close()
}

// Wants tells what must have happened before the next step; false when the morning is over.
func (m *Morning) Wants() ([]Want, bool) {
	if len(m.left) == 0 {
		return nil, false
	}
	return m.left[0].wants, true
}

// Next lets the next step happen.
func (m *Morning) Next() Turn {
	s := m.left[0]
	m.left = m.left[1:]
	s.do()
	m.behind.Store(0)
	sends := m.Webhooks()
	if s.network != nil {
		sends = s.network(sends)
	}
	return Turn{Title: s.title, Sends: sends, Acts: s.acts}
}

// Webhooks gives what WhatsApp has to tell since, as what became of messages of ours.
func (m *Morning) Webhooks() []Webhook {
	var out []Webhook
	for _, h := range m.WhatsApp.Webhooks() {
		if m.holds(h.Ref) {
			m.held = append(m.held, h)
			continue
		}
		out = append(out, h)
	}
	return out
}

// holds tells whether what became of a message is not to be told yet.
func (m *Morning) holds(ref ngo.Ref) bool {
	return len(m.hold) > 0 && slices.ContainsFunc(m.WhatsApp.Sent(), func(s SentMessage) bool { return s.Ref == ref && slices.Contains(m.hold, s.Text) })
}

// Expected gives the threads as they should be now. It holds once all steps are over and what they left to do is done.
func (m *Morning) Expected() []ExpectedThread {
	var out []ExpectedThread
	for _, t := range m.threads {
		x := *t
		x.Lines = slices.Clone(t.Lines)
		out = append(out, x)
	}
	return out
}

// Bounced is the address at which a receipt could not be delivered; empty before that.
func (m *Morning) Bounced() string { return m.bounced }

// step is one line of the script.
type step struct {
	wants   []Want
	title   string
	do      func()
	acts    []Act
	network func([]Webhook) []Webhook
}

func (m *Morning) thread(name string) *ExpectedThread {
	i := slices.IndexFunc(m.threads, func(t *ExpectedThread) bool { return t.Name == name })
	if i < 0 {
		panic("there is no thread " + name)
	}
	return m.threads[i]
}

// ago lets what follows have happened that long ago.
func (m *Morning) ago(d time.Duration) { m.behind.Store(int64(d)) }

// chat begins the thread of somebody on WhatsApp.
func (m *Morning) chat(name string, c *Contact) *ExpectedThread {
	t := &ExpectedThread{Name: name, Channel: AtWhatsApp, Addresses: []string{c.User}, State: ngo.ConversationOpen}
	if c.Phone != "" {
		t.Addresses = append(t.Addresses, c.Phone)
	}
	m.people[name] = c
	m.threads = append(m.threads, t)
	return t
}

// mail begins a thread of mail.
func (m *Morning) mail(name, address, subject string) *ExpectedThread {
	t := &ExpectedThread{Name: name, Channel: AtMail, Addresses: []string{address}, Subject: subject, State: ngo.ConversationOpen}
	m.threads = append(m.threads, t)
	return t
}

// heard notes a message that came, and that it waits for an answer.
func (t *ExpectedThread) heard(l Line) *Line {
	l.Direction, l.State = ngo.In, ngo.MessageReceived
	t.Lines, t.Waiting = append(t.Lines, l), true
	return &t.Lines[len(t.Lines)-1]
}

// said notes a message of ours.
func (t *ExpectedThread) said(text string, state ngo.MessageState) *Line {
	t.Lines, t.Waiting = append(t.Lines, Line{Direction: ngo.Out, Text: text, State: state}), false
	return &t.Lines[len(t.Lines)-1]
}

// writes has somebody write a text on WhatsApp, so long ago.
func (m *Morning) writes(name, text string, ago time.Duration) {
	m.ago(ago)
	m.said[name] = m.WhatsApp.Say(m.people[name], text)
	m.thread(name).heard(Line{Text: text})
}

// letter has somebody write a mail, so long ago.
func (m *Morning) letter(name string, l Letter, ago time.Duration) {
	m.ago(ago)
	m.Inbox.Put(l)
	m.thread(name).heard(Line{Text: firstLine(l.Text), Files: len(l.Files)})
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// ours is the last message on WhatsApp that begins with a text.
func (m *Morning) ours(text string) ngo.Ref {
	for _, s := range slices.Backward(m.WhatsApp.Sent()) {
		if strings.HasPrefix(s.Text, text) {
			return s.Ref
		}
	}
	panic("nothing was sent that says " + text)
}

// mailed is the last mail to somebody.
func (m *Morning) mailed(to string) Mail {
	for _, x := range slices.Backward(m.post.Mails()) {
		if slices.Contains(x.To, to) {
			return x
		}
	}
	panic("no mail went to " + to)
}
