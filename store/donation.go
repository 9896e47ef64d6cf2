package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// MostAmount is the largest gift, in minor units, that the ledger takes: a hundred thousand crore rupees. It keeps every
// sum of gifts within 63 bits.
const MostAmount = 100_000_000_000_000

// firstDay is before any gateway: a gift of a day before it has a time that somebody forgot to fill in.
const firstDay ngo.Date = "2000-01-01"

const insertDonation = `
insert into donation (id, payment_id, person_id, state, reason, amount, currency, given,
  donor_name, donor_email, donor_phone, donor_address, donor_pan, purpose, method, recorded,
  returned, pot, account_pot, fund, purpose_id, campaign, donor_id_kind, donor_id, language, citizenship, declined, slip_of, recovered, hold,
  donor_born)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
  $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)
on conflict (payment_id) do nothing`

// AddDonation records the gift of a payment whose money came in, once per payment, and gives it as it stands. It says false,
// and changes nothing, when the payment has one already; MergeDonor then adds what is new of the donor. The caller gives the
// pot of the account as Pot, and says with Hold if a person is to look; without a Person the gift joins whoever the donor is. State, method, what went back, purpose and marks are
// decided here. No job is left. It fails with Invalid when the amount is not positive or larger than MostAmount, or the day
// cannot be that of a gift.
func (t *Tx) AddDonation(d ngo.Donation) (stored ngo.Donation, added bool, err error) {
	if err := t.checkGift(d); err != nil {
		return d, false, err
	}
	c, err := t.circumstancesOf(d.Payment)
	if err != nil {
		return d, false, err
	}
	if c.hasGift {
		d, err = t.DonationOf(d.Payment)
		return d, false, err
	}
	now := gift{Donation: d, circumstances: c, accountPot: potOr(d.Pot)}
	if now.ID == "" {
		now.ID = ngo.NewID[ngo.DonationID](t.now)
	}
	if now.Recorded.IsZero() {
		now.Recorded = t.now
	}
	now.Recovered, now.Released, now.Receipt = c.payment.Recovered, []string{}, ""
	first, added, err := t.joinNew(&now)
	if err != nil {
		return d, false, err
	}
	if err := t.findPurpose(&now); err != nil {
		return d, false, err
	}
	var next ngo.DonationID
	if !added { // somebody new has no other gift
		if next, err = t.markSlip(&now); err != nil {
			return d, false, err
		}
	}
	now.settle()
	if err := t.insertGift(now); err != nil {
		return d, false, err
	}
	return now.Donation, true, errors.Join(t.markNext(next, now.ID), t.leave(first, now.Person))
}

// joinNew joins a new gift to its person, by what brought the gift and then by what earlier events told. It gives the person of
// the first, and tells whether the gift's is somebody new.
func (t *Tx) joinNew(g *gift) (first ngo.PersonID, added bool, err error) {
	if g.Person == "" {
		if g.Person, added, err = t.join(g.Donor); err != nil {
			return "", false, err
		}
	}
	first, donor := g.Person, g.Donor
	if err := t.takeUpPayer(g); err != nil {
		return "", false, err
	}
	if g.Donor != donor {
		err = t.joinGift(g)
	}
	return first, added && g.Person == first, err
}

func (t *Tx) insertGift(g gift) error {
	d := g.Donation
	_, err := t.exec("add donation", insertDonation, string(d.ID), string(d.Payment), orNull(d.Person), string(d.State), d.Reason,
		d.Amount.Minor, string(d.Amount.Currency), string(d.Given), d.Donor.Name, d.Donor.EMail, d.Donor.Phone, d.Donor.Address,
		t.sealDonor(d.ID, "donor_pan", d.Donor.PAN), d.Purpose, d.Method, ngo.Stamp(d.Recorded),
		d.Returned, string(d.Pot), string(g.accountPot), string(d.Fund), orNull(d.PurposeID), d.Campaign, string(d.Donor.IDKind),
		t.sealDonor(d.ID, "donor_id", d.Donor.IDNumber), d.Donor.Language, string(d.Donor.Citizenship), boolInt(d.Declined), string(d.Slip),
		boolInt(d.Recovered), d.Hold, t.sealDonor(d.ID, "donor_born", string(d.Donor.Born)))
	if err != nil {
		return err
	}
	t.audit("donation.record", string(d.ID), nil, append(facts{
		{"payment", string(d.Payment)}, {"person", string(d.Person)}, {"amount_minor", d.Amount.Minor}, {"currency", string(d.Amount.Currency)},
	}, differing(giftFacts(ngo.Donation{}), giftFacts(d))...))
	t.sumGift(&d, 1)
	t.changed("donation", string(d.ID))
	return nil
}

