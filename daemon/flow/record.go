package flow

import (
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// clerk writes into the ledger what the events of one delivery say. It lives as long as its transaction.
type clerk struct {
	tx       *store.Tx
	org      *org.Org
	account  ngo.Account
	delivery ngo.Delivery
	react    []ngo.DonationID // gifts that a receipt may have to follow
}

// settle writes every event, and that the delivery is done with.
func (c *clerk) settle(job ngo.Job, name string, events []payment.Event) error {
	if err := c.tx.SettleDelivery(c.delivery.ID, ngo.DeliveryProcessed, name, ""); err != nil {
		return err
	}
	for _, e := range events {
		if err := c.record(e); err != nil {
			return err
		}
	}
	return c.end(job)
}

// claim writes as much as may be believed of an event, and has the gateway asked about the rest.
func (c *clerk) claim(job ngo.Job, e payment.Event) error {
	if err := c.payment(e); err != nil {
		return err
	}
	return c.tx.Advance(job, ngo.LaneOutbound, ngo.JobConfirm, string(c.delivery.ID))
}

// record writes one event. What went back is written before what came, so that a gift that was refunded before it was known
// is never receipted.
func (c *clerk) record(e payment.Event) error {
	for _, part := range []func(payment.Event) error{c.refund, c.dispute, c.settlement, c.payment} {
		if err := part(e); err != nil {
			return err
		}
	}
	return nil
}

// end ends the job and leaves what follows from the events.
func (c *clerk) end(job ngo.Job) error {
	if len(c.react) == 0 {
		return c.tx.Finish(job)
	}
	for _, id := range c.react[1:] {
		if err := c.tx.Enqueue(ngo.LanePayment, ngo.JobReact, string(id), 0); err != nil {
			return err
		}
	}
	return c.tx.Advance(job, ngo.LanePayment, ngo.JobReact, string(c.react[0]))
}

// moment gives the first of the provider's own times that was told, else that of arrival.
func (c *clerk) moment(told ...time.Time) time.Time {
	for _, t := range told {
		if !t.IsZero() {
			return t
		}
	}
	return c.delivery.Received
}

func (c *clerk) refund(e payment.Event) error {
	if e.Refund == nil {
		return nil
	}
	saved, _, err := c.tx.SaveRefund(c.refundOf(*e.Refund, e.At))
	if err != nil {
		return err
	}
	return c.mention(saved.Payment)
}

// mention notes that the delivery tells of a payment, if that is known.
func (c *clerk) mention(id ngo.PaymentID) error {
	if id == "" {
		return nil
	}
	return c.tx.Mention(id, c.delivery.ID)
}

func (c *clerk) refundOf(r payment.Refund, at time.Time) ngo.Refund {
	return refundOf(c.account.ID, r, c.moment(r.Created, at), c.moment(at, r.Created))
}

// refundOf puts a gateway's refund into the ledger's words.
func refundOf(account ngo.AccountID, r payment.Refund, created, at time.Time) ngo.Refund {
	out := ngo.Refund{
		Account: account, Ref: r.Ref, Token: r.Token, PaymentRef: r.Payment, State: r.State, Amount: r.Amount,
		Reference: r.Reference, Problem: r.Problem, Created: created,
	}
	if r.State == ngo.RefundProcessed {
		out.Settled = &at
	}
	return out
}

func (c *clerk) dispute(e payment.Event) error {
	d := e.Dispute
	if d == nil {
		return nil
	}
	out := ngo.Dispute{
		Account: c.account.ID, Ref: d.Ref, PaymentRef: d.Payment, State: d.State, Phase: d.Phase, Amount: d.Amount,
		Deducted: d.Deducted, Reason: d.Reason, Created: c.moment(d.Created, e.At),
	}
	if !d.RespondBy.IsZero() {
		out.RespondBy = &d.RespondBy
	}
	saved, _, err := c.tx.SaveDispute(out)
	if err != nil {
		return err
	}
	return c.mention(saved.Payment)
}

func (c *clerk) settlement(e payment.Event) error {
	s := e.Settlement
	if s == nil {
		return nil
	}
	_, _, err := c.tx.SaveSettlement(ngo.Settlement{
		Account: c.account.ID, Ref: s.Ref, State: s.State, Amount: s.Amount, Fees: s.Fees, Tax: s.Tax, UTR: s.UTR,
		Created: c.moment(s.Created, e.At),
	})
	return err
}

// payment writes the payment, and the gift that it makes once an event shows the money captured.
func (c *clerk) payment(e payment.Event) error {
	p := e.Payment
	if p == nil {
		return nil
	}
	at := c.seen(e)
	saved, moved, err := c.tx.SavePayment(ngo.Payment{
		Account: c.account.ID, Ref: p.Ref, Alias: p.Alias, State: p.State, Amount: p.Amount, Fee: p.Fee, Tax: p.Tax, Method: p.Method,
		Reference: p.Reference, Order: p.Order, Problem: p.Problem, International: p.International, Recovered: c.recovered(),
		Created: c.moment(p.Created), Captured: &at, Delivery: c.delivery.ID,
	})
	if err != nil {
		return err
	}
	if p.State.Paid() && moved {
		return c.newGift(saved, *p)
	}
	if err := c.mention(saved.ID); err != nil {
		return err
	}
	if !p.State.Paid() && e.Claim == nil { // what is only claimed was not seen
		err := c.tx.AddSighting(saved.ID, ngo.Sighting{State: p.State, At: at, Text: p.Problem, Delivery: c.delivery.ID})
		if err != nil {
			return err
		}
	}
	return c.learn(saved, *p)
}

// seen gives the moment at which the payment was in the state that the event shows. The payment's own moment tells it only of
// the states in which a payment begins.
func (c *clerk) seen(e payment.Event) time.Time {
	switch e.Payment.State {
	case ngo.PaymentCreated, ngo.PaymentFailed:
		return c.moment(e.At, e.Payment.Created)
	}
	return c.moment(e.At)
}

// recovered tells whether the gateway ought to have sent what the delivery says, and had to be asked.
func (c *clerk) recovered() bool {
	return c.delivery.Source == ngo.SourcePoll && c.account.Settings["webhook"] != "no"
}

// newGift makes the gift of a payment that is first seen captured. Its day is the payment's own, however it was learned, and
// follows when an earlier moment is told.
func (c *clerk) newGift(paid ngo.Payment, p payment.Payment) error {
	gift, added, err := c.tx.AddDonation(ngo.Donation{
		ID: ngo.NewID[ngo.DonationID](c.tx.Now()), Payment: paid.ID, Amount: paid.Amount, Given: c.org.Day(paid.Created),
		Donor: p.Donor, Purpose: p.Purpose, Campaign: p.Campaign, Pot: pot(c.account),
	})
	if err != nil {
		return err
	}
	if !added {
		return c.learn(paid, p)
	}
	if gift.State == ngo.DonationReceived || gift.State == ngo.DonationWaiting {
		c.react = append(c.react, gift.ID)
	}
	return nil
}

// pot gives the pot that the account's money goes into.
func pot(a ngo.Account) ngo.Pot {
	if a.Settings["pot"] == string(ngo.Foreign) {
		return ngo.Foreign
	}
	return ngo.Domestic
}

// learn adds what one more event of a payment tells of the donor, to the gift or, before there is one, for it: what a gift knows
// does not depend on the order in which the events came.
func (c *clerk) learn(paid ngo.Payment, p payment.Payment) error {
	if p.Donor == (ngo.Donor{}) && p.Purpose == "" && p.Campaign == "" {
		return nil
	}
	if !paid.State.Paid() {
		return c.tx.RememberDonor(paid.ID, p.Donor, p.Purpose, p.Campaign)
	}
	d, err := c.tx.DonationOf(paid.ID)
	if err != nil {
		return err
	}
	_, err = c.tx.MergeDonor(d.ID, p.Donor, p.Purpose, p.Campaign)
	return err
}
