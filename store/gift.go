package store

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What people do to a gift. Each is an act that can be undone, and leaves a job that has the receipt follow.

// Regret is how long a receipt waits for what staff did to its gift to be undone.
const Regret = 10 * time.Second

// HoldDonation has a gift wait for a person, for the reason given. It fails with Invalid without a reason, and with Conflict
// when it is held so already or all of it went back.
func (t *Tx) HoldDonation(id ngo.DonationID, reason string) (ngo.Act, error) {
	reason = line(reason, mostText)
	if reason == "" {
		return ngo.Act{}, &ngo.Error{Code: ngo.Invalid, Message: "a gift is held for a reason", Hint: "say what is to be looked at"}
	}
	was, err := t.gift(id)
	if err != nil {
		return ngo.Act{}, err
	}
	if was.State == ngo.DonationReversed || was.Hold == reason {
		return ngo.Act{}, &ngo.Error{Code: ngo.Conflict, Message: "donation " + string(id) + " is " + string(was.State) + " already: " + was.Reason}
	}
	now := was
	now.Hold = reason
	return t.act(was, now, ngo.Act{Title: "held gift " + string(id) + ": " + reason}, before{Mark: &markChange{markOf(was), markOf(now)}})
}

// ReleaseDonation says that a person has looked. A gift that is held is so no more for the reasons that held it; one that
// waits for facts gets a plain receipt; marks of a slip or of recovery come off. It fails with Conflict when there is nothing
// to release, or the gift is held for what cannot be released.
func (t *Tx) ReleaseDonation(id ngo.DonationID, note string) (ngo.Act, error) {
	was, err := t.gift(id)
	if err != nil {
		return ngo.Act{}, err
	}
	now, err := released(was)
	if err != nil {
		return ngo.Act{}, err
	}
	title := "released gift " + string(id)
	if note = line(note, mostText); note != "" {
		title += ": " + note
	}
	return t.act(was, now, ngo.Act{Title: title}, before{Mark: &markChange{markOf(was), markOf(now)}})
}

func released(was gift) (gift, error) {
	now := was
	_, _, codes := Standing(was.facts())
	marked := was.Slip != "" || was.Recovered
	switch {
	case slices.Contains(codes, codeCurrency) && marked:
		codes = nil // the marks come off, and it stays held
	case slices.Contains(codes, codeCurrency):
		return was, &ngo.Error{Code: ngo.Conflict, Message: "a gift in " + string(was.Amount.Currency) + " cannot be released: the ledger takes INR only",
			Hint: "refund it, or keep it held"}
	case was.State == ngo.DonationHeld:
		now.Hold = ""
		codes = slices.DeleteFunc(codes, func(code string) bool { return code == codeStaff })
	case was.State == ngo.DonationWaiting && !marked: // with a mark it is the mark that was looked at: the donor is still asked
		now.Declined = true
	case !marked:
		return was, &ngo.Error{Code: ngo.Conflict, Message: "donation " + string(was.ID) + " is " + string(was.State) + " and has no mark: there is nothing to release"}
	}
	if was.Slip != "" {
		codes = append(codes, codeSlip)
	}
	now.Released = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(was.Released), codes...))))
	now.Slip, now.Recovered = "", false
	return now, nil
}

// DonorEdit is what is put right of a gift: nil stays as it is, empty is taken away.
type DonorEdit struct {
	Name, Address, EMail, Phone, PAN, IDKind, IDNumber, Language, Citizenship, Purpose, Campaign, Born *string
	Declined                                                                                           *bool
}

// EditDonation puts the facts of a gift right; events change them no more. It fails with Invalid when a fact is none of its
// kind, and with Conflict when the donor was erased.
func (t *Tx) EditDonation(id ngo.DonationID, e DonorEdit) (ngo.Act, error) {
	was, err := t.gift(id)
	if err != nil {
		return ngo.Act{}, err
	}
	now, next, err := t.edited(was, e)
	if err != nil {
		return ngo.Act{}, err
	}
	receipts, err := t.countReceipts(id)
	if err != nil {
		return ngo.Act{}, err
	}
	act, err := t.act(was, now, ngo.Act{Title: "put the facts of gift " + string(id) + " right"}, before{Facts: factsOf(was, receipts, now.learnt)})
	if err != nil {
		return act, err
	}
	return act, errors.Join(t.markNext(next, id), t.leave(was.Person, now.Person))
}

