package ngo_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func carrying(t *testing.T, x ngo.Extra) json.RawMessage {
	t.Helper()
	more, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return more
}

func TestWhatAMessageSays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		m    ngo.Message
		want string
	}{
		{"text", ngo.Message{Text: "வணக்கம்"}, "வணக்கம்"},
		{"mail", ngo.Message{Subject: "Ration card", Text: "Please help"}, "Subject: Ration card\nPlease help"},
		{"taken back", ngo.Message{Text: "gone", Subject: "gone", Revoked: &at}, ngo.TakenBack},
		{"place", ngo.Message{More: carrying(t, ngo.Extra{Place: &ngo.ExtraPlace{Latitude: 9.92517, Longitude: 78.11953, Name: "Office"}})}, "Place: 9.92517, 78.11953 Office"},
		{"card", ngo.Message{More: carrying(t, ngo.Extra{Cards: []ngo.ExtraCard{{Name: "Ravi", Lines: []string{"+919840012345"}}}})}, "Card: Ravi · +919840012345"},
		{"choice", ngo.Message{Text: "Your answer", More: carrying(t, ngo.Extra{Choice: "Yes"})}, "Your answer\nChose: Yes"},
		{"choice that is the text", ngo.Message{Text: "Yes", More: carrying(t, ngo.Extra{Choice: "Yes"})}, "Yes"},
		{"form and order", ngo.Message{More: carrying(t, ngo.Extra{Form: []ngo.ExtraPair{{Name: "Age", Value: "61"}}, Order: []string{"2 × rice"}})}, "Age: 61\n2 × rice"},
		{"what cannot be read", ngo.Message{Text: "text", More: json.RawMessage(`{"choice":7}`)}, "text"},
		{"a file alone", ngo.Message{Attachments: []ngo.Attachment{{Kind: "image"}}}, ""},
	} {
		if got := tt.m.Said(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWhatIsToldBesides(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	m := ngo.Message{
		Edited: &at, Masked: true, Reason: "It bounced.", Reactions: []ngo.Reaction{{Emoji: "🙏"}, {Emoji: "👍", Mine: true}},
		More: carrying(t, ngo.Extra{Doubt: "Somebody else?", Problem: "Cut short."}),
	}
	marks := []string{"they put 🙏 on it", "you put 👍 on it", "changed later by who wrote it", "a number that is never kept was taken out"}
	if got := m.Marks(); !slices.Equal(got, marks) {
		t.Errorf("marks %q, want %q", got, marks)
	}
	if got := strings.Join(m.Troubles(), " "); got != "It bounced. Somebody else? Cut short." {
		t.Errorf("troubles %q", got)
	}
	for want, a := range map[string]ngo.Attachment{
		"image":                           {Kind: "image", State: ngo.AttachmentKept},
		"file · form.pdf":                 {Kind: "file", Name: "form.pdf", State: ngo.AttachmentKept},
		"voice · being fetched":           {Kind: "voice", State: ngo.AttachmentWanted},
		"file · x.exe · refused: a virus": {Kind: "file", Name: "x.exe", State: ngo.AttachmentRefused, Reason: "a virus"},
		"file · lost":                     {Kind: "file", State: ngo.AttachmentLost},
	} {
		if got := a.Said(); got != want {
			t.Errorf("a file is told as %q, want %q", got, want)
		}
	}
}

// What may have arrived is never told as not sent: whoever reads that would send it again.
func TestWhatBecameOfAMessage(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	due := now.Add(7500 * time.Millisecond)
	for want, m := range map[string]ngo.Message{
		"… leaves in 8s":                    {Direction: ngo.Out, State: ngo.MessageQueued, Due: &due},
		"… waits":                           {Direction: ngo.Out, State: ngo.MessageQueued, Due: &now},
		"✗ not sent":                        {Direction: ngo.Out, State: ngo.MessageFailed},
		"? nobody knows whether it arrived": {Direction: ngo.Out, State: ngo.MessageUncertain},
		"":                                  {Direction: ngo.Out, State: ngo.MessageSent, Echo: true},
	} {
		if got := m.Fate(now); got != want {
			t.Errorf("%s: %q, want %q", m.State, got, want)
		}
	}
	if got := (ngo.Message{Direction: ngo.In, State: ngo.MessageReceived}).Fate(now); got != "" {
		t.Errorf("of one that came: %q", got)
	}
	for want, c := range map[string]ngo.Conversation{
		"":               {},
		"! not sent":     {Failed: 2, Uncertain: 1},
		"? nobody knows": {Failed: 1, Uncertain: 1},
	} {
		if got := c.Trouble(); got != want {
			t.Errorf("%d failed, %d uncertain: %q, want %q", c.Failed, c.Uncertain, got, want)
		}
	}
}
