// Package paymenttest is the suite that every payment gateway passes. It knows the contract in package payment and nothing
// of any gateway; what a gateway's server does comes from a Double.
package paymenttest

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Suite is a gateway and what it needs to be tested.
type Suite struct {
	Driver payment.Driver
	Values setting.Values // of an account that can be opened
	// Captured gives the n-th delivery that tells of a captured payment, signed for Values. Each n is another payment.
	Captured func(n int) (http.Header, []byte)
	// Ignored gives a signed delivery that is understood and means nothing to the ledger.
	Ignored func() (http.Header, []byte)
	// Foreign gives a delivery signed with another account's secret.
	Foreign func() (http.Header, []byte)
	// WholeBody says that the signature covers every byte of the body.
	WholeBody bool
	// Double starts the gateway's double, for a test of its own. A gateway that can be asked needs one.
	Double func(t *testing.T) Double
}

// Run tests the gateway.
func Run(t *testing.T, s Suite) {
	t.Helper()
	account, err := s.Driver.Open(s.Values)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	for _, x := range []struct {
		name string
		test func(*testing.T, payment.Account)
	}{
		{"settings", s.settings},
		{"a signed delivery is accepted", s.accepts},
		{"a forged delivery is refused", s.refuses},
		{"a captured payment is complete", s.complete},
		{"an event without money has no payment", s.ignores},
		{"the hint is capped, printable and not trusted", s.hints},
		{"the methods are pure", s.pure},
		{"garbage is refused without a panic", s.garbage},
		{"a probe is accepted and means nothing", s.probes},
		{"the order of events does not matter", s.order},
		{"asking gives what is in the window", s.polls},
		{"asking ends when nobody listens", s.stops},
		{"a claim is confirmed by asking", s.confirms},
		{"a refund is made once", s.refunds},
		{"a refund of more than was paid is refused", s.overdraws},
		{"a gateway in trouble is told from one that refuses", s.troubles},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			x.test(t, account)
		})
	}
}

func (s Suite) settings(t *testing.T, _ payment.Account) {
	form := s.Driver.Settings()
	if s.Driver.Name() == "" || len(form) == 0 {
		t.Fatalf("the driver is named %q and has %d settings", s.Driver.Name(), len(form))
	}
	_, err := s.Driver.Open(setting.Values{})
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok || e.Code != ngo.Invalid {
		t.Fatalf("Open of nothing = %v; want Invalid", err)
	}
	for _, f := range form {
		if f.Name == "" || f.Title == "" || f.Help == "" || f.Kind == "" {
			t.Errorf("field %+v lacks its name, title, help or kind", f)
		}
		if f.Required && !strings.Contains(e.Message, f.Name) {
			t.Errorf("Open of nothing says %q and does not name %s", e.Message, f.Name)
		}
	}
	extra := maps.Clone(s.Values)
	extra["no-such-setting"] = "x"
	if _, err := s.Driver.Open(extra); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("Open with an unknown setting = %v; want Invalid", err)
	}
}

func (s Suite) accepts(t *testing.T, a payment.Account) {
	for n := range 20 {
		header, body := s.Captured(n)
		if err := a.Verify(header, body); err != nil {
			t.Errorf("Verify of delivery %d: %v", n, err)
		}
		if limit := a.Limit(); int64(len(body)) > limit || limit > 16<<20 {
			t.Errorf("the limit is %d; delivery %d has %d bytes", limit, n, len(body))
		}
	}
}

