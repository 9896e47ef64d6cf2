package apiserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

const donorPAN = "ABCPE1234F"

// gift is what a captured payment left behind.
type gift struct {
	delivery ngo.DeliveryID
	payment  ngo.PaymentID
	person   ngo.PersonID
	donation ngo.DonationID
	receipt  ngo.Receipt
	message  ngo.MessageID
}

// give records a gift with its receipt and mail, as the flow leaves them before the mail goes out.
func give(t testing.TB, o *store.Org, n int) gift {
	t.Helper()
	g := pay(t, o, n, anitha())
	g.issue(t, o)
	return g
}

// anitha is a donor of whom everything is known.
func anitha() ngo.Donor {
	return ngo.Donor{Name: "Anitha Raman", EMail: "anitha@example.org", Phone: "+919876543210", Address: "1 Lake Road", PAN: donorPAN}
}

// pay records a gift, through a gateway of its own that can be asked to pay back.
func pay(t testing.TB, o *store.Org, n int, donor ngo.Donor) gift {
	t.Helper()
	account := o.NewAccount(ngo.Gateway, "razorpay", fmt.Sprint("gift-", n),
		map[string]string{"key-id": "rzp_test_4242424242"}, map[string]string{"webhook-secret": "whsec", "key-secret": "keysec"})
	v := o.NewDelivery(account.Account.ID, "", fmt.Appendf(nil, `{"n":%d}`, n))
	var g gift
	storetest.Write(t, o, func(tx *store.Tx) error {
		if err := tx.AddAccount(account); err != nil {
			return err
		}
		if _, err := tx.AddDelivery(v); err != nil {
			return err
		}
		g.delivery = v.ID
		if err := tx.SettleDelivery(v.ID, ngo.DeliveryProcessed, "payment.captured", ""); err != nil {
			return err
		}
		p, _, err := tx.SavePayment(ngo.Payment{
			Account: account.Account.ID, Ref: ngo.Ref(fmt.Sprint("pay_", n)), State: ngo.PaymentCaptured, Amount: ngo.Paise(250000),
			Method: "upi", Created: tx.Now(), Delivery: v.ID,
		})
		if err != nil {
			return err
		}
		g.payment = p.ID
		person, err := tx.JoinPerson(donor)
		if err != nil {
			return err
		}
		g.person = person
		d, _, err := tx.AddDonation(ngo.Donation{Payment: p.ID, Person: person, Amount: p.Amount, Given: "2026-11-22", Donor: donor, Method: "upi", Pot: ngo.Domestic})
		g.donation = d.ID
		return err
	})
	return g
}

func (g *gift) issue(t testing.TB, o *store.Org) {
	t.Helper()
	var d ngo.Donation
	storetest.Read(t, o, func(rx *store.Rx) (err error) { d, err = rx.Donation(g.donation); return err })
	facts := receipt.Decide(receipt.Law{ID: "it-2025", Act: "Income-tax Act, 2025"}, receipt.Gift{Org: o.Info(), Profile: storetest.Profile(), Donation: d})
	printed, err := facts.JSON()
	if err != nil {
		t.Fatal(err)
	}
	n, err := o.NewReceipt(d.ID, store.ReceiptFacts{Series: "SVT/2026-27/D", Amount: d.Amount, Day: d.Given, Law: "it-2025", Tax: true, Printed: printed})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		if g.receipt, err = tx.IssueReceipt(n); err != nil {
			return err
		}
		g.message = ngo.NewID[ngo.MessageID](tx.Now())
		return tx.AddMessage(ngo.Message{ID: g.message, Receipt: g.receipt.ID, Person: d.Person, Recipient: d.Donor.EMail})
	})
}

func TestDonationIsShownWithWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := give(t, f.org, 1)
	d, err := f.local.Donation(t.Context(), storetest.Slug, g.donation)
	if err != nil {
		t.Fatal(err)
	}
	if d.Amount != ngo.Paise(250000) || d.Receipt == nil || d.Receipt.Number != g.receipt.Number || d.Payment == nil || len(d.Messages) != 1 || len(d.Timeline) < 4 {
		t.Errorf("Donation = %+v", d)
	}
	if d.Donor.PAN != "ABCxxxxx4F" {
		t.Errorf("PAN = %q, want it masked", d.Donor.PAN)
	}
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if err := seed.Fill(t.Context(), f.org, seed.Options{Gifts: 7}); err != nil {
		t.Fatal(err)
	}
	seen := map[ngo.DonationID]bool{}
	q := api.DonationQuery{ListQuery: api.ListQuery{Limit: 3}}
	for pages := 1; ; pages++ {
		page, err := f.local.Donations(t.Context(), storetest.Slug, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Items {
			seen[d.ID] = true
		}
		if q.After = page.Next; q.After == "" {
			if pages != 3 {
				t.Errorf("pages = %d, want 3", pages)
			}
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("saw %d gifts, want 7", len(seen))
	}
	_, err := f.local.Donations(t.Context(), storetest.Slug, api.DonationQuery{ListQuery: api.ListQuery{Limit: 501}})
	wantCode(t, err, ngo.Invalid)
	_, err = f.local.Donations(t.Context(), storetest.Slug, api.DonationQuery{From: "1 April"})
	wantCode(t, err, ngo.Invalid)
	held, err := f.local.Donations(t.Context(), storetest.Slug, api.DonationQuery{State: ngo.DonationHeld})
	if err != nil || held.Items == nil || len(held.Items) != 0 {
		t.Errorf("held gifts = %#v, %v; want an empty list", held.Items, err)
	}
}

func TestReceiptByIDAndNumber(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := give(t, f.org, 1)
	for _, name := range []string{string(g.receipt.ID), g.receipt.Number} {
		r, err := f.local.Receipt(t.Context(), storetest.Slug, name)
		if err != nil || r.ID != g.receipt.ID || len(r.Messages) != 1 {
			t.Fatalf("Receipt(%s) = %+v, %v", name, r, err)
		}
		var facts receipt.Facts
		if err := json.Unmarshal(r.Facts, &facts); err != nil || facts.Donor.PAN != "ABCxxxxx4F" || facts.Number != g.receipt.Number {
			t.Errorf("facts of %s = %+v, %v", name, facts, err)
		}
	}
	list, err := f.local.Receipts(t.Context(), storetest.Slug, api.ReceiptQuery{Series: "SVT/2026-27/D", From: "2026-11-22"})
	if err != nil || len(list.Items) != 1 {
		t.Errorf("Receipts = %+v, %v", list, err)
	}
	if list, err = f.local.Receipts(t.Context(), storetest.Slug, api.ReceiptQuery{State: ngo.ReceiptVoid}); err != nil || len(list.Items) != 0 {
		t.Errorf("void receipts = %+v, %v", list, err)
	}
}

// The original is what was drawn when the receipt was issued; what is fetched later is drawn anew, with a mark, and noted.
func TestOriginalIsFetchedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	fetch := func(idOrNumber string) string {
		t.Helper()
		data, err := f.local.ReceiptCopy(t.Context(), storetest.Slug, idOrNumber)
		if err != nil || !bytes.HasPrefix(data, []byte("%PDF-")) {
			t.Fatalf("ReceiptCopy = %.20q, %v", data, err)
		}
		return string(data)
	}
	g := give(t, f.org, 1)
	f.attach(g, []byte("%PDF- as it was rendered"))
	if got := fetch(g.receipt.Number); got != "%PDF- as it was rendered" {
		t.Errorf("the original = %.40q", got)
	}
	if got := fetch(g.receipt.Number); got == "%PDF- as it was rendered" {
		t.Error("the original was given twice")
	}
	r, err := f.local.Receipt(t.Context(), storetest.Slug, g.receipt.Number)
	if err != nil || r.Given == nil || r.GivenBy != "os:root" || r.Copies != 1 {
		t.Errorf("receipt = %+v, %v; want it given, and one copy", r.Receipt, err)
	}
	early := give(t, f.org, 2) // not drawn yet
	if original, copied := fetch(string(early.receipt.ID)), fetch(string(early.receipt.ID)); original == copied {
		t.Error("a copy looks like the original")
	}
}

// Of many who fetch it at once, one has the original.
func TestOriginalIsFetchedByOneOfMany(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := give(t, f.org, 1)
	f.attach(g, []byte("%PDF- as it was rendered"))
	var originals atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			data, err := f.local.ReceiptCopy(t.Context(), storetest.Slug, g.receipt.Number)
			if err != nil {
				t.Error(err)
			}
			if string(data) == "%PDF- as it was rendered" {
				originals.Add(1)
			}
		})
	}
	wg.Wait()
	r, err := f.local.Receipt(t.Context(), storetest.Slug, g.receipt.Number)
	if err != nil || originals.Load() != 1 || r.Copies != 7 {
		t.Errorf("%d originals, %d copies, %v; want 1 and 7", originals.Load(), r.Copies, err)
	}
}

// attach stores a document for a receipt, as the flow does.
func (f *fixture) attach(g gift, data []byte) {
	f.t.Helper()
	shelf, err := f.blobs.Of(f.org.Info())
	if err != nil {
		f.t.Fatal(err)
	}
	b, err := shelf.Put(f.t.Context(), ngo.NewID[ngo.BlobID](time.Now()), data)
	if err != nil {
		f.t.Fatal(err)
	}
	storetest.Write(f.t, f.org, func(tx *store.Tx) error {
		if err := tx.AddBlob(b.ID, b.Size, b.SHA, b.Key); err != nil {
			return err
		}
		return tx.AttachDocument(g.receipt.ID, b.ID)
	})
}

func TestReceiptIsSentAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := give(t, f.org, 1)
	ctx := t.Context()
	move := func(to ngo.MessageState) {
		storetest.Write(t, f.org, func(tx *store.Tx) error { return tx.MoveMessage(g.message, to, "", "", "") })
	}
	_, err := f.local.SendReceipt(ctx, storetest.Slug, g.receipt.Number, "The donor asked for it.")
	wantCode(t, err, ngo.Conflict) // it is queued

	move(ngo.MessageSending)
	move(ngo.MessageUncertain)
	m, err := f.local.SendReceipt(ctx, storetest.Slug, g.receipt.Number, "The donor asked for it.")
	if err != nil || m.ID != g.message || m.State != ngo.MessageQueued {
		t.Fatalf("after an uncertain send: %+v, %v; want the same message queued", m, err)
	}
	move(ngo.MessageSent)
	m, err = f.local.SendReceipt(ctx, storetest.Slug, g.receipt.Number, "The donor asked for it.")
	if err != nil || m.ID == g.message || m.Recipient != "anitha@example.org" {
		t.Fatalf("after a good send: %+v, %v; want a new message", m, err)
	}
	jobs, err := f.local.Jobs(ctx, storetest.Slug, api.JobQuery{Kind: ngo.JobDeliver})
	if err != nil || len(jobs.Items) != 2 {
		t.Errorf("jobs = %+v, %v; want one for each", jobs, err)
	}
	trail, err := f.local.Audit(ctx, storetest.Slug, api.ListQuery{})
	if err != nil || !slices.ContainsFunc(trail.Items, func(e ngo.AuditEntry) bool { return e.Action == "receipt.send" && e.Actor == "os:root" }) {
		t.Errorf("trail = %+v, %v; want why it was sent again", trail.Items, err)
	}
	move = func(to ngo.MessageState) {
		storetest.Write(t, f.org, func(tx *store.Tx) error { return tx.MoveMessage(m.ID, to, "", "", "") })
	}
	move(ngo.MessageFailed)
	if status, p := f.send("POST", "/orgs/sevai/receipts/"+string(g.receipt.ID)+"/send", "", ""); status != 200 {
		t.Errorf("without a body: %d %+v", status, p)
	}
}

func TestDeliveryIsReplayed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := give(t, f.org, 1)
	ctx := t.Context()
	if err := f.local.ReplayDelivery(ctx, storetest.Slug, g.delivery); err != nil {
		t.Fatal(err)
	}
	jobs, err := f.local.Jobs(ctx, storetest.Slug, api.JobQuery{Kind: ngo.JobIngest, Lane: ngo.LanePayment, State: ngo.JobReady})
	if err != nil || len(jobs.Items) != 2 || jobs.Items[0].Subject != string(g.delivery) {
		t.Fatalf("jobs = %+v, %v", jobs, err)
	}
	j, err := f.local.Job(ctx, storetest.Slug, jobs.Items[0].ID)
	if err != nil || j.Kind != ngo.JobIngest {
		t.Errorf("Job = %+v, %v", j, err)
	}
	wantCode(t, f.local.RetryJob(ctx, storetest.Slug, j.ID), ngo.Conflict)
	d, err := f.local.Delivery(ctx, storetest.Slug, g.delivery)
	if err != nil || d.State != ngo.DeliveryProcessed || d.Summary != "payment.captured" {
		t.Errorf("Delivery = %+v, %v", d, err)
	}
}

