package sim

import (
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// moment is one line of a script.
type moment struct {
	after   time.Duration // since the one before
	title   string
	do      func()
	network func([]Sent) []Sent // what becomes of the webhooks on their way; nil brings each once, in order
	ask     bool
	since   time.Duration // how far back to ask
}

// script is the whole day.
func (d *Day) script() []moment {
	return slices.Concat(
		d.ordinary(), d.disorder(), d.late(), d.twice(), d.questions(), d.refunds(), d.disputed(), d.outage(), d.evening(),
	)
}

// twiceOver brings every webhook a second time.
func twiceOver(s []Sent) []Sent { return slices.Concat(s, s) }

// backwards brings the last webhook first.
func backwards(s []Sent) []Sent {
	slices.Reverse(s)
	return s
}

// monthly is what a donor gives by subscription.
func monthly(donor ngo.Donor) Charge {
	return Charge{Amount: 300_00, Via: ViaSubscription, Container: "sub_MonthlyOfMeena", Method: "card", Donor: donor}
}

// ordinary are gifts by every road, at both gateways.
func (d *Day) ordinary() []moment {
	var out []moment
	add := func(gateway, language, title string, network func([]Sent) []Sent, c Charge) {
		out = append(out, moment{after: 4 * time.Minute, title: title, network: network, do: func() {
			if c.Via != ViaQR {
				c.Donor = d.donor(language)
			}
			d.give(gateway, "", c)
		}})
	}
	add(AtRazorpay, "ta", "A gift by UPI", nil, Charge{Amount: 501_00, Purpose: "Mid-day meals"})
	add(AtRazorpay, "hi", "A gift by card", twiceOver, Charge{Amount: 1100_00, Method: "card", Purpose: "शिक्षा"})
	add(AtRazorpay, "en", "A gift by net banking", nil, Charge{Amount: 2500_00, Method: "netbanking", Purpose: "School fees", Campaign: "June appeal"})
	add(AtRazorpay, "ta", "A gift from a wallet", nil, Charge{Amount: 101_00, Method: "wallet", Purpose: "மருத்துவ உதவி"})
	add(AtRazorpay, "hi", "A gift without an order", nil, Charge{Amount: 251_00, Via: ViaNothing})
	add(AtRazorpay, "ta", "A payment link is paid", nil, Charge{Amount: 5000_00, Via: ViaLink, Purpose: "Flood relief"})
	add(AtRazorpay, "en", "Another link is paid; its webhooks come backwards", backwards, Charge{Amount: 750_00, Via: ViaLink, Method: "card"})
	add(AtRazorpay, "en", "Somebody scans the code at the gate", nil, Charge{Amount: 51_00, Via: ViaQR, Container: "qr_GateOfTheHouse1", Purpose: "Mid-day meals"})
	add(AtRazorpay, "hi", "An invoice is paid", nil, Charge{Amount: 11000_00, Via: ViaInvoice, Method: "netbanking"})
	add(AtPayU, "ta", "A gift by UPI at PayU", nil, Charge{Amount: 1001_00, Purpose: "முதியோர் இல்லம்"})
	add(AtPayU, "hi", "A gift of 40 rupees, written 40", twiceOver, Charge{Text: "40", Purpose: "गौशाला", Amount: 40_00})
	add(AtPayU, "en", "A gift by card, with charges on top", nil, Charge{Text: "3999.0", Amount: 3999_00, Additional: "11.80", Method: "card", Purpose: "School fees"})
	add(AtPayU, "ta", "A gift whose split is told", nil, Charge{Amount: 108_00, Split: true, Purpose: "Mid-day meals"})
	add(AtPayU, "hi", "A gift with charges and a split", nil, Charge{Amount: 2100_00, Additional: "2.36", Split: true, Method: "netbanking"})
	add(AtPayU, "en", "A gift whose split is told and not signed", nil, Charge{Amount: 600_00, SplitOnly: true, Method: "wallet"})
	add(AtPayU, "en", "A gift told in JSON", nil, Charge{Text: "239.6000", Amount: 239_60, JSON: true, Campaign: "June appeal"})
	return append(out, moment{after: 4 * time.Minute, title: "A monthly gift: the first instalment", do: func() {
		d.give(AtRazorpay, "monthly", monthly(d.donor("ta")))
	}})
}

// disorder are webhooks that do not come one after the other.
func (d *Day) disorder() []moment {
	return []moment{
		{after: 6 * time.Minute, title: "Captured arrives before authorized", network: backwards, do: func() {
			d.give(AtRazorpay, "", Charge{Amount: 1500_00, Donor: d.donor("hi"), Purpose: "Flood relief"})
		}},
		{after: 5 * time.Minute, title: "A gift is told again under another event id", do: func() {
			d.give(AtRazorpay, "again", Charge{Amount: 201_00, Donor: d.donor("ta")})
			d.Razorpay.Again("payment.captured", d.refs["again"])
		}},
		{after: 5 * time.Minute, title: "The browser comes back before PayU's own message", network: backwards, do: func() {
			d.give(AtPayU, "callback", Charge{Amount: 900_00, Donor: d.donor("en"), Purpose: "School fees"})
			d.PayU.queue(d.PayU.Callback(d.refs["callback"]))
		}},
		{after: 5 * time.Minute, title: "Pending arrives after success at PayU", network: backwards, do: func() {
			c := Charge{Amount: 700_00, Donor: d.donor("hi")}
			ref := d.PayU.Pay(c)
			d.PayU.Pend(ref)
			d.PayU.Succeed(ref)
			d.expect(AtPayU, "", ref, c)
		}},
		{after: 5 * time.Minute, title: "An event that means nothing to a ledger", do: func() {
			d.Razorpay.Event("token.confirmed", map[string]any{"token": map[string]any{"id": "token_OfADayLongAgo", "entity": "token", "method": "upi"}})
		}},
	}
}

// late are payments that failed first, or for good, or are not captured.
func (d *Day) late() []moment {
	r, p := Charge{Amount: 2000_00}, Charge{Amount: 350_00}
	var late, lateAtPayU ngo.Ref
	return []moment{
		{after: 5 * time.Minute, title: "The bank says no", do: func() {
			r.Donor = d.donor("ta")
			late = d.Razorpay.Pay(r)
			d.Razorpay.Decline(late, "The bank did not answer in time")
		}},
		{after: 2 * time.Minute, title: "And so does another, at PayU", do: func() {
			p.Donor = d.donor("hi")
			lateAtPayU = d.PayU.Pay(p)
			d.PayU.Decline(lateAtPayU, "Bank denied transaction on the card.")
		}},
		{after: 3 * time.Minute, title: "A payment fails for good at each gateway", do: func() {
			ref := d.Razorpay.Pay(Charge{Amount: 999_00, Donor: d.donor("en")})
			d.Razorpay.Decline(ref, "Payment was cancelled by the customer")
			d.lone = append(d.lone, ExpectedPayment{AtRazorpay, ref, ngo.PaymentFailed})
			ref = d.PayU.Pay(Charge{Amount: 998_00, Donor: d.donor("en")})
			d.PayU.Decline(ref, "Cancelled by user")
			d.lone = append(d.lone, ExpectedPayment{AtPayU, ref, ngo.PaymentFailed})
		}},
		{after: 3 * time.Minute, title: "A payment is authorized and not captured", do: func() {
			ref := d.Razorpay.Pay(Charge{Amount: 997_00, Method: "card", Donor: d.donor("en")})
			d.Razorpay.Authorize(ref)
			d.lone = append(d.lone, ExpectedPayment{AtRazorpay, ref, ngo.PaymentAuthorized})
		}},
		{after: 31 * time.Minute, title: "The first bank says yes after all", do: func() {
			d.Razorpay.Authorize(late)
			d.Razorpay.Capture(late)
			d.expect(AtRazorpay, "late", late, r)
		}},
		{after: 4 * time.Minute, title: "And so does the second", do: func() {
			d.PayU.Succeed(lateAtPayU)
			d.expect(AtPayU, "payu late", lateAtPayU, p)
		}},
	}
}

// twice are people who give more than once.
func (d *Day) twice() []moment {
	equal, other := Charge{Amount: 500_00, Purpose: "Mid-day meals"}, Charge{Amount: 5001_00}
	return []moment{
		{after: 5 * time.Minute, title: "A gift of 500 rupees", do: func() {
			equal.Donor = d.donor("hi")
			d.give(AtRazorpay, "", equal)
		}},
		{after: 3 * time.Minute, title: "The same again: a slip?", do: func() {
			d.give(AtRazorpay, "slip", equal)
			d.named["slip"].Slip = true
		}},
		{after: 5 * time.Minute, title: "Somebody gives twice, not the same", do: func() {
			other.Donor = d.donor("ta")
			d.give(AtPayU, "", other)
		}},
		{after: 4 * time.Minute, title: "The second time less", do: func() {
			other.Amount = 51_00
			d.give(AtPayU, "", other)
		}},
		{after: 6 * time.Minute, title: "Another scan of the code at the gate", do: func() {
			d.give(AtRazorpay, "", Charge{Amount: 20_00, Via: ViaQR, Container: "qr_GateOfTheHouse1"})
			d.gifts[len(d.gifts)-1].Purpose = "Mid-day meals" // the code's own
		}},
	}
}

// questions are gifts that a person or the donor must say something about.
func (d *Day) questions() []moment {
	one := func(title, gateway, language string, change func(*Charge)) moment {
		return moment{after: 6 * time.Minute, title: title, do: func() {
			c := Charge{Amount: 10000_00, Method: "card", Donor: d.donor(language)}
			change(&c)
			d.give(gateway, "", c)
		}}
	}
	return []moment{
		one("A card from abroad, and nobody knows whose", AtRazorpay, "en", func(c *Charge) { c.International = true }),
		one("A card from abroad of an Indian citizen", AtRazorpay, "en", func(c *Charge) {
			c.International, c.Donor.Citizenship, c.Amount = true, ngo.CitizenIndian, 7500_00
		}),
		one("A foreign citizen gives", AtRazorpay, "en", func(c *Charge) {
			c.International, c.Donor.Citizenship, c.Amount = true, ngo.CitizenForeign, 25000_00
		}),
		one("A gift in dollars", AtRazorpay, "en", func(c *Charge) { c.International, c.Currency, c.Amount = true, "USD", 50_00 }),
		one("A gift without a PAN", AtRazorpay, "ta", func(c *Charge) { c.Donor.PAN, c.Method = "", "upi" }),
		one("A gift by a form that asked nothing", AtRazorpay, "en", func(c *Charge) {
			c.Notes, c.Method, c.Donor = "[]", "upi", ngo.Donor{EMail: c.Donor.EMail, Phone: c.Donor.Phone}
		}),
		one("A gift without an address, at PayU", AtPayU, "hi", func(c *Charge) { c.Donor.Address, c.Method = "", "upi" }),
	}
}

// refunds are gifts of which money goes back.
func (d *Day) refunds() []moment {
	r, p := d.Razorpay, d.PayU
	start := func(gateway, name, language string, amount int64) func() {
		return func() {
			d.give(gateway, name, Charge{Amount: amount, Donor: d.donor(language), Purpose: "School fees"})
		}
	}
	back := func(name string, amount int64) {
		g := d.named[name]
		if amount == 0 {
			amount = g.Amount.Minor
		}
		g.Returned += amount
		d.total.refunds++
	}
	var failing ngo.Ref
	return []moment{
		{after: 5 * time.Minute, title: "A gift of 5,000", do: start(AtRazorpay, "part", "ta", 5000_00)},
		{after: 5 * time.Minute, title: "A gift of 1,200", do: start(AtRazorpay, "full", "hi", 1200_00)},
		{after: 5 * time.Minute, title: "A gift of 800", do: start(AtRazorpay, "unfailing", "en", 800_00)},
		{after: 5 * time.Minute, title: "A gift of 4,000 at PayU", do: start(AtPayU, "payu part", "ta", 4000_00)},
		{after: 5 * time.Minute, title: "A gift of 650 at PayU", do: start(AtPayU, "payu full", "hi", 650_00)},
		{after: 9 * time.Minute, title: "1,500 of the 5,000 go back", do: func() {
			r.ProcessRefund(r.Refund(d.refs["part"], 1500_00))
			back("part", 1500_00)
		}},
		{after: 5 * time.Minute, title: "All of the 1,200 go back; processed is told before created", network: backwards, do: func() {
			r.ProcessRefund(r.Refund(d.refs["full"], 0))
			back("full", 0)
		}},
		{after: 5 * time.Minute, title: "The 800 are to go back", do: func() { failing = r.Refund(d.refs["unfailing"], 0) }},
		{after: 5 * time.Minute, title: "And cannot: the account is closed", do: func() {
			r.FailRefund(failing)
			d.total.refunds++
		}},
		{after: 5 * time.Minute, title: "1,000 of the 4,000 go back, and the bank's number comes later", do: func() {
			f := p.Refund(d.refs["payu part"], 1000_00)
			p.ProcessRefund(f)
			p.NumberRefund(f)
			back("payu part", 1000_00)
		}},
		{after: 5 * time.Minute, title: "All of the 650 go back", network: twiceOver, do: func() {
			p.ProcessRefund(p.Refund(d.refs["payu full"], 0))
			back("payu full", 0)
		}},
		{after: 5 * time.Minute, title: "A refund is told before its payment", do: func() {
			start(AtRazorpay, "unheard", "ta", 450_00)()
			d.held = d.taken()
			r.ProcessRefund(r.Refund(d.refs["unheard"], 0))
			back("unheard", 0)
		}},
		{after: 5 * time.Minute, title: "Now the payment is told", do: func() {}, network: d.release},
	}
}

// release brings what was held.
func (d *Day) release(s []Sent) []Sent {
	s = append(d.held, s...)
	d.held = nil
	return s
}

// disputed are gifts that a bank wants back.
func (d *Day) disputed() []moment {
	r, p := d.Razorpay, d.PayU
	start := func(gateway, name string, amount int64) moment {
		return moment{after: 4 * time.Minute, title: "A gift that will be disputed", do: func() {
			d.give(gateway, name, Charge{Amount: amount, Method: "card", Donor: d.donor("en")})
		}}
	}
	var lost, won, atPayU ngo.Ref
	return []moment{
		start(AtRazorpay, "lost", 3000_00), start(AtRazorpay, "won", 3100_00), start(AtRazorpay, "open", 3200_00), start(AtPayU, "payu lost", 3300_00),
		{after: 5 * time.Minute, title: "Banks want four gifts back", do: func() {
			lost, won = r.Dispute(d.refs["lost"], 0, ""), r.Dispute(d.refs["won"], 0, "")
			r.Dispute(d.refs["open"], 0, "fraud")
			atPayU = p.Dispute(d.refs["payu lost"], 0)
			d.named["open"].State, d.named["open"].Held = ngo.DonationHeld, "dispute"
			d.total.disputes = 4
		}},
		{after: 5 * time.Minute, title: "Two of them are looked at", do: func() {
			r.MoveDispute(lost, "under_review")
			r.MoveDispute(won, "under_review")
			p.MoveDispute(atPayU, "Submitted to Bank")
		}},
		{after: 9 * time.Minute, title: "One is lost, one is won, and one is lost at PayU", do: func() {
			r.MoveDispute(lost, "lost")
			r.MoveDispute(won, "won")
			p.MoveDispute(atPayU, "Closed Customer Favour")
			d.named["lost"].Returned = d.named["lost"].Amount.Minor
			d.named["payu lost"].Returned = d.named["payu lost"].Amount.Minor
		}},
	}
}

// outage is the time in which no webhook comes: six gifts at Razorpay, four at PayU and a refund are to be found by asking.
func (d *Day) outage() []moment {
	out := []moment{{after: 5 * time.Minute, title: "Both gateways stop sending webhooks", do: func() {
		d.Razorpay.SwitchOff()
		d.PayU.SwitchOff()
	}}}
	for i, amount := range []int64{111_00, 222_00, 333_00, 444_00, 555_00, 666_00, 777_00, 888_00, 1010_00, 1212_00} {
		gateway := AtRazorpay
		if i%5 >= 3 {
			gateway = AtPayU
		}
		out = append(out, moment{after: 8 * time.Minute, title: "A gift that nobody is told of", do: func() {
			donor := d.donor([]string{"ta", "hi", "en"}[i%3])
			d.give(gateway, "", Charge{Amount: amount, Donor: donor, Purpose: "Flood relief"})
			g := d.gifts[len(d.gifts)-1]
			g.Recovered, g.Donor = true, donor // the list of payments tells the phone
		}})
	}
	return append(out,
		moment{after: 4 * time.Minute, title: "Nor of 500 more of the 5,000 that go back", do: func() {
			d.Razorpay.ProcessRefund(d.Razorpay.Refund(d.refs["part"], 500_00))
			d.named["part"].Returned += 500_00
			d.total.refunds++
		}},
		moment{after: 20 * time.Minute, title: "Webhooks come again, and the gateways are asked", ask: true, since: 3 * time.Hour, do: func() {
			d.Razorpay.SwitchOn()
			d.PayU.SwitchOn()
		}},
	)
}

// evening ends the day.
func (d *Day) evening() []moment {
	return []moment{
		{after: 6 * time.Minute, title: "The second instalment of the monthly gift", do: func() {
			d.give(AtRazorpay, "", monthly(d.named["monthly"].Donor))
		}},
		{after: 5 * time.Minute, title: "A last gift, told three times", network: func(s []Sent) []Sent { return slices.Concat(s, s, s) }, do: func() {
			d.give(AtPayU, "", Charge{Amount: 1008_00, Donor: d.donor("ta"), Purpose: "Mid-day meals"})
		}},
		{after: 10 * time.Minute, title: "Razorpay pays out", do: func() {
			d.Razorpay.Settle()
			d.total.settlements++
		}},
	}
}
