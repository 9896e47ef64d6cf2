package flow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// counter is a gateway of the house: a provider's double and the account that stands for it.
type counter struct {
	h       *house
	account ngo.Account
	double  interface{ Webhooks() []sim.Webhook }
}

func (h *house) counter(driver string, double interface{ Webhooks() []sim.Webhook }, values map[string]string) *counter {
	h.t.Helper()
	return h.counterNamed(driver, driver+"-counter", double, values)
}

func (h *house) counterNamed(driver, name string, double interface{ Webhooks() []sim.Webhook }, values map[string]string) *counter {
	h.t.Helper()
	n := h.org.NewAccount(ngo.Gateway, driver, name, values, nil)
	h.write(func(tx *store.Tx) error { return tx.AddAccount(n) })
	return &counter{h, n.Account, double}
}

// razorpay opens a counter at Razorpay's double; change sees the account's settings.
func (h *house) razorpay(o sim.RazorpayOptions, change func(map[string]string)) (*counter, *sim.RazorpayAPI) {
	h.t.Helper()
	o.Now = h.now
	api, err := sim.NewRazorpayAPI(o)
	must(h.t, err)
	h.t.Cleanup(func() { must(h.t, api.Close()) })
	values := api.Values()
	delete(values, "account-id")
	if change != nil {
		change(values)
	}
	return h.counter("razorpay", api, values), api
}

// arrive brings in a body as the webhook does, or as polling does.
func (c *counter) arrive(body []byte, polled bool) {
	c.h.t.Helper()
	d := c.h.org.NewDelivery(c.account.ID, "", body)
	if polled {
		d = d.Polled()
	}
	c.h.write(func(tx *store.Tx) error { _, err := tx.AddDelivery(d); return err })
}

// told brings in every webhook that the double has made since, and does all that follows.
func (c *counter) told() {
	c.h.t.Helper()
	for _, w := range c.double.Webhooks() {
		c.arrive(w.Body, false)
	}
	c.h.works()
}

// works does every job that is due; none may fail.
func (h *house) works() {
	h.t.Helper()
	if errs := h.work(); errs != nil {
		h.t.Fatal(errs)
	}
}

// complete is a donor of whom all is known that a receipt needs.
func complete() ngo.Donor {
	return ngo.Donor{Name: "Meena Raman", EMail: "meena@example.org", Phone: "+919840012345", Address: "7 Beach Road, Chennai 600004", PAN: "ABCPR1234F"}
}

func (h *house) onlyGift() ngo.Donation {
	h.t.Helper()
	all := h.state().donations
	if len(all) != 1 {
		h.t.Fatalf("gifts %+v; want one", all)
	}
	return all[0]
}

func (h *house) receiptsOf(d ngo.DonationID) (all []ngo.Receipt) {
	h.t.Helper()
	h.read(func(rx *store.Rx) (err error) { all, err = rx.ReceiptsOf(d); return err })
	return all
}

func (h *house) clean() {
	h.t.Helper()
	if off := recount(h); off != nil {
		h.t.Error(off)
	}
}

// A gift of which part went back before its receipt gets one of what remains, on paper as in the ledger; one of a later refund
// still tells what was given at first.
func TestPartRefundBeforeTheReceipt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor := complete()
	donor.PAN = ""
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: donor})
	c.told()
	api.Refund(ref, 300_00)
	c.told()
	pan := "ABCPR1234F"
	id := h.onlyGift().ID
	h.write(func(tx *store.Tx) error { return tx.AnswerDonation(id, store.DonorEdit{PAN: &pan}) })
	h.works()
	api.Refund(ref, 200_00)
	c.told()
	all := h.receiptsOf(id)
	if len(all) != 2 {
		t.Fatalf("receipts %+v; want two", all)
	}
	for i, want := range []ngo.Money{ngo.Paise(700_00), ngo.Paise(500_00)} {
		var f receipt.Facts
		h.read(func(rx *store.Rx) error {
			printed, err := rx.ReceiptFacts(all[i].ID)
			must(t, err)
			f, err = receipt.Read(printed)
			return err
		})
		if all[i].Amount != want || f.Amount != want || f.Words != want.Words() || f.Paid != ngo.Paise(1000_00) {
			t.Errorf("receipt %d is of %v and prints %v (%s) of %v; want %v of 1000 rupees", i, all[i].Amount, f.Amount, f.Words, f.Paid, want)
		}
	}
	h.clean()
}

