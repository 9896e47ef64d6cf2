package paymenttest

import (
	"net/http"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Double is a server on loopback that behaves as the gateway does, with a book of payments of one account. Its clock stands
// at Noon.
type Double struct {
	Values setting.Values // of the account, with all that is needed to ask
	// Give makes a payment at that time that comes through. The ref is the one by which the ledger knows it.
	Give func(at time.Time, amount int64) ngo.Ref
	// Late makes a payment that fails first, and comes through after all.
	Late func(at time.Time, amount int64) ngo.Ref
	// Refund pays back from the gateway's own dashboard, at Noon.
	Refund func(p ngo.Ref, amount int64)
	// Returned tells what has gone back of a payment, by the gateway's own book.
	Returned func(p ngo.Ref) int64
	// Webhooks gives the deliveries made since the last call.
	Webhooks func() []Delivery
	Trouble  func(Trouble)
	Heal     func() // takes back every trouble
}

// Noon is when the doubles' clocks stand.
func Noon() time.Time { return time.Date(2026, time.June, 1, 6, 30, 0, 0, time.UTC) }

// Delivery is one webhook.
type Delivery struct {
	Header http.Header
	Body   []byte
}

// Trouble is what goes wrong when the double is asked.
type Trouble struct {
	Status int         // the answer, with the body that the gateway sends with it, unless Body is set
	Header http.Header // of that answer
	Body   string
	Empty  bool // 200 without a body
	Hang   bool // no answer until Heal
	Lost   bool // carried out, and then no answer
	Cut    bool // carried out, and then half an answer
	Refund bool // strikes orders of refunds only
	Times  int  // how often; without end when 0
}

// start opens an account at a new double.
func (s Suite) start(t *testing.T) (Double, payment.Account) {
	t.Helper()
	if s.Double == nil {
		t.Skip("the suite has no double")
	}
	d := s.Double(t)
	a, err := s.Driver.Open(d.Values)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return d, a
}

// poll asks for a window and reads all that is said.
func poll(t *testing.T, a payment.Account, w payment.Window) []payment.Event {
	t.Helper()
	var out []payment.Event
	err := poller(t, a).Poll(t.Context(), w, func(body []byte) error {
		e, err := a.Normalise(body)
		if err != nil {
			t.Errorf("Normalise(%s): %v", body, err)
		}
		if e.Claim != nil {
			t.Errorf("Normalise(%s) claims what the gateway itself said", body)
		}
		if int64(len(body)) > a.Limit() {
			t.Errorf("a body of %d bytes is over the limit", len(body))
		}
		out = append(out, e)
		return nil
	})
	if err != nil {
		t.Fatalf("Poll: %v", err)
	}
	return out
}

// theDay is a window with all that a test made.
func theDay() payment.Window {
	return payment.Window{From: Noon().Add(-24 * time.Hour), To: Noon().Add(time.Hour)}
}

// believed reads a delivery, and asks the gateway where it is no more than a claim.
func believed(t *testing.T, a payment.Account, d Delivery) []payment.Event {
	t.Helper()
	if err := a.Verify(d.Header, d.Body); err != nil {
		t.Fatalf("Verify(%s): %v", d.Body, err)
	}
	e, err := a.Normalise(d.Body)
	if err != nil {
		t.Fatalf("Normalise(%s): %v", d.Body, err)
	}
	if e.Claim == nil {
		return []payment.Event{e}
	}
	checkClaim(t, e)
	out := []payment.Event{e}
	for _, body := range confirm(t, a, *e.Claim) {
		told, err := a.Normalise(body)
		if err != nil || told.Claim != nil {
			t.Fatalf("Normalise(%s) = %+v, %v; want what is believed", body, told, err)
		}
		out = append(out, told)
	}
	return out
}

func checkClaim(t *testing.T, e payment.Event) {
	t.Helper()
	if e.Refund != nil || e.Dispute != nil || e.Payment != nil && (e.Payment.State == ngo.PaymentCaptured || e.Payment.State == ngo.PaymentChargedBack || e.Payment.Alias != "") {
		t.Errorf("the claim %+v is believed before it is confirmed", e)
	}
}

func confirm(t *testing.T, a payment.Account, c payment.Claim) [][]byte {
	t.Helper()
	confirmer, ok := a.(payment.Confirmer)
	if !ok {
		t.Fatalf("an account that cannot confirm claims %+v", c)
	}
	bodies, err := confirmer.Confirm(t.Context(), c)
	if err != nil {
		t.Fatalf("Confirm(%+v): %v", c, err)
	}
	return bodies
}
