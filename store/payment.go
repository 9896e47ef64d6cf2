package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// rank orders the states of a payment, so that the database can tell a step forward from one back. The numbers are
// stored: a new state goes between by a migration.
var rank = map[ngo.PaymentState]int{
	ngo.PaymentCreated: 10, ngo.PaymentFailed: 20, ngo.PaymentAuthorized: 30, ngo.PaymentCaptured: 40, ngo.PaymentChargedBack: 50,
}

const paymentColumns = `id, account_id, ref, state, amount, currency, fee, tax, method, reference, alias, purchase, problem, returned, recovered, international, created, captured, seen, delivery_id`

// qualifiedPayment is paymentColumns beside those of another table.
const qualifiedPayment = `p.id, p.account_id, p.ref, p.state, p.amount, p.currency, p.fee, p.tax, p.method, p.reference, p.alias, p.purchase,
  p.problem, p.returned, p.recovered, p.international, p.created, p.captured, p.seen, p.delivery_id`

func scanPayment(s scanner) (p ngo.Payment, err error) { return p, s.Scan(paymentFields(&p)...) }

func paymentFields(p *ngo.Payment) []any {
	return []any{&p.ID, &p.Account, &p.Ref, &p.State, &p.Amount.Minor, &p.Amount.Currency, &p.Fee, &p.Tax, &p.Method, &p.Reference,
		&p.Alias, &p.Order, &p.Problem, &p.Returned, &p.Recovered, &p.International, at(&p.Created), maybeAt(&p.Captured), at(&p.Seen), &p.Delivery}
}

const (
	// insertPayment returns nothing when the payment is known. It tells whether something waits for it besides, since most
	// payments have nothing waiting and need no statement more, and what of the organisation the gift's standing depends on.
	insertPayment = `
insert into payment (id, account_id, ref, state, rank, amount, currency, fee, tax, method, reference, alias, purchase, problem,
  recovered, international, created, captured, seen, delivery_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict do nothing
returning exists (select 1 from refund where refund.account_id = $2 and refund.payment_id is null and refund.payment_ref in ($3, $12))
  or exists (select 1 from dispute where dispute.account_id = $2 and dispute.payment_id is null and dispute.payment_ref in ($3, $12)),
  coalesce((select facts from profile where profile.id = 1), ''),
  exists (select 1 from purpose)`

	selectPaymentByRef = `
select ` + paymentColumns + `
from payment
where account_id = $1 and ref = $2`

	selectPaymentByAlias = `
select ` + paymentColumns + `
from payment
where account_id = $1 and alias = $2 and alias <> ''`

	updatePayment = `
update payment
set state = $2,
    rank = $3,
    fee = $4,
    tax = $5,
    method = $6,
    reference = $7,
    alias = $8,
    purchase = $9,
    problem = $10,
    returned = $11,
    recovered = $12,
    international = $13,
    captured = $14,
    delivery_id = $15,
    created = $16
where id = $1`

	selectPayment = `
select ` + paymentColumns + `
from payment
where id = $1`
)

// SavePayment merges what an event tells of a payment with what is known of it, and gives it as it then stands. It moved if
// it is new or its state went forward. The rest of what is told is merged even so, and the gift follows it. Recovered says that
// the event was found by asking; a payment counts as recovered when the first event that showed its money was. Two payments
// told under one Ref with two Aliases are two: the second is kept under REF/ALIAS. It fails with Invalid when the amount is
// another than was told before.
func (t *Tx) SavePayment(p ngo.Payment) (saved ngo.Payment, moved bool, err error) {
	if p.ID == "" {
		p.ID = ngo.NewID[ngo.PaymentID](t.now)
	}
	if p.Seen.IsZero() {
		p.Seen = t.now
	}
	p.Created, p.Seen, p.Captured = instant(p.Created), instant(p.Seen), instantOf(p.Captured)
	switch {
	case !p.State.Paid():
		p.Recovered, p.Captured = false, nil
	case p.Captured == nil:
		p.Captured = &p.Seen
	}
	known, err := t.samePayment(&p)
	if err != nil {
		return p, false, err
	}
	if known != nil {
		return t.mergePayment(*known, p)
	}
	return t.addPayment(p)
}

