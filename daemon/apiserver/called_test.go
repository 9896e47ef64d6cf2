package apiserver_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// Who tells WhatsApp neither a name nor a number is called in words, and not by an id.
func TestAStrangerIsCalledInWords(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	id := ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN.13491208655302741918"}
	in.hear(in.chat, ngo.Chat, id, "", "hello", time.Minute)
	all, err := in.local.Conversations(t.Context(), storetest.Slug, api.ConversationQuery{})
	if err != nil || len(all.Items) != 1 || all.Items[0].PersonName != "somebody on WhatsApp (…1918)" {
		t.Errorf("conversations %+v, %v", all.Items, err)
	}
}

// Whoever was merged into somebody shows their own threads, and these show all.
func TestThreadsOfWhoWasMerged(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	one, other := in.hears("919840012345", "Meena", "hello", time.Hour), in.hears("919840067890", "Meena", "hello", time.Minute)
	root, part := one.Conversation.Person, other.Conversation.Person
	if _, err := in.local.JoinPersons(t.Context(), storetest.Slug, root, api.Join{With: part}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[ngo.PersonID]int{root: 2, part: 1} {
		p, err := in.local.Person(t.Context(), storetest.Slug, id, api.ListQuery{})
		if err != nil || len(p.Conversations) != want || p.Root != root {
			t.Errorf("%s has the threads %+v, %v; want %d", id, p.Conversations, err, want)
		}
	}
}
