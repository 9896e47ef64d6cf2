package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// mailer is whoever has this address.
func (d *desk) mailer(address string) (id ngo.PersonID) {
	d.t.Helper()
	d.do(func(tx *store.Tx) (err error) {
		id, _, _, err = tx.PersonFor(d.account, []ngo.Identity{{Kind: ngo.EMail, Value: address}}, "", "")
		return err
	})
	return id
}

// mail is a mail by its Message-ID.
func (d *desk) mail(from, id, subject string, refs ...ngo.Ref) store.NewIncoming {
	return store.NewIncoming{Account: d.account, Ref: ngo.Ref("imap-" + id), Kind: ngo.Mail, Person: d.mailer(from), At: d.Now(), Renews: true, What: "text",
		Subject: subject, Text: id, Address: ngo.Identity{Kind: ngo.EMail, Value: from}, Name: from, Aliases: []ngo.Ref{ngo.Ref(id)}, ReplyTo: refs, Topic: subject}
}

func TestMailIsKeptTogether(t *testing.T) {
	t.Parallel()
	const meena, ravi = "meena@example.org", "ravi@example.org"
	for _, tt := range []struct {
		name     string
		second   func(d *desk, c ngo.Conversation) store.NewIncoming
		together bool
		stranger bool
	}{
		{"it names the first", func(d *desk, _ ngo.Conversation) store.NewIncoming { return d.mail(meena, "2@x", "other", "1@x") }, true, false},
		{"it names one that nobody has", func(d *desk, _ ngo.Conversation) store.NewIncoming {
			m := d.mail(meena, "2@x", "Receipt", "9@x")
			m.Answers = true
			return m
		}, false, false},
		{"somebody else names the first", func(d *desk, _ ngo.Conversation) store.NewIncoming { return d.mail(ravi, "2@x", "Receipt", "1@x") }, true, true},
		{"it has the token", func(d *desk, c ngo.Conversation) store.NewIncoming {
			m := d.mail(meena, "2@x", "other")
			m.Tokens = []string{"nonsense", c.Token}
			return m
		}, true, false},
		{"somebody else has the token", func(d *desk, c ngo.Conversation) store.NewIncoming {
			m := d.mail(ravi, "2@x", "other")
			m.Tokens = []string{c.Token}
			return m
		}, true, true},
		{"the subject of an answer", func(d *desk, _ ngo.Conversation) store.NewIncoming {
			m := d.mail(meena, "2@x", " receipt ")
			m.Answers = true
			return m
		}, true, false},
		{"the subject, and no answer", func(d *desk, _ ngo.Conversation) store.NewIncoming { return d.mail(meena, "2@x", "Receipt") }, false, false},
		{"somebody else's answer of that subject", func(d *desk, _ ngo.Conversation) store.NewIncoming {
			m := d.mail(ravi, "2@x", "Receipt")
			m.Answers = true
			return m
		}, false, false},
		{"the subject after a long time", func(d *desk, _ ngo.Conversation) store.NewIncoming {
			d.pass(15 * 24 * time.Hour)
			m := d.mail(meena, "2@x", "Receipt")
			m.Answers = true
			return m
		}, false, false},
		{"nothing in common", func(d *desk, _ ngo.Conversation) store.NewIncoming { return d.mail(meena, "2@x", "Other") }, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			first := d.hear(d.mail(meena, "1@x", "Receipt"))
			h := d.hear(tt.second(d, first.Conversation))
			if (h.Conversation.ID == first.Conversation.ID) != tt.together || h.Stranger != tt.stranger {
				t.Errorf("together %v, stranger %v; want %v, %v", h.Conversation.ID == first.Conversation.ID, h.Stranger, tt.together, tt.stranger)
			}
			c := d.conversation(first.Conversation.ID)
			if c.Address.Value != meena || c.Name != meena {
				t.Errorf("an answer would go to %s; want the person whose conversation it is", c.Address.Value)
			}
			if tt.stranger {
				m := d.messageOf(h.Message)
				if len(m.More) == 0 || c.LastIn == nil || !c.LastIn.Equal(first.Conversation.Last) || c.Unread != 2 {
					t.Errorf("a stranger's mail = %s, renewed until %s, %d unread; want a doubt, nothing renewed, and that it is seen", m.More, stamp(c.LastIn), c.Unread)
				}
			}
			checkWhole(t, d.o)
		})
	}
}

