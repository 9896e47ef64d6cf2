package store

import (
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// DonationQuery asks for gifts; an empty field means any. From and To are the first and the last day of giving, Least and
// Most are minor units.
type DonationQuery struct {
	ListQuery
	State       ngo.DonationState
	From, To    ngo.Date
	Account     ngo.AccountID
	Least, Most int64
	Donor       string // an e-mail or phone, of the person or as the gift has it; else part of a name
	Purpose     string // a purpose's name, id or other name; else part of what was given for
	Pot         ngo.Pot
	Mark        string // slip, recovered or any
}

// The marks that DonationQuery.Mark asks for.
const (
	MarkSlip      = "slip"
	MarkRecovered = "recovered"
	MarkAny       = "any"
)

// giftFilter is what every list of gifts is narrowed by. The order of its parameters is that of DonationQuery.args.
const giftFilter = `
  and ($2 = '' or d.state = $2)
  and ($3 = '' or d.given >= $3)
  and ($4 = '' or d.given <= $4)
  and ($5 = '' or (select p.account_id from payment p where p.id = d.payment_id) = $5)
  and d.amount >= $6
  and ($7 = 0 or d.amount <= $7)
  and ($8 = '' or d.pot = $8)
  and ($9 = '' or ($9 <> 'recovered' and d.slip_of <> '') or ($9 <> 'slip' and d.recovered = 1))
  and ($10 = '' or d.purpose_id = $10)
  and ($11 = '' or lower(d.purpose) like $11 escape '!')
  and ($12 = '' or lower(d.donor_name) like $12 escape '!')`

func (q DonationQuery) args(purpose ngo.PurposeID) []any {
	args := []any{q.before(), string(q.State), string(q.From), string(q.To), string(q.Account), q.Least, q.Most, string(q.Pot), q.Mark, string(purpose)}
	text := q.Purpose
	if purpose != "" {
		text = ""
	}
	return append(args, partOf(text), partOf(q.Donor))
}

// partOf is the pattern of texts that hold s; empty when s is.
func partOf(s string) string {
	if s == "" {
		return ""
	}
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(s)) + "%"
}

const (
	listDonations = `
select ` + donationColumns + `
from donation d
where d.id < $1` + giftFilter + `
order by d.id desc
limit $13`
)

// Donations lists gifts, the last recorded first.
func (r *Rx) Donations(q DonationQuery) (items []ngo.Donation, next string, err error) {
	purpose, err := r.purposeAsked(q.Purpose)
	if err != nil {
		return nil, "", err
	}
	return page(r.conn, "donations", q.ListQuery, r.scanDonation, donationKey, listDonations, q.args(purpose)...)
}

func donationKey(d ngo.Donation) string { return string(d.ID) }

// purposeAsked gives the id of the purpose that a query means; none when it is a text to look for.
func (r *Rx) purposeAsked(text string) (ngo.PurposeID, error) {
	if id, err := ngo.ParseID[ngo.PurposeID](text); err == nil || text == "" {
		return id, nil
	}
	p, _, err := r.PurposeNamed(text)
	return p.ID, err
}
