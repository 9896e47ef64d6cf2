package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

// BulkQuery asks for gifts that want a receipt, or receipts that want to be mailed; an empty field means any. From and To are the
// first and the last day of giving.
type BulkQuery struct {
	ListQuery
	From, To ngo.Date
	Series   string // of receipts
	Again    bool   // gifts whose receipt was a mistake too, and receipts that were mailed before
}

// Candidate is one of them.
type Candidate struct {
	Donation ngo.DonationID
	Receipt  ngo.ReceiptID // empty for a gift without
	Number   string
	EMail    string // of the donor
}

func scanCandidate(s scanner) (c Candidate, err error) {
	return c, s.Scan(&c.Donation, &c.Receipt, &c.Number, &c.EMail)
}

const (
	listUnreceipted = `
select d.id, '', '', d.donor_email
from donation d
where d.id < $1
  and d.state = 'received'
  and d.returned < d.amount
  and ($2 = '' or d.given >= $2)
  and ($3 = '' or d.given <= $3)
  and ($4 = 1 or d.no_receipt = 0)
  and not exists (select 1 from receipt r where r.donation_id = d.id and r.state = 'issued')
  and not exists (select 1 from person p where p.id = d.person_id and p.erased is not null)
order by d.id desc
limit $5`

	listUnmailed = `
select r.donation_id, r.id, r.number, d.donor_email
from receipt r
join donation d on d.id = r.donation_id
where r.id < $1
  and r.state = 'issued'
  and ($2 = '' or r.day >= $2)
  and ($3 = '' or r.day <= $3)
  and ($4 = '' or r.series = $4)
  and not exists (
    select 1
    from message m
    where m.receipt_id = r.id and m.kind = 'receipt'
      and (m.state in ('queued', 'sending') or ($5 = 0 and m.state in ('sent', 'delivered', 'read', 'uncertain')))
  )
order by r.id desc
limit $6`
)

// Unreceipted lists gifts that were received and have no receipt, the last recorded first.
func (r *Rx) Unreceipted(q BulkQuery) (items []Candidate, next string, err error) {
	key := func(c Candidate) string { return string(c.Donation) }
	return page(r.conn, "gifts without a receipt", q.ListQuery, scanCandidate, key, listUnreceipted,
		q.before(), string(q.From), string(q.To), boolInt(q.Again))
}

// Unmailed lists receipts that stand and that no mail carried or is about to carry, the last issued first.
func (r *Rx) Unmailed(q BulkQuery) (items []Candidate, next string, err error) {
	key := func(c Candidate) string { return string(c.Receipt) }
	return page(r.conn, "receipts to be mailed", q.ListQuery, scanCandidate, key, listUnmailed,
		q.before(), string(q.From), string(q.To), q.Series, boolInt(q.Again))
}

// Because notes in the trail why something was done that does not say so itself.
func (t *Tx) Because(action, subject, reason string) error {
	reason, err := because(reason)
	if err != nil {
		return err
	}
	t.audit(action, subject, nil, facts{{"reason", personal(reason)}})
	return nil
}
