package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

var disputeRank = map[ngo.DisputeState]int{
	ngo.DisputeOpen: 10, ngo.DisputeUnderReview: 20, ngo.DisputeClosed: 30, ngo.DisputeWon: 40, ngo.DisputeLost: 50,
}

const disputeColumns = `id, account_id, ref, payment_ref, coalesce(payment_id, ''), state, phase, amount, currency, deducted, reason, respond_by, created`

func scanDispute(s scanner) (d ngo.Dispute, err error) {
	return d, s.Scan(&d.ID, &d.Account, &d.Ref, &d.PaymentRef, &d.Payment, &d.State, &d.Phase, &d.Amount.Minor, &d.Amount.Currency, &d.Deducted,
		&d.Reason, maybeAt(&d.RespondBy), at(&d.Created))
}

const (
	selectDisputeByRef = `
select ` + disputeColumns + `
from dispute
where account_id = $1 and ref = $2`

	selectDisputesOf = `
select ` + disputeColumns + `
from dispute
where payment_id = $1
order by created, id`

	insertDispute = `
insert into dispute (id, account_id, ref, payment_ref, payment_id, state, rank, phase, amount, deducted, currency, reason, respond_by, created)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

	updateDispute = `
update dispute
set payment_ref = $2,
    payment_id = $3,
    state = $4,
    rank = $5,
    phase = $6,
    deducted = $7,
    reason = $8,
    respond_by = $9,
    created = $10
where id = $1`
)

// SaveDispute merges what is told of a dispute with what is known of it, and gives it as it then stands. It moved if it is
// new or its state went forward. Its gift is held until the outcome is known, and loses what was deducted when it is lost; a
// payment that is not known yet is joined when it comes. A new dispute holds a gift also when an earlier one was looked at. It
// fails with Invalid when it names no payment, its amount is impossible, or another than was told before.
func (t *Tx) SaveDispute(d ngo.Dispute) (saved ngo.Dispute, moved bool, err error) {
	if d.Ref == "" || d.PaymentRef == "" || d.Amount.Minor < 0 || d.Amount.Minor > MostAmount || d.Deducted < 0 || d.Deducted > MostAmount {
		return d, false, &ngo.Error{Code: ngo.Invalid, Message: "a dispute came without its id or that of its payment, or with an impossible amount",
			Hint: "look at what the gateway sent: ngoctl delivery list"}
	}
	if d.Created.IsZero() {
		d.Created = t.now
	}
	d.Created, d.RespondBy = instant(d.Created), instantOf(d.RespondBy)
	was, err := get(t.w, "dispute", string(d.Ref), scanDispute, selectDisputeByRef, string(d.Account), string(d.Ref))
	if err != nil && ngo.CodeOf(err) != ngo.NotFound {
		return d, false, err
	}
	if err == nil {
		return t.mergeDispute(was, d)
	}
	if d.Payment, err = t.disputed(d); err != nil {
		return d, false, err
	}
	return t.addDispute(d)
}

// disputed finds the payment of a dispute; empty when it is not known.
func (t *Tx) disputed(d ngo.Dispute) (ngo.PaymentID, error) {
	p, err := t.PaymentByRef(d.Account, d.PaymentRef)
	if ngo.CodeOf(err) == ngo.NotFound {
		return "", nil
	}
	if err == nil && p.Amount.Currency != d.Amount.Currency {
		err = checkTold("dispute", d.Ref, ngo.Money{Minor: d.Amount.Minor, Currency: p.Amount.Currency}, d.Amount)
	}
	return p.ID, err
}

func (t *Tx) addDispute(d ngo.Dispute) (saved ngo.Dispute, moved bool, err error) {
	if d.ID == "" {
		d.ID = ngo.NewID[ngo.DisputeID](t.now)
	}
	_, err = t.exec("add dispute", insertDispute, string(d.ID), string(d.Account), string(d.Ref), string(d.PaymentRef), orNull(d.Payment), string(d.State),
		disputeRank[d.State], d.Phase, d.Amount.Minor, d.Deducted, string(d.Amount.Currency), d.Reason, stampOf(d.RespondBy), ngo.Stamp(d.Created))
	if err != nil {
		return d, false, err
	}
	t.auditDispute(d)
	if err := t.holdAgain(d); err != nil {
		return d, false, err
	}
	return d, true, t.returned(d.Payment)
}

// holdAgain takes it back that somebody has looked at the disputes of a gift: this one is new.
func (t *Tx) holdAgain(d ngo.Dispute) error {
	if d.Payment == "" || !d.State.Unsettled() {
		return nil
	}
	id, err := t.giftOf(d.Payment)
	if err != nil || id == "" {
		return err
	}
	was, err := t.gift(id)
	if err != nil || !slices.Contains(was.Released, codeDispute) {
		return err
	}
	now := was
	now.Released = slices.DeleteFunc(slices.Clone(was.Released), func(code string) bool { return code == codeDispute })
	_, _, err = t.keep(was, now, 0)
	return err
}

func (t *Tx) mergeDispute(was, told ngo.Dispute) (saved ngo.Dispute, moved bool, err error) {
	if err := checkTold("dispute", told.Ref, was.Amount, told.Amount); err != nil {
		return was, false, err
	}
	d := was
	moved = was.State.CanBecome(told.State)
	if moved {
		d.State = told.State
	}
	d.PaymentRef, d.Phase, d.Reason = fuller(was.PaymentRef, told.PaymentRef), fuller(was.Phase, told.Phase), fuller(was.Reason, told.Reason)
	d.Deducted = max(was.Deducted, told.Deducted)
	d.RespondBy, d.Created = later(was.RespondBy, told.RespondBy), *earlier(&was.Created, &told.Created)
	if d.Payment == "" {
		if d.Payment, err = t.disputed(d); err != nil {
			return was, false, err
		}
	}
	if equalDisputes(was, d) {
		return d, false, nil
	}
	err = t.must("dispute", string(d.ID), updateDispute, string(d.ID), string(d.PaymentRef), orNull(d.Payment), string(d.State), disputeRank[d.State], d.Phase,
		d.Deducted, d.Reason, stampOf(d.RespondBy), ngo.Stamp(d.Created))
	if err != nil {
		return was, false, err
	}
	t.auditDispute(d)
	return d, moved, t.returned(d.Payment)
}

func equalDisputes(a, b ngo.Dispute) bool {
	same := a.Created.Equal(b.Created) && equalTimes(a.RespondBy, b.RespondBy)
	a.Created, a.RespondBy, b.Created, b.RespondBy = time.Time{}, nil, time.Time{}, nil
	return same && a == b
}

func (t *Tx) auditDispute(d ngo.Dispute) {
	t.audit("dispute.record", string(d.ID), nil, facts{
		{"payment", string(d.PaymentRef)}, {"ref", string(d.Ref)}, {"state", string(d.State)}, {"phase", d.Phase}, {"amount_minor", d.Amount.Minor},
		{"currency", string(d.Amount.Currency)}, {"deducted_minor", d.Deducted}, {"reason", personal(d.Reason)},
	})
	t.changed("dispute", string(d.ID))
}

// DisputesOf gives the disputes of a payment, oldest first.
func (r *Rx) DisputesOf(p ngo.PaymentID) ([]ngo.Dispute, error) {
	out, err := all(r.conn, "disputes", scanDispute, selectDisputesOf, string(p))
	if err != nil {
		return nil, fmt.Errorf("payment %s: %w", p, err)
	}
	return out, nil
}
