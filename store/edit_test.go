package store_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// act does something to a gift and gives the act.
func (c *counter) act(fn func(*store.Tx) (ngo.Act, error)) (a ngo.Act) {
	c.t.Helper()
	storetest.Write(c.t, c.o, func(tx *store.Tx) (err error) {
		a, err = fn(tx)
		return err
	})
	return a
}

func (c *counter) hold(id ngo.DonationID, reason string) ngo.Act {
	c.t.Helper()
	return c.act(func(tx *store.Tx) (ngo.Act, error) { return tx.HoldDonation(id, reason) })
}

func (c *counter) release(id ngo.DonationID) ngo.Act {
	c.t.Helper()
	return c.act(func(tx *store.Tx) (ngo.Act, error) { return tx.ReleaseDonation(id, "looked") })
}

func (c *counter) edit(id ngo.DonationID, e store.DonorEdit) ngo.Act {
	c.t.Helper()
	return c.act(func(tx *store.Tx) (ngo.Act, error) { return tx.EditDonation(id, e) })
}

func (c *counter) merge(id ngo.DonationID, d ngo.Donor, purpose string) (moved bool) {
	c.t.Helper()
	storetest.Write(c.t, c.o, func(tx *store.Tx) (err error) {
		moved, err = tx.MergeDonor(id, d, purpose, "")
		return err
	})
	return moved
}

// story gives the timeline of a gift, a line for each event.
func (c *counter) story(id ngo.DonationID) (lines string) {
	c.t.Helper()
	storetest.Read(c.t, c.o, func(r *store.Rx) error {
		events, err := r.Timeline(id)
		for _, e := range events {
			lines += e.Text + "\n"
		}
		return err
	})
	return lines
}

func TestHoldAndRelease(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	c.refuses(ngo.Invalid, "a hold without a reason", func(tx *store.Tx) error {
		_, err := tx.HoldDonation(d.ID, " \n")
		return err
	})
	c.refuses(ngo.Conflict, "a release of nothing", func(tx *store.Tx) error {
		_, err := tx.ReleaseDonation(d.ID, "")
		return err
	})
	now := c.clock.Now()
	held := c.hold(d.ID, "Ask Meena")
	if g := c.gift(d.ID); g.State != ngo.DonationHeld || g.Reason != "Ask Meena" {
		t.Errorf("gift = %+v; want it held", g)
	}
	if due := c.reacts(); !slices.ContainsFunc(due, now.Add(store.Regret).Equal) {
		t.Errorf("jobs due at %v; want one when the act cannot be regretted any more", due)
	}
	undo(t, c.o, held.ID)
	if g := c.gift(d.ID); !reflect.DeepEqual(g, d) {
		t.Errorf("after the undoing: %+v\nwant %+v", g, d)
	}
	undoRefused(t, c.o, held.ID)

	first := c.hold(d.ID, "Ask Meena")
	released := c.release(d.ID)
	if g := c.gift(d.ID); g.State != ngo.DonationReceived || g.Hold != "" {
		t.Errorf("gift = %+v; want it received", g)
	}
	undoRefused(t, c.o, first.ID)
	undo(t, c.o, released.ID)
	if g := c.gift(d.ID); g.State != ngo.DonationHeld || g.Hold != "Ask Meena" {
		t.Errorf("gift = %+v; want it held again", g)
	}
	c.edit(d.ID, store.DonorEdit{Name: text("Meena")})
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		for _, kind := range []ngo.MessageKind{ngo.MessageAsk, ngo.MessageReminder} {
			if err := tx.AddMessage(ngo.Message{Kind: kind, Donation: d.ID, Person: d.Person, Recipient: "meena@example.org"}); err != nil {
				return err
			}
		}
		return nil
	})
	told := c.story(d.ID)
	for _, want := range []string{": Ask Meena, by test", "released gift " + string(d.ID) + ": looked, by test", "undid: released",
		"put the facts of gift " + string(d.ID) + " right, by test", "mail that asks for facts to meena@example.org", "reminder to meena@example.org"} {
		if !strings.Contains(told, want) {
			t.Errorf("the timeline does not tell %q:\n%s", want, told)
		}
	}
	checkWhole(t, c.o)
}

