package store

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

var refundRank = map[ngo.RefundState]int{ngo.RefundRequested: 10, ngo.RefundPending: 20, ngo.RefundFailed: 30, ngo.RefundProcessed: 40}

const refundColumns = `id, account_id, ref, token, payment_ref, coalesce(payment_id, ''), state, amount, currency, reference, reason, problem, actor, created, settled`

func scanRefund(s scanner) (f ngo.Refund, err error) {
	return f, s.Scan(&f.ID, &f.Account, &f.Ref, &f.Token, &f.PaymentRef, &f.Payment, &f.State, &f.Amount.Minor, &f.Amount.Currency,
		&f.Reference, &f.Reason, &f.Problem, &f.Actor, at(&f.Created), maybeAt(&f.Settled))
}

const (
	selectRefund = `
select ` + refundColumns + `
from refund
where id = $1`

	// selectSameRefund gives the one asked for here first.
	selectSameRefund = `
select ` + refundColumns + `
from refund
where account_id = $1
  and (ref = $2 and ref <> '' or token = $3 and token <> '')
order by case when token <> '' then 0 else 1 end`

	selectRefundsOf = `
select ` + refundColumns + `
from refund
where payment_id = $1
order by created, id`

	insertRefund = `
insert into refund (id, account_id, ref, token, payment_ref, payment_id, state, rank, amount, currency, reference, reason, problem, actor, created, settled)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

	updateRefund = `
update refund
set ref = $2,
    token = $3,
    payment_ref = $4,
    payment_id = $5,
    state = $6,
    rank = $7,
    reference = $8,
    reason = $9,
    problem = $10,
    actor = $11,
    created = $12,
    settled = $13
where id = $1`

	deleteRefund = `
delete from refund
where id = $1`
)

// SaveRefund merges what is told of a refund with what is known of it, and gives it as it then stands. It is known by the
// gateway's id or by ours: where each had made a row of its own they become one. It moved if it is new or its state went
// forward. What went back of the payment is summed anew, and the gift stands accordingly; a payment that is not known yet is
// joined when it comes. It fails with Invalid when the refund names no payment, its amount is impossible, or another than was
// told before.
func (t *Tx) SaveRefund(f ngo.Refund) (saved ngo.Refund, moved bool, err error) {
	if err := checkRefund(f); err != nil {
		return f, false, err
	}
	if f.Created.IsZero() {
		f.Created = t.now
	}
	f.Created, f.Settled = instant(f.Created), instantOf(f.Settled)
	if f.Settled == nil && (f.State == ngo.RefundFailed || f.State == ngo.RefundProcessed) {
		f.Settled = &t.now
	}
	known, err := all(t.w, "refunds", scanRefund, selectSameRefund, string(f.Account), string(f.Ref), f.Token)
	if err != nil {
		return f, false, err
	}
	if f, err = t.withPayment(f, known); err != nil {
		return f, false, err
	}
	if len(known) == 0 {
		return t.addRefund(f)
	}
	return t.mergeRefund(known, f)
}

func checkRefund(f ngo.Refund) error {
	switch {
	case f.Ref == "" && f.Token == "", f.PaymentRef == "":
		return &ngo.Error{Code: ngo.Invalid, Message: "a refund came without an id, or without that of its payment", Hint: "look at what the gateway sent: ngoctl delivery list"}
	case f.Amount.Minor <= 0 || f.Amount.Minor > MostAmount:
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("a refund of %d minor units cannot be recorded", f.Amount.Minor), Hint: "look at what the gateway sent: ngoctl delivery list"}
	}
	return nil
}

// withPayment finds the payment of a refund, unless it is known.
func (t *Tx) withPayment(f ngo.Refund, known []ngo.Refund) (ngo.Refund, error) {
	for _, k := range known {
		f.Payment = fuller(f.Payment, k.Payment)
	}
	if f.Payment != "" {
		return f, nil
	}
	p, err := t.PaymentByRef(f.Account, f.PaymentRef)
	if ngo.CodeOf(err) == ngo.NotFound {
		return f, nil
	}
	if err == nil && p.Amount.Currency != f.Amount.Currency {
		err = checkTold("refund", f.Ref, ngo.Money{Minor: f.Amount.Minor, Currency: p.Amount.Currency}, f.Amount)
	}
	f.Payment = p.ID
	return f, err
}

func (t *Tx) addRefund(f ngo.Refund) (saved ngo.Refund, moved bool, err error) {
	if f.ID == "" {
		f.ID = ngo.NewID[ngo.RefundID](t.now)
	}
	_, err = t.exec("add refund", insertRefund, string(f.ID), string(f.Account), string(f.Ref), f.Token, string(f.PaymentRef), orNull(f.Payment),
		string(f.State), refundRank[f.State], f.Amount.Minor, string(f.Amount.Currency), f.Reference, f.Reason, f.Problem, f.Actor,
		ngo.Stamp(f.Created), stampOf(f.Settled))
	if err != nil {
		return f, false, err
	}
	t.auditRefund(f)
	return f, true, t.returned(f.Payment)
}

func (t *Tx) mergeRefund(known []ngo.Refund, told ngo.Refund) (saved ngo.Refund, moved bool, err error) {
	was, f := known[0], known[0]
	for _, other := range append(known[1:], told) {
		if err := checkTold("refund", told.Ref, f.Amount, other.Amount); err != nil {
			return was, false, err
		}
		f = joinRefund(f, other)
	}
	f.Payment = told.Payment
	for _, other := range known[1:] {
		if err := t.must("refund", string(other.ID), deleteRefund, string(other.ID)); err != nil {
			return was, false, err
		}
		t.audit("refund.join", string(other.ID), facts{{"ref", string(other.Ref)}, {"state", string(other.State)}}, facts{{"into", string(was.ID)}})
		t.changed("refund", string(other.ID))
	}
	if equalRefunds(was, f) {
		return f, false, nil
	}
	if err := t.must("refund", string(f.ID), updateRefund, string(f.ID), string(f.Ref), f.Token, string(f.PaymentRef), orNull(f.Payment), string(f.State),
		refundRank[f.State], f.Reference, f.Reason, f.Problem, f.Actor, ngo.Stamp(f.Created), stampOf(f.Settled)); err != nil {
		return f, false, err
	}
	t.auditRefund(f)
	return f, was.State.CanBecome(f.State), t.returned(f.Payment)
}

// joinRefund joins two tellings of a refund. When it was settled is told by the state that stands.
func joinRefund(a, b ngo.Refund) ngo.Refund {
	out := a
	out.Ref, out.Token, out.PaymentRef = fuller(a.Ref, b.Ref), fuller(a.Token, b.Token), fuller(a.PaymentRef, b.PaymentRef)
	switch {
	case a.State.CanBecome(b.State):
		out.State, out.Settled = b.State, b.Settled
	case a.State == b.State:
		out.Settled = earlier(a.Settled, b.Settled)
	}
	out.Reference, out.Reason = fuller(a.Reference, b.Reference), fuller(a.Reason, b.Reason)
	out.Problem, out.Actor = fuller(a.Problem, b.Problem), fuller(a.Actor, b.Actor)
	out.Created = *earlier(&a.Created, &b.Created)
	return out
}

func equalRefunds(a, b ngo.Refund) bool {
	same := a.Created.Equal(b.Created) && equalTimes(a.Settled, b.Settled)
	a.Created, a.Settled, b.Created, b.Settled = time.Time{}, nil, time.Time{}, nil
	return same && a == b
}

func equalTimes(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

func (t *Tx) auditRefund(f ngo.Refund) {
	t.audit("refund.record", string(f.ID), nil, facts{
		{"payment", string(f.PaymentRef)}, {"ref", string(f.Ref)}, {"state", string(f.State)}, {"amount_minor", f.Amount.Minor},
		{"currency", string(f.Amount.Currency)}, {"reason", personal(f.Reason)}, {"problem", personal(f.Problem)},
	})
	t.changed("refund", string(f.ID))
}

// returned sums anew what went back of a payment, if it is known, and has its gift follow.
func (t *Tx) returned(id ngo.PaymentID) error {
	if id == "" {
		return nil
	}
	p, err := t.Payment(id)
	if err == nil {
		_, err = t.returnedOf(p)
	}
	return err
}

const sumAsked = `
select coalesce(sum(amount), 0)
from refund
where payment_id = $1 and currency = $2 and state in ('requested', 'pending')`

// RequestRefund records that staff want money of a gift to go back, all that remains when the amount is zero, and leaves the
// job that asks the gateway. It fails with Invalid when that is more than remains, and with Conflict when nothing does.
func (t *Tx) RequestRefund(id ngo.DonationID, amount ngo.Money, reason string) (ngo.Refund, error) {
	d, err := t.Donation(id)
	if err != nil {
		return ngo.Refund{}, err
	}
	p, err := t.Payment(d.Payment)
	if err != nil {
		return ngo.Refund{}, err
	}
	asked, err := scanOne[int64](t.w.QueryRow(sumAsked, string(p.ID), string(p.Amount.Currency)))
	if err != nil {
		return ngo.Refund{}, fmt.Errorf("sum refunds of payment %s: %w", p.ID, err)
	}
	remains := ngo.Money{Minor: p.Amount.Minor - p.Returned - asked, Currency: p.Amount.Currency}
	if amount == (ngo.Money{}) {
		amount = remains
	}
	if err := checkRequest(amount, remains); err != nil {
		return ngo.Refund{}, err
	}
	f, _, err := t.SaveRefund(ngo.Refund{Account: p.Account, Token: newToken(), PaymentRef: gatewayRef(p), Payment: p.ID, State: ngo.RefundRequested,
		Amount: amount, Reason: line(reason, mostText), Actor: t.actor})
	if err != nil {
		return f, err
	}
	t.changed("donation", string(id))
	return f, t.Enqueue(ngo.LaneOutbound, ngo.JobRefund, string(f.ID), 0)
}

func checkRequest(amount, remains ngo.Money) error {
	if remains.Minor <= 0 {
		return &ngo.Error{Code: ngo.Conflict, Message: "nothing remains of this gift that could go back", Hint: "look at its refunds: ngoctl donation show"}
	}
	if amount.Currency != remains.Currency || amount.Minor <= 0 || amount.Minor > remains.Minor {
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%s cannot go back: %s remains of this gift", amount, remains),
			Hint: "name an amount up to what remains, or none for all of it"}
	}
	return nil
}

// gatewayRef gives the name by which the gateway knows a payment for certain.
func gatewayRef(p ngo.Payment) ngo.Ref {
	if p.Alias != "" {
		return p.Alias
	}
	return p.Ref
}

// newToken makes our own id of a refund, which gateways take as a key against doing it twice.
func newToken() string {
	const signs = "abcdefghijklmnopqrstuvwxyz234567" // 32 of them: five bits each
	out := make([]byte, 20)
	rand.Read(out) // never fails: crypto/rand aborts the program instead
	for i := range out {
		out[i] = signs[out[i]&31]
	}
	return string(out)
}

// Refund gives one refund.
func (r *Rx) Refund(id ngo.RefundID) (ngo.Refund, error) {
	return get(r.conn, "refund", string(id), scanRefund, selectRefund, string(id))
}

// RefundsOf gives the refunds of a payment, oldest first.
func (r *Rx) RefundsOf(p ngo.PaymentID) ([]ngo.Refund, error) {
	return all(r.conn, "refunds", scanRefund, selectRefundsOf, string(p))
}