func (t *Tx) checkGift(d ngo.Donation) error {
	if d.Amount.Minor <= 0 || d.Amount.Minor > MostAmount {
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("a gift of %d minor units cannot be recorded", d.Amount.Minor), Hint: "look at what the gateway sent: ngoctl delivery list"}
	}
	if _, err := ngo.ParseDate(string(d.Given)); err != nil {
		return err
	}
	// Two days: the latest zone is 14 hours ahead of UTC.
	if d.Given < firstDay || d.Given > ngo.DateOf(t.now.Add(48*time.Hour), time.UTC) {
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("a gift of %s cannot be recorded: that day cannot be right", d.Given), Hint: "look at what the gateway sent: ngoctl delivery list"}
	}
	return nil
}

func potOr(p ngo.Pot) ngo.Pot {
	if p == "" {
		return ngo.Domestic
	}
	return p
}

// findPurpose finds which purpose of ours the gift's words name.
func (t *Tx) findPurpose(g *gift) error {
	g.PurposeID, g.Fund = "", ngo.FundGeneral
	if !g.hasPurposes || g.Purpose == "" {
		return nil
	}
	p, found, err := t.PurposeNamed(g.Purpose)
	if found {
		g.PurposeID, g.Fund = p.ID, p.Kind
	}
	return err
}

// circumstances is what a gift's standing depends on besides the gift.
type circumstances struct {
	payment                                   ngo.Payment
	profile                                   string
	payer                                     []byte
	disputed, hasGift, hasPurposes, hasErased bool
}

const selectCircumstances = `
select ` + paymentColumns + `,
  coalesce((select facts from profile where profile.id = 1), ''),
  (select facts from payer where payer.payment_id = payment.id),
  exists (select 1 from dispute where dispute.payment_id = payment.id and dispute.state in ('open', 'under_review')),
  exists (select 1 from donation where donation.payment_id = payment.id),
  exists (select 1 from purpose),
  exists (select 1 from donation join person on person.id = donation.person_id where donation.payment_id = payment.id and person.erased is not null)
from payment
where id = $1`

func scanCircumstances(s scanner) (c circumstances, err error) {
	return c, s.Scan(append(paymentFields(&c.payment), &c.profile, &c.payer, &c.disputed, &c.hasGift, &c.hasPurposes, &c.hasErased)...)
}

func (r *Rx) circumstances(p ngo.PaymentID) (circumstances, error) {
	return get(r.conn, "payment", string(p), scanCircumstances, selectCircumstances, string(p))
}

// circumstancesOf is circumstances, without a statement for the payment that was made just now.
func (t *Tx) circumstancesOf(p ngo.PaymentID) (circumstances, error) {
	if p != "" && t.fresh.payment.ID == p && t.fresh.writes == t.writes {
		return t.fresh.circumstances, nil
	}
	return t.circumstances(p)
}

// gift is a gift with all that its standing depends on.
type gift struct {
	ngo.Donation
	circumstances
	accountPot ngo.Pot
	act        ngo.ActID      // that changed it last
	learnt     []ngo.Identity // that its person has from it just now
	answered   bool           // by the donor just now
}

const selectGift = `
select ` + donationColumns + `, d.account_pot, d.act_id
from donation d
where d.id = $1`

// gift reads a gift with what it depends on.
func (r *Rx) gift(id ngo.DonationID) (g gift, err error) {
	scan := func(s scanner) (gift, error) {
		var err error
		g.Donation, err = r.scanDonationAnd(s, &g.accountPot, &g.act)
		return g, err
	}
	if g, err = get(r.conn, "donation", string(id), scan, selectGift, string(id)); err != nil {
		return g, err
	}
	g.circumstances, err = r.circumstances(g.Payment)
	return g, err
}

// settle decides where the gift stands and what follows from its payment.
func (g *gift) settle() {
	g.Returned, g.Method = g.payment.Returned, g.payment.Method
	g.Pot = g.accountPot
	if g.Donor.Citizenship == ngo.CitizenForeign {
		g.Pot = ngo.Foreign
	}
	g.State, g.Reason, _ = Standing(g.facts())
}

func (g *gift) facts() Facts {
	var p ngo.Profile // read only where it can matter: a gift of which nothing is missing waits for nothing
	approved := len(g.Donor.Missing()) > 0 && json.Unmarshal([]byte(g.profile), &p) == nil && p.ApprovedOn(g.Given)
	return Facts{Payment: g.payment, Donation: g.Donation, AccountPot: g.accountPot, Approved: approved, Disputed: g.disputed, Receipted: g.Receipt != ""}
}

