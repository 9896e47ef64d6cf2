package store_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// However much was said, nothing that a desk, a worker or an erasure asks looks through all of it.
func TestConversationsAreReadByTheirIndexes(t *testing.T) {
	t.Parallel()
	all, err := store.MigrationSteps()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := migrated(t, filepath.Join(t.TempDir(), "a.db"), all["org"])
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	by := map[string]string{
		"active": "conversation_active ((last_at,id)<(?,?))", "closed": "conversation_closed ((last_at,id)<(?,?))", "any": "conversation_active ((last_at,id)<(?,?))",
		"snoozed": "conversation_snoozed ((last_at,id)<(?,?))",
		"waiting": "conversation_waiting ((waiting,id)>(?,?))", "window": "conversation_active (last_at>?)", "of a person": "conversation_person (person_id=?)",
		"few": "conversation_account (account_id=?)", "few that wait": "conversation_account (account_id=?)", "who waits": "conversation_waiting (waiting>?)",
		"chat": "conversation_chat (account_id=? AND line=? AND person_id=?)", "thread": "message_thread (conversation_id=? AND (at,id)<(?,?))",
		"ripples": "ripple_about (about=?)", "by ref": "message_heard (account_id=? AND ref=?)", "waits": "message_thread (conversation_id=? AND at>?)",
		"backlog": "message_backlog (conversation_id=?", "messages": "message_out (id<?)", "next in line": "message_backlog (conversation_id=?",
		"news": "sqlite_autoindex_message_1 (id<?)",
	}
	// The lists sort again what they have cut to a page; the few jobs that failed, and what was handed to staff, are looked through.
	scan := regexp.MustCompile(`SCAN (message|conversation|ripple|early|alias|attachment|c|m|a|h|delivery|blob)\b.*`)
	allowed := []string{"SCAN c USING COVERING INDEX conversation_active", "SCAN c USING INDEX conversation_closed"} // from the newest, and not far
	check := func(name, query string) {
		plan := planOf(t, engine, query)
		for _, step := range scan.FindAllString(plan, -1) {
			if name != "counts" || !slices.Contains(allowed, step) {
				t.Errorf("%s looks through all there is:\n%s", name, plan)
			}
		}
		if strings.Contains(query, "'uncertain') end") && !strings.Contains(plan, "message_uncertain (conversation_id=?)") {
			t.Errorf("%s counts what is uncertain by\n%s", name, plan)
		}
		if want := by[name]; want != "" && !strings.Contains(plan, "INDEX "+want) {
			t.Errorf("%s is done by\n%s\nwant %s", name, plan, want)
		}
	}
	for name, query := range store.Inbox {
		check(name, query)
	}
	for name, query := range store.Erasures {
		check("erasing "+name, query)
	}
}

// TestHearingBudget counts what a message in a known chat costs the writer, each heard in a transaction of its own, 64 at a time.
func TestHearingBudget(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const people, each = 64, 20
	var chats [people]ngo.PersonID
	for i := range chats {
		chats[i], _ = d.chat(fmt.Sprint("9198765", 10000+i))
	}
	at := d.Now()
	before := d.o.Stats()
	together(people*each, func(i int) {
		n := d.says(chats[i%people], fmt.Sprint("wamid.", i), "thank you", at.Add(time.Duration(i)*time.Second))
		err := d.o.Write(t.Context(), store.Work, "job", func(tx *store.Tx) error { _, err := tx.Hear(n); return err })
		if err != nil {
			t.Error(err)
		}
	})
	after := d.o.Stats()
	used, commits := int(after.Statements-before.Statements), int(after.Commits-before.Commits)
	t.Logf("%.2f statements for a message, %.1f messages per commit", float64(used)/(people*each), people*each/float64(commits))
	// Each finds its conversation, is added, and moves that on; the rest is written once for a commit.
	if used > 3*people*each+12*commits {
		t.Errorf("%d messages in %d commits took %d statements; want at most 3 each and 12 per commit", people*each, commits, used)
	}
	checkWhole(t, d.o)
}

