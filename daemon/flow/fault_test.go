package flow

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestEveryRefusalHasPlainWords(t *testing.T) {
	t.Parallel()
	for _, class := range []channel.FaultClass{
		channel.FaultAccount, channel.FaultLimit, channel.FaultPair, channel.FaultTransient, channel.FaultWindow, channel.FaultPerson,
		channel.FaultCap, channel.FaultMessage, channel.FaultTemplate, channel.FaultMedia, channel.FaultUnknown, "from-the-future", "",
	} {
		silent := &channel.Fault{Code: "7", Class: class}
		for name, r := range map[string]refusal{
			"sent":   refusalOf(&ngo.Error{Code: ngo.Invalid, Err: silent}),
			"status": refused(silent),
		} {
			if !strings.HasSuffix(r.reason, ".") && !strings.Contains(r.reason, "See:") || r.code != "7" || r.fate {
				t.Errorf("%s of class %q: %+v; want a reason in a sentence", name, class, r)
			}
		}
		told := &channel.Fault{Code: "7", Class: class, Message: "it is so", Hint: "do this", Words: "(#7) secret words"}
		if r := refusalOf(&ngo.Error{Code: ngo.Invalid, Err: fmt.Errorf("y: %w", told)}); r.reason != "It is so. Do this." {
			t.Errorf("class %q says %q; want the fault's own words", class, r.reason)
		}
	}
	if r := refused(nil); r.reason == "" || r.class != channel.FaultUnknown {
		t.Errorf("refused(nil) = %+v", r)
	}
}

func TestWhatComesOfARefusal(t *testing.T) {
	t.Parallel()
	fault := func(class channel.FaultClass, wait time.Duration) error {
		return &channel.Fault{Code: "1", Class: class, Message: "m", Wait: wait}
	}
	for _, tt := range []struct {
		name  string
		err   error
		class channel.FaultClass
		wait  time.Duration
		fate  bool
		retry bool
	}{
		{"a lost answer", errors.New("EOF"), "", 0, true, false},
		{"no code of ours", &ngo.Error{Code: ngo.Internal, Message: "m"}, "", 0, true, false},
		{"a silent provider", &ngo.Error{Code: ngo.Unavailable, Message: "m"}, channel.FaultTransient, 0, false, true},
		{"too fast", &ngo.Error{Code: ngo.Limited, Message: "m", Err: fault(channel.FaultLimit, time.Minute)}, channel.FaultLimit, time.Minute, false, true},
		{"a pair", &ngo.Error{Code: ngo.Limited, Message: "m", Err: fault(channel.FaultPair, 6*time.Second)}, channel.FaultPair, 6 * time.Second, false, true},
		{"an ended token", &ngo.Error{Code: ngo.Unauthenticated, Message: "m", Err: fault(channel.FaultAccount, 0)}, channel.FaultAccount, 0, false, true},
		{"a shut window", &ngo.Error{Code: ngo.Denied, Message: "m", Err: fault(channel.FaultWindow, 0)}, channel.FaultWindow, 0, false, false},
		{"a cap", &ngo.Error{Code: ngo.Denied, Message: "m", Err: fault(channel.FaultCap, 24*time.Hour)}, channel.FaultCap, 24 * time.Hour, false, true},
		{"no such address", &ngo.Error{Code: ngo.NotFound, Message: "m"}, channel.FaultMessage, 0, false, false},
		{"an unknown code with a server's trouble", &ngo.Error{Code: ngo.Unavailable, Message: "m", Err: fault(channel.FaultUnknown, 0)}, channel.FaultTransient, 0, false, true},
		{"an unknown code without an answer", &ngo.Error{Code: ngo.Internal, Message: "m", Err: fault(channel.FaultUnknown, 0)}, "", 0, true, false},
	} {
		r := refusalOf(tt.err)
		if r.class != tt.class || r.wait != tt.wait || r.fate != tt.fate || r.retry() != tt.retry {
			t.Errorf("%s: %+v, retry %v; want %+v", tt.name, r, r.retry(), tt)
		}
	}
}
