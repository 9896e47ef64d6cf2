package apiserver_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// What staff write and how they call the files that go with it is held against numbers that are never kept, together.
func TestNamesOfFilesOfAReplyAreMasked(t *testing.T) {
	t.Parallel()
	in := newInbox(t, looking(t))
	_, token := in.user("ravi", storetest.Slug, ngo.Agent)
	c := in.with(token)
	id := in.hears("919840012345", "Meena", "Which papers?", time.Hour).Conversation.ID
	for _, tt := range []struct {
		text, name         string
		wantText, wantName string
		masked             bool
	}{
		{"this one", "aadhaar 2345 6789 0124.txt", "this one", "aadhaar xxxx xxxx 0124.txt", true},
		{"your aadhaar", "234567890124.txt", "your aadhaar", "xxxx xxxx 0124.txt", true},
		{"234567890124", "aadhaar.txt", "xxxx xxxx 0124", "aadhaar.txt", true},
		{"the list", "234567890124.txt", "the list", "234567890124.txt", false},
	} {
		w, err := c.ReplyTo(t.Context(), storetest.Slug, id, api.Reply{Text: tt.text, Key: tt.text, Files: []api.Upload{{Name: tt.name, Data: []byte("some words")}}})
		if err != nil {
			t.Fatal(err)
		}
		th, err := c.Thread(t.Context(), storetest.Slug, id, api.ListQuery{})
		if err != nil {
			t.Fatal(err)
		}
		m := th.Messages[len(th.Messages)-1]
		if m.ID != w.Message.ID || m.Text != tt.wantText || m.Attachments[0].Name != tt.wantName || m.Masked != tt.masked {
			t.Errorf("%q with %q: %+v", tt.text, tt.name, m)
		}
		again, err := c.ReplyTo(t.Context(), storetest.Slug, id, api.Reply{Text: tt.text, Key: tt.text, Files: []api.Upload{{Name: tt.name, Data: []byte("some words")}}})
		if err != nil || again.Message.ID != m.ID {
			t.Errorf("again: %+v, %v", again, err)
		}
	}
}
