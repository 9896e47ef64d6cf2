package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func (c *counter) receipt(id ngo.ReceiptID) (r ngo.Receipt) {
	c.t.Helper()
	storetest.Read(c.t, c.o, func(rx *store.Rx) (err error) { r, err = rx.Receipt(id); return err })
	return r
}

func (c *counter) messages(d ngo.DonationID) (all []ngo.Message) {
	c.t.Helper()
	storetest.Read(c.t, c.o, func(rx *store.Rx) (err error) { all, err = rx.MessagesFor(d); return err })
	return all
}

func TestReceiptThatNeverLeftEndsWithoutAWord(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	r := issue(t, c.o, d)
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		return tx.AddMessage(ngo.Message{Donation: d.ID, Receipt: r.ID, Recipient: "x@example.org"})
	})
	if err := c.do(func(tx *store.Tx) error { return tx.VoidByHand(r.ID, "A mistake.") }); err != nil {
		t.Fatal(err)
	}
	if mails := c.messages(d.ID); len(mails) != 1 || mails[0].Kind != ngo.MessageReceipt || mails[0].State != ngo.MessageWithdrawn {
		t.Errorf("messages = %+v; want the one that carried it, withdrawn", mails)
	}
	checkWhole(t, c.o)
}

func TestReceiptIsVoidedByHand(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	r := issue(t, c.o, d)
	if err := c.do(func(tx *store.Tx) error { _, err := tx.CopyGiven(r.ID); return err }); err != nil { // else nobody has seen it
		t.Fatal(err)
	}
	c.refuses(ngo.Invalid, "voiding without a reason", func(tx *store.Tx) error { return tx.VoidByHand(r.ID, " \n") })
	if err := c.do(func(tx *store.Tx) error { return tx.VoidByHand(r.ID, "The donor\nwas another.") }); err != nil {
		t.Fatal(err)
	}
	c.refuses(ngo.Conflict, "voiding again", func(tx *store.Tx) error { return tx.VoidByHand(r.ID, "Again.") })
	c.refuses(ngo.Conflict, "replacing a void one", func(tx *store.Tx) error { return tx.ReplaceByHand(r.ID, "Again.") })
	void, g := c.receipt(r.ID), c.gift(d.ID)
	if void.State != ngo.ReceiptVoid || void.Reason != "The donor was another." || g.State != ngo.DonationReceived || !g.NoReceipt || g.Receipt != "" {
		t.Errorf("receipt %+v of gift %+v", void, g)
	}
	mails := c.messages(d.ID)
	if len(mails) != 1 || mails[0].Kind != ngo.MessageCancellation || mails[0].Recipient != d.Donor.EMail {
		t.Errorf("messages = %+v; want one that says it", mails)
	}
	if jobs := claim(t, c.o, ngo.LaneOutbound, 9); len(jobs) != 1 || jobs[0].Subject != string(mails[0].ID) {
		t.Errorf("jobs = %+v; want one that sends it", jobs)
	}
	checkWhole(t, c.o)
}

func TestVoidedReceiptOfSomebodyWithoutAnAddress(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	_, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "Chitra", Phone: "+919876543210"})
	r := issue(t, c.o, d)
	if err := c.do(func(tx *store.Tx) error { return tx.VoidByHand(r.ID, "A mistake.") }); err != nil {
		t.Fatal(err)
	}
	// Facts are missing for deduction, but nothing is asked of a donor who gets no receipt.
	if g := c.gift(d.ID); g.State != ngo.DonationReceived || len(c.messages(d.ID)) != 0 {
		t.Errorf("gift = %+v with messages %+v", g, c.messages(d.ID))
	}
	if err := c.do(func(tx *store.Tx) error { return tx.WantReceipt(d.ID, "After all.") }); err != nil {
		t.Fatal(err)
	}
	if g := c.gift(d.ID); g.State != ngo.DonationWaiting || g.NoReceipt {
		t.Errorf("gift = %+v; want it to wait for what its receipt needs", g)
	}
	checkWhole(t, c.o)
}