func TestReleaseOfEveryKind(t *testing.T) {
	t.Parallel()
	whole := ngo.Donor{Name: "Chitra Iyer", EMail: "chitra@example.org", Address: "1 Lake Road", PAN: "ABCPE1234F"}
	foreign := whole
	foreign.Citizenship = ngo.CitizenForeign
	for _, tt := range []struct {
		name    string
		payment ngo.Payment
		donor   ngo.Donor
		before  ngo.DonationState
		check   func(ngo.Donation) bool
	}{
		{"abroad", ngo.Payment{International: true}, whole, ngo.DonationHeld, func(d ngo.Donation) bool { return slices.Equal(d.Released, []string{"international"}) }},
		{"foreign", ngo.Payment{}, foreign, ngo.DonationHeld, func(d ngo.Donation) bool {
			return slices.Equal(d.Released, []string{"foreign"}) && d.Pot == ngo.Foreign
		}},
		{"facts missing", ngo.Payment{}, ngo.Donor{Name: "x"}, ngo.DonationWaiting, func(d ngo.Donation) bool { return d.Declined }},
		{"recovered", ngo.Payment{Recovered: true}, whole, ngo.DonationReceived, func(d ngo.Donation) bool { return !d.Recovered }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t)
			tt.payment.Ref, tt.payment.State, tt.payment.Amount = "pay_1", ngo.PaymentCaptured, ngo.Paise(100)
			_, d := c.pay(tt.payment, tt.donor)
			if d.State != tt.before {
				t.Fatalf("gift = %+v; want it %s", d, tt.before)
			}
			act := c.release(d.ID)
			if g := c.gift(d.ID); g.State != ngo.DonationReceived || !tt.check(g) {
				t.Errorf("released: %+v", g)
			}
			back := undo(t, c.o, act.ID)
			if g := c.gift(d.ID); !reflect.DeepEqual(g, d) {
				t.Errorf("after the undoing: %+v\nwant %+v", g, d)
			}
			undo(t, c.o, back.ID)
			if g := c.gift(d.ID); g.State != ngo.DonationReceived || !tt.check(g) {
				t.Errorf("released once more: %+v", g)
			}
			checkWhole(t, c.o)
		})
	}
	c := newCounter(t)
	_, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Money{Minor: 100, Currency: "USD"}, Recovered: true}, whole)
	c.release(d.ID)
	if g := c.gift(d.ID); g.State != ngo.DonationHeld || g.Recovered {
		t.Errorf("gift = %+v; want it held, without its mark", g)
	}
	c.refuses(ngo.Conflict, "a release of dollars", func(tx *store.Tx) error {
		_, err := tx.ReleaseDonation(d.ID, "")
		return err
	})
}

// Whoever looks at a mark of a waiting gift does not thereby do without the tax receipt.
func TestMarkOfAWaitingGiftComesOffFirst(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	_, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100), Recovered: true}, ngo.Donor{Name: "Meena"})
	if d.State != ngo.DonationWaiting || !d.Recovered {
		t.Fatalf("gift = %+v; want it waiting and marked", d)
	}
	c.release(d.ID)
	if g := c.gift(d.ID); g.State != ngo.DonationWaiting || g.Recovered || g.Declined {
		t.Errorf("gift = %+v; want it waiting still, without its mark", g)
	}
	c.release(d.ID)
	if g := c.gift(d.ID); g.State != ngo.DonationReceived || !g.Declined {
		t.Errorf("gift = %+v; want it received, with a plain receipt", g)
	}
}

// A mark that somebody took off stays off, also when an equal gift comes in between.
func TestSlipMarkComesOff(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.paid("pay_1")
	c.clock.pass(4 * time.Minute)
	second := c.paid("pay_3")
	if second.Slip == "" {
		t.Fatal("the second gift is not marked")
	}
	c.release(second.ID)
	start := c.clock.Now()
	c.pay(ngo.Payment{Ref: "pay_2", State: ngo.PaymentCaptured, Amount: ngo.Paise(50_000), Created: start.Add(-time.Minute)}, ngo.Donor{EMail: "chitra@example.org"})
	if g := c.gift(second.ID); g.Slip != "" || !slices.Equal(g.Released, []string{"slip"}) {
		t.Errorf("gift = %+v; want no mark", g)
	}
	checkWhole(t, c.o)
}