// Somebody who was joined with the conversation's person is no stranger in it.
func TestJoinedPersonIsNoStranger(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.hear(d.mail("meena@example.org", "1@x", "Receipt"))
	work := d.mailer("meena@work.example")
	d.do(func(tx *store.Tx) error {
		c, err := tx.Conversation(first.Conversation.ID)
		if err != nil {
			return err
		}
		_, err = tx.Join(c.Person, work, "she said so")
		return err
	})
	h := d.hear(d.mail("meena@work.example", "2@x", "Receipt", "1@x"))
	if h.Stranger || h.Conversation.ID != first.Conversation.ID || h.Conversation.Address.Value != "meena@work.example" {
		t.Errorf("heard = %+v; want it together, and the answer to where she wrote from last", h)
	}
	if got := d.conversations(store.ConversationQuery{Person: first.Conversation.Person}); len(got) != 1 {
		t.Errorf("%d conversations with her other address; want 1", len(got))
	}
}

// Mails that name one another are one thread, in whatever order they come, also when what they name never comes.
func TestMailsOfAThreadInAnyOrder(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > 40 || raceEnabled && runs > 5 {
			return
		}
		d := newDesk(t)
		const who = "meena@example.org"
		refs := func(n int) (out []ngo.Ref) { // the nearest first, down to one that never comes
			for i := n - 1; i >= 0; i-- {
				out = append(out, ngo.Ref(fmt.Sprintf("%d@x", i)))
			}
			return out
		}
		var all []store.NewIncoming
		for i := 1; i <= rapid.IntRange(2, 7).Draw(rt, "mails"); i++ {
			all = append(all, d.mail(who, fmt.Sprintf("%d@x", i), "Receipt", refs(i)...))
		}
		other := d.mail(who, "other@y", "Receipt", "unknown@y")
		var first ngo.ConversationID
		for i, n := range rapid.Permutation(append(all, all...)).Draw(rt, "order") {
			if i == 2 {
				if h := d.hear(other); h.Conversation.ID == first {
					rt.Fatal("another thread was taken for this one")
				}
			}
			h := d.hear(n)
			if first == "" {
				first = h.Conversation.ID
			}
			if h.Conversation.ID != first {
				rt.Fatalf("mail %s is in another conversation", n.Text)
			}
		}
		if got := d.thread(first); len(got) != len(all) {
			rt.Fatalf("%d mails; want %d", len(got), len(all))
		}
	})
}

// The answer to a receipt begins a conversation with the receipt in it; somebody else's does not show it to them.
func TestAnswerToAReceipt(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"chitra@example.org", "ravi@example.org"} {
		d := newDesk(t)
		g := gift(t, d.o, "pay_1", func(g *ngo.Donation) { g.Donor.EMail = "chitra@example.org" })
		r := issue(t, d.o, g)
		id := ngo.NewID[ngo.MessageID](d.Now())
		d.do(func(tx *store.Tx) error {
			if err := tx.AddMessage(ngo.Message{ID: id, Receipt: r.ID, Person: g.Person, Recipient: g.Donor.EMail}); err != nil {
				return err
			}
			return tx.AddAlias("receipt@ngoctl", id)
		})
		d.pass(time.Hour)
		h := d.hear(d.mail(from, "1@x", "Thank you", "receipt@ngoctl"))
		mine := from == "chitra@example.org"
		if got := d.messageOf(id); (got.Conversation == h.Conversation.ID) != mine || !h.Opened || h.Stranger {
			t.Errorf("%s: the receipt is in %q; the answer in %q", from, got.Conversation, h.Conversation.ID)
		}
		thread := d.thread(h.Conversation.ID)
		if mine && (len(thread) != 2 || thread[0].ID != id || thread[1].Quotes != id) || !mine && len(thread) != 1 {
			t.Errorf("%s: thread = %+v", from, thread)
		}
		checkWhole(t, d.o)
	}
}