// Pages of conversations and of threads, in every order, have each once.
func TestPagesOfConversations(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	start := d.Now()
	var ids []ngo.ConversationID
	for i := range 23 {
		p := d.person(fmt.Sprint("9198765", 10000+i))
		at := start.Add(time.Duration(i*7%23/2) * time.Minute) // pairs at one instant
		ids = append(ids, d.hear(d.says(p, fmt.Sprint("wamid.", i), "hello", at)).Conversation.ID)
		if i%5 == 0 {
			d.reply(ids[i], "hello")
		}
		if to, moves := map[int]ngo.ConversationState{1: ngo.ConversationClosed, 2: ngo.ConversationSnoozed}[i%4]; moves {
			d.move(ids[i], to)
		}
	}
	for name, q := range map[string]store.ConversationQuery{
		"active": {}, "any": {State: store.StateAny}, "closed": {State: ngo.ConversationClosed}, "open": {State: ngo.ConversationOpen}, "snoozed": {State: ngo.ConversationSnoozed},
		"waiting": {Sort: store.SortWaiting}, "who waits": {Waiting: true}, "window": {Sort: store.SortWindow, Since: start.Add(-time.Second)},
		"account": {Account: d.account, State: store.StateAny}, "another account": {Account: "acc_none", State: store.StateAny},
	} {
		want := d.conversations(store.ConversationQuery{ListQuery: store.ListQuery{Limit: 500}, State: q.State, Sort: q.Sort, Waiting: q.Waiting, Since: q.Since, Account: q.Account})
		var got []ngo.ConversationID
		for q.Limit = 4; ; {
			var items []ngo.Conversation
			storetest.Read(t, d.o, func(r *store.Rx) (err error) { items, q.After, err = r.Conversations(q); return err })
			for _, c := range items {
				got = append(got, c.ID)
			}
			if q.After == "" {
				break
			}
		}
		var whole []ngo.ConversationID
		for i, c := range want {
			whole = append(whole, c.ID)
			if closed := c.State == ngo.ConversationClosed; q.State == "" && closed || q.Waiting && c.Waiting == nil || q.State == ngo.ConversationClosed && !closed {
				t.Errorf("%s has %+v", name, c)
			}
			if i > 0 && !inOrder(q.Sort, want[i-1], c) {
				t.Errorf("%s: %+v comes before %+v", name, want[i-1], c)
			}
		}
		if !slices.Equal(got, whole) {
			t.Errorf("%s in pages: %d; want %d", name, len(got), len(whole))
		}
		if n := map[string]int{"any": 23, "active": 17, "closed": 6, "snoozed": 6, "open": 11, "account": 23}[name]; n != 0 && n != len(whole) || name == "another account" && len(whole) != 0 {
			t.Errorf("%s has %d; want %d", name, len(whole), n)
		}
	}
	for _, q := range []store.ConversationQuery{{State: "lost"}, {Sort: "size"}, {ListQuery: store.ListQuery{After: "x"}}} {
		if err := d.o.Read(t.Context(), func(r *store.Rx) error { _, _, err := r.Conversations(q); return err }); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%+v = %v; want Invalid", q, err)
		}
	}
}

func inOrder(sort string, a, b ngo.Conversation) bool {
	switch sort {
	case store.SortWaiting:
		return !b.Waiting.Before(*a.Waiting)
	case store.SortWindow:
		return !b.LastIn.Before(*a.LastIn)
	}
	return !b.Last.After(a.Last)
}

func TestPagesOfAThread(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, at := d.person("919876543210"), d.Now()
	var c ngo.ConversationID
	var want []string
	for i := range 25 {
		want = append(want, fmt.Sprint("message ", i))
		c = d.hear(d.says(p, want[i], want[i], at.Add(time.Duration(i/3)*time.Second))).Conversation.ID
	}
	var got []string
	q := store.ListQuery{Limit: 4}
	for {
		var items []ngo.Message
		storetest.Read(t, d.o, func(r *store.Rx) (err error) { items, q.After, err = r.Thread(c, q); return err })
		got = append(textsOf(items), got...)
		if q.After == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("in pages: %q; want %q", got, want)
	}
}

// A list shows what a message carries where it has no text, as it is after it was edited, and in one line.
func TestSnippets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person("919876543210")
	for i, tt := range []struct {
		say    func(n *store.NewIncoming)
		ripple *store.NewRipple
		want   string
	}{
		{func(n *store.NewIncoming) { n.Text = "two\n\tlines \x1b[31m" }, nil, "two lines"},
		{func(n *store.NewIncoming) {
			n.Text, n.Attachments = "", []store.NewAttachment{{Kind: "image", Name: "slip.jpg", State: ngo.AttachmentWanted}}
		}, nil, "slip.jpg"},
		{func(n *store.NewIncoming) { n.Text, n.More = "", ngo.Extra{Choice: "Yes, please"} }, nil, "Yes, please"},
		{func(n *store.NewIncoming) { n.Text, n.Subject = "", "About my receipt" }, nil, "About my receipt"},
		{func(n *store.NewIncoming) {}, &store.NewRipple{Kind: store.RippleEdit, Text: "edited"}, "edited"},
		{func(n *store.NewIncoming) {}, &store.NewRipple{Kind: store.RippleRevoke}, ngo.TakenBack},
		{func(n *store.NewIncoming) { n.Text = strings.Repeat("நன்றி ", 100) }, nil, "நன்றி நன்றி"},
	} {
		n := d.says(p, fmt.Sprint("wamid.", i), "text", d.Now().Add(time.Duration(i)*time.Second))
		tt.say(&n)
		c := d.hear(n).Conversation.ID
		if r := tt.ripple; r != nil {
			r.Account, r.Ref, r.About, r.Line, r.Person, r.At = d.account, n.Ref+"r", n.Ref, aLine, p, n.At
			d.do(func(tx *store.Tx) error { _, err := tx.Ripple(*r); return err })
		}
		if got := d.conversation(c).Snippet; !strings.HasPrefix(got, tt.want) || len(got) > 200 {
			t.Errorf("snippet %d = %q; want %q", i, got, tt.want)
		}
	}
}
