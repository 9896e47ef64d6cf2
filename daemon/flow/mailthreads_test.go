package flow_test

import (
	"bytes"
	"encoding/json"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const desk = "help@ngo.example.org" // of the samples

// expected says which mails of a sample belong together.
type expected struct {
	Arrival   []string
	Same      [][]string
	Different [][]string
	Stored    int
	Aliases   map[string]string
}

// With NGOCTL_FIXTURES set, the mails of each sample lie in the threads that it says. Those from our own address are mails that we
// sent, as the outbox would have left them.
func TestSampleThreads(t *testing.T) {
	t.Parallel()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the samples are not here")
	}
	folders, err := filepath.Glob(filepath.Join(root, "channels", "email", "threads", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			var want expected
			raw, err := os.ReadFile(filepath.Join(folder, "expected.json"))
			must(t, err)
			must(t, json.Unmarshal(raw, &want))
			files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
			must(t, err)
			s := &sampled{house: newHouse(t), want: want, of: map[string]ngo.ConversationID{}}
			s.account = s.addMail(map[string]string{"smtp": "127.0.0.1:1", "from": desk, "imap": "127.0.0.1:1", "imap-user": "x"}, map[string]string{"imap-password": "y"}).ID
			for _, file := range files { // their names are in the order of arrival
				body, err := os.ReadFile(file)
				must(t, err)
				s.mail(strings.TrimSuffix(filepath.Base(file), ".eml"), body)
			}
			s.check()
			if strings.HasPrefix(filepath.Base(folder), "14_") {
				s.checkStranger()
			}
		})
	}
}

// sampled is a house that is given a sample's mails.
type sampled struct {
	*house
	account ngo.AccountID
	want    expected
	of      map[string]ngo.ConversationID // by the mail's name
	token   string                        // of the thread that we began
	theirs  string                        // the token that the sample has for it
}

func (s *sampled) mail(name string, body []byte) {
	s.t.Helper()
	if s.token != "" {
		body = bytes.ReplaceAll(body, []byte(s.theirs), []byte(s.token))
	}
	read, err := mail.ReadMessage(bytes.NewReader(body))
	must(s.t, err)
	if date, err := read.Header.Date(); err == nil {
		s.later(date.Sub(s.now())) // the mails of a sample are days apart
	}
	from, err := mail.ParseAddress(read.Header.Get("From"))
	if late := len(s.want.Arrival) > 0; err == nil && from.Address == desk && !late { // what we sent cannot come after its answer: then it is a copy
		s.of[name] = s.sent(read.Header)
		return
	}
	before := s.places()
	s.write(func(tx *store.Tx) error {
		_, err := tx.AddDelivery(s.org.NewDelivery(s.account, name, body).Polled().Heard())
		return err
	})
	s.works()
	for id, place := range s.places() {
		if _, was := before[id]; !was {
			s.of[name] = place
		}
	}
}

// sent is a mail of ours: into the thread that it answers, or one that it begins.
func (s *sampled) sent(h mail.Header) (in ngo.ConversationID) {
	s.t.Helper()
	to, err := mail.ParseAddress(h.Get("To"))
	must(s.t, err)
	ids := func(name string) (out []ngo.Ref) {
		for _, id := range strings.Fields(h.Get(name)) {
			out = append(out, ngo.Ref(strings.Trim(id, "<>")))
		}
		return out
	}
	s.write(func(tx *store.Tx) error {
		known, err := tx.MessageByAlias(slices.Concat(ids("In-Reply-To"), ids("References")))
		if err != nil {
			return err
		}
		if len(known) > 0 {
			in = known[0].Conversation
		} else if in, err = s.begin(tx, to, h.Get("Subject")); err != nil {
			return err
		}
		m, _, err := tx.AddReply(store.NewReply{Conversation: in, Kind: ngo.MessageText, Text: "x", Subject: h.Get("Subject"), Author: "user:meena"})
		if err != nil {
			return err
		}
		id := ids("Message-Id")[0]
		if alias := s.want.Aliases["<"+string(id)+">"]; alias != "" {
			if err := tx.AddAlias(ngo.Ref(alias+"@ap-south-1.amazonses.com"), m.ID); err != nil {
				return err
			}
		}
		return tx.AddAlias(id, m.ID)
	})
	if _, theirs, ok := strings.Cut(h.Get("Reply-To"), "+c."); ok {
		s.theirs, _, _ = strings.Cut(theirs, "@")
		s.read(func(rx *store.Rx) error {
			c, err := rx.Conversation(in)
			s.token = c.Token
			return err
		})
	}
	return in
}

func (s *sampled) begin(tx *store.Tx, to *mail.Address, subject string) (ngo.ConversationID, error) {
	address := ngo.Identity{Kind: ngo.EMail, Value: to.Address}
	person, _, _, err := tx.PersonFor(s.account, []ngo.Identity{address}, to.Name, "")
	if err != nil {
		return "", err
	}
	topic, _ := letter.BaseSubject(subject)
	c, _, err := tx.OpenConversation(store.NewConversation{
		Account: s.account, Line: desk, Kind: ngo.Mail, Person: person, Address: address, Name: to.Name, Subject: subject, Topic: topic,
	})
	return c.ID, err
}

// places tells where each message that came lies.
func (s *sampled) places() map[ngo.MessageID]ngo.ConversationID {
	out := map[ngo.MessageID]ngo.ConversationID{}
	for _, c := range s.threads() {
		for _, m := range c.messages {
			if m.Direction == ngo.In {
				out[m.ID] = c.ID
			}
		}
	}
	return out
}

func (s *sampled) check() {
	s.t.Helper()
	for _, same := range s.want.Same {
		for _, name := range same {
			if s.of[name] == "" || s.of[name] != s.of[same[0]] {
				s.t.Errorf("%s is in %q and %s in %q; want them together", same[0], s.of[same[0]], name, s.of[name])
			}
		}
	}
	for _, apart := range s.want.Different {
		if s.of[apart[0]] == s.of[apart[1]] {
			s.t.Errorf("%v are together; want them apart", apart)
		}
	}
	if n := len(s.places()); s.want.Stored != 0 && n != s.want.Stored {
		s.t.Errorf("%d mails are stored; want %d", n, s.want.Stored)
	}
}

// checkStranger: whoever copies a token is shown with a doubt, and answers go to whom they went.
func (s *sampled) checkStranger() {
	s.t.Helper()
	for _, c := range s.threads() {
		if c.Address.Value == "mallory@evil.example" {
			continue // a thread of their own is as good
		}
		last := c.messages[len(c.messages)-1]
		if last.Direction == ngo.In && (!strings.Contains(string(last.More), "somebody else") || last.Person == c.Person) {
			s.t.Errorf("the stranger's mail is %+v; want it with a doubt", last)
		}
	}
}