// A token is long, is nobody's who has no mail, and finds its conversation however it is written.
func TestReplyTokens(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	seen := map[string]bool{}
	for i := range 20 {
		c := d.hear(d.mail("meena@example.org", fmt.Sprint(i, "@x"), fmt.Sprint("about ", i))).Conversation
		if len(c.Token) != 24 || seen[c.Token] {
			t.Errorf("token %q", c.Token)
		}
		seen[c.Token] = true
		storetest.Read(t, d.o, func(r *store.Rx) error {
			got, err := r.ConversationByToken(strings.ToUpper(c.Token))
			if got.ID != c.ID {
				t.Errorf("its token finds %s", got.ID)
			}
			return err
		})
	}
	if _, c := d.chat("919876543210"); d.conversation(c).Token != "" {
		t.Error("a chat has a token")
	}
	err := d.o.Read(t.Context(), func(r *store.Rx) error { _, err := r.ConversationByToken(""); return err })
	if ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("no token finds %v; want NotFound", err)
	}
}

// Ripples stay with who made them: nobody edits or revokes what somebody else wrote.
func TestOnlyWritersChangeMessages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, c := d.chat("919876543210")
	m := d.reply(c, "ours")
	d.settle(m.ID, store.Outcome{State: ngo.MessageSending})
	d.settle(m.ID, store.Outcome{State: ngo.MessageSent, Ref: "wamid.ours"})
	for i, r := range []store.NewRipple{
		{About: "wamid.ours", Kind: store.RippleEdit, Text: "theirs"},
		{About: "wamid.ours", Kind: store.RippleRevoke},
		{About: "wamid.919876543210", Kind: store.RippleEdit, Text: "ours", Mine: true},
		{About: "wamid.ours", Kind: store.RippleReaction, Text: "🙏"},
		{About: "wamid.919876543210", Kind: store.RippleReaction, Text: "👍", Mine: true},
	} {
		r.Account, r.Ref, r.Line, r.Person, r.At = d.account, ngo.Ref(fmt.Sprint("ripple", i)), aLine, p, d.Now()
		d.do(func(tx *store.Tx) error { _, err := tx.Ripple(r); return err })
	}
	thread := d.thread(c)
	if got := textsOf(thread); !slices.Equal(got, []string{"hello", "ours"}) {
		t.Errorf("thread = %q", got)
	}
	if r := thread[0].Reactions; len(r) != 1 || !r[0].Mine || r[0].Emoji != "👍" {
		t.Errorf("our reaction: %+v", r)
	}
	if r := thread[1].Reactions; len(r) != 1 || r[0].Mine || r[0].Emoji != "🙏" {
		t.Errorf("their reaction: %+v", r)
	}
	err := d.try(func(tx *store.Tx) error {
		_, err := tx.Ripple(store.NewRipple{Account: d.account, Ref: "mine", About: "wamid.919876543210", Kind: store.RippleRevoke, Line: aLine, Person: p, At: d.Now()})
		return err
	})
	if got := d.thread(c)[0]; err != nil || got.Revoked == nil || got.Text != "" {
		t.Errorf("revoked by its writer: %+v, %v", got, err)
	}
}

// What quotes a message that comes after it shows it all the same.
func TestQuoteBeforeTheQuoted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person("919876543210")
	n := d.says(p, "2", "and this?", d.Now())
	n.ReplyTo = []ngo.Ref{"1"}
	c := d.hear(n).Conversation.ID
	quoted := d.hear(d.says(p, "1", "what is this?", d.Now().Add(-time.Minute)))
	n.Ref = "3"
	d.hear(n)
	thread := d.thread(c)
	if len(thread) != 3 || thread[0].ID != quoted.Message || thread[1].Quotes != quoted.Message || thread[2].Quotes != quoted.Message {
		t.Errorf("thread = %+v", thread)
	}
}
