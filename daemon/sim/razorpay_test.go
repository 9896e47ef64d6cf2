package sim_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestRazorpayFollowsFromTheSeed(t *testing.T) {
	t.Parallel()
	a, b, other := sim.NewRazorpay(7, "s"), sim.NewRazorpay(7, "s"), sim.NewRazorpay(8, "s")
	for _, n := range []int{0, 1, 99_999} {
		if x, y := a.Captured(n), b.Captured(n); !reflect.DeepEqual(x, y) {
			t.Errorf("payment %d differs from one generator to the next: %+v, %+v", n, x, y)
		}
		if x, y := a.Captured(n), other.Captured(n); x.Payment == y.Payment || x.ID == y.ID {
			t.Errorf("payment %d of two seeds is %s twice", n, x.Payment)
		}
	}
	if got, want := string(a.AppendBody([]byte("x"), 5)), "x"+string(a.Captured(5).Body); got != want {
		t.Errorf("AppendBody = %s; want %s", got, want)
	}
}

func TestRazorpayIsSignedDistinctAndVaried(t *testing.T) {
	t.Parallel()
	const events = 5000
	r := sim.NewRazorpay(1, "s")
	seen, methods, ids := map[ngo.Ref]bool{}, map[string]int{}, map[string]bool{}
	var abroad, nameless, unknown, size int
	last := time.Time{}
	for e := range r.Events(0, events) {
		var body struct{ Event string }
		if err := json.Unmarshal(e.Body, &body); err != nil || body.Event != "payment.captured" || !utf8.Valid(e.Body) {
			t.Fatalf("body %s: %v", e.Body, err)
		}
		if !sign.Verify([]byte("s"), e.Body, e.Header().Get("X-Razorpay-Signature")) {
			t.Fatalf("%s is not signed", e.Payment)
		}
		if e.Amount.Minor < 1 || e.Fee <= e.Tax || !e.Created.After(last) {
			t.Fatalf("event %+v", e)
		}
		last = e.Created
		seen[e.Payment], ids[e.ID] = true, true
		methods[e.Method]++
		size += len(e.Body)
		if e.International {
			abroad++
		}
		if e.Donor.Name == "" {
			nameless++
		}
		if e.Donor == (ngo.Donor{}) {
			unknown++
		}
	}
	if len(seen) != events || len(ids) != events {
		t.Errorf("%d payments and %d event ids of %d events", len(seen), len(ids), events)
	}
	if len(methods) != 4 || abroad == 0 || unknown == 0 || nameless <= unknown {
		t.Errorf("methods %v, %d from abroad, %d without a name, %d without anything", maps.Clone(methods), abroad, nameless, unknown)
	}
	if mean := size / events; mean < 1000 || mean > 1500 {
		t.Errorf("a body has %d bytes; Razorpay's have 1,000 to 1,500", mean)
	}
}

func TestRazorpayPlain(t *testing.T) {
	t.Parallel()
	r := sim.NewRazorpay(1, "s")
	r.Plain = true
	for e := range r.Events(0, 500) {
		d := e.Donor
		if e.International || d.Name == "" || d.EMail == "" || d.Phone == "" || d.Address == "" || !ngo.ValidPAN(d.PAN) {
			t.Fatalf("a plain gift is %+v", e)
		}
	}
}

func BenchmarkAppendBody(b *testing.B) {
	r := sim.NewRazorpay(1, "s")
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		buf = r.AppendBody(buf[:0], n)
		n++
	}
}

func BenchmarkCaptured(b *testing.B) {
	r := sim.NewRazorpay(1, "s")
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r.Captured(n)
		n++
	}
}
