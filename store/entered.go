package store

import "github.com/ngoctl/ngoctl/store/ngo"

// selectEntered is in the words that its index needs.
const selectEntered = `
select ` + deliveryColumns + `
from delivery
where account_id = $1
  and source = 'poll' and hint <> ''
  and hint = $2`

// Entered gives the delivery that was made here, and not sent, under a hint. It fails with NotFound.
func (r *Rx) Entered(account ngo.AccountID, hint string) (ngo.Delivery, error) {
	return get(r.conn, "delivery", hint, scanDelivery, selectEntered, string(account), hint)
}

// Is tells whether a delivery that was kept has the body of this one.
func (d NewDelivery) Is(kept ngo.Delivery) bool {
	return d.account == kept.Account && d.digest == kept.Digest
}

// Gift gives the facts as those of a new gift of a day. It fails with Invalid as EditDonation does.
func (e DonorEdit) Gift(given ngo.Date) (ngo.Donation, error) {
	d := ngo.Donation{Given: given}
	err := e.apply(&d)
	return d, err
}
