package store

import (
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	savePayer = `
insert into payer (payment_id, told, facts)
values ($1, $2, $3)
on conflict (payment_id) do update
set facts = excluded.facts`

	selectPayer = `
select facts
from payer
where payment_id = $1`

	forgetPayer = `
delete from payer
where payment_id = $1`

	forgetPayers = `
delete from payer
where told < $1`
)

// payer is what was told of who pays, before there is a gift to keep it.
type payer struct {
	Donor             ngo.Donor
	Purpose, Campaign string
}

// RememberDonor keeps what an event tells of a donor, also as long as the payment has made no gift: AddDonation then takes it
// up, since an event that comes before the money may know more than the one that brings it. Where there is a gift it does what
// MergeDonor does.
func (t *Tx) RememberDonor(id ngo.PaymentID, donor ngo.Donor, purpose, campaign string) error {
	told := payer{Donor: donor, Purpose: purpose, Campaign: campaign}
	if told == (payer{}) {
		return nil
	}
	gift, err := t.giftOf(id)
	if err != nil {
		return err
	}
	if gift != "" {
		_, err = t.MergeDonor(gift, donor, purpose, campaign)
		return err
	}
	known, err := get(t.w, "payer of", string(id), scanOne[[]byte], selectPayer, string(id))
	if err != nil && ngo.CodeOf(err) != ngo.NotFound {
		return err
	}
	was, err := t.openPayer(id, known)
	if err != nil {
		return err
	}
	told = payer{Donor: fullerDonor(was.Donor, donor), Purpose: fuller(was.Purpose, purpose), Campaign: fuller(was.Campaign, campaign)}
	if told == was {
		return nil
	}
	_, err = t.exec("remember payer", savePayer, string(id), t.stamp(), t.sealJSON(told, "payer", "facts", string(id)))
	return err
}

func (t *Tx) openPayer(id ngo.PaymentID, sealed []byte) (p payer, err error) {
	if sealed == nil {
		return p, nil
	}
	return p, t.openJSON(sealed, &p, "payer", "facts", string(id))
}

// takeUpPayer adds what earlier events told of the donor, and forgets it.
func (t *Tx) takeUpPayer(g *gift) error {
	if g.payer == nil {
		return nil
	}
	told, err := t.openPayer(g.Payment, g.payer)
	if err != nil {
		return err
	}
	if _, err := t.exec("forget payer", forgetPayer, string(g.Payment)); err != nil {
		return err
	}
	g.Donor = fullerDonor(g.Donor, told.Donor)
	g.Purpose, g.Campaign = fuller(g.Purpose, told.Purpose), fuller(g.Campaign, told.Campaign)
	return nil
}

// forgetPayers erases what was told of payers, before a moment, whose payments made no gift.
func (t *Tx) forgetPayers(before time.Time) error {
	_, err := t.exec("forget payers", forgetPayers, ngo.Stamp(before))
	return err
}
