package store

import (
	"fmt"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// MostAmount is the largest gift, in minor units, that the ledger takes: a hundred thousand crore rupees. It keeps every
// sum of gifts within 63 bits.
const MostAmount = 100_000_000_000_000

const insertDonation = `
insert into donation (id, payment_id, person_id, state, reason, amount, currency, given,
  donor_name, donor_email, donor_phone, donor_address, donor_pan, purpose, method, recorded)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (payment_id) do nothing`

// AddDonation records a gift, once per payment: it says false, and changes nothing, when the payment has one already.
// It fails with Invalid when the amount is not positive or larger than MostAmount, or the day is not one.
func (t *Tx) AddDonation(d ngo.Donation) (added bool, err error) {
	if err := checkGift(d); err != nil {
		return false, err
	}
	if d.ID == "" {
		d.ID = ngo.NewID[ngo.DonationID](t.now)
	}
	if d.Recorded.IsZero() {
		d.Recorded = t.now
	}
	n, err := t.exec("add donation", insertDonation, string(d.ID), string(d.Payment), orNull(d.Person), string(d.State), d.Reason,
		d.Amount.Minor, string(d.Amount.Currency), string(d.Given), d.Donor.Name, d.Donor.EMail, d.Donor.Phone, d.Donor.Address,
		t.sealPAN(d), d.Purpose, d.Method, ngo.Stamp(d.Recorded))
	if err != nil || n == 0 {
		return false, err
	}
	t.audit("donation.record", string(d.ID), nil, facts{
		{"payment", string(d.Payment)}, {"person", string(d.Person)}, {"state", string(d.State)},
		{"amount_minor", d.Amount.Minor}, {"currency", string(d.Amount.Currency)}, {"given", string(d.Given)},
		{"name", personal(d.Donor.Name)}, {"email", personal(d.Donor.EMail)}, {"phone", personal(d.Donor.Phone)},
		{"address", personal(d.Donor.Address)}, {"pan", personal(d.Donor.PAN)},
	})
	t.sumGift(&d, d.State, 1)
	t.changed("donation", string(d.ID))
	return true, nil
}

func checkGift(d ngo.Donation) error {
	if d.Amount.Minor <= 0 || d.Amount.Minor > MostAmount {
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("a gift of %d minor units cannot be recorded", d.Amount.Minor), Hint: "look at what the gateway sent: ngoctl delivery list"}
	}
	_, err := ngo.ParseDate(string(d.Given))
	return err
}

func (t *Tx) sealPAN(d ngo.Donation) any {
	if d.Donor.PAN == "" {
		return nil
	}
	return t.box.Seal([]byte(d.Donor.PAN), "donation", "donor_pan", string(d.ID))
}

const donationColumns = `d.id, d.payment_id, coalesce(d.person_id, ''), d.state, d.reason, d.amount, d.currency, d.given,
  d.donor_name, d.donor_email, d.donor_phone, d.donor_address, d.donor_pan, d.purpose, d.method, d.recorded,
  coalesce((select r.id from receipt r where r.donation_id = d.id and r.state = 'issued'), '')`

// scanDonation opens the sealed PAN, so it needs the organisation's box.
func (r *Rx) scanDonation(s scanner) (ngo.Donation, error) {
	var d ngo.Donation
	var pan []byte
	err := s.Scan(&d.ID, &d.Payment, &d.Person, &d.State, &d.Reason, &d.Amount.Minor, &d.Amount.Currency, &d.Given,
		&d.Donor.Name, &d.Donor.EMail, &d.Donor.Phone, &d.Donor.Address, &pan, &d.Purpose, &d.Method, at(&d.Recorded), &d.Receipt)
	if err != nil || pan == nil {
		return d, err
	}
	plain, err := r.org.box.Open(pan, "donation", "donor_pan", string(d.ID))
	d.Donor.PAN = string(plain)
	return d, err
}

const (
	selectDonation = `
select ` + donationColumns + `
from donation d
where d.id = $1`

	selectDonationOf = `
select ` + donationColumns + `
from donation d
where d.payment_id = $1`
)

// Donation gives one gift.
func (r *Rx) Donation(id ngo.DonationID) (ngo.Donation, error) {
	return get(r.conn, "donation", string(id), r.scanDonation, selectDonation, string(id))
}

// DonationOf gives the gift that a payment made.
func (r *Rx) DonationOf(payment ngo.PaymentID) (ngo.Donation, error) {
	return get(r.conn, "donation of payment", string(payment), r.scanDonation, selectDonationOf, string(payment))
}

const moveDonation = `
update donation
set state = $2,
    reason = $3
where id = $1`

// MoveDonation brings a gift to another state. It fails with Conflict when that is not allowed.
func (t *Tx) MoveDonation(id ngo.DonationID, state ngo.DonationState, reason string) error {
	d, err := t.Donation(id)
	if err != nil {
		return err
	}
	if !d.State.CanBecome(state) {
		return badMove("donation", string(id), string(d.State), string(state))
	}
	if err := t.must("donation", string(id), moveDonation, string(id), string(state), reason); err != nil {
		return err
	}
	t.audit("donation.move", string(id), facts{{"state", string(d.State)}, {"reason", d.Reason}}, facts{{"state", string(state)}, {"reason", reason}})
	t.sumGift(&d, d.State, -1)
	t.sumGift(&d, state, 1)
	t.changed("donation", string(id))
	return nil
}
