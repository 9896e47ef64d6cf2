package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// rank orders the states of a payment, so that the database can tell a step forward from one back. The numbers are
// stored: a new state goes between by a migration.
var rank = map[ngo.PaymentState]int{
	ngo.PaymentCreated: 10, ngo.PaymentFailed: 20, ngo.PaymentAuthorized: 30, ngo.PaymentCaptured: 40, ngo.PaymentChargedBack: 50,
}

const paymentColumns = `id, account_id, ref, state, amount, currency, fee, tax, method, reference, international, created, seen, delivery_id`

func scanPayment(s scanner) (ngo.Payment, error) {
	var p ngo.Payment
	err := s.Scan(&p.ID, &p.Account, &p.Ref, &p.State, &p.Amount.Minor, &p.Amount.Currency, &p.Fee, &p.Tax, &p.Method, &p.Reference,
		&p.International, at(&p.Created), at(&p.Seen), &p.Delivery)
	return p, err
}

// savePayment writes nothing, and returns nothing, unless the payment is new or moves forward.
const savePayment = `
insert into payment (id, account_id, ref, state, rank, amount, currency, fee, tax, method, reference, international, created, seen, delivery_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (account_id, ref) do update
set state = excluded.state,
    rank = excluded.rank,
    fee = excluded.fee,
    tax = excluded.tax,
    method = excluded.method,
    reference = excluded.reference,
    international = excluded.international,
    delivery_id = excluded.delivery_id
where payment.rank < excluded.rank
returning ` + paymentColumns

const selectPaymentByRef = `
select ` + paymentColumns + `
from payment
where account_id = $1 and ref = $2`

// SavePayment records a payment as an event shows it, and gives it as it then stands. It moved if it is new or its
// state went forward; an event that comes late or twice changes nothing. Amount and moments stay as first told.
func (t *Tx) SavePayment(p ngo.Payment) (saved ngo.Payment, moved bool, err error) {
	if p.ID == "" {
		p.ID = ngo.NewID[ngo.PaymentID](t.now)
	}
	if p.Seen.IsZero() {
		p.Seen = t.now
	}
	saved, err = scanPayment(t.w.QueryRow(savePayment, string(p.ID), string(p.Account), string(p.Ref), string(p.State), rank[p.State],
		p.Amount.Minor, string(p.Amount.Currency), p.Fee, p.Tax, p.Method, p.Reference, boolInt(p.International),
		ngo.Stamp(p.Created), ngo.Stamp(p.Seen), string(p.Delivery)))
	if errors.Is(err, sql.ErrNoRows) {
		saved, err = get(t.w, "payment", string(p.Ref), scanPayment, selectPaymentByRef, string(p.Account), string(p.Ref))
		return saved, false, err
	}
	if err != nil {
		return saved, false, fmt.Errorf("save payment %s: %w", p.Ref, err)
	}
	t.audit("payment.record", string(saved.ID), nil, facts{
		{"ref", string(saved.Ref)}, {"state", string(saved.State)}, {"amount_minor", saved.Amount.Minor},
		{"currency", string(saved.Amount.Currency)}, {"fee_minor", saved.Fee}, {"delivery", string(saved.Delivery)},
	})
	t.changed("payment", string(saved.ID))
	return saved, true, nil
}

const selectPayment = `
select ` + paymentColumns + `
from payment
where id = $1`

// Payment gives one payment.
func (r *Rx) Payment(id ngo.PaymentID) (ngo.Payment, error) {
	return get(r.conn, "payment", string(id), scanPayment, selectPayment, string(id))
}