func (s Suite) refuses(t *testing.T, a payment.Account) {
	header, body := s.Captured(0)
	refuse := func(what string, header http.Header, body []byte) {
		t.Helper()
		if err := a.Verify(header, body); ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("Verify with %s = %v; want Unauthenticated", what, err)
		}
	}
	refuse("no header and no body", nil, nil)
	refuse("an empty body", header, nil)
	foreign, theirs := s.Foreign()
	refuse("another account's signature", foreign, theirs)
	s.refusesHeaders(t, a, header, body)
	if !s.WholeBody {
		return // the signature may lie in the body itself
	}
	_, other := s.Captured(1)
	refuse("another delivery's body", header, other)
	refuse("a byte more", header, append(slices.Clone(body), ' '))
	refuse("a byte less", header, body[:len(body)-1])
	for i := range body {
		flipped := slices.Clone(body)
		flipped[i] ^= 1
		if a.Verify(header, flipped) == nil {
			t.Errorf("Verify accepts the body with a bit of byte %d flipped", i)
		}
	}
}

// refusesHeaders damages each header in turn. Those that the signature does not depend on may be damaged; then the body
// must carry the signature, or another header does.
func (s Suite) refusesHeaders(t *testing.T, a payment.Account, header http.Header, body []byte) {
	signing := 0
	for name := range header {
		without := header.Clone()
		without.Del(name)
		if a.Verify(without, body) == nil {
			continue
		}
		signing++
		value := header.Get(name)
		for _, bad := range []string{
			"", " ", "0", value[:len(value)-1], value + "0", value + value, " " + value, "\x00", "é", strings.Repeat("0", len(value)),
			strings.Repeat("z", len(value)), strings.Repeat("0", 1<<16), flip(value, 0), flip(value, len(value)-1),
		} {
			damaged := header.Clone()
			damaged[name] = []string{bad}
			if err := a.Verify(damaged, body); ngo.CodeOf(err) != ngo.Unauthenticated {
				t.Errorf("Verify with %s %.80q = %v; want Unauthenticated", name, bad, err)
			}
		}
	}
	if signing == 0 && s.WholeBody {
		t.Error("no header carries the signature, and yet it covers the whole body")
	}
}

// flip changes the sign at i to another of the same kind.
func flip(s string, i int) string {
	b := []byte(s)
	b[i] ^= 1
	return string(b)
}

func (s Suite) complete(t *testing.T, a payment.Account) {
	seen := map[ngo.Ref]int{}
	for n := range 50 {
		_, body := s.Captured(n)
		event, err := a.Normalise(body)
		if err != nil || event.Payment == nil || event.Name == "" {
			t.Fatalf("Normalise of delivery %d = %+v, %v; want a payment", n, event, err)
		}
		p := event.Payment
		if p.State != ngo.PaymentCaptured || p.Ref == "" || p.Amount.Minor < 1 || len(p.Amount.Currency) != 3 || p.Created.IsZero() && s.WholeBody {
			t.Errorf("delivery %d = %+v; want it captured, with a reference, an amount and a time", n, p)
		}
		if p.Fee < 0 || p.Tax < 0 || p.Tax > p.Fee || p.Fee > p.Amount.Minor {
			t.Errorf("delivery %d costs a fee of %d with %d tax of %v", n, p.Fee, p.Tax, p.Amount)
		}
		if first, ok := seen[p.Ref]; ok {
			t.Errorf("deliveries %d and %d are both %s", first, n, p.Ref)
		}
		seen[p.Ref] = n
		for _, text := range []string{event.Name, p.Method, p.Reference, p.Purpose, p.Donor.Name, p.Donor.Address, p.Donor.EMail, p.Donor.Phone, p.Donor.PAN} {
			if ngo.Printable(text) != text {
				t.Errorf("delivery %d gives %q, which cannot be printed", n, text)
			}
		}
	}
}

func (s Suite) ignores(t *testing.T, a payment.Account) {
	header, body := s.Ignored()
	if err := a.Verify(header, body); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if event, err := a.Normalise(body); err != nil || event.Name == "" || says(event) {
		t.Errorf("Normalise = %+v, %v; want a name and nothing else", event, err)
	}
}

// says tells whether an event says anything to the ledger.
func says(e payment.Event) bool {
	return e.Payment != nil || e.Refund != nil || e.Dispute != nil || e.Settlement != nil || e.Claim != nil
}