func TestReceiptIsWantedAgain(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	r := issue(t, c.o, d)
	c.refuses(ngo.Conflict, "another receipt", func(tx *store.Tx) error { return tx.WantReceipt(d.ID, "Lost.") })
	if err := c.do(func(tx *store.Tx) error { return tx.VoidByHand(r.ID, "A mistake.") }); err != nil {
		t.Fatal(err)
	}
	c.reacts()
	c.refuses(ngo.Invalid, "asking without a reason", func(tx *store.Tx) error { return tx.WantReceipt(d.ID, "") })
	if err := c.do(func(tx *store.Tx) error { return tx.WantReceipt(d.ID, "It was none.") }); err != nil {
		t.Fatal(err)
	}
	now := c.clock.Now()
	if due := c.reacts(); len(due) != 1 || due[0].After(now) || c.gift(d.ID).NoReceipt {
		t.Errorf("reactions due at %v, want one now; gift %+v", due, c.gift(d.ID))
	}
	c.hold(d.ID, "Ask Meena")
	c.refuses(ngo.Conflict, "one for a held gift", func(tx *store.Tx) error { return tx.WantReceipt(d.ID, "Now.") })
	_, waits := c.pay(ngo.Payment{Ref: "pay_2", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{EMail: "x@example.org"})
	c.refuses(ngo.Conflict, "one for a gift that waits", func(tx *store.Tx) error { return tx.WantReceipt(waits.ID, "Now.") })
	gone := c.paid("pay_3")
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		_, _, err := tx.SaveRefund(ngo.Refund{Account: c.account, Ref: "rfnd_1", PaymentRef: "pay_3", State: ngo.RefundProcessed, Amount: gone.Amount})
		return err
	})
	c.refuses(ngo.Conflict, "one for a gift that went back", func(tx *store.Tx) error { return tx.WantReceipt(gone.ID, "Now.") })
	checkWhole(t, c.o)
}

func TestReplacementIsAskedFor(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	r := issue(t, c.o, d)
	c.reacts()
	c.refuses(ngo.Invalid, "replacing without a reason", func(tx *store.Tx) error { return tx.ReplaceByHand(r.ID, "") })
	if err := c.do(func(tx *store.Tx) error { return tx.ReplaceByHand(r.ID, "The name was wrong.") }); err != nil {
		t.Fatal(err)
	}
	if g := c.gift(d.ID); g.Reissue != "The name was wrong." || g.Receipt != r.ID || len(c.reacts()) != 1 {
		t.Errorf("gift = %+v; want its receipt to stand until the other is issued", g)
	}
	storetest.Write(t, c.o, func(tx *store.Tx) error { return tx.Reissued(d.ID) })
	if g := c.gift(d.ID); g.Reissue != "" {
		t.Errorf("gift = %+v", g)
	}
	c.hold(d.ID, "Ask Meena")
	c.refuses(ngo.Conflict, "replacing that of a held gift", func(tx *store.Tx) error { return tx.ReplaceByHand(r.ID, "Now.") })
	storetest.Write(t, c.o, func(tx *store.Tx) error { return tx.ErasePerson(d.Person) })
	c.release(d.ID)
	c.refuses(ngo.Conflict, "replacing that of somebody erased", func(tx *store.Tx) error { return tx.ReplaceByHand(r.ID, "Now.") })
	checkWhole(t, c.o)
}