// samePayment finds the payment that p speaks of by its alias, and gives p the reference under which it is or will be kept.
// A payment without an alias is left to the insert, which knows.
func (t *Tx) samePayment(p *ngo.Payment) (*ngo.Payment, error) {
	if p.Alias == "" {
		return nil, nil
	}
	known, err := t.paymentBy(selectPaymentByAlias, p.Account, p.Alias)
	if err == nil {
		return &known, nil
	}
	if ngo.CodeOf(err) == ngo.NotFound {
		known, err = t.paymentBy(selectPaymentByRef, p.Account, p.Ref)
	}
	switch {
	case ngo.CodeOf(err) == ngo.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case known.Alias == "":
		return &known, nil
	}
	p.Ref += "/" + p.Alias
	return nil, nil
}

func (t *Tx) addPayment(p ngo.Payment) (saved ngo.Payment, moved bool, err error) {
	var awaited bool
	c := circumstances{payment: p}
	err = t.w.QueryRow(insertPayment, string(p.ID), string(p.Account), string(p.Ref), string(p.State), rank[p.State],
		p.Amount.Minor, string(p.Amount.Currency), p.Fee, p.Tax, p.Method, p.Reference, string(p.Alias), p.Order, p.Problem,
		boolInt(p.Recovered), boolInt(p.International), ngo.Stamp(p.Created), stampOf(p.Captured), ngo.Stamp(p.Seen), string(p.Delivery)).
		Scan(&awaited, &c.profile, &c.hasPurposes)
	if errors.Is(err, sql.ErrNoRows) {
		known, err := t.paymentBy(selectPaymentByRef, p.Account, p.Ref)
		if err != nil {
			return p, false, err
		}
		return t.mergePayment(known, p)
	}
	if err != nil {
		return p, false, fmt.Errorf("save payment %s: %w", p.Ref, err)
	}
	t.auditPayment(p)
	if !awaited {
		t.fresh = freshPayment{circumstances: c, writes: t.writes}
		return p, true, nil
	}
	if err := t.linkOrphans(p); err != nil {
		return p, false, err
	}
	p, err = t.returnedOf(p)
	return p, true, err
}

func (t *Tx) mergePayment(was, told ngo.Payment) (saved ngo.Payment, moved bool, err error) {
	if err := checkTold("payment", told.Ref, was.Amount, told.Amount); err != nil {
		return was, false, err
	}
	p := was
	moved = was.State.CanBecome(told.State)
	if moved {
		p.State, p.Delivery = told.State, told.Delivery
	}
	if told.State.Paid() && !was.State.Paid() {
		p.Recovered = told.Recovered
	}
	p.Fee, p.Tax = max(was.Fee, told.Fee), max(was.Tax, told.Tax)
	p.Method, p.Reference = fuller(was.Method, told.Method), fuller(was.Reference, told.Reference)
	p.Alias, p.Order, p.Problem = fuller(was.Alias, told.Alias), fuller(was.Order, told.Order), fuller(was.Problem, told.Problem)
	p.International = was.International || told.International
	p.Captured = earlier(was.Captured, told.Captured)
	if told.Created.Before(was.Created) { // what came first did not tell, and stood in with its own arrival
		p.Created = told.Created
	}
	if p.Alias != was.Alias {
		if err := t.linkOrphans(p); err != nil {
			return p, false, err
		}
	}
	if p.Alias != was.Alias || moved {
		if p, err = t.withReturned(p); err != nil {
			return p, false, err
		}
	}
	if equalPayments(was, p) {
		return p, moved, nil
	}
	if err := t.writePayment(p); err != nil {
		return p, false, err
	}
	if p.State.Paid() && p.Created.Before(was.Created) {
		if err := t.redate(p); err != nil {
			return p, false, err
		}
	}
	return p, moved, t.follow(p)
}

// equalPayments tells whether two states of one row are equal.
func equalPayments(a, b ngo.Payment) bool {
	same := equalTimes(a.Captured, b.Captured) && a.Created.Equal(b.Created) && a.Seen.Equal(b.Seen)
	a.Captured, a.Created, a.Seen = nil, time.Time{}, time.Time{}
	b.Captured, b.Created, b.Seen = nil, time.Time{}, time.Time{}
	return same && a == b
}

func (t *Tx) writePayment(p ngo.Payment) error {
	err := t.must("payment", string(p.ID), updatePayment, string(p.ID), string(p.State), rank[p.State], p.Fee, p.Tax, p.Method, p.Reference,
		string(p.Alias), p.Order, p.Problem, p.Returned, boolInt(p.Recovered), boolInt(p.International), stampOf(p.Captured), string(p.Delivery), ngo.Stamp(p.Created))
	if err == nil {
		t.auditPayment(p)
	}
	return err
}