const updateDonation = `
update donation
set state = $2,
    reason = $3,
    person_id = $4,
    donor_name = $5,
    donor_email = $6,
    donor_phone = $7,
    donor_address = $8,
    donor_pan = $9,
    donor_id_kind = $10,
    donor_id = $11,
    language = $12,
    citizenship = $13,
    purpose = $14,
    purpose_id = $15,
    fund = $16,
    campaign = $17,
    method = $18,
    returned = $19,
    pot = $20,
    declined = $21,
    slip_of = $22,
    recovered = $23,
    edited = $24,
    hold = $25,
    released = $26,
    act_id = $27,
    donor_born = $28,
    no_receipt = $29,
    reissue = $30,
    given = $31
where id = $1`

// keep settles a gift that was changed, writes it if anything differs, and leaves the job that has its receipt follow. It
// tells whether anything did.
func (t *Tx) keep(was, now gift, delay time.Duration) (gift, bool, error) {
	now.settle()
	before, after := giftFacts(was.Donation), giftFacts(now.Donation)
	if len(differing(before, after)) == 0 && was.act == now.act {
		return now, false, nil
	}
	if now.State != was.State && !was.State.CanBecome(now.State) {
		return was, false, badMove("donation", string(was.ID), string(was.State), string(now.State))
	}
	d := now.Donation
	err := t.must("donation", string(d.ID), updateDonation, string(d.ID), string(d.State), d.Reason, orNull(d.Person), d.Donor.Name, d.Donor.EMail,
		d.Donor.Phone, d.Donor.Address, t.sealDonor(d.ID, "donor_pan", d.Donor.PAN), string(d.Donor.IDKind), t.sealDonor(d.ID, "donor_id", d.Donor.IDNumber),
		d.Donor.Language, string(d.Donor.Citizenship), d.Purpose, orNull(d.PurposeID), string(d.Fund), d.Campaign, d.Method, d.Returned, string(d.Pot),
		boolInt(d.Declined), string(d.Slip), boolInt(d.Recovered), boolInt(d.Edited), d.Hold, strings.Join(d.Released, " "), string(now.act),
		t.sealDonor(d.ID, "donor_born", string(d.Donor.Born)), boolInt(d.NoReceipt), d.Reissue, string(d.Given))
	if err != nil {
		return was, false, err
	}
	action := "donation.set"
	if now.answered {
		action = answerAction
	}
	t.audit(action, string(d.ID), differing(after, before), differing(before, after))
	t.sumGift(&was.Donation, -1)
	t.sumGift(&d, 1)
	t.changed("donation", string(d.ID))
	if now.act == was.act && !reacts(was.Donation, d) {
		return now, true, nil
	}
	return now, true, t.Enqueue(ngo.LanePayment, ngo.JobReact, string(d.ID), delay)
}

// redate gives the gift of a payment, if there is one, the payment's day in the organisation's zone, once an earlier moment of it
// is told. A receipt that stands keeps the day that is printed on it.
func (t *Tx) redate(p ngo.Payment) error {
	id, err := t.giftOf(p.ID)
	if err != nil || id == "" {
		return err
	}
	zone, err := time.LoadLocation(t.org.info.Zone)
	if err != nil {
		return err
	}
	was, err := t.gift(id)
	day := ngo.DateOf(p.Created, zone)
	if err != nil || was.Receipt != "" || day >= was.Given {
		return err
	}
	now := was
	now.Given = day
	if err := t.checkGift(now.Donation); err != nil {
		return err
	}
	_, _, err = t.keep(was, now, 0)
	return err
}

// reacts tells whether something may have to follow a change of a gift: a receipt, or a mail that asks for facts.
func reacts(was, now ngo.Donation) bool {
	return was.State != now.State || was.Returned != now.Returned || now.State == ngo.DonationWaiting && was.Donor != now.Donor ||
		now.Receipt != "" && was.Donor.EMail == "" && now.Donor.EMail != ""
}

// giftFacts is what can change of a gift, as the trail keeps it.
func giftFacts(d ngo.Donation) facts {
	return facts{
		{"state", string(d.State)}, {"reason", personal(d.Reason)}, {"given", string(d.Given)}, {"person", string(d.Person)}, {"returned_minor", d.Returned}, {"pot", string(d.Pot)},
		{"name", personal(d.Donor.Name)}, {"email", personal(d.Donor.EMail)}, {"phone", personal(d.Donor.Phone)},
		{"address", personal(d.Donor.Address)}, {"pan", personal(d.Donor.PAN)}, {"id_kind", string(d.Donor.IDKind)}, {"id_number", personal(d.Donor.IDNumber)},
		{"language", d.Donor.Language}, {"citizenship", personal(d.Donor.Citizenship)}, {"born", personal(d.Donor.Born)},
		{"purpose", personal(d.Purpose)}, {"purpose_id", string(d.PurposeID)}, {"fund", string(d.Fund)}, {"campaign", d.Campaign}, {"method", d.Method},
		{"declined", d.Declined}, {"slip_of", string(d.Slip)}, {"recovered", d.Recovered}, {"edited", d.Edited},
		{"hold", personal(d.Hold)}, {"released", strings.Join(d.Released, " ")},
		{"no_receipt", d.NoReceipt}, {"reissue", personal(d.Reissue)},
	}
}