// The original leaves once; the trail has who took what.
func TestOriginalLeavesOnce(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	copyOf := func(id ngo.ReceiptID) (first bool) {
		t.Helper()
		if err := c.do(func(tx *store.Tx) (err error) { first, err = tx.CopyGiven(id); return err }); err != nil {
			t.Fatal(err)
		}
		return first
	}
	move := func(m ngo.MessageID, states ...ngo.MessageState) {
		t.Helper()
		storetest.Write(t, c.o, func(tx *store.Tx) error {
			for _, s := range states {
				if err := tx.MoveMessage(m, s, "", "", ""); err != nil {
					return err
				}
			}
			return nil
		})
	}
	mail := func(r ngo.Receipt) (id ngo.MessageID) {
		t.Helper()
		storetest.Write(t, c.o, func(tx *store.Tx) error {
			id = ngo.NewID[ngo.MessageID](tx.Now())
			return tx.AddMessage(ngo.Message{ID: id, Receipt: r.ID, Recipient: "x@example.org"})
		})
		return id
	}
	byHand := issue(t, c.o, c.paid("pay_1"))
	if first, second := copyOf(byHand.ID), copyOf(byHand.ID); !first || second {
		t.Errorf("fetched: original %v, then %v; want the original once", first, second)
	}
	later := mail(byHand)
	move(later, ngo.MessageSending, ngo.MessageQueued, ngo.MessageSending, ngo.MessageSent)
	if r := c.receipt(byHand.ID); r.Given == nil || r.GivenBy != "user:meena" || r.Copies != 2 || !r.CopyIn(later) {
		t.Errorf("receipt = %+v; want two copies, the second in the mail", r)
	}

	storetest.Read(t, c.o, func(rx *store.Rx) error {
		events, err := rx.Timeline(byHand.Donation)
		if !slices.ContainsFunc(events, func(e store.Event) bool { return e.Text == "receipt "+byHand.Number+" fetched by user:meena" }) {
			t.Errorf("timeline = %+v; want who fetched the original", events)
		}
		return err
	})

	mailed := issue(t, c.o, c.paid("pay_2"))
	m := mail(mailed)
	if c.receipt(mailed.ID).CopyIn(m) {
		t.Error("the first mail would carry a copy")
	}
	move(m, ngo.MessageSending)
	if r := c.receipt(mailed.ID); r.GivenBy != string(m) || r.CopyIn(m) {
		t.Errorf("receipt = %+v; want it given with the mail, which is sent again as it was", r)
	}
	move(m, ngo.MessageFailed)
	if r := c.receipt(mailed.ID); r.Given != nil || !copyOf(mailed.ID) {
		t.Errorf("receipt = %+v; want the original back when the mail failed", r)
	}

	void := issue(t, c.o, c.paid("pay_3"))
	storetest.Write(t, c.o, func(tx *store.Tx) error { return tx.VoidReceipt(void.ID, "x") })
	if copyOf(void.ID) || c.receipt(void.ID).Copies != 1 {
		t.Error("a void receipt left as an original")
	}
	var trail []string
	storetest.Read(t, c.o, func(rx *store.Rx) error {
		all, _, err := rx.Audit(store.ListQuery{Limit: 500})
		for _, e := range all {
			if e.Action == "receipt.give" || e.Action == "receipt.reprint" {
				trail = append(trail, e.Action+" "+e.Actor)
			}
		}
		return err
	})
	slices.Sort(trail)
	if got, want := strings.Join(trail, ", "), "receipt.give user:meena, receipt.give user:meena, receipt.reprint test, receipt.reprint user:meena, receipt.reprint user:meena"; got != want {
		t.Errorf("trail: %s\nwant: %s", got, want)
	}
	checkWhole(t, c.o)
}

func TestErasureTakesWhyAReceiptEnded(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	r := issue(t, c.o, d)
	if err := c.do(func(tx *store.Tx) error { return tx.VoidByHand(r.ID, "It was Chitra's sister.") }); err != nil {
		t.Fatal(err)
	}
	storetest.Write(t, c.o, func(tx *store.Tx) error { return tx.ErasePerson(d.Person) })
	if void := c.receipt(r.ID); void.Reason != "" || void.State != ngo.ReceiptVoid {
		t.Errorf("receipt = %+v", void)
	}
	checkWhole(t, c.o)
}

func TestBirthDateIsKeptAndChecked(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	for _, bad := range []string{"31-12-1970", "1970-02-30", "2026-06-02", "1799-01-01", "today"} {
		c.refuses(ngo.Invalid, bad, func(tx *store.Tx) error {
			_, err := tx.EditDonation(d.ID, store.DonorEdit{Born: text(bad)})
			return err
		})
	}
	c.edit(d.ID, store.DonorEdit{Born: text("1970-12-31")})
	if g := c.gift(d.ID); g.Donor.Born != "1970-12-31" {
		t.Errorf("gift = %+v", g)
	}
	c.edit(d.ID, store.DonorEdit{Born: text("")})
	if g := c.gift(d.ID); g.Donor.Born != "" {
		t.Errorf("gift = %+v", g)
	}
	checkWhole(t, c.o)
}

