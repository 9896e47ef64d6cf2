package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// The road of a gift as the flow walks it, for tests that count or time it.

// acknowledge takes in the i-th delivery of an account.
func acknowledge(tb testing.TB, o *store.Org, account ngo.AccountID, i int) ngo.DeliveryID {
	d := o.NewDelivery(account, "evt", fmt.Appendf(nil, `{"event":"payment.captured","n":%d,"pad":"%0900d"}`, i, i))
	err := o.Write(tb.Context(), store.Ack, "webhook", func(tx *store.Tx) error {
		added, err := tx.AddDelivery(d)
		if err == nil && !added {
			err = fmt.Errorf("delivery %d was taken for a repeat", i)
		}
		return err
	})
	if err != nil {
		tb.Error(err)
	}
	return d.ID
}

// ingest is the first job of a delivery: the payment, the person and the gift.
func ingest(tb testing.TB, o *store.Org, account ngo.AccountID, j ngo.Job, i int) {
	donation := ngo.Donation{ID: ngo.NewID[ngo.DonationID](time.Now()), State: ngo.DonationReceived, Amount: ngo.Paise(50_000), Given: "2026-11-22",
		Donor: seed.Donor(i), Method: "upi"}
	err := o.Write(tb.Context(), store.Work, "job", func(tx *store.Tx) error {
		p, _, err := tx.SavePayment(ngo.Payment{Account: account, Ref: ngo.Ref(fmt.Sprintf("pay_%d", i)), State: ngo.PaymentCaptured,
			Amount: ngo.Paise(50_000), Method: "upi", Created: tx.Now(), Delivery: ngo.DeliveryID(j.Subject)})
		if err != nil {
			return err
		}
		d := donation
		d.Payment = p.ID
		if _, _, err := tx.AddDonation(d); err != nil {
			return err
		}
		if err := tx.SettleDelivery(p.Delivery, ngo.DeliveryProcessed, "payment.captured", ""); err != nil {
			return err
		}
		return tx.Advance(j, ngo.LanePayment, ngo.JobReact, string(d.ID))
	})
	if err != nil {
		tb.Error(err)
	}
}

// react is the second job: the receipt and its mail.
func react(tb testing.TB, o *store.Org, j ngo.Job) {
	donation := ngo.DonationID(j.Subject)
	receipt, err := o.NewReceipt(donation, store.ReceiptFacts{Series: "SVT/2026-27/D", Amount: ngo.Paise(50_000), Day: "2026-11-22",
		Law: "it-act-2025", Tax: true, Printed: fmt.Appendf(nil, `{"donor":"x","pad":"%0600d"}`, 1)})
	if err != nil {
		tb.Error(err)
		return
	}
	message := ngo.Message{ID: ngo.NewID[ngo.MessageID](time.Now()), Recipient: "x@example.org"}
	err = o.Write(tb.Context(), store.Work, "job", func(tx *store.Tx) error {
		r, err := tx.IssueReceipt(receipt)
		if err != nil {
			return err
		}
		m := message
		m.Receipt = r.ID
		if err := tx.AddMessage(m); err != nil {
			return err
		}
		return tx.Advance(j, ngo.LaneDocument, ngo.JobRender, string(r.ID))
	})
	if err != nil {
		tb.Error(err)
	}
}

func claim(tb testing.TB, o *store.Org, lane ngo.Lane, n int) (jobs []ngo.Job) {
	err := o.Write(tb.Context(), store.Work, "job", func(tx *store.Tx) (err error) {
		jobs, err = tx.Claim(lane, n, time.Minute)
		return err
	})
	if err != nil {
		tb.Error(err)
	}
	return jobs
}

// together runs fn for 0 to n-1, as 64 callers would.
func together(n int, fn func(i int)) {
	const callers = 64
	var next atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	wg.Wait()
}

// finishPayments walks every waiting gift to its receipt.
func finishPayments(tb testing.TB, o *store.Org, account ngo.AccountID) {
	var seen atomic.Int64
	for {
		jobs := claim(tb, o, ngo.LanePayment, 64)
		if len(jobs) == 0 {
			return
		}
		together(len(jobs), func(i int) {
			if jobs[i].Kind == ngo.JobIngest {
				ingest(tb, o, account, jobs[i], int(seen.Add(1)))
				return
			}
			react(tb, o, jobs[i])
		})
	}
}

// TestStatementBudget counts what a gift costs the writer, 64 callers at a time.
func TestStatementBudget(t *testing.T) {
	t.Parallel()
	gifts := 1280
	if raceEnabled {
		gifts = 256
	}
	o := storetest.Org(t)
	account := storetest.Gateway(t, o).ID

	before := o.Stats()
	together(gifts, func(i int) { acknowledge(t, o, account, i) })
	acks := o.Stats()
	// Each has four of its own; what is written once for a whole commit is at most twelve.
	used, commits := int(acks.Statements-before.Statements), int(acks.Commits-before.Commits)
	t.Logf("%.2f statements per acknowledgement, %.1f acknowledgements per commit", float64(used)/float64(gifts), float64(gifts)/float64(commits))
	if used > 4*gifts+12*commits {
		t.Errorf("%d acknowledgements in %d commits took %d statements; want at most 4 each and 12 per commit", gifts, commits, used)
	}

	finishPayments(t, o, account)
	after := o.Stats()
	used, commits = int(after.Statements-acks.Statements), int(after.Commits-acks.Commits)
	perGift := float64(used) / float64(gifts)
	t.Logf("%.2f statements from the acknowledgement to the receipt, %d commits", perGift, commits)
	if used > 14*gifts+32*commits {
		t.Errorf("%d gifts in %d commits took %d statements; want at most 14 each and 32 per commit", gifts, commits, used)
	}
	if perGift > 18 && !raceEnabled { // with the race detector a commit ends, by its time, before many have joined it
		t.Errorf("from the acknowledgement to the receipt: %.2f statements; want at most 18", perGift)
	}
	checkWhole(t, o)
	storetest.Read(t, o, func(r *store.Rx) error {
		last, err := r.LastSerial("SVT/2026-27/D")
		if last != int64(gifts) {
			t.Errorf("last receipt number = %d; want %d", last, gifts)
		}
		return err
	})
}

// checkWhole holds the roll-ups to a recount and walks the trail.
func checkWhole(tb testing.TB, o *store.Org) {
	tb.Helper()
	storetest.Read(tb, o, func(r *store.Rx) error {
		off, err := r.Recount()
		for _, text := range off {
			tb.Error("roll-up: " + text)
		}
		return err
	})
	report, err := o.VerifyAudit(tb.Context())
	if err != nil || !report.Whole() {
		tb.Errorf("VerifyAudit = %+v, %v; want a whole trail", report, err)
	}
}

func BenchmarkAcknowledge(b *testing.B) {
	o := storetest.Org(b)
	account := storetest.Gateway(b, o).ID
	b.ResetTimer()
	together(b.N, func(i int) { acknowledge(b, o, account, i) })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
}

func BenchmarkGift(b *testing.B) {
	o := storetest.Org(b)
	account := storetest.Gateway(b, o).ID
	together(b.N, func(i int) { acknowledge(b, o, account, i) })
	b.ResetTimer()
	finishPayments(b, o, account)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "gifts/s")
}
