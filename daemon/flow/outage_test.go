package flow

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestOutageParksOnlyItsOwn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var o outages
	for range outageAfter - 1 {
		o.add("whatsapp", now, "it is silent")
	}
	if why, _ := o.of("whatsapp", now); why != "" {
		t.Errorf("after two failures it is left alone: %q", why)
	}
	o.add("whatsapp", now, "it is silent")
	if why, until := o.of("whatsapp", now); why != "it is silent" || until != now.Add(firstOutage) {
		t.Errorf("of = %q until %v; want it left alone for %v", why, until, firstOutage)
	}
	if why, _ := o.of("email", now); why != "" {
		t.Errorf("another account waits too: %q", why)
	}
	o.shut("other", now, "the token has ended")
	if why, _ := o.ofLine(line{"other", "1"}, now); why != "the token has ended" {
		t.Errorf("ofLine = %q; want the account's reason", why)
	}
	if why, _ := o.of("other", now.Add(firstOutage)); why != "" {
		t.Errorf("it is never tried again: %q", why)
	}
	if !o.end("other") || o.end("other") || o.end("email") {
		t.Error("end tells wrongly who was waited for")
	}
}

func TestLimitHoldsOnlyItsLine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var o outages
	one, two := line{"whatsapp", "1"}, line{"whatsapp", "2"}
	for _, tt := range []struct {
		after, wait, want time.Duration // since then, as told, and how long from then
	}{
		{0, 0, 2 * time.Second},
		{0, 0, 2 * time.Second}, // one of several under way
		{3 * time.Second, 0, 4 * time.Second},
		{10 * time.Second, time.Minute, time.Minute},
		{2 * time.Minute, 100 * time.Hour, mostHeld},
	} {
		now = now.Add(tt.after)
		if until := o.hold(one, now, tt.wait, "too fast"); until != now.Add(tt.want) {
			t.Errorf("hold for %v gives %v; want %v", tt.wait, until.Sub(now), tt.want)
		}
	}
	if why, _ := o.ofLine(one, now); why != "too fast" {
		t.Errorf("ofLine = %q; want it held", why)
	}
	for _, l := range []line{two, {account: "whatsapp"}, {account: ngo.AccountID("email")}} {
		if why, _ := o.ofLine(l, now); why != "" {
			t.Errorf("%v waits too: %q", l, why)
		}
	}
	o.taken(one)
	if why, _ := o.ofLine(one, now); why != "" {
		t.Errorf("ofLine = %q after it took one; want none", why)
	}
}