// edited gives a gift as a person says that it is.
func (t *Tx) edited(was gift, e DonorEdit) (now gift, next ngo.DonationID, err error) {
	if was.hasErased {
		return was, "", &ngo.Error{Code: ngo.Conflict, Message: "the donor's data was erased at the donor's wish: it is not written again"}
	}
	now = was
	if err := e.apply(&now.Donation); err != nil {
		return was, "", err
	}
	now.Edited = true
	next, err = t.rejoin(was, &now)
	return now, next, err
}

const (
	mostName = 200 // signs
	mostText = 500
	mostID   = 60
)

// apply checks every fact and writes those that are given.
func (e DonorEdit) apply(d *ngo.Donation) error {
	plain := func(most int) func(string) (string, error) {
		return func(s string) (string, error) {
			if utf8.RuneCountInString(s) > most {
				return "", &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("this text is longer than %d signs", most)}
			}
			return line(s, most), nil
		}
	}
	kind, citizen, born := string(d.Donor.IDKind), string(d.Donor.Citizenship), string(d.Donor.Born)
	for _, f := range []struct {
		to    *string
		from  *string
		check func(string) (string, error)
	}{
		{&d.Donor.Name, e.Name, plain(mostName)}, {&d.Donor.Address, e.Address, plain(mostText)},
		{&d.Donor.EMail, e.EMail, ngo.NormaliseEMail}, {&d.Donor.Phone, e.Phone, ngo.NormalisePhone}, {&d.Donor.PAN, e.PAN, ngo.NormalisePAN},
		{&kind, e.IDKind, oneOf("kind of identity document", ngo.IDPassport, ngo.IDElector, ngo.IDDriving, ngo.IDRation, ngo.IDTaxpayer)},
		{&d.Donor.IDNumber, e.IDNumber, idNumber}, {&d.Donor.Language, e.Language, oneOf("language", "en", "ta", "hi")},
		{&citizen, e.Citizenship, oneOf("citizenship", ngo.CitizenIndian, ngo.CitizenForeign)},
		{&d.Purpose, e.Purpose, plain(mostName)}, {&d.Campaign, e.Campaign, plain(mostName)}, {&born, e.Born, birthDate(d.Given)},
	} {
		if f.from == nil {
			continue
		}
		text, err := strings.TrimSpace(*f.from), error(nil)
		if text != "" {
			text, err = f.check(text)
		}
		if err != nil {
			return err
		}
		*f.to = text
	}
	d.Donor.IDKind, d.Donor.Citizenship, d.Donor.Born = ngo.IDKind(kind), ngo.Citizenship(citizen), ngo.Date(born)
	if (d.Donor.IDKind == "") != (d.Donor.IDNumber == "") {
		return &ngo.Error{Code: ngo.Invalid, Message: "an identity document needs both its kind and its number", Hint: "leave both empty, or give both"}
	}
	if e.Declined != nil {
		d.Declined = *e.Declined
	}
	return nil
}

func oneOf[T ~string](what string, values ...T) func(string) (string, error) {
	return func(s string) (string, error) {
		var list []string
		for _, v := range values {
			if string(v) == s {
				return s, nil
			}
			list = append(list, string(v))
		}
		return "", &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%q is no %s", ngo.Printable(s), what), Hint: "one of " + strings.Join(list, ", ")}
	}
}

// birthDate takes a day that can be the day of birth of whoever gave on another.
func birthDate(given ngo.Date) func(string) (string, error) {
	return func(s string) (string, error) {
		day, err := ngo.ParseDate(s)
		if err == nil && !day.CanBeBirth(given) {
			err = &ngo.Error{Code: ngo.Invalid, Message: s + " cannot be the donor's day of birth", Hint: "write year-month-day, such as 1970-12-31"}
		}
		return s, err
	}
}

func idNumber(s string) (string, error) {
	if ngo.LooksLikeAadhaar(ngo.Printable(s)) {
		return "", &ngo.Error{Code: ngo.Invalid, Message: "this looks like an Aadhaar number, and such a number is never kept",
			Hint: "give a PAN, or the number of a passport, voter card, driving licence or ration card"}
	}
	return strings.ToUpper(strings.ReplaceAll(line(s, mostID), " ", "")), nil
}

// line makes one clean line of a text, of at most n signs, in which no Aadhaar number can be read.
func line(s string, n int) string {
	s = ngo.HideAadhaar(strings.Join(strings.Fields(ngo.Printable(s)), " "))
	if utf8.RuneCountInString(s) > n {
		s = strings.TrimSpace(string([]rune(s)[:n]))
	}
	return s
}