func text(s string) *string { return &s }

func TestEditIsUndoneUntilAReceipt(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	_, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "Chitra", EMail: "chitra@example.org"})
	c.reacts()
	act := c.edit(d.ID, store.DonorEdit{Address: text(" 1  Lake\nRoad "), PAN: text("abcpe1234f")})
	got := c.gift(d.ID)
	if got.State != ngo.DonationReceived || got.Donor.Address != "1 Lake Road" || got.Donor.PAN != "ABCPE1234F" || !got.Edited || got.Donor.Name != "Chitra" {
		t.Errorf("edited gift = %+v", got)
	}
	if due := c.reacts(); len(due) != 1 {
		t.Errorf("%d jobs; want one that issues the receipt", len(due))
	}
	if c.merge(d.ID, ngo.Donor{Name: "Chitra Subramaniam Iyer"}, "") || c.gift(d.ID).Donor.Name != "Chitra" {
		t.Error("an event changed what a person put right")
	}
	back := undo(t, c.o, act.ID)
	if g := c.gift(d.ID); !reflect.DeepEqual(g, d) {
		t.Errorf("after the undoing: %+v\nwant %+v", g, d)
	}
	undo(t, c.o, back.ID)
	again := c.edit(d.ID, store.DonorEdit{Name: text("Chitra Iyer")})
	issue(t, c.o, c.gift(d.ID))
	undoRefused(t, c.o, again.ID)
	checkWhole(t, c.o)
}

// An act that is undone takes back what it did, and nothing that happened since.
func TestUndoingLeavesWhatHappenedSince(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	start := c.clock.Now()
	equal := func(ref ngo.Ref, created time.Time) ngo.Donation {
		_, d := c.pay(ngo.Payment{Ref: ref, State: ngo.PaymentCaptured, Amount: ngo.Paise(50_000), Created: created}, ngo.Donor{EMail: "chitra@example.org"})
		return d
	}
	d := equal("pay_2", start)
	dispute := func(ref ngo.Ref) {
		storetest.Write(t, c.o, func(tx *store.Tx) error {
			_, _, err := tx.SaveDispute(ngo.Dispute{Account: c.account, Ref: ref, PaymentRef: "pay_2", State: ngo.DisputeOpen, Amount: ngo.Paise(50_000)})
			return err
		})
	}
	dispute("disp_1")
	c.release(d.ID)
	held := c.hold(d.ID, "Ask Meena")
	dispute("disp_2")
	first := equal("pay_1", start.Add(-time.Minute))
	undo(t, c.o, held.ID)
	if g := c.gift(d.ID); g.State != ngo.DonationHeld || g.Hold != "" || g.Slip != first.ID || len(g.Released) != 0 {
		t.Errorf("gift = %+v; want it held for the new dispute, and marked as a slip of the gift that came since", g)
	}
	checkWhole(t, c.o)
}

// A gift that was edited onto somebody else is the former donor's again, and the other's addresses are nobody else's.
func TestUndoingAnEditGivesThePersonBack(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	_, other := c.pay(ngo.Payment{Ref: "pay_0", State: ngo.PaymentCaptured, Amount: ngo.Paise(7)}, ngo.Donor{Name: "Asha", EMail: "asha@example.org"})
	_, bare := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "Chitra"})
	_, known := c.pay(ngo.Payment{Ref: "pay_2", State: ngo.PaymentCaptured, Amount: ngo.Paise(200)}, ngo.Donor{Name: "Devi", Phone: "+919876543210"})
	moved := c.edit(bare.ID, store.DonorEdit{EMail: text("asha@example.org")})
	if c.gift(bare.ID).Person != other.Person {
		t.Fatal("the edit did not join the other person")
	}
	back := undo(t, c.o, moved.ID)
	if g := c.gift(bare.ID); !reflect.DeepEqual(g, bare) {
		t.Errorf("after the undoing: %+v\nwant %+v", g, bare)
	}
	undo(t, c.o, back.ID)
	if c.gift(bare.ID).Person != other.Person {
		t.Error("the edit that stands again does not join the other person")
	}
	learnt := c.edit(known.ID, store.DonorEdit{EMail: text("bala@example.org")})
	undo(t, c.o, learnt.ID)
	_, bala := c.pay(ngo.Payment{Ref: "pay_3", State: ngo.PaymentCaptured, Amount: ngo.Paise(300)}, ngo.Donor{Name: "Bala", EMail: "bala@example.org"})
	if bala.Person == known.Person {
		t.Error("an e-mail that was typed into the wrong gift, and taken back, joins its owner to that gift's donor")
	}
	storetest.Read(t, c.o, func(r *store.Rx) error {
		p, err := r.Person(bare.Person)
		q, err2 := r.Person(known.Person)
		if p.Name != "Chitra" && ngo.CodeOf(err) != ngo.NotFound || len(q.Identities) != 1 {
			t.Errorf("people %+v, %v, %+v", p, err, q)
		}
		return err2
	})
	checkWhole(t, c.o)
}