func (s Suite) probes(t *testing.T, a payment.Account) {
	prober, ok := a.(payment.Prober)
	if !ok {
		t.Skip("the gateway cannot be probed")
	}
	header, body := prober.Probe(Noon(), "one")
	if err := a.Verify(header, body); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if event, err := a.Normalise(body); err != nil || event.Name == "" || says(event) {
		t.Errorf("Normalise = %+v, %v; want a name and nothing else", event, err)
	}
	if _, other := prober.Probe(Noon(), "two"); bytes.Equal(body, other) {
		t.Error("two probes have the same body: the second would count as a repeat")
	}
}

func (s Suite) hints(t *testing.T, a payment.Account) {
	header, body := s.Captured(0)
	want, err := a.Normalise(body)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"", "another", "\x1b[2J\u202e\r\nX: y", strings.Repeat("x", 1<<16), "\xff\xfe", "'; drop table delivery; --"} {
		for name := range header {
			changed := header.Clone()
			changed[name] = []string{value}
			hint := a.Hint(changed)
			if len(hint) > 200 || !utf8.ValidString(hint) || ngo.Printable(hint) != hint {
				t.Errorf("with %s %.40q the hint is %.200q", name, value, hint)
			}
			if a.Verify(changed, body) != nil {
				continue
			}
			if got, err := a.Normalise(body); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("with %s %.40q the event is %+v, %v; want %+v", name, value, got, err, want)
			}
		}
	}
	if hint := a.Hint(nil); hint != "" {
		t.Errorf("without headers the hint is %q", hint)
	}
}

// pure also calls the methods from several goroutines, for the race detector.
func (s Suite) pure(t *testing.T, a payment.Account) {
	header, body := s.Captured(3)
	headerBefore, bodyBefore := header.Clone(), bytes.Clone(body)
	want, err := a.Normalise(body)
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 25 {
				if err := a.Verify(header, body); err != nil {
					t.Errorf("Verify: %v", err)
				}
				a.Hint(header)
				got, err := a.Normalise(body)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("Normalise = %+v, %v; want %+v as before", got, err, want)
				}
			}
		})
	}
	callers.Wait()
	if !reflect.DeepEqual(header, headerBefore) || !bytes.Equal(body, bodyBefore) {
		t.Error("a method changed the headers or the body")
	}
	again, err := s.Driver.Open(s.Values)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Normalise(body); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("an account opened again gives %+v, %v; want %+v", got, err, want)
	}
}

func (s Suite) garbage(t *testing.T, a payment.Account) {
	header, body := s.Captured(0)
	bodies := [][]byte{
		nil, {}, []byte("\x00"), []byte("null"), []byte("{}"), []byte("[]"), []byte(`""`), []byte("0"), []byte("true"), []byte("\xff\xfe{}"),
		[]byte(strings.Repeat("[", 1<<16)), []byte(strings.Repeat(`{"a":`, 1<<14)), []byte("a=b&c=%zz"), []byte("<xml/>"),
		bytes.Repeat([]byte{0xff}, 1<<12), append(bytes.Clone(body), body...),
	}
	for i := range body {
		bodies = append(bodies, body[:i])
	}
	for i := range body {
		damaged := bytes.Clone(body)
		damaged[i] ^= 0x20
		bodies = append(bodies, damaged)
	}
	for _, b := range bodies {
		event, err := a.Normalise(b)
		if err != nil && (ngo.CodeOf(err) != ngo.Invalid || says(event)) {
			t.Errorf("Normalise(%.80q) = %+v, %v; want Invalid and nothing that moves money", b, event, err)
		}
		if err == nil && event.Name == "" {
			t.Errorf("Normalise(%.80q) understands an event without a name", b)
		}
		if len(b) < len(body) && event.Payment != nil {
			t.Errorf("Normalise(%.80q) finds a payment in a body cut off", b)
		}
		if err := a.Verify(header, b); err != nil && ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("Verify(%.80q) = %v; want Unauthenticated", b, err)
		}
	}
}
