package store

import (
	"fmt"
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

// giftFilter narrows every list of gifts. Its parameters are those of DonationQuery.args. Without an index that helps, the
// worst page of 200,000 gifts takes a third of a second; each index would cost every gift.
const giftFilter = `
  and ($2 = '' or d.state = $2)
  and ($3 = '' or d.given >= $3)
  and ($4 = '' or d.given <= $4)
  and ($5 = '' or (select p.account_id from payment p where p.id = d.payment_id) = $5)
  and d.amount >= $6
  and ($7 = 0 or d.amount <= $7)
  and ($8 = '' or d.pot = $8)
  and ($9 = '' or ($9 <> 'recovered' and d.slip_of <> '') or ($9 <> 'slip' and d.recovered = 1))
  and (($10 = '' and $11 = '') or d.purpose_id = $10 or ($11 <> '' and lower(d.purpose) like $11 escape '!'))
  and ($12 = '' or lower(d.donor_name) like $12 escape '!')
  and ($13 = '' or d.person_id in (select person_id from identity where kind in ('email', 'phone') and value = $13)
    or lower(d.donor_email) = $13 or d.donor_phone = $13)
order by d.id desc
limit $14`

const (
	listDonations = `
select ` + donationColumns + `
from donation d
where d.id < $1` + giftFilter

	// listOpenDonations and listMarkedDonations are the same for all states but received and for marked gifts, in the words
	// that their indexes need. The marks of a gift that went back are to be looked at no more.
	listOpenDonations = `
select ` + donationColumns + `
from donation d
where d.id < $1
  and d.state <> 'received' and d.state = $2` + giftFilter

	listMarkedDonations = `
select ` + donationColumns + `
from donation d
where d.id < $1
  and (d.slip_of <> '' or d.recovered = 1)
  and d.state <> 'reversed'` + giftFilter
)

// Donations lists gifts, the last recorded first. It fails with Invalid for a mark that there is not.
func (r *Rx) Donations(q DonationQuery) (items []ngo.Donation, next string, err error) {
	query := listDonations
	switch q.Mark {
	case "":
		if q.State != "" && q.State != ngo.DonationReceived {
			query = listOpenDonations
		}
	case MarkSlip, MarkRecovered, MarkAny:
		query = listMarkedDonations
	default:
		return nil, "", &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("no gift is marked %q", ngo.Printable(q.Mark)), Hint: "slip, recovered or any"}
	}
	purpose, text, err := r.purposeAsked(q.Purpose)
	if err != nil {
		return nil, "", err
	}
	address, name := addressIn(q.Donor)
	return page(r.conn, "donations", q.ListQuery, r.scanDonation, donationKey, query,
		q.before(), string(q.State), string(q.From), string(q.To), string(q.Account), q.Least, q.Most, string(q.Pot), q.Mark,
		string(purpose), partOf(text), partOf(name), address)
}

func donationKey(d ngo.Donation) string { return string(d.ID) }

// purposeAsked tells which purpose a query means, and what to look for in the words of donors: gifts from before there was
// the purpose have nothing else.
func (r *Rx) purposeAsked(asked string) (id ngo.PurposeID, text string, err error) {
	if id, err := ngo.ParseID[ngo.PurposeID](asked); err == nil {
		return id, "", nil
	}
	p, _, err := r.PurposeNamed(asked)
	return p.ID, asked, err
}

// addressIn tells whether what is asked for is an e-mail or phone, and gives it in the form in which it is kept; else it is
// part of a name.
func addressIn(asked string) (address, name string) {
	if v, err := ngo.NormaliseEMail(asked); err == nil {
		return v, ""
	}
	if v, err := ngo.NormalisePhone(asked); err == nil {
		return v, ""
	}
	return "", asked
}

// partOf gives the pattern of lower-case texts that hold s; empty when s is. The database makes only ASCII lower-case.
func partOf(s string) string {
	if s == "" {
		return ""
	}
	lower := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(lower) + "%"
}