func TestEditsAreChecked(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	for name, e := range map[string]store.DonorEdit{
		"e-mail":           {EMail: text("nobody")},
		"phone":            {Phone: text("12")},
		"PAN":              {PAN: text("ABC")},
		"language":         {Language: text("fr")},
		"citizenship":      {Citizenship: text("martian")},
		"document":         {IDKind: text("aadhaar"), IDNumber: text("1")},
		"document, half":   {IDKind: text("passport")},
		"number, half":     {IDNumber: text("P123")},
		"Aadhaar":          {IDKind: text("passport"), IDNumber: text("2341 2341 2346")},
		"Aadhaar, dotted":  {IDKind: text("passport"), IDNumber: text("2341.2341.2346")},
		"endless name":     {Name: text(strings.Repeat("x", 201))},
		"endless address":  {Address: text(strings.Repeat("x", 501))},
		"endless campaign": {Campaign: text(strings.Repeat("x", 201))},
	} {
		c.refuses(ngo.Invalid, name, func(tx *store.Tx) error {
			_, err := tx.EditDonation(d.ID, e)
			return err
		})
	}
	c.edit(d.ID, store.DonorEdit{PAN: text(""), IDKind: text("passport"), IDNumber: text("p 12345 67"), Language: text("ta"), Citizenship: text("indian"), Phone: text("98765 43210")})
	want := ngo.Donor{Name: "Chitra Iyer", EMail: "chitra@example.org", Address: "1 Lake Road", IDKind: ngo.IDPassport, IDNumber: "P1234567",
		Language: "ta", Citizenship: ngo.CitizenIndian, Phone: "+919876543210"}
	if g := c.gift(d.ID); g.Donor != want || g.State != ngo.DonationReceived {
		t.Errorf("gift = %+v; want %+v", g, want)
	}
	c.edit(d.ID, store.DonorEdit{Name: text("Chitra 2341 2341 2346"), Address: text("1 Lake Road, UID 234123412346"), Purpose: text("2341-2341-2346")})
	if g := c.gift(d.ID); g.Donor.Name != "Chitra xxxx xxxx 2346" || g.Donor.Address != "1 Lake Road, UID xxxx xxxx 2346" || g.Purpose != "xxxx xxxx 2346" {
		t.Errorf("an Aadhaar number stands in %+v for %q", g.Donor, g.Purpose)
	}
	c.hold(d.ID, "the card says 234123412346")
	if g := c.gift(d.ID); g.Reason != "the card says xxxx xxxx 2346" {
		t.Errorf("an Aadhaar number stands in the reason %q", g.Reason)
	}
	checkWhole(t, c.o)
}

