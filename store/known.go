package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Seen is what a gateway told of when it was asked: what has a state. Alias is a payment's second id, if it has one; Fee is what
// the payment cost, and Reference the bank's number of the refund, as far as they are told.
type Seen struct {
	Payment, Alias, Refund, Dispute, Settlement ngo.Ref
	PaymentState                                ngo.PaymentState
	RefundState                                 ngo.RefundState
	DisputeState                                ngo.DisputeState
	SettlementState                             ngo.SettlementState
	Fee                                         int64
	Reference                                   string
}

// A statement that looks up many rows takes atOnce of their keys, and what else it needs behind them.
const atOnce = 50

var (
	someKeys  = strings.Trim(placeholders(1, atOnce), "()")
	afterKeys = "$" + strconv.Itoa(atOnce+1)
)

// keysFor gives the parameters for someKeys: at most atOnce keys, the first as often as there is room.
func keysFor[T ~string](keys []T) []any {
	args := make([]any, 0, atOnce+1)
	for _, k := range keys {
		args = append(args, string(k))
	}
	for len(args) < atOnce {
		args = append(args, args[0])
	}
	return args
}

var (
	selectKnownPayments = `
select ref, alias, state, fee, ''
from payment
where account_id = ` + afterKeys + ` and ref in (` + someKeys + `)`

	selectKnownAliases = `
select ref, alias, state, fee, ''
from payment
where account_id = ` + afterKeys + ` and alias <> '' and alias in (` + someKeys + `)`

	selectKnownRefunds = `
select ref, '', state, 0, reference
from refund
where account_id = ` + afterKeys + ` and ref <> '' and ref in (` + someKeys + `)`

	selectKnownDisputes = `
select ref, '', state, 0, ''
from dispute
where account_id = ` + afterKeys + ` and ref in (` + someKeys + `)`

	selectKnownSettlements = `
select ref, '', state, 0, ''
from settlement
where account_id = ` + afterKeys + ` and ref in (` + someKeys + `)`
)

type knownRow struct {
	ref, alias ngo.Ref
	state      string
	fee        int64
	reference  string
}

func scanKnown(s scanner) (k knownRow, err error) {
	return k, s.Scan(&k.ref, &k.alias, &k.state, &k.fee, &k.reference)
}

// NotKnown gives the indexes of what the ledger does not have, or does not have in that state yet; and of what it has, but
// without a fee or a reference that is told here. Gateways tell those later than the state, by no webhook.
func (r *Rx) NotKnown(account ngo.AccountID, seen []Seen) (missing, fuller []int, err error) {
	done := 0
	for chunk := range slices.Chunk(seen, atOnce) {
		k, err := r.known(account, chunk)
		if err != nil {
			return nil, nil, err
		}
		for i, s := range chunk {
			switch {
			case !k.has(s):
				missing = append(missing, done+i)
			case k.lacks(s):
				fuller = append(fuller, done+i)
			}
		}
		done += len(chunk)
	}
	return missing, fuller, nil
}

// known is what the ledger has of some of the things that a gateway told of, by ref; payments by alias too.
type known struct {
	payments, aliases, refunds, disputes, settlements map[ngo.Ref]knownRow
}

func (r *Rx) known(account ngo.AccountID, seen []Seen) (k known, err error) {
	for _, look := range []struct {
		into  *map[ngo.Ref]knownRow
		query string
		refs  func(Seen) ngo.Ref
		key   func(knownRow) ngo.Ref
	}{
		{&k.payments, selectKnownPayments, func(s Seen) ngo.Ref { return s.Payment }, knownRow.byRef},
		{&k.aliases, selectKnownAliases, Seen.alias, knownRow.byAlias},
		{&k.refunds, selectKnownRefunds, func(s Seen) ngo.Ref { return s.Refund }, knownRow.byRef},
		{&k.disputes, selectKnownDisputes, func(s Seen) ngo.Ref { return s.Dispute }, knownRow.byRef},
		{&k.settlements, selectKnownSettlements, func(s Seen) ngo.Ref { return s.Settlement }, knownRow.byRef},
	} {
		if *look.into, err = r.lookUp(account, look.query, seen, look.refs, look.key); err != nil {
			return k, err
		}
	}
	return k, nil
}

func (k knownRow) byRef() ngo.Ref   { return k.ref }
func (k knownRow) byAlias() ngo.Ref { return k.alias }

// alias is the second id under which a payment is looked for. What names it by one id may mean that one.
func (s Seen) alias() ngo.Ref { return cmp.Or(s.Alias, s.Payment) }

func (r *Rx) lookUp(account ngo.AccountID, query string, seen []Seen, refs func(Seen) ngo.Ref, key func(knownRow) ngo.Ref) (map[ngo.Ref]knownRow, error) {
	var wanted []string
	for _, s := range seen {
		if ref := refs(s); ref != "" {
			wanted = append(wanted, string(ref))
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	rows, err := all(r.conn, "what is known", scanKnown, query, append(keysFor(wanted), string(account))...)
	found := make(map[ngo.Ref]knownRow, len(rows))
	for _, row := range rows {
		found[key(row)] = row
	}
	return found, err
}

// has tells whether everything that a gateway told of stands in the ledger, in that state or a later one.
func (k known) has(s Seen) bool {
	payment, refund, dispute, settlement := k.payment(s), k.refunds[s.Refund], k.disputes[s.Dispute], k.settlements[s.Settlement]
	return (s.PaymentState == "" || payment.state != "" && !ngo.PaymentState(payment.state).CanBecome(s.PaymentState)) &&
		(s.RefundState == "" || refund.state != "" && !ngo.RefundState(refund.state).CanBecome(s.RefundState)) &&
		(s.DisputeState == "" || dispute.state != "" && !ngo.DisputeState(dispute.state).CanBecome(s.DisputeState)) &&
		(s.SettlementState == "" || settlement.state != "" && !ngo.SettlementState(settlement.state).CanBecome(s.SettlementState))
}

// lacks tells whether a fee or a reference is told of which the ledger has nothing yet.
func (k known) lacks(s Seen) bool {
	payment, refund := k.payment(s), k.refunds[s.Refund]
	return s.Fee > 0 && payment.fee == 0 && ngo.PaymentState(payment.state).Paid() || s.Reference != "" && refund.state != "" && refund.reference == ""
}

// payment gives the row of a payment. One that has the ref and another alias is another payment; one that has the ref and
// no alias is the same.
func (k known) payment(s Seen) knownRow {
	if row, ok := k.aliases[s.alias()]; ok {
		return row
	}
	row := k.payments[s.Payment]
	if s.Alias != "" && row.alias != "" && row.alias != s.Alias {
		return knownRow{}
	}
	return row
}
