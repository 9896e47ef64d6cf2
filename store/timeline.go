package store

import (
	"cmp"
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
	p, err := r.Payment(d.Payment)
	if err != nil {
		return nil, err
	}
	v, err := r.Delivery(p.Delivery)
	if err != nil {
		return nil, err
	}
	events := []Event{
		{p.Created, "paid at the gateway by " + p.Method + ", " + string(p.Ref)},
		{v.Received, "told by the gateway as " + cmp.Or(v.Summary, "an event")},
		{d.Recorded, "recorded as " + standing(d)},
	}
	if d.Receipt != "" {
		more, err := r.receiptEvents(d.Receipt)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	return events, nil
}

func standing(d ngo.Donation) string {
	if d.Reason == "" {
		return string(d.State)
	}
	return string(d.State) + ": " + d.Reason
}

func (r *Rx) receiptEvents(id ngo.ReceiptID) ([]Event, error) {
	receipt, err := r.Receipt(id)
	if err != nil {
		return nil, err
	}
	messages, err := r.MessagesOf(id)
	if err != nil {
		return nil, err
	}
	events := []Event{{receipt.Issued, "receipt " + receipt.Number + " issued"}}
	for _, m := range messages {
		events = append(events, messageEvents(m)...)
	}
	return events, nil
}

func messageEvents(m ngo.Message) []Event {
	to := m.Recipient
	if to == "" {
		to = "a donor whose data was erased"
	}
	if m.Sent != nil {
		return []Event{{m.Created, "mail to " + to + " queued"}, {*m.Sent, "mail " + string(m.State)}}
	}
	text := "mail to " + to + " " + string(m.State)
	if m.Reason != "" {
		text += ": " + m.Reason
	}
	return []Event{{m.Created, text}}
}
