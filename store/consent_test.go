package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// Of what is said again the last counts by when it was said, in whatever order it is told.
func TestOfWhatIsSaidAgainTheLastCounts(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	id := folk(t, o, 1)[0]
	c.pass(24 * time.Hour)
	start := c.Now().Add(-20 * time.Hour)
	for i, step := range []struct {
		given   bool
		at      time.Duration // since the start
		stopped bool
	}{
		{false, 1, true}, {false, 9, true}, {false, 4, true},
		{true, 5, true}, // between two stops
		{true, 10, false}, {true, 3, false},
		{false, 10, true}, // at the same moment, and told after it
		{false, 2, true},
		{true, 11, false},
	} {
		c.pass(time.Minute)
		storetest.Write(t, o, func(tx *store.Tx) error {
			_, err := tx.AddConsent(ngo.Consent{Person: id, Topic: ngo.TopicAll, Given: step.given, Words: "yes or no",
				Identity: ngo.Identity{Kind: ngo.WhatsApp, Value: "1"}, At: start.Add(step.at * time.Hour)})
			return err
		})
		storetest.Read(t, o, func(r *store.Rx) error {
			stopped, err := r.Stopped(id)
			kept, also := r.Consents(id)
			if stopped != step.stopped || len(kept) != i+1 {
				t.Errorf("after %+v: stopped %t, %d are kept", step, stopped, len(kept))
			}
			return errors.Join(err, also)
		})
	}
}

// BenchmarkStopped asks of people who said STOP again and again whether they did.
func BenchmarkStopped(b *testing.B) {
	for _, crowd := range []struct{ people, each int }{{1, 8000}, {40, 260}} {
		b.Run(fmt.Sprintf("%d people, %d words each", crowd.people, crowd.each), func(b *testing.B) {
			o := storetest.Org(b)
			ids := folk(b, o, crowd.people)
			storetest.Write(b, o, func(tx *store.Tx) error {
				var fault error
				for i, id := range ids {
					if i > 0 {
						_, err := tx.Join(ids[0], id, "")
						fault = errors.Join(fault, err)
					}
					for n := range crowd.each {
						_, err := tx.AddConsent(ngo.Consent{Person: id, Topic: ngo.TopicAll, Given: n%2 == 0, Words: "words",
							Identity: ngo.Identity{Kind: ngo.WhatsApp, Value: fmt.Sprint(i)}})
						fault = errors.Join(fault, err)
					}
				}
				return fault
			})
			for b.Loop() {
				storetest.Read(b, o, func(r *store.Rx) error { _, err := r.Stopped(ids[0]); return err })
			}
		})
	}
}
