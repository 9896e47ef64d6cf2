package main

import (
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A watch says of every message that moves on what it has become, also of those that were written on the phone.
func TestWatchTellsWhatBecameOfAMessage(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]ngo.Message{
		"✓✓ delivered": {Direction: ngo.Out},
		"delivered":    {Direction: ngo.Out, Echo: true},
	} {
		c, out, _ := newTestCall(t, forPeople)
		w := &watch{c: c, seen: map[ngo.MessageID]ngo.MessageState{}, name: map[ngo.ConversationID]api.Conversation{"cnv_1": {PersonName: "Meena"}}}
		m.ID, m.Conversation = "msg_1", "cnv_1"
		for _, m.State = range []ngo.MessageState{ngo.MessageSent, ngo.MessageDelivered} {
			if err := w.print(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.TrimSpace(out.String()); !strings.HasSuffix(got, "Meena: "+want) {
			t.Errorf("it says %q; want %q at the end", got, want)
		}
	}
}
