package ngo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// How a message reads in plain words, for whatever shows it. Texts are as they were written: show them with PrintableText.

// TakenBack stands for a message that whoever wrote it took back.
const TakenBack = "(taken back by who wrote it)"

// Extra gives what a message carries besides text and files; what cannot be read is nothing.
func (m Message) Extra() (x Extra) {
	if len(m.More) > 0 && json.Unmarshal(m.More, &x) != nil {
		return Extra{}
	}
	return x
}

// Said is the text of a message, with what stands for the parts that are none, a line each. Files are told by Attachment.Said.
func (m Message) Said() string {
	if m.Revoked != nil {
		return TakenBack
	}
	var lines []string
	if m.Subject != "" {
		lines = append(lines, "Subject: "+m.Subject)
	}
	if m.Text != "" {
		lines = append(lines, m.Text)
	}
	x := m.Extra()
	if p := x.Place; p != nil {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("Place: %.5f, %.5f %s %s", p.Latitude, p.Longitude, p.Name, p.Address)))
	}
	for _, card := range x.Cards {
		lines = append(lines, "Card: "+strings.Join(append([]string{card.Name}, card.Lines...), " · "))
	}
	if x.Choice != "" && x.Choice != m.Text {
		lines = append(lines, "Chose: "+x.Choice)
	}
	for _, f := range x.Form {
		lines = append(lines, f.Name+": "+f.Value)
	}
	return strings.Join(append(lines, x.Order...), "\n")
}

// Marks is what was done to a message since it was written.
func (m Message) Marks() (out []string) {
	for _, r := range m.Reactions {
		by := "they"
		if r.Mine {
			by = "you"
		}
		out = append(out, by+" put "+r.Emoji+" on it")
	}
	if m.Edited != nil && m.Revoked == nil {
		out = append(out, "changed later by who wrote it")
	}
	if m.Masked {
		out = append(out, "a number that is never kept was taken out")
	}
	return out
}

// Troubles is what is wrong with a message.
func (m Message) Troubles() (out []string) {
	x := m.Extra()
	for _, text := range []string{m.Reason, x.Doubt, x.Problem} {
		if text != "" {
			out = append(out, text)
		}
	}
	return out
}

// Fate tells by a sign and in words what became of a message that goes out; nothing of any other.
func (m Message) Fate(now time.Time) string {
	if m.Direction != Out || m.Echo {
		return ""
	}
	if m.State == MessageQueued && m.Due != nil && m.Due.After(now) {
		return fmt.Sprintf("… leaves in %ds", int(m.Due.Sub(now).Seconds())+1)
	}
	return cmp.Or(fates[m.State], string(m.State))
}

// fates are the words for the states of what goes out.
var fates = map[MessageState]string{
	MessageQueued: "… waits", MessageSending: "… going out", MessageSent: "✓ sent", MessageDelivered: "✓✓ delivered", MessageRead: "✓✓ read",
	MessageFailed: "✗ not sent", MessageUncertain: "? nobody knows whether it arrived", MessageWithdrawn: "↶ pulled back",
}

// Trouble tells in a list what is wrong with messages of ours in a thread; nothing where all is well.
func (c Conversation) Trouble() string {
	switch {
	case c.Failed > c.Uncertain:
		return "! not sent"
	case c.Uncertain > 0:
		return "? nobody knows"
	}
	return ""
}

// Said tells what a file is, and why it is not here where it is not.
func (a Attachment) Said() string {
	parts := []string{a.Kind}
	if a.Name != "" {
		parts = append(parts, a.Name)
	}
	switch a.State {
	case AttachmentKept:
	case AttachmentWanted:
		parts = append(parts, "being fetched")
	default:
		parts = append(parts, strings.TrimSuffix(string(a.State)+": "+a.Reason, ": "))
	}
	return strings.Join(parts, " · ")
}
