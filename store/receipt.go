package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// ReceiptFacts is what a receipt is issued from.
type ReceiptFacts struct {
	Series  string // SVT/2026-27/D: the serial is the next of this series
	Amount  ngo.Money
	Day     ngo.Date // of the gift
	Law     string   // which law's wording it carries
	Tax     bool     // whether it carries the line on deduction
	Printed []byte   // JSON of all that is printed but the number; sealed at rest and fixed for good
}

// NewReceipt is a receipt on its way in, sealed already and without a number.
type NewReceipt struct {
	ID       ngo.ReceiptID
	donation ngo.DonationID
	facts    ReceiptFacts
	sealed   []byte
}

// NewReceipt prepares a receipt for a gift. It fails with Invalid when a fact is missing.
func (o *Org) NewReceipt(donation ngo.DonationID, f ReceiptFacts) (NewReceipt, error) {
	if f.Series == "" || len(f.Printed) == 0 || f.Amount.Minor <= 0 {
		return NewReceipt{}, &ngo.Error{Code: ngo.Invalid, Message: "a receipt needs a series, an amount and what is printed on it"}
	}
	id := ngo.NewID[ngo.ReceiptID](o.now())
	return NewReceipt{ID: id, donation: donation, facts: f, sealed: o.box.Seal(f.Printed, "receipt", "facts", string(id))}, nil
}

const (
	takeSerial = `
insert into series (name, last)
values ($1, 1)
on conflict (name) do update
set last = series.last + 1
returning last`

	giveSerialBack = `
update series
set last = last - 1
where name = $1`

	insertReceipt = `
insert into receipt (id, donation_id, series, serial, number, amount, currency, day, law, tax, issued, facts, replaces)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (donation_id) where state = 'issued' do nothing`
)

// IssueReceipt gives a receipt the next number of its series and issues it, all in this transaction, so that no number
// is taken twice or lost. When the gift has a valid receipt already, it takes no number and gives that receipt, with
// Conflict.
func (t *Tx) IssueReceipt(n NewReceipt) (ngo.Receipt, error) { return t.issueReceipt(n, "") }

func (t *Tx) issueReceipt(n NewReceipt, replaces ngo.ReceiptID) (ngo.Receipt, error) {
	f := n.facts
	serial, err := scanOne[int64](t.w.QueryRow(takeSerial, f.Series))
	if err != nil {
		return ngo.Receipt{}, fmt.Errorf("take number of series %s: %w", f.Series, err)
	}
	r := ngo.Receipt{ID: n.ID, Donation: n.donation, Series: f.Series, Serial: serial, Number: fmt.Sprintf("%s/%06d", f.Series, serial),
		State: ngo.ReceiptIssued, Amount: f.Amount, Day: f.Day, Law: f.Law, Tax: f.Tax, Issued: t.now, Replaces: replaces}
	added, err := t.exec("issue receipt", insertReceipt, string(r.ID), string(r.Donation), r.Series, r.Serial, r.Number,
		r.Amount.Minor, string(r.Amount.Currency), string(r.Day), r.Law, boolInt(r.Tax), t.stamp(), n.sealed, orNull(replaces))
	if err != nil {
		return ngo.Receipt{}, err
	}
	if added == 0 {
		return t.alreadyIssued(n)
	}
	t.audit("receipt.issue", string(r.ID), nil, facts{
		{"donation", string(r.Donation)}, {"number", r.Number}, {"amount_minor", r.Amount.Minor}, {"currency", string(r.Amount.Currency)},
		{"day", string(r.Day)}, {"law", r.Law}, {"tax", r.Tax}, {"replaces", string(replaces)},
	})
	t.count("receipt", string(ngo.ReceiptIssued), 1)
	t.changed("receipt", string(r.ID))
	t.changed("donation", string(r.Donation))
	return r, nil
}

func (t *Tx) alreadyIssued(n NewReceipt) (ngo.Receipt, error) {
	if err := t.must("series", n.facts.Series, giveSerialBack, n.facts.Series); err != nil {
		return ngo.Receipt{}, err
	}
	r, err := t.ReceiptOf(n.donation)
	if err != nil {
		return r, err
	}
	return r, &ngo.Error{Code: ngo.Conflict, Message: "donation " + string(n.donation) + " has receipt " + r.Number + " already", Hint: "ngoctl receipt show " + r.Number}
}

