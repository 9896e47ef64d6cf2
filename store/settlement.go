package store

import (
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

var settlementRank = map[ngo.SettlementState]int{ngo.SettlementCreated: 10, ngo.SettlementFailed: 20, ngo.SettlementProcessed: 30}

const settlementColumns = `id, account_id, ref, state, amount, currency, fees, tax, utr, created`

func scanSettlement(s scanner) (v ngo.Settlement, err error) {
	return v, s.Scan(&v.ID, &v.Account, &v.Ref, &v.State, &v.Amount.Minor, &v.Amount.Currency, &v.Fees, &v.Tax, &v.UTR, at(&v.Created))
}

const (
	selectSettlementByRef = `
select ` + settlementColumns + `
from settlement
where account_id = $1 and ref = $2`

	insertSettlement = `
insert into settlement (id, account_id, ref, state, rank, amount, currency, fees, tax, utr, created)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	updateSettlement = `
update settlement
set state = $2,
    rank = $3,
    fees = $4,
    tax = $5,
    utr = $6,
    created = $7
where id = $1`
)

// SaveSettlement merges what is told of a payout with what is known of it, and gives it as it then stands. It moved if it is
// new or its state went forward. It fails with Invalid when the amount is another than was told before.
func (t *Tx) SaveSettlement(s ngo.Settlement) (saved ngo.Settlement, moved bool, err error) {
	if s.Ref == "" {
		return s, false, &ngo.Error{Code: ngo.Invalid, Message: "a settlement came without its id", Hint: "look at what the gateway sent: ngoctl delivery list"}
	}
	if s.Created.IsZero() {
		s.Created = t.now
	}
	s.Created = instant(s.Created)
	was, err := get(t.w, "settlement", string(s.Ref), scanSettlement, selectSettlementByRef, string(s.Account), string(s.Ref))
	if ngo.CodeOf(err) == ngo.NotFound {
		return t.addSettlement(s)
	}
	if err != nil {
		return s, false, err
	}
	return t.mergeSettlement(was, s)
}

func (t *Tx) addSettlement(s ngo.Settlement) (saved ngo.Settlement, moved bool, err error) {
	if s.ID == "" {
		s.ID = ngo.NewID[ngo.SettlementID](t.now)
	}
	_, err = t.exec("add settlement", insertSettlement, string(s.ID), string(s.Account), string(s.Ref), string(s.State), settlementRank[s.State],
		s.Amount.Minor, string(s.Amount.Currency), s.Fees, s.Tax, s.UTR, ngo.Stamp(s.Created))
	if err != nil {
		return s, false, err
	}
	t.auditSettlement(s)
	return s, true, nil
}

func (t *Tx) mergeSettlement(was, told ngo.Settlement) (saved ngo.Settlement, moved bool, err error) {
	if err := checkTold("settlement", told.Ref, was.Amount, told.Amount); err != nil {
		return was, false, err
	}
	s := was
	moved = was.State.CanBecome(told.State)
	if moved {
		s.State = told.State
	}
	s.Fees, s.Tax, s.UTR = max(was.Fees, told.Fees), max(was.Tax, told.Tax), fuller(was.UTR, told.UTR)
	s.Created = *earlier(&was.Created, &told.Created)
	if equalSettlements(was, s) {
		return s, false, nil
	}
	err = t.must("settlement", string(s.ID), updateSettlement, string(s.ID), string(s.State), settlementRank[s.State], s.Fees, s.Tax, s.UTR, ngo.Stamp(s.Created))
	if err != nil {
		return was, false, err
	}
	t.auditSettlement(s)
	return s, moved, nil
}

func equalSettlements(a, b ngo.Settlement) bool {
	same := a.Created.Equal(b.Created)
	a.Created, b.Created = time.Time{}, time.Time{}
	return same && a == b
}

func (t *Tx) auditSettlement(s ngo.Settlement) {
	t.audit("settlement.record", string(s.ID), nil, facts{
		{"ref", string(s.Ref)}, {"state", string(s.State)}, {"amount_minor", s.Amount.Minor}, {"currency", string(s.Amount.Currency)},
		{"fees_minor", s.Fees}, {"utr", s.UTR},
	})
	t.changed("settlement", string(s.ID))
}
