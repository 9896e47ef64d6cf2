package flow_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A receipt that was a mistake is void until somebody asks for one again, whatever happens to the gift in between.
func TestReceiptVoidedAndIssuedByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	c.told()
	first := h.receiptsOf(h.onlyGift().ID)[0]
	h.write(func(tx *store.Tx) error { return tx.VoidByHand(first.ID, "Issued to the wrong donor.") })
	h.works()
	api.Refund(ref, 300_00)
	c.told()
	d := h.onlyGift()
	if all := h.receiptsOf(d.ID); len(all) != 1 || all[0].State != ngo.ReceiptVoid || d.Receipt != "" || !d.NoReceipt || server.Total() != 2 {
		t.Fatalf("receipts %+v, gift %+v, %d mails; want one that is void, and a mail of each", all, d, server.Total())
	}
	h.write(func(tx *store.Tx) error { return tx.WantReceipt(d.ID, "The donor was right after all.") })
	h.works()
	all := h.receiptsOf(d.ID)
	if len(all) != 2 || all[1].State != ngo.ReceiptIssued || all[1].Amount != ngo.Paise(700_00) || all[1].Serial != 2 || h.onlyGift().NoReceipt {
		t.Errorf("receipts = %+v; want a second of what remains", all)
	}
	if server.Total() != 3 {
		t.Errorf("%d mails; want 3", server.Total())
	}
	h.clean()
}

// A mail that its server did not take carries no original: staff fetch it meanwhile, and nobody is told of the end of what never
// began. One of which nothing is known may have been read.
func TestOriginalOfAMailThatWasNotTaken(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		faults []sim.Fault
		given  bool
		mails  int
	}{
		"refused for now":       {[]sim.Fault{{Step: sim.Recipient, Code: 451, Text: "4.7.1 try later"}}, false, 0},
		"cut after the end":     {[]sim.Fault{{Step: sim.End, Drop: true}}, true, 2},
		"cut, refused for now":  {[]sim.Fault{{Step: sim.End, Drop: true}, {Step: sim.Recipient, Code: 451, Text: "4.7.1 try later"}}, true, 2},
		"cut, refused for good": {[]sim.Fault{{Step: sim.End, Drop: true}, {Step: sim.Recipient, Code: 550, Text: "5.1.1 no such user"}}, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			server := h.mailServer(sim.SMTPOptions{})
			c, api := h.razorpay(sim.RazorpayOptions{}, nil)
			api.Give(sim.Charge{Donor: complete()})
			for _, f := range tt.faults {
				server.Heal()
				server.Fail(f)
				c.told() // there is something to tell once only
				h.works()
				h.later(time.Hour)
			}
			r := h.receiptsOf(h.onlyGift().ID)[0]
			if (r.Given != nil) != tt.given || r.Copies != 0 {
				t.Fatalf("receipt %+v; want its original gone: %v", r, tt.given)
			}
			h.write(func(tx *store.Tx) error { return tx.VoidByHand(r.ID, "A mistake.") })
			server.Heal()
			h.later(day)
			h.works()
			if server.Total() != tt.mails {
				t.Errorf("%d mails; want %d, that it is void among them where it may have been read", server.Total(), tt.mails)
			}
		})
	}
}

// Whoever fetches the original while the mail server refuses has it: what the mail then carries is a copy, and counted.
func TestOriginalFetchedWhileItsMailWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	server.Fail(sim.Fault{Step: sim.Recipient, Code: 451, Text: "4.7.1 try later"})
	api.Give(sim.Charge{Donor: complete()})
	c.told()
	id, first := h.receiptsOf(h.onlyGift().ID)[0].ID, false
	h.write(func(tx *store.Tx) (err error) { first, err = tx.CopyGiven(id); return err })
	server.Heal()
	h.later(day)
	h.works()
	r := h.receiptsOf(h.onlyGift().ID)[0]
	if !first || server.Total() != 1 || r.Copies != 1 || r.GivenBy == string(h.message().ID) {
		t.Fatalf("fetched the original: %v, %d mails, receipt %+v", first, server.Total(), r)
	}
	_, _, files := readMail(t, server.Mails()[0].Data)
	for name, pdf := range files {
		if said, err := reads(t, pdf, ""); err != nil || !strings.Contains(said, "DUPLICATE") {
			t.Errorf("%s: %v, %q", name, err, said)
		}
	}
}