// answerAction stands in the trail for what a donor said to the question for facts.
const answerAction = "donation.answer"

const waitingLike = `
select id
from donation
where state = 'waiting' and person_id = $1 and donor_email = $2 and id <> $3`

// AnswerDonation takes what the donor said to the question for facts. It is no act, and the receipt does not wait. Other gifts
// of the same person and e-mail that wait for facts get the same answer. It fails as EditDonation does, and with Conflict once
// a receipt stands.
func (t *Tx) AnswerDonation(id ngo.DonationID, e DonorEdit) error {
	was, err := t.gift(id)
	if err != nil {
		return err
	}
	if was.Receipt != "" || was.State == ngo.DonationReversed {
		return &ngo.Error{Code: ngo.Conflict, Message: "the receipt for this gift was sent already, or the gift went back"}
	}
	others, err := all(t.w, "gifts that wait", scanOne[ngo.DonationID], waitingLike, string(was.Person), was.Donor.EMail, string(id))
	if err != nil {
		return err
	}
	if err := t.answer(was, e); err != nil || was.Person == "" || was.Donor.EMail == "" {
		return err
	}
	e.Purpose, e.Campaign = nil, nil // these are the one gift's own
	for _, other := range others {
		g, err := t.gift(other)
		if err != nil {
			return err
		}
		if err := t.answer(g, e); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) answer(was gift, e DonorEdit) error {
	now, next, err := t.edited(was, e)
	if err != nil {
		return err
	}
	now.answered = true
	now.act = "" // what staff did before cannot be undone over the donor's own word
	if _, _, err := t.keep(was, now, 0); err != nil {
		return err
	}
	return errors.Join(t.markNext(next, was.ID), t.leave(was.Person, now.Person))
}

const (
	setAsked = `
update donation
set asked = coalesce(asked, $2)
where id = $1`

	addReminder = `
update donation
set reminded = reminded + 1
where id = $1`

	stopReminders = `
update donation
set quiet = 1
where quiet = 0
  and id in (
    select $1
    union
    select d.id
    from donation one
      join donation d on d.donor_email = one.donor_email
    where one.id = $1 and one.donor_email <> '' and d.state in ('waiting', 'held')
  )
returning id`
)

// Asked notes that the donor was asked for facts.
func (t *Tx) Asked(id ngo.DonationID) error {
	return t.noteAsked(id, "donation.ask", setAsked, t.stamp())
}

// Reminded notes that the donor was asked again.
func (t *Tx) Reminded(id ngo.DonationID) error {
	return t.noteAsked(id, "donation.remind", addReminder)
}

// StopReminders notes that the donor of a gift wants no more reminders, of this gift and of the others that wait or are held and have
// the same address. Done twice, it changes nothing.
func (t *Tx) StopReminders(id ngo.DonationID) error {
	stopped, err := all(t.w, "gifts", scanOne[ngo.DonationID], stopReminders, string(id))
	if err != nil {
		return err
	}
	for _, one := range stopped {
		t.audit("donation.quiet", string(one), nil, nil)
		t.changed("donation", string(one))
	}
	return nil
}

func (t *Tx) noteAsked(id ngo.DonationID, action, query string, more ...any) error {
	if err := t.must("donation", string(id), query, append([]any{string(id)}, more...)...); err != nil {
		return err
	}
	t.audit(action, string(id), nil, nil)
	t.changed("donation", string(id))
	return nil
}

// before is what an act on a gift changed, as it was: one of the two.
type before struct {
	Mark  *markChange `json:",omitempty"`
	Facts *donorFacts `json:",omitempty"`
}

// markChange is what an act did to the marks: what else changes them meanwhile is none of its business.
type markChange struct{ Was, Left marks }

// marks is what holding and releasing change.
type marks struct {
	Hold                string
	Released            []string
	Declined, Recovered bool
	Slip                ngo.DonationID
}

// donorFacts is what an edit changes.
type donorFacts struct {
	Donor             ngo.Donor
	Person            ngo.PersonID
	Slip              ngo.DonationID
	Purpose, Campaign string
	Declined, Edited  bool
	Receipts          int            // how many the gift had had
	Learnt            []ngo.Identity // nobody's before, and by the edit the person's
}

func markOf(g gift) marks {
	return marks{Hold: g.Hold, Released: g.Released, Declined: g.Declined, Recovered: g.Recovered, Slip: g.Slip}
}

func factsOf(g gift, receipts int, learnt []ngo.Identity) *donorFacts {
	return &donorFacts{Donor: g.Donor, Person: g.Person, Slip: g.Slip, Purpose: g.Purpose, Campaign: g.Campaign, Declined: g.Declined,
		Edited: g.Edited, Receipts: receipts, Learnt: learnt}
}

// takeBack gives the marks of a gift without what the act did.
func (c *markChange) takeBack(g *gift) {
	bring(&g.Hold, c.Was.Hold, c.Left.Hold)
	bring(&g.Declined, c.Was.Declined, c.Left.Declined)
	bring(&g.Recovered, c.Was.Recovered, c.Left.Recovered)
	bring(&g.Slip, c.Was.Slip, c.Left.Slip)
	without := func(all, some []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(code string) bool { return slices.Contains(some, code) })
	}
	added, removed := without(c.Left.Released, c.Was.Released), without(c.Was.Released, c.Left.Released)
	g.Released = slices.Compact(slices.Sorted(slices.Values(append(without(g.Released, added), removed...))))
	if g.Released == nil {
		g.Released = []string{}
	}
}

