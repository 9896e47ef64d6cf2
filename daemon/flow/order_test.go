package flow_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// What a ledger holds in the end does not depend on the order in which its events came, nor on what was worked on in between:
// made-up histories at both gateways' doubles, told in the order in which they happened and in any other, through the real
// steps. Receipts differ in number, since some orders issue one that another order never needs; which of them stands does not. Only a
// gift that is held has its receipt or not, as it had when that came.
func TestAnyOrderEndsInTheSameLedger(t *testing.T) {
	t.Parallel()
	checks := 20
	if os.Getenv("NGOCTL_TEST_LONG") == "1" {
		checks = 400
	}
	h := newHouse(t)
	seed := uint64(0)
	for n := range checks {
		history := rapid.Custom(drawHistory).Example(n)
		seed++
		straight, again := h.enact(history, seed, "straight"), h.enact(history, seed, "again")
		straight.tell(nil)
		again.tell(history.Order)
		want, got := straight.ledger(), again.ledger()
		if want != got {
			t.Fatalf("history %d: %+v\ntold as it happened it ends in\n%s\nand in another order in\n%s", n, history, want, got)
		}
	}
	h.clean()
}

// history is what happens at one gateway, and in which order it is told.
type history struct {
	Driver   string
	Payments []paymentStory
	Order    []uint64 // sorts the webhooks; even ones have all work done after them
}

// paymentStory is what becomes of one payment.
type paymentStory struct {
	Donor, Knows int // which donor, and how much is asked of him
	Via          sim.Via
	Abroad       bool
	Declined     bool // before it goes well
	Unpaid       bool // it never does
	Refunds      []refundStory
	Dispute      string // how it ends; none when empty
	Repeats      int
}

type refundStory struct {
	Percent int64
	Fails   bool
}

func drawHistory(t *rapid.T) history {
	story := rapid.Custom(func(t *rapid.T) paymentStory {
		return paymentStory{
			Donor: rapid.IntRange(0, 1).Draw(t, "donor"), Knows: rapid.IntRange(0, 3).Draw(t, "knows"),
			Via:    rapid.SampledFrom([]sim.Via{sim.ViaOrder, sim.ViaNothing, sim.ViaLink, sim.ViaSubscription, sim.ViaInvoice}).Draw(t, "via"),
			Abroad: rapid.IntRange(0, 9).Draw(t, "abroad") == 0, Declined: rapid.Bool().Draw(t, "declined"), Unpaid: rapid.IntRange(0, 9).Draw(t, "unpaid") == 0,
			Refunds: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) refundStory {
				return refundStory{rapid.SampledFrom([]int64{10, 50, 100}).Draw(t, "percent"), rapid.IntRange(0, 2).Draw(t, "fails") == 0}
			}), 0, 2).Draw(t, "refunds"),
			Dispute: rapid.SampledFrom([]string{"", "", "open", "won", "lost"}).Draw(t, "dispute"),
			Repeats: rapid.IntRange(0, 2).Draw(t, "repeats"),
		}
	})
	return history{
		Driver:   rapid.SampledFrom([]string{"razorpay", "razorpay", "payu"}).Draw(t, "driver"),
		Payments: rapid.SliceOfN(story, 1, 3).Draw(t, "payments"),
		Order:    rapid.SliceOfN(rapid.Uint64(), 64, 64).Draw(t, "order"),
	}
}

// stageplay is a history that happened at a counter of its own, with donors of its own.
type stageplay struct {
	h      *house
	c      *counter
	name   string
	bodies [][]byte
}

// world is what histories need of a gateway's double.
type world struct {
	pay     func(sim.Charge) ngo.Ref
	decline func(ngo.Ref, string)
	succeed func(ngo.Ref)
	refund  func(ngo.Ref, int64) ngo.Ref
	process func(ngo.Ref)
	fail    func(ngo.Ref)
	dispute func(ngo.Ref) ngo.Ref
	end     func(dispute ngo.Ref, how string)
	again   func(ngo.Ref)
}

