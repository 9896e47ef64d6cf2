package flow_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// BenchmarkGift takes gifts of people who are known from the delivery to the receipt's row.
func BenchmarkGift(b *testing.B) {
	h := newHouse(b)
	h.sim.People = 50
	for n := range 50 {
		h.deliver(h.sim.Captured(n).Body)
	}
	for range 2 {
		for _, j := range h.claim() {
			must(b, h.run(j))
		}
	}
	b.ResetTimer()
	for n := 0; b.Loop(); n++ {
		h.deliver(h.sim.Captured(1000 + n).Body)
		for _, j := range h.claim() {
			if j.Kind == ngo.JobIngest {
				must(b, h.run(j))
			}
		}
		for _, j := range h.claim() {
			if j.Kind == ngo.JobReact {
				must(b, h.run(j))
			}
		}
	}
}