func (t *Tx) auditPayment(p ngo.Payment) {
	t.audit("payment.record", string(p.ID), nil, facts{
		{"ref", string(p.Ref)}, {"state", string(p.State)}, {"amount_minor", p.Amount.Minor}, {"currency", string(p.Amount.Currency)},
		{"fee_minor", p.Fee}, {"returned_minor", p.Returned}, {"international", p.International}, {"recovered", p.Recovered}, {"delivery", string(p.Delivery)},
	})
	t.changed("payment", string(p.ID))
}

const (
	linkRefunds = `
update refund
set payment_id = $1
where account_id = $2 and payment_id is null and payment_ref in ($3, $4)`

	linkDisputes = `
update dispute
set payment_id = $1
where account_id = $2 and payment_id is null and payment_ref in ($3, $4)`

	// sumReturned tells what went back, and whether a lost dispute is part of it.
	sumReturned = `
select (select coalesce(sum(amount), 0) from refund where payment_id = $1 and currency = $2 and state = 'processed')
    + (select coalesce(sum(deducted), 0) from dispute where payment_id = $1 and currency = $2 and state = 'lost'),
  exists (select 1 from dispute where payment_id = $1 and state = 'lost')`
)

// linkOrphans joins refunds and disputes that came before their payment, or before its alias was known.
func (t *Tx) linkOrphans(p ngo.Payment) error {
	if _, err := t.exec("link refunds", linkRefunds, string(p.ID), string(p.Account), string(p.Ref), string(p.Alias)); err != nil {
		return err
	}
	_, err := t.exec("link disputes", linkDisputes, string(p.ID), string(p.Account), string(p.Ref), string(p.Alias))
	return err
}

// withReturned gives the payment with what went back of it. It is charged back once all of it did and the donor's bank was
// among those who took it.
func (t *Tx) withReturned(p ngo.Payment) (ngo.Payment, error) {
	var lost bool
	if err := t.w.QueryRow(sumReturned, string(p.ID), string(p.Amount.Currency)).Scan(&p.Returned, &lost); err != nil {
		return p, fmt.Errorf("sum what went back of payment %s: %w", p.ID, err)
	}
	if lost && p.State == ngo.PaymentCaptured && p.Returned >= p.Amount.Minor {
		p.State = ngo.PaymentChargedBack
	}
	return p, nil
}

// returnedOf sums anew what went back of a payment, and has its gift follow, also where the sum is the same: a dispute may
// have opened or ended.
func (t *Tx) returnedOf(was ngo.Payment) (ngo.Payment, error) {
	p, err := t.withReturned(was)
	if err != nil {
		return p, err
	}
	if !equalPayments(was, p) {
		if err := t.writePayment(p); err != nil {
			return p, err
		}
	}
	return p, t.follow(p)
}

// follow has the gift of a payment, if there is one, stand as the payment now has it.
func (t *Tx) follow(p ngo.Payment) error {
	if !p.State.Paid() {
		return nil
	}
	gift, err := t.giftOf(p.ID)
	if err != nil || gift == "" {
		return err
	}
	_, _, err = t.Restate(gift)
	return err
}

const selectGiftOf = `
select id
from donation
where payment_id = $1`

// giftOf gives the gift that a payment made; empty when it made none.
func (t *Tx) giftOf(p ngo.PaymentID) (ngo.DonationID, error) {
	id, err := get(t.w, "donation of payment", string(p), scanOne[ngo.DonationID], selectGiftOf, string(p))
	if ngo.CodeOf(err) == ngo.NotFound {
		return "", nil
	}
	return id, err
}

// Payment gives one payment.
func (r *Rx) Payment(id ngo.PaymentID) (ngo.Payment, error) {
	return get(r.conn, "payment", string(id), scanPayment, selectPayment, string(id))
}

// PaymentByRef gives the payment that the gateway calls ref, by either of its ids.
func (r *Rx) PaymentByRef(account ngo.AccountID, ref ngo.Ref) (ngo.Payment, error) {
	p, err := r.paymentBy(selectPaymentByAlias, account, ref)
	if ngo.CodeOf(err) == ngo.NotFound {
		return r.paymentBy(selectPaymentByRef, account, ref)
	}
	return p, err
}

func (r *Rx) paymentBy(query string, account ngo.AccountID, ref ngo.Ref) (ngo.Payment, error) {
	return get(r.conn, "payment", string(ref), scanPayment, query, string(account), string(ref))
}