// TestForeignIDsLookMissing asks for what belongs to another organisation, as an admin of one's own: the answer must be
// the same as for what does not exist.
func TestForeignIDsLookMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	foreign, err := f.store.Org(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	g := give(t, foreign, 1)
	_, token := f.user("meena", storetest.Slug, ngo.Admin)
	foreignJobs, err := f.local.Jobs(t.Context(), "other", api.JobQuery{})
	if err != nil || len(foreignJobs.Items) == 0 {
		t.Fatalf("jobs = %v, %v", foreignJobs, err)
	}
	undone := holdAndUndo(t, f, "other", g.donation)
	purpose(t, f, "other", "lunch")
	const zeros = "00000000000000000000000000"
	for _, tt := range []struct{ method, path, theirs, none, body string }{
		{"GET", "donations/%s", string(g.donation), "don_" + zeros, ""},
		{"PATCH", "donations/%s", string(g.donation), "don_" + zeros, `{"name":"Mallory"}`},
		{"POST", "donations/%s/hold", string(g.donation), "don_" + zeros, `{"reason":"x"}`},
		{"POST", "donations/%s/release", string(g.donation), "don_" + zeros, `{}`},
		{"POST", "donations/%s/refund", string(g.donation), "don_" + zeros, `{"reason":"x"}`},
		{"GET", "payments/%s", string(g.payment), "pmt_" + zeros, ""},
		{"GET", "persons/%s", string(g.person), "per_" + zeros, ""},
		{"GET", "receipts/%s", string(g.receipt.ID), "rcp_" + zeros, ""},
		{"GET", "receipts/%s", "SVT%2F2026-27%2FD%2F000001", "SVT%2F2026-27%2FD%2F999999", ""},
		{"GET", "receipts/%s/pdf", string(g.receipt.ID), "rcp_" + zeros, ""},
		{"POST", "receipts/%s/send", string(g.receipt.ID), "rcp_" + zeros, ""},
		{"POST", "receipts/%s/void", string(g.receipt.ID), "rcp_" + zeros, `{"reason":"x"}`},
		{"POST", "receipts/%s/replace", string(g.receipt.ID), "rcp_" + zeros, `{"reason":"x"}`},
		{"POST", "donations/%s/receipt", string(g.donation), "don_" + zeros, `{"reason":"x"}`},
		{"GET", "deliveries/%s", string(g.delivery), "dlv_" + zeros, ""},
		{"POST", "deliveries/%s/replay", string(g.delivery), "dlv_" + zeros, ""},
		{"GET", "jobs/%s", string(foreignJobs.Items[0].ID), "m_" + zeros, ""},
		{"POST", "jobs/%s/retry", string(foreignJobs.Items[0].ID), "m_" + zeros, ""},
		{"GET", "gateways/%s", "gift-1", "gift-9", ""},
		{"PATCH", "gateways/%s", "gift-1", "gift-9", `{"values":{"account-id":"acc_1"}}`},
		{"POST", "gateways/%s/rotate", "gift-1", "gift-9", `{"value":"another"}`},
		{"POST", "gateways/%s/test", "gift-1", "gift-9", ""},
		{"POST", "gateways/%s/catch-up", "gift-1", "gift-9", `{"since":"2026-11-22T00:00:00Z"}`},
		{"DELETE", "gateways/%s", "gift-1", "gift-9", ""},
		{"GET", "donations?gateway=%s", "gift-1", "gift-9", ""},
		{"GET", "payments?gateway=%s", "gift-1", "gift-9", ""},
		{"PATCH", "purposes/%s", "lunch", "dinner", `{"title":"x"}`},
		{"DELETE", "purposes/%s", "lunch", "dinner", ""},
		{"POST", "acts/%s/undo", string(undone), "act_" + zeros, ""},
	} {
		theirs := f.raw(tt.method, token, fmt.Sprintf(tt.path, tt.theirs), tt.body)
		missing := f.raw(tt.method, token, fmt.Sprintf(tt.path, tt.none), tt.body)
		a := strings.ReplaceAll(theirs, strings.ReplaceAll(tt.theirs, "%2F", "/"), "ID")
		b := strings.ReplaceAll(missing, strings.ReplaceAll(tt.none, "%2F", "/"), "ID")
		if d := cmp.Diff(a, b); d != "" || !strings.HasPrefix(theirs, "404 ") {
			t.Errorf("%s %s: another's and a missing one differ, or are there: %s\n%s", tt.method, tt.path, theirs, d)
		}
	}
	again, err := f.local.Donation(t.Context(), "other", g.donation)
	if err != nil || again.Donor.Name != "Anitha Raman" || again.State != ngo.DonationReceived || len(again.Refunds) != 0 {
		t.Errorf("the other's gift is now %+v, %v", again, err)
	}
}

// holdAndUndo leaves an act in an organisation, and gives it.
func holdAndUndo(t *testing.T, f *fixture, slug string, id ngo.DonationID) ngo.ActID {
	t.Helper()
	held, err := f.local.HoldDonation(t.Context(), slug, id, "to be looked at")
	if err != nil {
		t.Fatal(err)
	}
	undone, err := f.local.Undo(t.Context(), slug, held.Act.ID)
	if err != nil {
		t.Fatal(err)
	}
	return undone.ID
}

func purpose(t *testing.T, f *fixture, slug, name string) {
	t.Helper()
	if _, err := f.local.AddPurpose(t.Context(), slug, api.NewPurpose{Name: name, Title: "School lunch", Aliases: []string{"Meals for children"}}); err != nil {
		t.Fatal(err)
	}
}

// raw gives status and body of an answer about sevai.
func (f *fixture) raw(method, token, path, body string) string {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.http.URL+"/api/v1/orgs/sevai/"+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", res.StatusCode, answer)
}