// differing gives the facts of b that are not so in a, which has the same ones.
func differing(a, b facts) facts {
	out := facts{}
	for i := range b {
		if a[i] != b[i] {
			out = append(out, b[i])
		}
	}
	return out
}

// sealDonor seals a number of a donor's for its column.
func (t *Tx) sealDonor(id ngo.DonationID, column, number string) any {
	if number == "" {
		return nil
	}
	return t.box.Seal([]byte(number), "donation", column, string(id))
}

func (t *Tx) sealJSON(v any, table, column, row string) []byte {
	plain, _ := json.Marshal(v) // texts, numbers and bools always have a JSON form
	return t.box.Seal(plain, table, column, row)
}

func (t *Tx) openJSON(sealed []byte, v any, table, column, row string) error {
	plain, err := t.box.Open(sealed, table, column, row)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("read %s of %s %s: %w", column, table, row, err)
	}
	return nil
}

const donationColumns = `d.id, d.payment_id, coalesce(d.person_id, ''), d.state, d.reason, d.amount, d.currency, d.given,
  d.donor_name, d.donor_email, d.donor_phone, d.donor_address, d.donor_pan, d.purpose, d.method, d.recorded,
  coalesce((select r.id from receipt r where r.donation_id = d.id and r.state = 'issued'), ''),
  d.returned, d.pot, d.fund, coalesce(d.purpose_id, ''), d.campaign, d.donor_id_kind, d.donor_id, d.language, d.citizenship,
  d.declined, d.slip_of, d.recovered, d.edited, d.asked, d.reminded, d.hold, d.released, d.donor_born, d.no_receipt, d.reissue, d.quiet`

// scanDonation opens what is sealed, so it needs the organisation's box.
func (r *Rx) scanDonation(s scanner) (ngo.Donation, error) { return r.scanDonationAnd(s) }

// scanDonationAnd scans further columns behind those of a gift.
func (r *Rx) scanDonationAnd(s scanner, more ...any) (ngo.Donation, error) {
	var d ngo.Donation
	var pan, id, born []byte
	var released string
	err := s.Scan(append([]any{&d.ID, &d.Payment, &d.Person, &d.State, &d.Reason, &d.Amount.Minor, &d.Amount.Currency, &d.Given,
		&d.Donor.Name, &d.Donor.EMail, &d.Donor.Phone, &d.Donor.Address, &pan, &d.Purpose, &d.Method, at(&d.Recorded), &d.Receipt,
		&d.Returned, &d.Pot, &d.Fund, &d.PurposeID, &d.Campaign, &d.Donor.IDKind, &id, &d.Donor.Language, &d.Donor.Citizenship,
		&d.Declined, &d.Slip, &d.Recovered, &d.Edited, maybeAt(&d.Asked), &d.Reminded, &d.Hold, &released,
		&born, &d.NoReceipt, &d.Reissue, &d.Quiet}, more...)...)
	if err != nil {
		return d, err
	}
	d.Released = append([]string{}, strings.Fields(released)...)
	if d.Donor.PAN, err = r.openDonor(d.ID, "donor_pan", pan); err != nil {
		return d, err
	}
	if d.Donor.IDNumber, err = r.openDonor(d.ID, "donor_id", id); err != nil {
		return d, err
	}
	day, err := r.openDonor(d.ID, "donor_born", born)
	d.Donor.Born = ngo.Date(day)
	return d, err
}

func (r *Rx) openDonor(id ngo.DonationID, column string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := r.org.box.Open(sealed, "donation", column, string(id))
	return string(plain), err
}

const (
	selectDonation = `
select ` + donationColumns + `
from donation d
where d.id = $1`

	selectPaidDonation = `
select ` + donationColumns + `, ` + qualifiedPayment + `
from donation d
join payment p on p.id = d.payment_id
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

// PaidDonation gives one gift with its payment.
func (r *Rx) PaidDonation(id ngo.DonationID) (d ngo.Donation, p ngo.Payment, err error) {
	scan := func(s scanner) (ngo.Donation, error) { return r.scanDonationAnd(s, paymentFields(&p)...) }
	d, err = get(r.conn, "donation", string(id), scan, selectPaidDonation, string(id))
	return d, p, err
}

// DonationOf gives the gift that a payment made.
func (r *Rx) DonationOf(payment ngo.PaymentID) (ngo.Donation, error) {
	return get(r.conn, "donation of payment", string(payment), r.scanDonation, selectDonationOf, string(payment))
}
