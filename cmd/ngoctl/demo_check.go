package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/bench"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// check holds ledger and inbox against the day and asks what an auditor would.
func (p *play) check(ctx context.Context, acked []sim.Event) error {
	talk, err := p.lookAtInbox(ctx)
	if err != nil {
		return err
	}
	talk.lookAtSent(p.morning.WhatsApp)
	if err := talk.lookForNumber(p.data()); err != nil {
		return err
	}
	found, err := bench.Examine(ctx, bench.Case{Client: p.client, Org: demoOrg, Acked: acked, Mail: p.post, Talk: talk.mailed, Bounced: p.morning.Bounced()})
	if err != nil {
		return err
	}
	l := ledger{ctx: ctx, client: p.client, expected: p.day.Expected(), others: map[ngo.Ref]bool{}}
	for _, e := range acked {
		l.others[e.Payment] = true
	}
	for _, look := range []func() error{l.read, l.lookAtGifts, l.lookAtPayments, l.lookAtSettlements, l.lookAtTotals} {
		if err := look(); err != nil {
			return err
		}
	}
	p.seen.Gifts, p.seen.Receipts, p.seen.Mails, p.seen.Repeated = found.Gifts, found.Receipts, found.Mails, found.Repeated
	if err := l.lookAtBounce(p.morning.Bounced()); err != nil {
		return err
	}
	p.seen.Threads, p.seen.Messages = talk.threads, talk.messages
	p.seen.Findings = append([]string{}, slices.Concat(p.wrong, l.findings, found.Findings, talk.findings)...) // a list, also when it is empty
	return nil
}

// place is how a payment is known: its gateway's name and id for it.
type place struct {
	gateway string
	payment ngo.Ref
}

func (at place) String() string { return fmt.Sprintf("%s at %s", at.payment, at.gateway) }

// A ledger is what the daemon has written down, and what it should have.
type ledger struct {
	ctx      context.Context
	client   *api.Client
	expected sim.Expected
	others   map[ngo.Ref]bool // payments at Razorpay that are not of the day

	payments map[place]ngo.Payment
	gifts    map[ngo.PaymentID]ngo.Donation
	findings []string
}

func (l *ledger) find(format string, args ...any) {
	l.findings = append(l.findings, fmt.Sprintf(format, args...))
}

// differs tells of something that is not what it should be, if so.
func differs[T comparable](l *ledger, what string, got, want T) {
	if got != want {
		l.find("%s: %v instead of %v", what, got, want)
	}
}

// read takes both lists from the daemon.
func (l *ledger) read() error {
	accounts, err := l.client.Gateways(l.ctx, demoOrg)
	if err != nil {
		return err
	}
	names := map[ngo.AccountID]string{}
	for _, a := range accounts {
		names[a.ID] = a.Name
	}
	l.payments, l.gifts = map[place]ngo.Payment{}, map[ngo.PaymentID]ngo.Donation{}
	err = walk(func(q api.ListQuery) (api.Page[ngo.Payment], error) {
		return l.client.Payments(l.ctx, demoOrg, api.PaymentQuery{ListQuery: q})
	}, func(p ngo.Payment) { l.payments[place{names[p.Account], p.Ref}] = p })
	if err != nil {
		return err
	}
	return walk(func(q api.ListQuery) (api.Page[ngo.Donation], error) {
		return l.client.Donations(l.ctx, demoOrg, api.DonationQuery{ListQuery: q})
	}, func(d ngo.Donation) { l.gifts[d.Payment] = d })
}

// lookAtGifts checks every gift of the day.
func (l *ledger) lookAtGifts() error {
	for _, want := range l.expected.Gifts {
		at := place{want.Gateway, want.Payment}
		p := l.payments[at]
		d, ok := l.gifts[p.ID]
		if !ok {
			l.find("the gift of %s is missing", at)
			continue
		}
		full, err := l.client.Donation(l.ctx, demoOrg, d.ID)
		if err != nil {
			return err
		}
		l.lookAtGift(at, full, want)
	}
	return nil
}

// heldFor tells by what a reason to hold a gift is known, for each code.
var heldFor = map[string]string{
	"currency": "came in", "dispute": "asks for the money back", "foreign": "not an Indian citizen", "international": "paid from abroad",
}

