package daemon_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
)

// conversations waits until the organisation has so many, and gives them.
func (a *appliance) conversations(n int) []api.Conversation {
	a.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		page, err := a.client.Conversations(a.t.Context(), slug, api.ConversationQuery{State: "any"})
		must(a.t, err)
		if len(page.Items) >= n || time.Now().After(deadline) {
			if len(page.Items) != n {
				a.t.Fatalf("%d conversations; want %d\n%s", len(page.Items), n, a.log.String())
			}
			return page.Items
		}
		time.Sleep(20 * time.Millisecond) // nothing that this test may see tells of it
	}
}

// A mailbox is read from the moment it is connected, also what came while the daemon was off, each mail once.
func TestMailboxBecomesConversations(t *testing.T) {
	t.Parallel()
	box, err := sim.NewIMAP(sim.IMAPOptions{})
	must(t, err)
	t.Cleanup(box.Close)
	a := newAppliance(t)
	values := setting.Values{"smtp": a.post.Addr(), "from": "office@sevai.example", "imap-tls": "none"}
	maps.Copy(values, box.Values())
	client, done, err := daemon.Local(t.Context(), a.dir)
	must(t, err)
	_, err = client.AddChannel(t.Context(), slug, api.AddAccount{Driver: "email", Values: values})
	must(t, err)
	must(t, done())

	letter := func(n string) sim.Letter {
		return sim.Letter{From: "Meena <meena" + n + "@people.example>", Subject: "Question " + n, Text: "word " + n}
	}
	box.Put(letter("one"))
	a.start()
	a.conversations(1)
	began := time.Now()
	box.Put(letter("two"))
	a.conversations(2)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a mail that came while the line was open took %v", took)
	}
	a.stop()
	box.Put(letter("three"))
	a.start()
	a.conversations(3)
	must(t, box.Renumber())
	box.Put(letter("four"))
	a.stop()
	a.start()
	for _, c := range a.conversations(4) {
		if c.Unread != 1 || !strings.HasPrefix(c.Snippet, "word ") || c.Driver != "email" || c.Line != "office@sevai.example" {
			t.Errorf("conversation %+v; want one mail in it", c)
		}
	}
}