func TestFactsOfADonorMerge(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		return tx.AddPurpose(ngo.Purpose{Name: "school-lunch", Title: "School lunch", Kind: ngo.FundSpecific})
	})
	_, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "C. Iyer"})
	if d.State != ngo.DonationWaiting {
		t.Fatalf("gift = %+v; want it waiting", d)
	}
	bare := d.Person
	_, known := c.pay(ngo.Payment{Ref: "pay_0", State: ngo.PaymentCaptured, Amount: ngo.Paise(7)}, ngo.Donor{EMail: "chitra@example.org"})
	c.reacts()
	if !c.merge(d.ID, ngo.Donor{Name: "Chitra Iyer", EMail: "chitra@example.org", Phone: "+919876543210"}, "SCHOOL-LUNCH") || c.merge(d.ID, ngo.Donor{Name: "A. Iyer"}, "") {
		t.Error("MergeDonor does not tell what changed")
	}
	g := c.gift(d.ID)
	if g.Donor.Name != "Chitra Iyer" || g.PurposeID == "" || g.Fund != ngo.FundSpecific || g.State != ngo.DonationWaiting || g.Person != known.Person {
		t.Errorf("gift = %+v", g)
	}
	if due := c.reacts(); len(due) != 1 {
		t.Errorf("%d jobs; want one, since the donor can be asked now", len(due))
	}
	storetest.Read(t, c.o, func(r *store.Rx) error {
		if _, err := r.Person(bare); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("the person who was but a name: %v; want NotFound", err)
		}
		p, err := r.Person(known.Person)
		if p.Name != "Chitra Iyer" || len(p.Identities) != 2 {
			t.Errorf("person = %+v; want the name and the phone learnt", p)
		}
		return err
	})
	c.merge(d.ID, ngo.Donor{Address: "1 Lake Road", PAN: "ABCPE1234F"}, "")
	if g = c.gift(d.ID); g.State != ngo.DonationReceived {
		t.Errorf("gift = %+v; want it received", g)
	}
	issue(t, c.o, g)
	c.merge(d.ID, ngo.Donor{Name: "Chitra Subramaniam Iyer", Language: "ta"}, "")
	if g = c.gift(d.ID); g.Donor.Name != "Chitra Iyer" || g.Donor.Language != "ta" {
		t.Errorf("gift = %+v; want gaps filled and nothing else, once it has its receipt", g)
	}
	checkWhole(t, c.o)
}