const receiptColumns = `id, donation_id, series, serial, number, state, amount, currency, day, law, tax, issued, coalesce(document_id, ''), coalesce(replaces, ''), ended, reason, given, given_by, copies`

func scanReceipt(s scanner) (ngo.Receipt, error) {
	var r ngo.Receipt
	err := s.Scan(&r.ID, &r.Donation, &r.Series, &r.Serial, &r.Number, &r.State, &r.Amount.Minor, &r.Amount.Currency, &r.Day,
		&r.Law, &r.Tax, at(&r.Issued), &r.Document, &r.Replaces, maybeAt(&r.Ended), &r.Reason, maybeAt(&r.Given), &r.GivenBy, &r.Copies)
	return r, err
}

const (
	selectReceipt = `
select ` + receiptColumns + `
from receipt
where id = $1`

	selectReceiptByNumber = `
select ` + receiptColumns + `
from receipt
where number = $1`

	selectReceiptOf = `
select ` + receiptColumns + `
from receipt
where donation_id = $1 and state = 'issued'`

	selectReceiptsOf = `
select ` + receiptColumns + `
from receipt
where donation_id = $1
order by issued, serial, id`

	endReceipt = `
update receipt
set state = $2,
    ended = $3,
    reason = $4
where id = $1`
)

// VoidReceipt ends a receipt in whose place none stands; its number is never used again. It fails with Conflict when the
// receipt does not stand any more.
func (t *Tx) VoidReceipt(id ngo.ReceiptID, reason string) error {
	_, err := t.endReceipt(id, ngo.ReceiptVoid, reason)
	return err
}

// ReplaceReceipt ends a receipt and issues the one that stands in its place, with the next number of its own series. It fails
// with Conflict when the old one does not stand any more, and with Invalid when the two are of different gifts.
func (t *Tx) ReplaceReceipt(old ngo.ReceiptID, n NewReceipt, reason string) (ngo.Receipt, error) {
	was, err := t.endReceipt(old, ngo.ReceiptReplaced, reason)
	if err != nil {
		return ngo.Receipt{}, err
	}
	if was.Donation != n.donation {
		return ngo.Receipt{}, &ngo.Error{Code: ngo.Invalid, Message: "a receipt cannot stand in the place of another gift's"}
	}
	return t.issueReceipt(n, old)
}

func (t *Tx) endReceipt(id ngo.ReceiptID, state ngo.ReceiptState, reason string) (ngo.Receipt, error) {
	r, err := t.Receipt(id)
	if err != nil {
		return r, err
	}
	if r.State != ngo.ReceiptIssued {
		return r, errEnded(r)
	}
	if err := t.must("receipt", string(id), endReceipt, string(id), string(state), t.stamp(), reason); err != nil {
		return r, err
	}
	t.audit("receipt."+string(state), string(id), facts{{"state", string(r.State)}}, facts{{"state", string(state)}, {"number", r.Number}, {"reason", personal(reason)}})
	t.moved("receipt", string(r.State), string(state))
	t.changed("receipt", string(id))
	t.changed("donation", string(r.Donation))
	return r, t.withdrawMail(r)
}

const withdrawMail = `
update message
set state = 'withdrawn',
    reason = 'The receipt ended before it left.'
where receipt_id = $1 and kind = 'receipt' and state = 'queued'
returning id, coalesce(conversation_id, '')`

// withdrawMail takes back the mail that would carry a receipt which has ended, as long as it has not begun to leave.
func (t *Tx) withdrawMail(r ngo.Receipt) error {
	withdrawn, err := all(t.w, "messages", scanEnded, withdrawMail, string(r.ID))
	for _, m := range withdrawn {
		t.audit("message.withdrawn", string(m.ID), facts{{"state", string(ngo.MessageQueued)}}, facts{{"receipt", r.Number}})
		t.moved("message", string(ngo.MessageQueued), string(ngo.MessageWithdrawn))
		t.changed("message", string(m.ID))
		err = errors.Join(err, t.became(m, ngo.MessageWithdrawn))
	}
	return err
}

// scanEnded scans a message that was queued until just now, with its conversation.
func scanEnded(s scanner) (m ngo.Message, err error) {
	m.State = ngo.MessageQueued
	return m, s.Scan(&m.ID, &m.Conversation)
}

