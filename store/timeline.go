package store

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Event is one thing that happened to a gift, in words for people.
type Event struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Timeline tells what happened to a gift, from the gateway to the donor's mail, in order.
func (r *Rx) Timeline(id ngo.DonationID) ([]Event, error) {
	d, err := r.Donation(id)
	if err != nil {
		return nil, err
	}
	paid, err := r.paymentEvents(d)
	back, err2 := r.returnEvents(d.Payment)
	papers, err3 := r.paperEvents(id)
	acts, err4 := r.actEvents(id)
	answers, err5 := r.answerEvents(id)
	if err := errors.Join(err, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	events := slices.Concat(paid, []Event{{d.Recorded, "recorded as a gift"}}, back, acts, answers, papers)
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	return events, nil
}

// paymentEvents tells what the gateway said of the payment, and how it came here.
func (r *Rx) paymentEvents(d ngo.Donation) ([]Event, error) {
	p, err := r.Payment(d.Payment)
	if err != nil {
		return nil, err
	}
	v, err := r.Delivery(p.Delivery)
	if err != nil {
		return nil, err
	}
	if p.Ref.ByHand() {
		return []Event{{v.Received, "entered by hand" + after(": ", handWords[p.Method]) + ", given on " + string(d.Given)}}, nil
	}
	seen, err := r.Sightings(p.ID)
	if err != nil {
		return nil, err
	}
	events := []Event{{p.Created, "payment begun at the gateway" + after(" by ", p.Method) + ", " + string(p.Ref)}}
	for _, s := range seen {
		if s.State != ngo.PaymentCreated {
			events = append(events, Event{s.At, "the gateway said: " + string(s.State) + between(" (", s.Text, ")")})
		}
	}
	told := "told by the gateway as " + cmp.Or(v.Summary, "an event")
	if p.Recovered {
		told = "missed, and found by asking the gateway"
	}
	return append(events, Event{v.Received, told}), nil
}

// handWords name the ways in which a gift comes by hand.
var handWords = map[string]string{"cash": "cash", "cheque": "a cheque", "bank_transfer": "a bank transfer", "kind": "a gift in kind"}

// after gives text behind what introduces it, and between gives it with what encloses it; nothing when there is none.
func after(before, text string) string { return between(before, text, "") }

func between(before, text, behind string) string {
	if text == "" {
		return ""
	}
	return before + text + behind
}

// returnEvents tells what went back, or was to.
func (r *Rx) returnEvents(id ngo.PaymentID) ([]Event, error) {
	refunds, err := r.RefundsOf(id)
	disputes, err2 := r.DisputesOf(id)
	var events []Event
	for _, f := range refunds {
		begun := "refund of " + f.Amount.String() + after(" asked for by ", f.Actor) + after(": ", f.Reason)
		events = append(events, Event{f.Created, begun})
		if f.Settled != nil {
			events = append(events, Event{*f.Settled, "refund of " + f.Amount.String() + " " + string(f.State) + settledText(f)})
		}
	}
	for _, d := range disputes {
		events = append(events, Event{d.Created, "the donor's bank asked for " + d.Amount.String() + " back" + between(" (", d.Phase, ")") + after(": ", d.Reason) + disputeText(d)})
	}
	return events, errors.Join(err, err2)
}

func settledText(f ngo.Refund) string {
	if f.State == ngo.RefundFailed {
		return after(": ", f.Problem)
	}
	return after(", ", f.Reference)
}

// disputeText tells how a dispute stands. When it came to stand so is not told by gateways.
func disputeText(d ngo.Dispute) string {
	switch d.State {
	case ngo.DisputeOpen:
		return ""
	case ngo.DisputeUnderReview:
		return "; under review"
	case ngo.DisputeLost:
		return "; lost, " + ngo.Money{Minor: d.Deducted, Currency: d.Amount.Currency}.String() + " taken"
	}
	return "; " + string(d.State)
}

// actsOn finds the acts on a gift, which begin with its id.
const actsOn = `
select ` + actColumns + `
from act
where kind = 'donation.set' and substr(before, 1, 30) = $1
order by id`

func (r *Rx) actEvents(id ngo.DonationID) ([]Event, error) {
	acts, err := all(r.conn, "acts", scanAct, actsOn, string(id))
	var events []Event
	for _, a := range acts {
		events = append(events, Event{a.At, a.Title + after(", by ", a.Actor)})
	}
	return events, err
}

// answersOf finds in the trail when the donor of a gift answered. The salt, which goes when the donor is erased, has an index.
const answersOf = `
select at
from audit
where subject = $1 and salt is not null and action = '` + answerAction + `'
order by seq`

func (r *Rx) answerEvents(id ngo.DonationID) ([]Event, error) {
	times, err := all(r.conn, "answers", scanDue, answersOf, string(id))
	var events []Event
	for _, answered := range times {
		events = append(events, Event{answered, "the donor told what was missing"})
	}
	return events, err
}

// paperEvents tells of the receipts, and of what was written to the donor.
func (r *Rx) paperEvents(id ngo.DonationID) ([]Event, error) {
	receipts, err := r.ReceiptsOf(id)
	messages, err2 := r.MessagesFor(id)
	number := map[ngo.ReceiptID]string{}
	var events []Event
	for _, p := range receipts {
		number[p.ID] = p.Number
		events = append(events, Event{p.Issued, "receipt " + p.Number + " issued" + after(" in place of ", number[p.Replaces])})
		if _, err := ngo.ParseID[ngo.MessageID](p.GivenBy); p.Given != nil && err != nil { // mail has events of its own
			events = append(events, Event{*p.Given, "receipt " + p.Number + " fetched by " + p.GivenBy})
		}
		if p.Ended != nil {
			events = append(events, Event{*p.Ended, "receipt " + p.Number + " " + string(p.State) + after(": ", p.Reason)})
		}
	}
	for _, m := range messages {
		events = append(events, messageEvents(m)...)
	}
	return events, errors.Join(err, err2)
}

// mail names a message by what it says.
var mail = map[ngo.MessageKind]string{
	ngo.MessageReceipt: "mail", ngo.MessageCancellation: "cancellation mail", ngo.MessageAsk: "mail that asks for facts", ngo.MessageReminder: "reminder",
}

func messageEvents(m ngo.Message) []Event {
	to := m.Recipient
	if to == "" {
		to = "a donor whose data was erased"
	}
	what := cmp.Or(mail[m.Kind], "mail")
	if m.Sent != nil {
		return []Event{{m.Created, what + " to " + to + " queued"}, {*m.Sent, what + " " + string(m.State)}}
	}
	return []Event{{m.Created, what + " to " + to + " " + string(m.State) + after(": ", m.Reason)}}
}