func (h *house) world(driver string, seed uint64, name string) (*counter, world) {
	now := func() time.Time { return h.now().Truncate(24 * time.Hour) }
	if driver == "payu" {
		api, err := sim.NewPayU(sim.PayUOptions{Seed: seed, Slow: true, Now: now})
		must(h.t, err)
		h.t.Cleanup(func() { must(h.t, api.Close()) })
		return h.counterNamed(driver, name, api, api.Values()), world{
			pay: api.Pay, decline: api.Decline, succeed: api.Succeed, refund: api.Refund, process: api.ProcessRefund, fail: api.FailRefund,
			dispute: func(p ngo.Ref) ngo.Ref { return api.Dispute(p, 0) },
			end: func(d ngo.Ref, how string) {
				api.MoveDispute(d, map[string]string{"open": "Pending Response", "won": "Closed in Merchant Favour", "lost": "Closed Customer Favour"}[how])
			},
			again: api.Again,
		}
	}
	api, err := sim.NewRazorpayAPI(sim.RazorpayOptions{Seed: seed, Slow: true, Now: now})
	must(h.t, err)
	h.t.Cleanup(func() { must(h.t, api.Close()) })
	values := api.Values()
	delete(values, "account-id")
	return h.counterNamed(driver, name, api, values), world{
		pay: api.Pay, decline: api.Decline, refund: api.Refund, process: api.ProcessRefund, fail: api.FailRefund,
		succeed: func(p ngo.Ref) { api.Authorize(p); api.Capture(p) },
		dispute: func(p ngo.Ref) ngo.Ref { return api.Dispute(p, 0, "") },
		end: func(d ngo.Ref, how string) {
			if how == "open" {
				how = "under_review"
			}
			api.MoveDispute(d, how)
		},
		again: func(p ngo.Ref) { api.Again("payment.captured", p) },
	}
}

// enact has a history happen, and gathers what the gateway tells of it.
func (h *house) enact(y history, seed uint64, name string) *stageplay {
	h.t.Helper()
	c, w := h.world(y.Driver, seed, fmt.Sprintf("%s-%d", name, seed))
	s := &stageplay{h: h, c: c, name: name}
	created := h.now().Truncate(24 * time.Hour)
	for i, p := range y.Payments {
		ref := w.pay(sim.Charge{
			Amount: 1000_00, Donor: s.donor(seed, p), Via: p.Via, International: p.Abroad, Purpose: "School lunch",
			Method: map[bool]string{true: "card"}[p.Abroad], Created: created.Add(time.Duration(i*7) * time.Minute),
		})
		s.enact(w, ref, p)
	}
	for _, hook := range c.double.Webhooks() {
		s.bodies = append(s.bodies, hook.Body)
	}
	return s
}

func (s *stageplay) enact(w world, ref ngo.Ref, p paymentStory) {
	if p.Declined || p.Unpaid {
		w.decline(ref, "The bank said no.")
	}
	if p.Unpaid {
		return
	}
	w.succeed(ref)
	left := int64(1000_00)
	for _, r := range p.Refunds {
		amount := min(1000_00*r.Percent/100, left)
		if amount == 0 || p.Dispute != "" {
			continue
		}
		refund := w.refund(ref, amount)
		if r.Fails {
			w.fail(refund)
			continue
		}
		w.process(refund)
		left -= amount
	}
	if p.Dispute != "" {
		w.end(w.dispute(ref), p.Dispute)
	}
	for range p.Repeats {
		w.again(ref)
	}
}

func (s *stageplay) donor(seed uint64, p paymentStory) ngo.Donor {
	d := complete()
	d.EMail = fmt.Sprintf("%s.%d.%d@example.org", s.name, p.Donor, seed)
	d.Phone = ""
	switch p.Knows {
	case 0:
		d.PAN, d.Address = "", ""
	case 1:
		d.PAN = ""
	case 2:
		d.Citizenship = ngo.CitizenIndian
	}
	return d
}

// tell brings in what the gateway told, sorted by order if there is one, and does the work in between and at the end.
func (s *stageplay) tell(order []uint64) {
	s.h.t.Helper()
	turn := make([]int, len(s.bodies))
	for i := range turn {
		turn[i] = i
	}
	if order != nil {
		slices.SortStableFunc(turn, func(a, b int) int { return cmp.Compare(order[a%len(order)], order[b%len(order)]) })
	}
	for _, i := range turn {
		s.c.arrive(s.bodies[i], false)
		if order == nil || order[i%len(order)]%2 == 0 {
			s.h.works()
		}
	}
	s.h.works()
}