// What was told before the money is not lost, and is forgotten when no money comes.
func TestDonorIsRememberedUntilTheMoney(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	tell := func(ref ngo.Ref) {
		p, _ := c.pay(ngo.Payment{Ref: ref, State: ngo.PaymentAuthorized, Amount: ngo.Paise(100)}, ngo.Donor{})
		storetest.Write(t, c.o, func(tx *store.Tx) error {
			for _, d := range []ngo.Donor{{Address: "1 Lake Road", EMail: "chitra@example.org"}, {}, {PAN: "ABCPE1234F", EMail: "chitra@example.org"}} {
				if err := tx.RememberDonor(p.ID, d, "", "Diwali"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	tell("pay_1")
	_, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "Chitra Iyer"})
	want := ngo.Donor{Name: "Chitra Iyer", Address: "1 Lake Road", EMail: "chitra@example.org", PAN: "ABCPE1234F"}
	if d.Donor != want || d.Campaign != "Diwali" || d.State != ngo.DonationReceived || d.Person == "" {
		t.Errorf("gift = %+v; want %+v", d, want)
	}
	tell("pay_2")
	c.clock.pass(100 * 24 * time.Hour)
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		_, err := tx.EraseBodies(tx.Now().Add(-90 * 24 * time.Hour))
		return err
	})
	_, late := c.pay(ngo.Payment{Ref: "pay_2", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "Chitra Iyer"})
	if late.Donor.Address != "" {
		t.Errorf("gift = %+v; want what was told of the payer forgotten", late)
	}
	checkWhole(t, c.o)
}

func TestAnswerReachesAllThatWaits(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	var gifts []ngo.Donation
	for _, ref := range []ngo.Ref{"a", "b", "c"} {
		c.clock.pass(time.Hour)
		mail := "chitra@example.org"
		if ref == "c" {
			mail = "another@example.org"
		}
		_, d := c.pay(ngo.Payment{Ref: ref, State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "Chitra", EMail: mail})
		gifts = append(gifts, d)
	}
	c.reacts()
	edited := c.edit(gifts[0].ID, store.DonorEdit{Name: text("Chitra I.")})
	c.reacts()
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		return tx.AnswerDonation(gifts[0].ID, store.DonorEdit{Address: text("1 Lake Road"), PAN: text("ABCPE1234F"), Purpose: text("Library")})
	})
	a, b, other := c.gift(gifts[0].ID), c.gift(gifts[1].ID), c.gift(gifts[2].ID)
	if a.State != ngo.DonationReceived || b.State != ngo.DonationReceived || other.State != ngo.DonationWaiting || a.Purpose != "Library" || b.Purpose != "" {
		t.Errorf("gifts %+v\n%+v\n%+v; want the two of the donor received", a, b, other)
	}
	for d, want := range map[ngo.DonationID]int{a.ID: 1, b.ID: 1, other.ID: 0} {
		if told := c.story(d); strings.Count(told, "the donor told what was missing") != want {
			t.Errorf("the timeline of %s tells of the donor's answer otherwise than %d times:\n%s", d, want, told)
		}
	}
	if due := c.reacts(); len(due) != 2 {
		t.Errorf("%d jobs; want one each", len(due))
	}
	undoRefused(t, c.o, edited.ID)
	issue(t, c.o, a)
	c.refuses(ngo.Conflict, "an answer after the receipt", func(tx *store.Tx) error {
		return tx.AnswerDonation(a.ID, store.DonorEdit{Name: text("x")})
	})
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		for _, fn := range []func(ngo.DonationID) error{tx.Asked, tx.Reminded, tx.Asked, tx.Reminded} {
			if err := fn(other.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if g := c.gift(other.ID); g.Asked == nil || g.Reminded != 2 {
		t.Errorf("gift = %+v; want it asked and reminded twice", g)
	}
	c.refuses(ngo.NotFound, "asking for no gift", func(tx *store.Tx) error { return tx.Asked("don_none") })
	checkWhole(t, c.o)
}

func TestReceiptsFollowTheGift(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	first := issue(t, c.o, d)
	paper := func(m ngo.Money) store.NewReceipt {
		n, err := c.o.NewReceipt(d.ID, store.ReceiptFacts{Series: "SVT/2026-27/D", Amount: m, Day: d.Given, Printed: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	refund(t, c.o, d, 20_000)
	var second ngo.Receipt
	storetest.Write(t, c.o, func(tx *store.Tx) (err error) {
		second, err = tx.ReplaceReceipt(first.ID, paper(ngo.Paise(30_000)), "part of the gift was refunded")
		return err
	})
	if second.Replaces != first.ID || second.Serial != 2 || c.gift(d.ID).Receipt != second.ID {
		t.Errorf("second receipt = %+v", second)
	}
	c.refuses(ngo.Conflict, "replacing twice", func(tx *store.Tx) error {
		_, err := tx.ReplaceReceipt(first.ID, paper(ngo.Paise(30_000)), "again")
		return err
	})
	other := c.paid("pay_2")
	c.refuses(ngo.Invalid, "a receipt in the place of another gift's", func(tx *store.Tx) error {
		n, err := c.o.NewReceipt(other.ID, store.ReceiptFacts{Series: "A", Amount: ngo.Paise(1), Printed: []byte("{}")})
		if err == nil {
			_, err = tx.ReplaceReceipt(second.ID, n, "x")
		}
		return err
	})
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		if err := tx.VoidReceipt(second.ID, "all of it was refunded"); err != nil {
			return err
		}
		return tx.AddMessage(ngo.Message{Kind: ngo.MessageCancellation, Donation: d.ID, Receipt: second.ID, Recipient: "chitra@example.org"})
	})
	c.refuses(ngo.Conflict, "voiding twice", func(tx *store.Tx) error { return tx.VoidReceipt(second.ID, "again") })
	third := issue(t, c.o, d)
	if third.Serial != 3 {
		t.Errorf("the next number is %d; want 3: numbers are never used again", third.Serial)
	}
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		return tx.AddMessage(ngo.Message{Receipt: third.ID, Recipient: "chitra@example.org"})
	})
	storetest.Read(t, c.o, func(r *store.Rx) error {
		all, err := r.ReceiptsOf(d.ID)
		var states []ngo.ReceiptState
		for _, one := range all {
			states = append(states, one.State)
		}
		if !slices.Equal(states, []ngo.ReceiptState{ngo.ReceiptReplaced, ngo.ReceiptVoid, ngo.ReceiptIssued}) || all[0].Ended == nil || all[1].Reason != "all of it was refunded" {
			t.Errorf("receipts = %+v", all)
		}
		mails, err2 := r.MessagesFor(d.ID)
		if len(mails) != 2 || mails[0].Kind == mails[1].Kind || err2 != nil {
			t.Errorf("messages = %+v, %v; want a cancellation and a receipt", mails, err2)
		}
		return err
	})
	checkWhole(t, c.o)
}