func TestPartRefundReplacesTheReceipt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	c.told()
	api.Refund(ref, 300_00)
	c.told()
	d := h.onlyGift()
	all := h.receiptsOf(d.ID)
	if len(all) != 2 || all[0].State != ngo.ReceiptReplaced || all[1].State != ngo.ReceiptIssued || all[1].Amount != ngo.Paise(700_00) || all[1].Replaces != all[0].ID {
		t.Fatalf("receipts %+v; want the second, of 700 rupees, in place of the first", all)
	}
	if d.State != ngo.DonationReceived || d.Returned != 300_00 || d.Receipt != all[1].ID || all[0].Reason == "" || !all[1].Tax {
		t.Errorf("gift %+v, first receipt %+v", d, all[0])
	}
	mails := server.Mails()
	if len(mails) != 2 {
		t.Fatalf("%d mails; want two", len(mails))
	}
	subject, text, files := readMail(t, mails[1].Data)
	if !strings.Contains(subject, all[1].Number) || !strings.Contains(text, "takes the place of receipt "+all[0].Number) || !strings.Contains(text, "₹300.00 went back") || len(files) != 1 {
		t.Errorf("subject %q, text %q", subject, text)
	}
	api.Refund(ref, 200_00)
	c.told()
	if all = h.receiptsOf(d.ID); len(all) != 3 || all[2].Amount != ngo.Paise(500_00) || all[2].Replaces != all[1].ID {
		t.Errorf("receipts %+v after a second refund; want a third", all)
	}
	h.clean()
}

func TestRefundInFullVoidsTheReceipt(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"en": "was refunded to you in full", "ta": "திருப்பிச் செலுத்தப்பட்டது", "hi": "पूरा लौटा दिया गया"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			server := h.mailServer(sim.SMTPOptions{})
			c, api := h.razorpay(sim.RazorpayOptions{}, nil)
			donor := complete()
			donor.Language = lang
			ref := api.Give(sim.Charge{Amount: 1000_00, Donor: donor})
			c.told()
			api.Refund(ref, 0)
			c.told()
			d := h.onlyGift()
			all := h.receiptsOf(d.ID)
			if d.State != ngo.DonationReversed || d.Receipt != "" || len(all) != 1 || all[0].State != ngo.ReceiptVoid || all[0].Reason == "" {
				t.Fatalf("gift %+v, receipts %+v; want both gone", d, all)
			}
			mails := server.Mails()
			if len(mails) != 2 {
				t.Fatalf("%d mails; want the receipt and its cancellation", len(mails))
			}
			subject, text, files := readMail(t, mails[1].Data)
			if !strings.Contains(subject, all[0].Number) || !strings.Contains(text, want) || !strings.Contains(text, "₹1,000.00") || len(files) != 0 {
				t.Errorf("subject %q, text %q, %d files", subject, text, len(files))
			}
			h.clean()
		})
	}
}

// What went back before it was known never gets a number.
func TestRefundBeforeItsPayment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	api.Refund(api.Give(sim.Charge{Amount: 1000_00, Donor: complete()}), 0)
	hooks := api.Webhooks()
	for i := range hooks {
		c.arrive(hooks[len(hooks)-1-i].Body, false)
		h.works()
	}
	if d := h.onlyGift(); d.State != ngo.DonationReversed || len(h.receiptsOf(d.ID)) != 0 {
		t.Errorf("gift %+v, receipts %+v; want it reversed, without any", d, h.receiptsOf(d.ID))
	}
	h.clean()
}

func TestDisputeHoldsAndOnlyLosingItTakesAway(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[string]struct {
		gift    ngo.DonationState
		receipt ngo.ReceiptState
	}{"won": {ngo.DonationReceived, ngo.ReceiptIssued}, "lost": {ngo.DonationReversed, ngo.ReceiptVoid}} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			server := h.mailServer(sim.SMTPOptions{})
			c, api := h.razorpay(sim.RazorpayOptions{}, nil)
			ref := api.Give(sim.Charge{Donor: complete()})
			c.told()
			dispute := api.Dispute(ref, 0, "")
			c.told()
			d := h.onlyGift()
			if d.State != ngo.DonationHeld || d.Reason == "" || d.Receipt == "" {
				t.Errorf("gift %+v; want it held, its receipt as it was", d)
			}
			api.MoveDispute(dispute, outcome)
			c.told()
			d = h.onlyGift()
			all := h.receiptsOf(d.ID)
			if d.State != want.gift || len(all) != 1 || all[0].State != want.receipt {
				t.Errorf("gift %+v, receipts %+v; want %+v", d, all, want)
			}
			if outcome == "lost" {
				_, text, _ := readMail(t, server.Mails()[1].Data)
				if !strings.Contains(text, "Your bank took back") {
					t.Errorf("the cancellation says %q", text)
				}
			}
			h.clean()
		})
	}
}

func TestFailedThenPaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Pay(sim.Charge{Donor: complete()})
	api.Decline(ref, "Your bank said no.")
	c.told()
	h.later(39 * time.Minute)
	api.Authorize(ref)
	api.Capture(ref)
	c.told()
	d := h.onlyGift()
	if d.State != ngo.DonationReceived || len(h.receiptsOf(d.ID)) != 1 {
		t.Errorf("gift %+v; want it received, with a receipt", d)
	}
	var seen []ngo.Sighting
	h.read(func(rx *store.Rx) (err error) { seen, err = rx.Sightings(d.Payment); return err })
	at := map[ngo.PaymentState]ngo.Sighting{}
	for _, s := range seen {
		at[s.State] = s
	}
	failed, captured := at[ngo.PaymentFailed], at[ngo.PaymentCaptured]
	if failed.Text == "" || captured.At.Sub(failed.At) < 38*time.Minute {
		t.Errorf("seen %+v; want it failed with the bank's words, and captured 39 minutes later", seen)
	}
}

