package flow_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestOnePaymentBecomesOneMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	e := h.sim.Captured(0)
	h.deliver(e.Body)
	if errs := h.work(); errs != nil {
		t.Fatal(errs)
	}
	s := h.state()
	if len(s.deliveries) != 1 || len(s.donations) != 1 || len(s.receipts) != 1 || len(s.messages) != 1 || len(s.jobs) != 0 {
		t.Fatalf("left %+v", s)
	}
	gift, rcp, msg := s.donations[0], s.receipts[0], s.messages[0]
	if s.deliveries[0].State != ngo.DeliveryProcessed || gift.State != ngo.DonationReceived || gift.Amount != e.Amount || gift.Given != "2026-04-06" {
		t.Errorf("delivery %+v, gift %+v", s.deliveries[0], gift)
	}
	if rcp.Number != "SVT/2026-27/D/000001" || !rcp.Tax || rcp.Document == "" || rcp.Donation != gift.ID {
		t.Errorf("receipt %+v", rcp)
	}
	if msg.State != ngo.MessageSent || msg.Attempts != 1 || msg.Sent == nil || msg.Account == "" || msg.Person != gift.Person {
		t.Errorf("message %+v", msg)
	}
	mails := server.Mails()
	if len(mails) != 1 || !strings.Contains(mails[0].MessageID, string(msg.ID)) || mails[0].To[0] != e.Donor.EMail {
		t.Fatalf("mails %+v; want one for %s to %s", mails, msg.ID, e.Donor.EMail)
	}
	subject, text, files := readMail(t, mails[0].Data)
	if !strings.Contains(subject, rcp.Number) || !strings.Contains(text, e.Amount.Format()) || !bytes.HasPrefix(files["receipt-SVT-2026-27-D-000001.pdf"], []byte("%PDF")) || len(files) != 1 {
		t.Errorf("subject %q, text %q, %d files", subject, text, len(files))
	}
}

// The same payment under another body, and every step run a second time, change nothing.
func TestNothingHappensTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	body := h.sim.Captured(0).Body
	h.deliver(body)
	for range 4 { // ingest, react, render, deliver
		jobs := h.claim()
		if len(jobs) != 1 {
			t.Fatalf("jobs %+v; want one", jobs)
		}
		must(t, h.run(jobs[0]))
		before := h.state()
		if err := h.run(jobs[0]); jobs[0].Kind != ngo.JobDeliver && ngo.CodeOf(err) != ngo.Conflict {
			t.Errorf("%s a second time = %v; want Conflict", jobs[0].Kind, err)
		}
		if after := h.state(); !reflect.DeepEqual(before, after) {
			t.Errorf("%s a second time changed %+v to %+v", jobs[0].Kind, before, after)
		}
	}
	h.deliver(append(body, '\n'))
	h.deliver(body)
	if errs := h.work(); errs != nil {
		t.Fatal(errs)
	}
	s := h.state()
	if len(s.deliveries) != 2 || len(s.donations) != 1 || len(s.receipts) != 1 || len(s.messages) != 1 || server.Total() != 1 {
		t.Errorf("%d deliveries, %d gifts, %d receipts, %d messages, %d mails; want 2 and one each", len(s.deliveries), len(s.donations), len(s.receipts), len(s.messages), server.Total())
	}
	var people int
	h.read(func(rx *store.Rx) error {
		_, err := rx.Person(s.donations[0].Person)
		people++
		return err
	})
	if off := recount(h); off != nil {
		t.Error(off)
	}
}

func recount(h *house) (off []string) {
	h.read(func(rx *store.Rx) (err error) { off, err = rx.Recount(); return err })
	return off
}

