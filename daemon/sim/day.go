package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The gateways of a day.
const (
	AtRazorpay = "razorpay"
	AtPayU     = "payu"
)

// DayOptions say which day it is.
type DayOptions struct {
	Seed  uint64    // decides ids, references and who gives; what happens is always the same
	Start time.Time // when the first gift comes; the day is over within twelve hours of it. When zero, it was over a quarter of an hour ago
}

// Day is a scripted day at both gateways: some fifty gifts by donors of three languages, webhooks that come twice and out of
// order, late authorisations, refunds and disputes, gifts that a person must look at, and an outage in which ten gifts are
// to be found by asking only. It is played moment by moment:
//
//	day, err := sim.NewDay(sim.DayOptions{Seed: 1})
//	// set up the accounts with day.Razorpay.Values() and day.PayU.Values()
//	for m, ok := day.Next(); ok; m, ok = day.Next() {
//		for _, s := range m.Sends { post s.Webhook to the hook of s.Gateway, until it is taken }
//		if m.CatchUp { ask both gateways for everything since m.Since }
//	}
//	// the ledger now is as day.Expected() says
//
// The doubles' clock is the day's own: payments are made at its times, and a webhook tells of the moment it belongs to. At
// PayU refunds and disputes are confirmed by asking, so its double must be up until the work is done. A Day is for one
// caller at a time; the doubles take requests all the while.
type Day struct {
	Razorpay *RazorpayAPI
	PayU     *PayU

	clock clock
	left  []moment
	seed  uint64
	gifts []*ExpectedGift
	lone  []ExpectedPayment
	named map[string]*ExpectedGift
	held  []Sent // webhooks that are under way for longer than others
	refs  map[string]ngo.Ref
	total struct{ refunds, disputes, settlements, donors int }
}

// Moment is what happens at one time of the day, what the gateways now send, and whether they are to be asked.
type Moment struct {
	At      time.Time
	Title   string // what happens, for people
	Sends   []Sent // in this order; one may come twice
	CatchUp bool   // webhooks were lost since Since: ask both gateways
	Since   time.Time
}

// Sent is a webhook and the gateway that sends it.
type Sent struct {
	Gateway string // AtRazorpay or AtPayU
	Webhook Webhook
}

// Expected is what a ledger should look like after the day, whatever the order in which it learned of it. It is so for an
// organisation whose approval for deductions is on record and covers the day, and whose two accounts are domestic.
type Expected struct {
	Gifts       []ExpectedGift
	Payments    []ExpectedPayment // every one of which a webhook or a poll tells, gifts' included
	Refunds     int               // that the ledger knows, failed ones included
	Disputes    int
	Settlements int   // told by webhook; PayU's payouts are found by asking only
	Received    int64 // paise: the net amounts of waiting and received gifts in rupees
}

// ExpectedGift is one gift as a ledger should have it.
type ExpectedGift struct {
	Gateway   string
	Payment   ngo.Ref // pay_… or the txnid
	Amount    ngo.Money
	Returned  int64
	State     ngo.DonationState
	Held      string // the code of the reason, when it is held: currency, dispute, foreign, international
	Slip      bool   // a likely slip of the gift before it by the same donor
	Recovered bool   // found by asking
	Receipt   int64  // amount of the receipt that stands in the end, 0 when none does
	Donor     ngo.Donor
	Purpose   string
	Campaign  string
}

// ExpectedPayment is one payment as a ledger should have it.
type ExpectedPayment struct {
	Gateway string
	Payment ngo.Ref
	State   ngo.PaymentState
}

// Count tells how many gifts are in a state.
func (e Expected) Count(state ngo.DonationState) int {
	n := 0
	for _, g := range e.Gifts {
		if g.State == state {
			n++
		}
	}
	return n
}

// Gift gives the gift of a payment.
func (e Expected) Gift(gateway string, payment ngo.Ref) (ExpectedGift, bool) {
	i := slices.IndexFunc(e.Gifts, func(g ExpectedGift) bool { return g.Gateway == gateway && g.Payment == payment })
	if i < 0 {
		return ExpectedGift{}, false
	}
	return e.Gifts[i], true
}

// NewDay opens both gateways at the beginning of a day. Close ends them.
func NewDay(o DayOptions) (*Day, error) {
	d := &Day{seed: o.Seed, named: map[string]*ExpectedGift{}, refs: map[string]ngo.Ref{}}
	var err error
	if d.Razorpay, err = NewRazorpayAPI(RazorpayOptions{Seed: o.Seed, Now: d.clock.now, Slow: true}); err != nil {
		return nil, err
	}
	if d.PayU, err = NewPayU(PayUOptions{Seed: o.Seed, Now: d.clock.now, Slow: true}); err != nil {
		return nil, errors.Join(err, d.Razorpay.Close())
	}
	d.left = d.script()
	if o.Start.IsZero() {
		o.Start = time.Now().Add(-15 * time.Minute)
		for _, m := range d.left {
			o.Start = o.Start.Add(-m.after)
		}
	}
	d.clock.set(o.Start.UTC().Truncate(time.Second))
	return d, nil
}

