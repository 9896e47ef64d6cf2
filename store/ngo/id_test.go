package ngo_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestIDsSortByTimeAndCannotBeGuessed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	seen := map[ngo.DonationID]bool{}
	last := ngo.DonationID("")
	for i := range 1000 {
		id := ngo.NewID[ngo.DonationID](now.Add(time.Duration(i) * time.Millisecond))
		if id <= last || seen[id] {
			t.Fatalf("%s after %s", id, last)
		}
		if back, err := ngo.ParseID[ngo.DonationID](string(id)); err != nil || back != id {
			t.Fatalf("ParseID(%q) = %q, %v", id, back, err)
		}
		seen[id], last = true, id
	}
	a, b := ngo.NewID[ngo.DonationID](now), ngo.NewID[ngo.DonationID](now)
	if a[:len("don_")+9] != b[:len("don_")+9] || a == b {
		t.Errorf("of one moment: %s, %s", a, b)
	}
}

func TestIDsOfOneMomentKeepTheirOrder(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_800_000_000_000)
	before := ngo.NewIDAt[ngo.MessageID](now, 0)
	for _, nth := range []int{1, 2, 255, 256, 65535} {
		next := ngo.NewIDAt[ngo.MessageID](now, nth)
		if next <= before || next == ngo.NewIDAt[ngo.MessageID](now, nth) {
			t.Errorf("of one moment number %d is %s, after %s; want it later, and another each time", nth, next, before)
		}
		before = next
	}
	if later := ngo.NewIDAt[ngo.MessageID](now.Add(time.Millisecond), 0); later <= before {
		t.Errorf("a moment later %s, after %s", later, before)
	}
}

func TestParseIDRefusesForeignShapes(t *testing.T) {
	t.Parallel()
	good := string(ngo.NewID[ngo.ReceiptID](time.Now()))
	for _, s := range []string{"", "rcp_", good[:len(good)-1], good + "0", strings.ToUpper(good), "don" + good[3:], good[:10] + "u" + good[11:], "\x1b[2J"} {
		if _, err := ngo.ParseID[ngo.ReceiptID](s); ngo.CodeOf(err) != ngo.Invalid || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("ParseID(%q) = %v; want a clean refusal", s, err)
		}
	}
}

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	inner := &ngo.Error{Code: ngo.NotFound, Message: "no such gift", Err: cause}
	for _, tt := range []struct {
		err       error
		code      ngo.Code
		permanent bool
	}{
		{nil, "", false},
		{cause, ngo.Internal, false},
		{inner, ngo.NotFound, true},
		{fmt.Errorf("show gift: %w", inner), ngo.NotFound, true},
		{&ngo.Error{Code: ngo.Unavailable, Err: inner}, ngo.Unavailable, false},
		{&ngo.Error{Code: ngo.Limited}, ngo.Limited, false},
		{&ngo.Error{Code: ngo.Denied}, ngo.Denied, true},
	} {
		if ngo.CodeOf(tt.err) != tt.code || ngo.Permanent(tt.err) != tt.permanent {
			t.Errorf("%v: %s, permanent %v; want %s, %v", tt.err, ngo.CodeOf(tt.err), ngo.Permanent(tt.err), tt.code, tt.permanent)
		}
	}
	if !errors.Is(inner, cause) || inner.Error() != "no such gift: the cause" {
		t.Errorf("%v does not tell its cause", inner)
	}
}