func TestWhatADeliveryBecomes(t *testing.T) {
	t.Parallel()
	e := sim.NewRazorpay(1, secret)
	e.Plain = true
	body := string(e.Captured(0).Body)
	edit := func(old, replacement string) string {
		if !strings.Contains(body, old) {
			t.Fatalf("no %q in %s", old, body)
		}
		return strings.ReplaceAll(body, old, replacement)
	}
	anonymous := edit(`"email":"`+e.Captured(0).Donor.EMail+`"`, `"email":null`)
	for _, tt := range []struct {
		name     string
		body     string
		delivery ngo.DeliveryState
		gift     ngo.DonationState // none when empty
		receipts int
	}{
		{"captured", body, ngo.DeliveryProcessed, ngo.DonationReceived, 1},
		{"authorized only", string(e.Authorized(0).Body), ngo.DeliveryProcessed, "", 0},
		{"from abroad", edit(`"international":false`, `"international":true`), ngo.DeliveryProcessed, ngo.DonationHeld, 0},
		{"no JSON", `{"event":`, ngo.DeliveryQuarantined, "", 0},
		{"another currency", edit(`"currency":"INR"`, `"currency":"USD"`), ngo.DeliveryProcessed, ngo.DonationHeld, 0},
		{"negative", edit(fmt.Sprintf(`"amount":%d`, e.Captured(0).Amount.Minor), `"amount":-5`), ngo.DeliveryQuarantined, "", 0},
		{"more money than there is", edit(fmt.Sprintf(`"amount":%d`, e.Captured(0).Amount.Minor), `"amount":9223372036854775807`), ngo.DeliveryQuarantined, "", 0},
		{"without mail", anonymous, ngo.DeliveryProcessed, ngo.DonationReceived, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.deliver([]byte(tt.body))
			if errs := h.work(); errs != nil {
				t.Fatal(errs)
			}
			s := h.state()
			if d := s.deliveries[0]; d.State != tt.delivery || (d.State == ngo.DeliveryQuarantined) != (d.Reason != "") {
				t.Errorf("delivery %+v; want %s", d, tt.delivery)
			}
			if len(s.receipts) != tt.receipts {
				t.Errorf("%d receipts; want %d", len(s.receipts), tt.receipts)
			}
			if (len(s.donations) == 0) != (tt.gift == "") {
				t.Fatalf("gifts %+v; want %q", s.donations, tt.gift)
			}
			if tt.gift != "" && s.donations[0].State != tt.gift {
				t.Errorf("gift %+v; want %s", s.donations[0], tt.gift)
			}
			if tt.gift == ngo.DonationHeld && s.donations[0].Reason == "" {
				t.Error("a held gift does not say why")
			}
			if off := recount(h); off != nil {
				t.Error(off)
			}
		})
	}
}

func TestGiftOfNobodyWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.sim.Plain = false
	for n := range 400 {
		if e := h.sim.Captured(n); e.Donor == (ngo.Donor{}) && !e.International {
			h.deliver(e.Body)
			break
		}
	}
	if errs := h.work(); errs != nil {
		t.Fatal(errs)
	}
	s := h.state()
	if len(s.donations) != 1 || s.donations[0].State != ngo.DonationWaiting || s.donations[0].Reason == "" || s.donations[0].Person != "" {
		t.Errorf("gifts %+v; want one that waits, of nobody", s.donations)
	}
}

func TestLargeBodyLiesInAFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := append(h.sim.Captured(0).Body, bytes.Repeat([]byte(" "), store.MostInline)...)
	shelf, err := blob.Open(filepath.Join(h.org.Dir(), "blobs"), h.org.Box())
	must(t, err)
	defer shelf.Close()
	b, err := shelf.Put(t.Context(), ngo.NewID[ngo.BlobID](h.now()), body)
	must(t, err)
	d := h.org.NewDelivery(h.gateway.ID, "", body).InBlob(b.ID)
	h.write(func(tx *store.Tx) error {
		must(t, tx.AddBlob(b.ID, b.Size, b.SHA, b.Key))
		_, err := tx.AddDelivery(d)
		return err
	})
	if errs := h.work(); errs != nil {
		t.Fatal(errs)
	}
	if s := h.state(); len(s.receipts) != 1 {
		t.Errorf("%d receipts; want one", len(s.receipts))
	}
}

// What a gateway sent before it was removed is still worked on.
func TestRemovedGatewayIsStillRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.deliver(h.sim.Captured(0).Body)
	h.write(func(tx *store.Tx) error { _, err := tx.RemoveAccount(h.gateway.ID); return err })
	if errs := h.work(); errs != nil {
		t.Fatal(errs)
	}
	if s := h.state(); len(s.donations) != 1 {
		t.Errorf("%d gifts; want one", len(s.donations))
	}
}

// The same person's gifts join; the receipts are numbered without a gap.
func TestGiftsOfOnePersonAreNumberedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.sim.People = 1
	for n := range 30 {
		h.deliver(h.sim.Captured(n).Body)
	}
	if errs := h.work(); errs != nil {
		t.Fatal(errs)
	}
	s := h.state()
	numbers := map[int64]bool{}
	for i, r := range s.receipts {
		numbers[r.Serial] = true
		if p := s.donations[i].Person; p != s.donations[0].Person {
			t.Errorf("gift %d is of %s; want %s", i, p, s.donations[0].Person)
		}
	}
	for n := range int64(30) {
		if !numbers[n+1] {
			t.Errorf("number %d is missing", n+1)
		}
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if kinds := len(h.flow.Handlers()); kinds != 10 {
		t.Errorf("%d steps; want 10", kinds)
	}
	if _, err := os.Stat(filepath.Join(h.org.Dir(), "org.db")); err != nil {
		t.Error(err)
	}
	_ = storetest.Slug
}