// Close ends both gateways.
func (d *Day) Close() error { return errors.Join(d.Razorpay.Close(), d.PayU.Close()) }

// Left tells how many moments are still to come.
func (d *Day) Left() int { return len(d.left) }

// Next lets the next moment happen. There is none when the day is over.
func (d *Day) Next() (Moment, bool) {
	if len(d.left) == 0 {
		return Moment{}, false
	}
	m := d.left[0]
	d.left = d.left[1:]
	d.clock.set(d.clock.now().Add(m.after))
	m.do()
	sends := d.taken()
	if m.network != nil {
		sends = m.network(sends)
	}
	out := Moment{At: d.clock.now(), Title: m.title, Sends: sends, CatchUp: m.ask}
	if m.ask {
		out.Since = out.At.Add(-m.since)
	}
	return out, true
}

// taken collects what both gateways have to send.
func (d *Day) taken() []Sent {
	var out []Sent
	for _, w := range d.Razorpay.Webhooks() {
		out = append(out, Sent{AtRazorpay, w})
	}
	for _, w := range d.PayU.Webhooks() {
		out = append(out, Sent{AtPayU, w})
	}
	return out
}

// Expected gives what a ledger should look like now. It holds once all moments are over and what they left to do is done.
func (d *Day) Expected() Expected {
	e := Expected{Payments: slices.Clone(d.lone), Refunds: d.total.refunds, Disputes: d.total.disputes, Settlements: d.total.settlements}
	for _, g := range d.gifts {
		x := *g
		state := ngo.PaymentCaptured
		if x.Returned >= x.Amount.Minor {
			x.State, x.Held = ngo.DonationReversed, ""
			if d.named["lost"] == g || d.named["payu lost"] == g {
				state = ngo.PaymentChargedBack
			}
		}
		net := x.Amount.Minor - x.Returned
		if x.State == ngo.DonationReceived {
			x.Receipt = net
		}
		if x.State == ngo.DonationReceived || x.State == ngo.DonationWaiting {
			e.Received += net
		}
		e.Gifts = append(e.Gifts, x)
		e.Payments = append(e.Payments, ExpectedPayment{x.Gateway, x.Payment, state})
	}
	return e
}

// donor gives the next donor of a language, who has given to nobody before and has answered everything.
func (d *Day) donor(language string) ngo.Donor {
	n := d.total.donors
	d.total.donors++
	first := map[string]int{"ta": 0, "hi": 8, "en": 16}[language]
	p := donors[first+n%8]
	rng := rand.New(rand.NewPCG(d.seed, uint64(n)))
	return ngo.Donor{
		Name: p.name, EMail: p.latin + "." + strconv.Itoa(n) + "@example.org", Phone: "+919" + strconv.Itoa(800_000_000+n*7919), PAN: pan(rng),
		Address: strconv.Itoa(1+rng.IntN(200)) + " " + streets[rng.IntN(len(streets))] + ", " + towns[rng.IntN(len(towns))], Language: language,
	}
}

// give makes a gift at a gateway and says what the ledger should make of it. A name lets later moments come back to it.
func (d *Day) give(gateway, name string, c Charge) {
	pay := d.PayU.Give
	if gateway == AtRazorpay {
		pay = d.Razorpay.Give
	}
	d.expect(gateway, name, pay(c), c)
}

// expect works out how a gift stands. What takes it elsewhere later changes what is written here.
func (d *Day) expect(gateway, name string, ref ngo.Ref, c Charge) {
	g := &ExpectedGift{
		Gateway: gateway, Payment: ref, Amount: ngo.Money{Minor: c.Amount, Currency: "INR"}, State: ngo.DonationReceived,
		Donor: c.Donor, Purpose: c.Purpose, Campaign: c.Campaign,
	}
	if c.Currency != "" {
		g.Amount.Currency = ngo.Currency(c.Currency)
	}
	if c.Via == ViaQR {
		g.Donor = ngo.Donor{}
	}
	if gateway == AtPayU && g.Purpose == "" {
		g.Purpose = "Donation" // PayU's forms must name something
	}
	switch {
	case g.Amount.Currency != "INR":
		g.State, g.Held = ngo.DonationHeld, "currency"
	case g.Donor.Citizenship == ngo.CitizenForeign:
		g.State, g.Held = ngo.DonationHeld, "foreign"
	case c.International && g.Donor.Citizenship == ngo.CitizenUnknown:
		g.State, g.Held = ngo.DonationHeld, "international"
	case len(g.Donor.Missing()) > 0:
		g.State = ngo.DonationWaiting
	}
	d.gifts = append(d.gifts, g)
	if name == "" {
		return
	}
	if d.named[name] != nil {
		panic(fmt.Sprintf("two gifts are called %q", name))
	}
	d.named[name], d.refs[name] = g, ref
}
