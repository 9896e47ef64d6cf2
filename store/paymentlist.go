package store

import (
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// PaymentQuery asks for payments; an empty field means any. From is the first instant at the gateway, To is past the last.
type PaymentQuery struct {
	ListQuery
	State     ngo.PaymentState
	Account   ngo.AccountID
	From, To  time.Time
	Method    string
	Recovered bool // only those that were found by asking
}

const (
	paymentFilter = `
  and ($2 = '' or state = $2)
  and ($3 = '' or account_id = $3)
  and ($4 = '' or created >= $4)
  and ($5 = '' or created < $5)
  and ($6 = '' or method = $6)
  and ($7 = 0 or recovered = 1)
order by id desc
limit $8`

	listPayments = `
select ` + paymentColumns + `
from payment
where id < $1` + paymentFilter

	// listOpenPayments is the same for all states but captured, in the words that its index needs.
	listOpenPayments = `
select ` + paymentColumns + `
from payment
where id < $1
  and state <> 'captured' and state = $2` + paymentFilter
)

// Payments lists payments, the last seen first.
func (r *Rx) Payments(q PaymentQuery) (items []ngo.Payment, next string, err error) {
	query := listPayments
	if q.State != "" && q.State != ngo.PaymentCaptured {
		query = listOpenPayments
	}
	key := func(p ngo.Payment) string { return string(p.ID) }
	return page(r.conn, "payments", q.ListQuery, scanPayment, key, query,
		q.before(), string(q.State), string(q.Account), stampOrEmpty(q.From), stampOrEmpty(q.To), q.Method, boolInt(q.Recovered))
}

func stampOrEmpty(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ngo.Stamp(t)
}
