package apiserver_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestWhoWroteLearnsThatItWasSeen(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	in.hears("919840012345", "Meena", "Hello", 2*time.Hour)
	id := in.hears("919840012345", "Meena", "Anybody there?", time.Hour).Conversation.ID
	for range 2 { // the second time there is nothing new to tell
		if err := in.local.MarkRead(ctx, storetest.Slug, id); err != nil {
			t.Fatal(err)
		}
	}
	want := "/" + ourNumber + `/messages {"messaging_product":"whatsapp","status":"read","message_id":"ref-c"}`
	select {
	case got := <-in.graph.seen:
		if got != want {
			t.Errorf("told %s; want %s", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told")
	}
	in.srv.Close()
	if len(in.graph.seen) > 0 {
		t.Errorf("it was told again: %s", <-in.graph.seen)
	}
	if err := in.local.MarkRead(ctx, storetest.Slug, id); err != nil {
		t.Errorf("MarkRead while the server ends = %v", err)
	}
}

func TestWhatIsSeenOfMailIsToldToNobody(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.graph.refuse(500)
	id := in.hear(in.mail, ngo.Mail, ngo.Identity{Kind: ngo.EMail, Value: "meena@donor.example"}, "Meena", "Hello", time.Hour).Conversation.ID
	chat := in.hears("919840012345", "Meena", "Hello", time.Hour).Conversation.ID
	if err := in.local.MarkRead(t.Context(), storetest.Slug, id); err != nil {
		t.Error(err)
	}
	if err := in.local.MarkRead(t.Context(), storetest.Slug, chat); err != nil {
		t.Errorf("a provider's trouble is whoever reads's: %v", err)
	}
	in.srv.Close()
}