func TestEveryNumberIsExplained(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	var all []ngo.Receipt
	for i := range 9 {
		all = append(all, issue(t, c.o, c.paid(ngo.Ref(fmt.Sprint("pay_", i)))))
	}
	storetest.Write(t, c.o, func(tx *store.Tx) error { return tx.VoidReceipt(all[2].ID, "x") })
	again, err := c.o.NewReceipt(all[3].Donation, store.ReceiptFacts{Series: all[3].Series, Amount: ngo.Paise(1), Day: "2026-06-01", Printed: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Write(t, c.o, func(tx *store.Tx) error { _, err := tx.ReplaceReceipt(all[3].ID, again, "x"); return err })
	report := func() (one store.SeriesReport) {
		t.Helper()
		storetest.Read(t, c.o, func(rx *store.Rx) error {
			all, err := rx.Gaps()
			if err == nil && len(all) != 1 {
				t.Fatalf("series = %+v", all)
			}
			one = all[0]
			return err
		})
		return one
	}
	if r := report(); r.First != 1 || r.Last != 10 || r.Issued != 8 || r.Void != 1 || r.Replaced != 1 || len(r.Findings) != 0 {
		t.Errorf("report = %+v", r)
	}
	db := stranger(t, c.o)
	tamper(t, db,
		"delete from receipt where serial in (5, 6, 8)",
		"update receipt set serial = 1 where serial = 2",
		"update receipt set replaces = null where serial = 10",
		"update series set last = 12")
	want := []string{
		"number 000001 is on two receipts", "number 000002 is missing", "numbers 000005 to 000006 are missing", "number 000008 is missing",
		"numbers 000011 to 000012 are given, and on no receipt", "SVT/2026-27/D/000004 was replaced, and no receipt stands in its place",
		"receipt SVT/2026-27/D/000002 has another number than its place in the series",
	}
	if r := report(); !slices.Equal(r.Findings, want) {
		t.Errorf("findings:\n%s\nwant:\n%s", strings.Join(r.Findings, "\n"), strings.Join(want, "\n"))
	}
	tamper(t, db, "update receipt set number = 'SVT/2026-27/D/100009' where serial = 9")
	if r := report(); !slices.Contains(r.Findings, "receipt SVT/2026-27/D/100009 has another number than its place in the series") {
		t.Errorf("findings: %q", r.Findings)
	}
	tamper(t, db, "update series set last = 9")
	if r := report(); !slices.Contains(r.Findings, "number 000010 is on a receipt, and only 9 were given") {
		t.Errorf("findings: %q", r.Findings)
	}
}

func TestReceiptByCode(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	r := issue(t, o, gift(t, o, "pay_1", nil))
	code := strings.TrimPrefix(string(r.ID), "rcp_")
	storetest.Read(t, o, func(rx *store.Rx) error {
		for _, good := range []string{code, strings.ToUpper(code), code[:4] + " " + code[4:13] + "-" + code[13:]} {
			if got, err := rx.ReceiptByCode(good); got.ID != r.ID || err != nil {
				t.Errorf("ReceiptByCode(%q) = %+v, %v", good, got, err)
			}
		}
		var first error
		for _, bad := range []string{"", "x", strings.Repeat("0", 26), strings.Repeat("9", 10_000), "rcp_" + code, string(r.Donation), "%", "\x00"} {
			_, err := rx.ReceiptByCode(bad)
			if first == nil {
				first = err
			}
			if ngo.CodeOf(err) != ngo.NotFound || err.Error() != first.Error() {
				t.Errorf("ReceiptByCode(%q) = %v; want what every wrong code gets: %v", bad, err, first)
			}
		}
		return nil
	})
}