// ledger writes what the ledger holds of the counter, without what may differ: ids of ours, moments of ours, numbers of receipts.
func (s *stageplay) ledger() string {
	s.h.t.Helper()
	var out strings.Builder
	s.h.read(func(rx *store.Rx) error {
		all, _, err := rx.Payments(store.PaymentQuery{ListQuery: store.ListQuery{Limit: 100}, Account: s.c.account.ID})
		must(s.h.t, err)
		refs := map[ngo.DonationID]ngo.Ref{}
		for _, p := range all {
			if d, err := rx.DonationOf(p.ID); err == nil {
				refs[d.ID] = p.Ref
			}
		}
		slices.SortFunc(all, func(a, b ngo.Payment) int { return cmp.Compare(a.Ref, b.Ref) })
		for _, p := range all {
			s.line(&out, "payment", []any{p.Ref, p.Alias, p.State, p.Amount, p.Fee, p.Tax, p.Method, p.Reference, p.Order, p.Problem, p.Returned, p.International})
			s.more(&out, rx, p, refs)
		}
		return nil
	})
	return out.String()
}

func (s *stageplay) more(out *strings.Builder, rx *store.Rx, p ngo.Payment, refs map[ngo.DonationID]ngo.Ref) {
	refunds, err := rx.RefundsOf(p.ID)
	must(s.h.t, err)
	slices.SortFunc(refunds, func(a, b ngo.Refund) int { return cmp.Compare(a.Ref+ngo.Ref(a.Token), b.Ref+ngo.Ref(b.Token)) })
	for _, f := range refunds {
		s.line(out, "  refund", []any{f.Ref, f.Token, f.State, f.Amount, f.Reference, f.Problem})
	}
	disputes, err := rx.DisputesOf(p.ID)
	must(s.h.t, err)
	for _, d := range disputes {
		s.line(out, "  dispute", []any{d.Ref, d.State, d.Phase, d.Amount, d.Deducted, d.Reason})
	}
	d, err := rx.DonationOf(p.ID)
	if ngo.CodeOf(err) == ngo.NotFound {
		return
	}
	must(s.h.t, err)
	s.line(out, "  gift", []any{d.State, d.Reason, d.Amount, d.Given, d.Donor, d.Purpose, d.Method, d.Returned, d.Pot, d.Fund, d.Campaign, refs[d.Slip], d.Person != ""})
	if d.Receipt != "" && d.State != ngo.DonationHeld {
		r, err := rx.Receipt(d.Receipt)
		must(s.h.t, err)
		s.line(out, "  receipt", []any{r.Series, r.Amount, r.Day, r.Law, r.Tax})
	}
}

func (s *stageplay) line(out *strings.Builder, what string, facts []any) {
	s.h.t.Helper()
	text, err := json.Marshal(facts)
	must(s.h.t, err)
	fmt.Fprintf(out, "%s %s\n", what, strings.ReplaceAll(string(text), s.name+".", ""))
}

// Of two moments that a gateway tells of one payment the earlier dates its gift, whichever comes first.
func TestTheEarlierMomentDatesTheGift(t *testing.T) {
	t.Parallel()
	for _, captured := range []bool{true, false} {
		h := newHouse(t)
		event := func(state string, created int64) []byte {
			return fmt.Appendf(nil, `{"entity":"event","event":"payment.%s","contains":["payment"],"payload":{"payment":{"entity":{"id":"pay_1","entity":"payment",`+
				`"amount":50000,"currency":"INR","status":"%s","created_at":%d}}},"created_at":%d}`, state, state, created, created)
		}
		noon := time.Date(2026, 4, 1, 6, 30, 0, 0, time.UTC).Unix()
		bodies := [][]byte{event("captured", noon), event("authorized", noon-24*3600)}
		if !captured {
			slices.Reverse(bodies)
		}
		for _, body := range bodies {
			h.deliver(body)
			h.later(time.Second)
		}
		h.works()
		if d := h.onlyGift(); d.Given != "2026-03-31" {
			t.Errorf("captured first %v: the gift is of %s; want 2026-03-31", captured, d.Given)
		}
	}
}