func (l *ledger) lookAtGift(at place, d api.Donation, want sim.ExpectedGift) {
	gift := "the gift of " + at.String()
	differs(l, gift+", amount", d.Amount, want.Amount)
	differs(l, gift+", state", d.State, want.State)
	differs(l, gift+", returned", d.Returned, want.Returned)
	differs(l, gift+", purpose", d.Purpose, want.Purpose)
	differs(l, gift+", campaign", d.Campaign, want.Campaign)
	differs(l, gift+", likely a slip", d.Slip != "", want.Slip)
	differs(l, gift+", found by asking", d.Recovered, want.Recovered)
	donor := want.Donor
	donor.PAN, donor.IDNumber = ngo.MaskPAN(donor.PAN), ngo.MaskID(donor.IDNumber)
	differs(l, gift+", donor", d.Donor, donor)
	if !strings.Contains(d.Reason, heldFor[want.Held]) {
		l.find("%s is held for %q instead of %s", gift, d.Reason, want.Held)
	}
	if d.State == ngo.DonationHeld {
		return // a receipt that was issued before is left until a person has looked
	}
	var receipt int64
	if d.Receipt != nil {
		receipt = d.Receipt.Amount.Minor
	}
	differs(l, gift+", receipt", receipt, want.Receipt)
}

// lookAtPayments checks that there are the payments of the day, with what went back, and no others.
func (l *ledger) lookAtPayments() error {
	left := maps.Clone(l.payments)
	refunds, disputes := 0, 0
	for _, want := range l.expected.Payments {
		at := place{want.Gateway, want.Payment}
		p, ok := left[at]
		if !ok {
			l.find("payment %s is missing", at)
			continue
		}
		delete(left, at)
		differs(l, "payment "+at.String()+", state", p.State, want.State)
		full, err := l.client.Payment(l.ctx, demoOrg, p.ID)
		if err != nil {
			return err
		}
		refunds += len(full.Refunds)
		disputes += len(full.Disputes)
		gift, _ := l.expected.Gift(want.Gateway, want.Payment)
		differs(l, "payment "+at.String()+", found by asking", p.Recovered, gift.Recovered)
	}
	differs(l, "refunds", refunds, l.expected.Refunds)
	differs(l, "disputes", disputes, l.expected.Disputes)
	for at := range left {
		if !l.others[at.payment] {
			l.find("nobody made payment %s", at)
		}
	}
	return nil
}

// lookAtSettlements counts the payouts in the trail, which is where they can be seen.
func (l *ledger) lookAtSettlements() error {
	settled := map[string]bool{}
	err := walk(func(q api.ListQuery) (api.Page[ngo.AuditEntry], error) { return l.client.Audit(l.ctx, demoOrg, q) }, func(e ngo.AuditEntry) {
		if e.Action == "settlement.record" {
			settled[e.Subject] = true
		}
	})
	differs(l, "settlements", len(settled), l.expected.Settlements)
	return err
}

// lookAtTotals holds the sums that the desk shows against the gifts, and those of the day against what they should be.
func (l *ledger) lookAtTotals() error {
	s, err := l.client.Summary(l.ctx, demoOrg)
	if err != nil {
		return err
	}
	day, year := ngo.Paise(0), ngo.Paise(0)
	states := map[ngo.DonationState]int64{}
	for at, p := range l.payments {
		d, ok := l.gifts[p.ID]
		if !ok {
			continue
		}
		states[d.State]++
		if d.Amount.Currency != ngo.INR || d.State != ngo.DonationReceived && d.State != ngo.DonationWaiting {
			continue
		}
		if !l.others[at.payment] {
			day.Minor += d.Net().Minor
		}
		if d.Given.FinancialYear() == s.Day.FinancialYear() {
			year.Minor += d.Net().Minor
		}
	}
	differs(l, "received on the day", day, ngo.Paise(l.expected.Received))
	shown := ngo.Paise(0)
	for _, t := range s.Year {
		if t.Money.Currency == ngo.INR {
			shown = t.Money
		}
	}
	differs(l, "sum of the year", shown, year)
	differs(l, "count of waiting gifts", s.Waiting, states[ngo.DonationWaiting])
	differs(l, "count of held gifts", s.Held, states[ngo.DonationHeld])
	differs(l, "count of gifts that went back", s.Reversed, states[ngo.DonationReversed])
	differs(l, "mails still to be sent", s.MailQueued, 0)
	return nil
}

// walk goes over all pages of a list.
func walk[T any](page func(api.ListQuery) (api.Page[T], error), see func(T)) error {
	q := api.ListQuery{Limit: api.MaxLimit}
	for {
		p, err := page(q)
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			see(item)
		}
		if q.After = p.Next; q.After == "" {
			return nil
		}
	}
}
