package store

import (
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	saveSighting = `
insert into sighting (payment_id, state, at, note, delivery_id)
values ($1, $2, $3, $4, $5)
on conflict (payment_id, state) do update
set at = case when excluded.at < sighting.at then excluded.at else sighting.at end,
    delivery_id = case when excluded.at < sighting.at then excluded.delivery_id else sighting.delivery_id end,
    note = case when length(excluded.note) > length(sighting.note)
        or length(excluded.note) = length(sighting.note) and excluded.note < sighting.note then excluded.note else sighting.note end`

	saveCaptured = `
update payment
set captured = $2
where id = $1 and (captured is null or captured > $2)`

	listSightings = `
select state, at, note, delivery_id
from sighting
where payment_id = $1
order by at, state`
)

// AddSighting keeps that a payment was seen in a state; the earliest moment told of each state stands. A zero At is the
// moment of the transaction. That of captured is kept with the payment: SavePayment takes it as well, in the same statement.
func (t *Tx) AddSighting(id ngo.PaymentID, s ngo.Sighting) error {
	if s.At.IsZero() {
		s.At = t.now
	}
	if s.State == ngo.PaymentCaptured {
		_, err := t.exec("save when it was captured", saveCaptured, string(id), ngo.Stamp(s.At))
		return err
	}
	_, err := t.exec("save sighting", saveSighting, string(id), string(s.State), ngo.Stamp(s.At), s.Text, string(s.Delivery))
	return err
}

const saveMention = `
insert into mention (payment_id, delivery_id)
values ($1, $2)
on conflict do nothing`

// Mention notes that a delivery tells of a payment, besides the one that brought it where it stands: ErasePerson reaches the
// bodies of both.
func (t *Tx) Mention(id ngo.PaymentID, by ngo.DeliveryID) error {
	_, err := t.exec("save mention", saveMention, string(id), string(by))
	return err
}

func scanSighting(s scanner) (v ngo.Sighting, err error) {
	return v, s.Scan(&v.State, at(&v.At), &v.Text, &v.Delivery)
}

// Sightings tells in which states a payment was seen and when, in order of time, capture included.
func (r *Rx) Sightings(id ngo.PaymentID) ([]ngo.Sighting, error) {
	p, err := r.Payment(id)
	if err != nil {
		return nil, err
	}
	out, err := all(r.conn, "sightings", scanSighting, listSightings, string(id))
	if err != nil {
		return nil, err
	}
	if p.Captured != nil {
		out = append(out, ngo.Sighting{State: ngo.PaymentCaptured, At: *p.Captured, Delivery: p.Delivery})
		slices.SortStableFunc(out, func(a, b ngo.Sighting) int { return a.At.Compare(b.At) })
	}
	return out, nil
}
