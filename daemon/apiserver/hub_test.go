package apiserver

import (
	"fmt"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
)

func publish(h *hub, org string, n int) {
	for i := range n {
		h.publish([]store.Change{{Org: org, Kind: "donation", ID: fmt.Sprint(i)}})
	}
}

func TestHubNumbersEachOrganisationByItself(t *testing.T) {
	t.Parallel()
	h := newHub()
	publish(h, "a", 3)
	publish(h, "b", 1)
	publish(h, "", 5) // the appliance's changes are nobody's
	events, at, _ := h.since("a", 1, nil)
	if at != 3 || len(events) != 2 || events[0].ID != h.start+"-2" || events[0].Subject != "1" || events[1].ID != h.start+"-3" {
		t.Errorf("since 1 = %+v, %d", events, at)
	}
	if events, at, _ := h.since("b", 0, nil); at != 1 || len(events) != 1 {
		t.Errorf("of b = %+v, %d", events, at)
	}
	if len(h.rings) != 2 {
		t.Errorf("rings = %d, want 2", len(h.rings))
	}
}

func TestHubKnowsWhereItCanGoOn(t *testing.T) {
	t.Parallel()
	h := newHub()
	publish(h, "a", ringSize+10)
	last := uint64(ringSize + 10)
	for _, tt := range []struct {
		id   string
		at   uint64
		good bool
	}{
		{"", last, false},
		{"nonsense", last, false},
		{h.start + "-", last, false},
		{h.start + "--1", last, false},
		{"earlierrun-20", last, false},
		{h.start + "-9", last, false}, // the next one is gone
		{h.start + "-10", 10, true},
		{h.id(last), last, true},
		{h.id(last + 1), last, false}, // never given
		{h.start + "-18446744073709551615", last, false},
	} {
		if at, good := h.position("a", tt.id); at != tt.at || good != tt.good {
			t.Errorf("position(%q) = %d, %v; want %d, %v", tt.id, at, good, tt.at, tt.good)
		}
	}
}

func TestHubTellsAReaderThatFellBehindToResync(t *testing.T) {
	t.Parallel()
	h := newHub()
	publish(h, "a", 2*ringSize)
	events, at, more := h.since("a", 1, nil)
	if len(events) != 1 || events[0].Kind != api.Resync || events[0].ID != h.id(2*ringSize) || at != 2*ringSize {
		t.Errorf("since 1 = %+v, %d", events, at)
	}
	select {
	case <-more:
		t.Error("there is nothing more yet")
	default:
	}
	publish(h, "a", 1)
	<-more
	events, _, _ = h.since("a", at, nil)
	if len(events) != 1 || events[0].ID != h.id(2*ringSize+1) {
		t.Errorf("the next = %+v", events)
	}
}

func BenchmarkHubPublish(b *testing.B) {
	h := newHub()
	changes := []store.Change{{Org: "a", Kind: "donation", ID: "don_1"}, {Org: "a", Kind: "job", ID: "m_1"}}
	b.ReportAllocs()
	for b.Loop() {
		h.publish(changes)
	}
}
