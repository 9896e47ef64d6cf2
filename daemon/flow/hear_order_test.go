package flow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Providers date messages to the second. Those of one second stand as they came, whichever of them is worked on first.
func TestMessagesOfOneSecondStandAsTheyCame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	second := h.now().Truncate(time.Second)
	said := func(words string) string {
		return fmt.Sprintf(`{"from":%q,"id":%q,"timestamp":"%d","type":"text","text":{"body":%q}}`, meena, "wamid."+words, second.Unix(), words)
	}
	g.arrive(messages(said("one"), said("two")))
	h.later(time.Second)
	g.arrive(messages(said("three"), said("four")))
	jobs := h.claim()
	if len(jobs) != 2 {
		t.Fatalf("%d jobs; want one for each delivery", len(jobs))
	}
	for _, j := range slices.Backward(jobs) {
		must(t, h.run(j))
	}
	c := h.thread()
	var got []string
	for _, m := range c.messages {
		got = append(got, m.Text)
	}
	if want := []string{"one", "two", "three", "four"}; !slices.Equal(got, want) || c.Snippet != "four" || c.Unread != 4 {
		t.Errorf("the thread is %q, and ends with %q, %d unread; want %q", got, c.Snippet, c.Unread, want)
	}
}