const selectSeen = `
with recursive line (id, replaces, given, step) as (
  select id, replaces, given, 0
  from receipt
  where id = $1
  union all
  select r.id, r.replaces, r.given, l.step + 1
  from receipt r
  join line l on r.id = l.replaces
)
select id
from line
where given is not null
  or exists (
    select 1
    from message m
    where m.receipt_id = line.id and m.kind = 'receipt' and m.state in ('sending', 'sent', 'delivered', 'read', 'uncertain')
  )
order by step
limit 1`

// ReceiptSeen gives what somebody outside may have in hand when a receipt ends: the receipt itself, if it left by mail, may have,
// or was fetched, else the last one in whose place it stands of which that is true. It is empty when nobody has seen any.
func (r *Rx) ReceiptSeen(id ngo.ReceiptID) (ngo.ReceiptID, error) {
	seen, err := all(r.conn, "receipts", scanOne[ngo.ReceiptID], selectSeen, string(id))
	if err != nil || len(seen) == 0 {
		return "", err
	}
	return seen[0], nil
}

func errEnded(r ngo.Receipt) error {
	return &ngo.Error{Code: ngo.Conflict, Message: "receipt " + r.Number + " is " + string(r.State) + " already", Hint: "ngoctl receipt show " + r.Number}
}

// ReceiptsOf gives every receipt that a gift has had, oldest first.
func (r *Rx) ReceiptsOf(donation ngo.DonationID) ([]ngo.Receipt, error) {
	return all(r.conn, "receipts", scanReceipt, selectReceiptsOf, string(donation))
}

// Receipt gives one receipt, without its facts.
func (r *Rx) Receipt(id ngo.ReceiptID) (ngo.Receipt, error) {
	return get(r.conn, "receipt", string(id), scanReceipt, selectReceipt, string(id))
}

// ReceiptByNumber gives the receipt with this number.
func (r *Rx) ReceiptByNumber(number string) (ngo.Receipt, error) {
	return get(r.conn, "receipt", number, scanReceipt, selectReceiptByNumber, number)
}

// ReceiptOf gives the valid receipt of a gift.
func (r *Rx) ReceiptOf(donation ngo.DonationID) (ngo.Receipt, error) {
	return get(r.conn, "receipt of donation", string(donation), scanReceipt, selectReceiptOf, string(donation))
}

const selectFacts = `
select facts
from receipt
where id = $1`

// ReceiptFacts opens what was printed on a receipt.
func (r *Rx) ReceiptFacts(id ngo.ReceiptID) ([]byte, error) {
	sealed, err := get(r.conn, "receipt", string(id), scanOne[[]byte], selectFacts, string(id))
	if err != nil {
		return nil, err
	}
	return r.org.box.Open(sealed, "receipt", "facts", string(id))
}

// ReceiptQuery asks for receipts; an empty field means any. From and To are the first and the last day of giving.
type ReceiptQuery struct {
	ListQuery
	Series   string
	State    ngo.ReceiptState
	From, To ngo.Date
}

const listReceipts = `
select ` + receiptColumns + `
from receipt
where id < $1
  and ($2 = '' or series = $2)
  and ($3 = '' or state = $3)
  and ($4 = '' or day >= $4)
  and ($5 = '' or day <= $5)
order by id desc
limit $6`

// Receipts lists receipts, the last issued first.
func (r *Rx) Receipts(q ReceiptQuery) (items []ngo.Receipt, next string, err error) {
	key := func(r ngo.Receipt) string { return string(r.ID) }
	return page(r.conn, "receipts", q.ListQuery, scanReceipt, key, listReceipts, q.before(), q.Series, string(q.State), string(q.From), string(q.To))
}

const attachDocument = `
update receipt
set document_id = $2
where id = $1`

// AttachDocument says in which blob a receipt's PDF lies.
func (t *Tx) AttachDocument(id ngo.ReceiptID, document ngo.BlobID) error {
	if err := t.must("receipt", string(id), attachDocument, string(id), string(document)); err != nil {
		return err
	}
	t.changed("receipt", string(id))
	return nil
}

const selectLast = `
select last
from series
where name = $1`

// LastSerial gives the last number that a series has given; 0 when it has given none.
func (r *Rx) LastSerial(series string) (int64, error) {
	n, err := scanOne[int64](r.conn.QueryRow(selectLast, series))
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}