func TestFoundByAsking(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		webhook   string
		first     bool // whether the webhook came first
		polled    bool
		recovered bool
	}{
		{"only polled", "yes", false, true, true},
		{"a webhook alone", "yes", true, false, false},
		{"a webhook, then polled", "yes", true, true, false},
		{"where there are no webhooks", "no", false, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			c, api := h.razorpay(sim.RazorpayOptions{}, func(v map[string]string) { v["webhook"] = tt.webhook })
			api.Give(sim.Charge{Donor: complete(), Via: sim.ViaNothing})
			hooks := api.Webhooks()
			body := hooks[len(hooks)-1].Body
			if tt.first {
				c.arrive(body, false)
				h.works()
			}
			if tt.polled {
				c.arrive(append(body, '\n'), true)
				h.works()
			}
			if d := h.onlyGift(); d.Recovered != tt.recovered || len(h.receiptsOf(d.ID)) != 1 {
				t.Errorf("gift %+v; want recovered %v", d, tt.recovered)
			}
		})
	}
}

func TestSettlementIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	api.Give(sim.Charge{Donor: complete()})
	api.Settle()
	c.told()
	for _, d := range h.state().deliveries {
		if d.State != ngo.DeliveryProcessed {
			t.Errorf("delivery %+v", d)
		}
	}
	h.clean()
}

func TestForeignPot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, func(v map[string]string) { v["pot"] = "foreign" })
	donor := complete()
	donor.PAN, donor.Citizenship = "", ngo.CitizenForeign
	api.Give(sim.Charge{Donor: donor, Method: "card", International: true})
	c.told()
	d := h.onlyGift()
	all := h.receiptsOf(d.ID)
	if d.State != ngo.DonationReceived || d.Pot != ngo.Foreign || len(all) != 1 || all[0].Tax || all[0].Number != "SVT/"+d.Given.FinancialYear()+"/F/000001" {
		t.Errorf("gift %+v, receipts %+v; want a plain one in series F", d, all)
	}
}

// More can go back than was paid; what it says then is for staff, and nothing stands.
func TestMoreGoesBackThanWasPaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	api.Refund(ref, 600_00)
	for _, w := range api.Webhooks() {
		c.arrive(w.Body, false)
		if strings.HasPrefix(w.Name, "refund.") { // the same once more, under another id
			c.arrive([]byte(strings.ReplaceAll(string(w.Body), string(w.Ref), "rfnd_another")), false)
		}
		h.works()
	}
	d := h.onlyGift()
	if d.State != ngo.DonationReversed || !strings.Contains(d.Reason, "₹1,200.00") || d.Receipt != "" || d.Net().Minor != 0 {
		t.Errorf("gift %+v; want it reversed, saying by how much", d)
	}
	h.clean()
}

// Two equal gifts in minutes are two gifts with a receipt each; the second is marked.
func TestLikelySlipIsStillAGift(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	noon := h.now().Truncate(24 * time.Hour)
	for _, at := range []time.Time{noon, noon.Add(4 * time.Minute), noon.Add(time.Hour)} {
		api.Give(sim.Charge{Donor: complete(), Created: at, Via: sim.ViaNothing})
	}
	c.told()
	s := h.state()
	slips := 0
	for _, d := range s.donations {
		if d.Slip != "" {
			slips++
		}
	}
	if len(s.donations) != 3 || len(s.receipts) != 3 || slips != 1 {
		t.Errorf("%d gifts, %d receipts, %d marked; want 3, 3 and 1", len(s.donations), len(s.receipts), slips)
	}
}

// Whoever is erased is so from everything that came in: also from what told of the gift once more, and of its refund.
func TestErasureReachesEveryDelivery(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete(), Via: sim.ViaLink})
	c.told()
	api.Refund(ref, 300_00)
	api.Dispute(ref, 100_00, "")
	c.told()
	who := h.onlyGift().Person
	h.write(func(tx *store.Tx) error { return tx.ErasePerson(who) })
	all := h.state().deliveries
	for _, d := range all {
		h.read(func(rx *store.Rx) error {
			if _, _, _, err := rx.DeliveryBody(d.ID); ngo.CodeOf(err) != ngo.NotFound || d.Summary != "" {
				t.Errorf("of %s: %v; want nothing left", d.Summary, err)
			}
			return nil
		})
	}
	if len(all) < 4 {
		t.Errorf("%d deliveries; want more", len(all))
	}
}
