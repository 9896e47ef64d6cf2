package ingress

import (
	"cmp"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Failures counts what goes wrong per source (an address, a user name) and tells when a source has failed too often.
// What goes well costs a source nothing. It holds at most Keys sources, the latest to fail, so that a flood from a
// million addresses cannot fill the memory. It is safe for concurrent use.
type Failures struct {
	o FailuresOptions

	mu sync.Mutex
	// Two generations instead of a list: when the young one is full it becomes the old one, and the old one is forgotten.
	young, old map[string]*rate.Limiter
}

// FailuresOptions is what a Failures is made with.
type FailuresOptions struct {
	Burst int              // failures that are free at first: 20
	Every time.Duration    // after that, one more is free each: 3 s
	Keys  int              // sources remembered: 65536, about 15 MB
	Now   func() time.Time // time.Now when nil
}

// NewFailures makes an empty count.
func NewFailures(o FailuresOptions) *Failures {
	o.Burst, o.Every, o.Keys = cmp.Or(o.Burst, 20), cmp.Or(o.Every, 3*time.Second), cmp.Or(o.Keys, 1<<16)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Failures{o: o, young: map[string]*rate.Limiter{}}
}

// Blocked tells whether the source has no failure left.
func (f *Failures) Blocked(source string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.find(source)
	return l != nil && l.TokensAt(f.o.Now()) < 1
}

// Fail counts one failure of the source.
func (f *Failures) Fail(source string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.find(source)
	if l == nil {
		l = rate.NewLimiter(rate.Every(f.o.Every), f.o.Burst)
		f.keep(source, l)
	}
	l.AllowN(f.o.Now(), 1)
}

func (f *Failures) find(source string) *rate.Limiter {
	if l := f.young[source]; l != nil {
		return l
	}
	l := f.old[source]
	if l != nil {
		f.keep(source, l)
	}
	return l
}

func (f *Failures) keep(source string, l *rate.Limiter) {
	if len(f.young) >= f.o.Keys/2 {
		f.young, f.old = make(map[string]*rate.Limiter, len(f.young)), f.young
	}
	f.young[source] = l
}

// Source gives the key by which a client is counted, from a request's RemoteAddr: the address of IPv4, the /64 of IPv6,
// of which one subscriber has the whole.
func Source(remoteAddr string) string {
	ap, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return remoteAddr
	}
	if ap.Addr().Is4() {
		return remoteAddr[:strings.LastIndexByte(remoteAddr, ':')]
	}
	return subscriber(ap.Addr().Unmap().WithZone("")).String()
}

// subscriber gives the one address that stands for all that a subscriber has.
func subscriber(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	p, _ := a.Prefix(64) // 64 bits are always there in an address of 128
	return p.Addr()
}