// A receipt whose facts were put right is replaced by one that says them as they are now, and names the old.
func TestReceiptReplacedByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	c.told()
	d := h.onlyGift()
	first := h.receiptsOf(d.ID)[0]
	name := "Chitra Subramaniam"
	h.write(func(tx *store.Tx) error {
		_, err := tx.EditDonation(d.ID, store.DonorEdit{Name: &name})
		return err
	})
	h.later(store.Regret + time.Second)
	h.works()
	if all := h.receiptsOf(d.ID); len(all) != 1 {
		t.Fatalf("%d receipts; want one: putting facts right replaces nothing by itself", len(all))
	}
	h.write(func(tx *store.Tx) error { return tx.ReplaceByHand(first.ID, "The name was misspelt.") })
	h.works()
	look := func() { // once more, which must change nothing
		h.write(func(tx *store.Tx) error { return tx.Enqueue(ngo.LanePayment, ngo.JobReact, string(d.ID), 0) })
		h.works()
	}
	look()
	all := h.receiptsOf(d.ID)
	if len(all) != 2 || all[0].State != ngo.ReceiptReplaced || all[0].Reason != "The name was misspelt." || all[1].Replaces != first.ID || h.onlyGift().Reissue != "" {
		t.Fatalf("receipts = %+v, gift = %+v", all, h.onlyGift())
	}
	if f := h.facts(all[1].ID); f.Donor.Name != name || f.ReplacesNumber != first.Number || f.Amount != ngo.Paise(1000_00) {
		t.Errorf("facts = %+v", f)
	}
	api.Refund(ref, 300_00)
	c.told()
	all = h.receiptsOf(d.ID)
	if len(all) != 3 || all[2].Amount != ngo.Paise(700_00) || h.facts(all[2].ID).Donor.Name != name || server.Total() != 3 {
		t.Errorf("after a part refund: receipts %+v, %d mails", all, server.Total())
	}
	h.clean()
}

// A replacement that was asked for while the whole gift went back is not to come any more, and nothing says so.
func TestNothingIsReplacedOnceTheGiftWentBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	c.told()
	d := h.onlyGift()
	h.write(func(tx *store.Tx) error {
		if err := tx.ReplaceByHand(d.Receipt, "The name was misspelt."); err != nil {
			return err
		}
		p, err := tx.Payment(d.Payment)
		if err != nil {
			return err
		}
		_, _, err = tx.SaveRefund(ngo.Refund{Account: p.Account, Ref: "rfnd_1", PaymentRef: ref, State: ngo.RefundProcessed, Amount: d.Amount})
		return err
	})
	h.works()
	if all, d := h.receiptsOf(d.ID), h.onlyGift(); len(all) != 1 || all[0].State != ngo.ReceiptVoid || d.Reissue != "" {
		t.Errorf("receipts %+v of %+v; want one that is void, and none to come", all, d)
	}
	h.clean()
}

func (h *house) facts(id ngo.ReceiptID) (f receipt.Facts) {
	h.t.Helper()
	h.read(func(rx *store.Rx) error {
		printed, err := rx.ReceiptFacts(id)
		if err != nil {
			return err
		}
		f, err = receipt.Read(printed)
		return err
	})
	return f
}

// The day of a gift decides its series, to the second, in the organisation's zone. Fifty that come around midnight of 31 March
// and are receipted side by side leave no gap in either year.
func TestNumbersAroundTheEndOfTheYear(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	const gifts = 50
	midnight := time.Date(2026, 3, 31, 18, 30, 0, 0, time.UTC) // in India
	for n := range gifts {
		donor := complete()
		donor.EMail = strings.Repeat("x", n+1) + "@example.org"
		api.Give(sim.Charge{Donor: donor, Via: sim.ViaNothing, Created: midnight.Add(time.Duration(n-gifts/2) * time.Second)})
	}
	for _, w := range api.Webhooks() {
		c.arrive(w.Body, false)
	}
	for len(h.state().receipts) < gifts {
		var wg sync.WaitGroup
		jobs := h.claim()
		if len(jobs) == 0 {
			break
		}
		for _, j := range jobs {
			wg.Go(func() {
				if err := h.run(j); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	h.read(func(rx *store.Rx) error {
		all, err := rx.Gaps()
		if err != nil {
			return err
		}
		if len(all) != 2 {
			t.Fatalf("series = %+v; want one of each year", all)
		}
		for i, name := range []string{"SVT/2025-26/D", "SVT/2026-27/D"} {
			if s := all[i]; s.Series != name || s.First != 1 || s.Last != gifts/2 || s.Issued != gifts/2 || len(s.Findings) > 0 {
				t.Errorf("series = %+v; want %s with 1 to %d", s, name, gifts/2)
			}
		}
		return nil
	})
	h.works()
	h.clean()
}