// bring puts back what an act changed.
func bring[T comparable](to *T, was, left T) {
	if was != left {
		*to = was
	}
}

// act keeps a changed gift under an act that can be undone. What the act keeps is sealed, behind the id of its gift.
func (t *Tx) act(was, now gift, a ngo.Act, b before) (ngo.Act, error) {
	a.Kind = ngo.ActGift
	sealed := t.sealJSON(b, "act", "before", string(was.ID))
	a.Before = []byte(string(was.ID) + " " + base64.StdEncoding.EncodeToString(sealed))
	a, err := t.addAct(a)
	if err != nil {
		return a, err
	}
	now.act = a.ID
	_, _, err = t.keep(was, now, Regret)
	return a, err
}

// undoGift turns an act on a gift around.
func (t *Tx) undoGift(done ngo.Act) (ngo.Act, error) {
	id, text, _ := strings.Cut(string(done.Before), " ")
	if text == "" {
		return ngo.Act{}, &ngo.Error{Code: ngo.Conflict, Message: "what the gift was before was erased with the donor's data"}
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ngo.Act{}, fmt.Errorf("read act %s: %w", done.ID, err)
	}
	var b before
	if err := t.openJSON(sealed, &b, "act", "before", id); err != nil {
		return ngo.Act{}, err
	}
	was, err := t.gift(ngo.DonationID(id))
	if err != nil {
		return ngo.Act{}, err
	}
	if was.act != done.ID {
		return ngo.Act{}, changedSince("donation " + id)
	}
	receipts, err := t.countReceipts(was.ID)
	if err != nil {
		return ngo.Act{}, err
	}
	if b.Facts != nil && receipts > b.Facts.Receipts {
		return ngo.Act{}, &ngo.Error{Code: ngo.Conflict, Message: "a receipt was issued for donation " + id + " since", Hint: "put the facts right instead: ngoctl donation edit"}
	}
	return t.bringBack(was, b, receipts, ngo.Act{Title: "undid: " + done.Title, Undoes: done.ID})
}

// bringBack gives a gift what it was before an act.
func (t *Tx) bringBack(was gift, b before, receipts int, a ngo.Act) (ngo.Act, error) {
	now := was
	if b.Mark != nil {
		b.Mark.takeBack(&now)
		return t.act(was, now, a, before{Mark: &markChange{markOf(was), markOf(now)}})
	}
	f := b.Facts
	now.Donor, now.Purpose, now.Campaign, now.Declined, now.Edited = f.Donor, f.Purpose, f.Campaign, f.Declined, f.Edited
	if err := t.findPurpose(&now); err != nil {
		return a, err
	}
	if err := t.unlearn(was, f.Learnt); err != nil {
		return a, err
	}
	if now.Person != f.Person {
		now.Person, now.Slip = f.Person, f.Slip
		if err := t.personAgain(f.Person, f.Donor); err != nil {
			return a, err
		}
	}
	if err := t.joinGift(&now); err != nil {
		return a, err
	}
	a, err := t.act(was, now, a, before{Facts: factsOf(was, receipts, now.learnt)})
	return a, errors.Join(err, t.leave(was.Person, now.Person))
}

const countReceipts = `
select count(*)
from receipt
where donation_id = $1`

func (t *Tx) countReceipts(id ngo.DonationID) (int, error) {
	n, err := scanOne[int](t.w.QueryRow(countReceipts, string(id)))
	if err != nil {
		return 0, fmt.Errorf("count receipts of donation %s: %w", id, err)
	}
	return n, nil
}
