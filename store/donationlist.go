package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

// DonationQuery asks for gifts; an empty field means any. From and To are the first and the last day of giving.
type DonationQuery struct {
	ListQuery
	State    ngo.DonationState
	From, To ngo.Date
}

const (
	listDonations = `
select ` + donationColumns + `
from donation d
where d.id < $1
  and ($2 = '' or d.state = $2)
  and ($3 = '' or d.given >= $3)
  and ($4 = '' or d.given <= $4)
order by d.id desc
limit $5`

	// listOpenDonations is the same for all states but received, in the words that its index needs.
	listOpenDonations = `
select ` + donationColumns + `
from donation d
where d.id < $1
  and d.state <> 'received' and d.state = $2
  and ($3 = '' or d.given >= $3)
  and ($4 = '' or d.given <= $4)
order by d.id desc
limit $5`
)

// Donations lists gifts, the last recorded first.
func (r *Rx) Donations(q DonationQuery) (items []ngo.Donation, next string, err error) {
	query := listDonations
	if q.State != "" && q.State != ngo.DonationReceived {
		query = listOpenDonations
	}
	key := func(d ngo.Donation) string { return string(d.ID) }
	return page(r.conn, "donations", q.ListQuery, r.scanDonation, key, query, q.before(), string(q.State), string(q.From), string(q.To))
}
