package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func notKnown(t testing.TB, o *store.Org, account ngo.AccountID, seen ...store.Seen) (missing []int) {
	t.Helper()
	storetest.Read(t, o, func(r *store.Rx) (err error) {
		missing, _, err = r.NotKnown(account, seen)
		return err
	})
	return missing
}

// What the ledger has and the gateway tells more of: a fee, a refund's reference. Once recorded it is no more so.
func TestWhatTheLedgerKnowsTooLittleOf(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	account := storetest.Gateway(t, o).ID
	pay := ngo.Payment{Account: account, Ref: "txn_1", Alias: "mih_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(1000_00), Created: c.Now()}
	failed := ngo.Payment{Account: account, Ref: "txn_2", State: ngo.PaymentFailed, Amount: ngo.Paise(1000_00), Created: c.Now()}
	refund := ngo.Refund{Account: account, Ref: "rfnd_1", PaymentRef: "txn_1", State: ngo.RefundProcessed, Amount: ngo.Paise(50), Created: c.Now()}
	save := func() {
		t.Helper()
		savePayment(t, o, pay, false)
		savePayment(t, o, failed, false)
		storetest.Write(t, o, func(tx *store.Tx) error {
			_, _, err := tx.SaveRefund(refund)
			return err
		})
	}
	seen := []store.Seen{
		{Payment: "txn_1", Alias: "mih_1", PaymentState: ngo.PaymentCaptured, Fee: 23_60},
		{Payment: "txn_1", Alias: "mih_1", PaymentState: ngo.PaymentCaptured},
		{Payment: "txn_2", PaymentState: ngo.PaymentFailed, Fee: 23_60},
		{Payment: "txn_3", PaymentState: ngo.PaymentCaptured, Fee: 23_60},
		{Refund: "rfnd_1", RefundState: ngo.RefundProcessed, Reference: "74000000000000000000001"},
		{Refund: "rfnd_1", RefundState: ngo.RefundProcessed},
		{Refund: "rfnd_2", RefundState: ngo.RefundPending, Reference: "74000000000000000000002"},
	}
	check := func(when string, want ...int) {
		t.Helper()
		storetest.Read(t, o, func(r *store.Rx) error {
			missing, fuller, err := r.NotKnown(account, seen)
			if !slices.Equal(missing, []int{3, 6}) || !slices.Equal(fuller, want) {
				t.Errorf("%s: missing %v, fuller %v; want [3 6], %v", when, missing, fuller, want)
			}
			return err
		})
	}
	save()
	check("before", 0, 4)
	pay.Fee, refund.Reference = 23_60, "74000000000000000000001"
	save()
	check("once recorded")
	seen[0].Fee, seen[4].Reference = 29_50, "1"
	check("when another is told")
}

func TestWhatTheLedgerDoesNotHave(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	account := storetest.Gateway(t, o).ID
	pay := func(ref, alias ngo.Ref, state ngo.PaymentState) {
		savePayment(t, o, ngo.Payment{Account: account, Ref: ref, Alias: alias, State: state, Amount: ngo.Paise(100), Created: c.Now()}, false)
	}
	pay("pay_1", "", ngo.PaymentCaptured)
	pay("pay_2", "", ngo.PaymentFailed)
	pay("txn_1", "mih_1", ngo.PaymentCaptured)
	pay("txn_1", "mih_2", ngo.PaymentCaptured) // a second gift under one reference
	pay("txn_2", "", ngo.PaymentCaptured)
	storetest.Write(t, o, func(tx *store.Tx) error {
		if _, _, err := tx.SaveRefund(ngo.Refund{Account: account, Ref: "rfnd_1", PaymentRef: "pay_1", State: ngo.RefundPending, Amount: ngo.Paise(50), Created: c.Now()}); err != nil {
			return err
		}
		if _, _, err := tx.SaveRefund(ngo.Refund{Account: account, Token: "rfnd_2", PaymentRef: "pay_1", State: ngo.RefundRequested, Amount: ngo.Paise(10), Created: c.Now()}); err != nil {
			return err
		}
		if _, _, err := tx.SaveDispute(ngo.Dispute{Account: account, Ref: "disp_1", PaymentRef: "pay_9", State: ngo.DisputeWon, Amount: ngo.Paise(50), Created: c.Now()}); err != nil {
			return err
		}
		_, _, err := tx.SaveSettlement(ngo.Settlement{Account: account, Ref: "setl_1", State: ngo.SettlementProcessed, Amount: ngo.Paise(50), Created: c.Now()})
		return err
	})
	const captured = ngo.PaymentCaptured
	for name, tt := range map[string]struct {
		seen  store.Seen
		known bool
	}{
		"a payment":                       {store.Seen{Payment: "pay_1", PaymentState: captured}, true},
		"in an earlier state":             {store.Seen{Payment: "pay_1", PaymentState: ngo.PaymentAuthorized}, true},
		"in a later state":                {store.Seen{Payment: "pay_2", PaymentState: captured}, false},
		"another payment":                 {store.Seen{Payment: "pay_3", PaymentState: captured}, false},
		"by its alias":                    {store.Seen{Payment: "mih_1", PaymentState: captured}, true},
		"by both":                         {store.Seen{Payment: "txn_1", Alias: "mih_1", PaymentState: captured}, true},
		"the second under its reference":  {store.Seen{Payment: "txn_1", Alias: "mih_2", PaymentState: captured}, true},
		"a third under its reference":     {store.Seen{Payment: "txn_1", Alias: "mih_3", PaymentState: captured}, false},
		"its alias is not known yet":      {store.Seen{Payment: "txn_2", Alias: "mih_4", PaymentState: captured}, true},
		"a refund":                        {store.Seen{Refund: "rfnd_1", RefundState: ngo.RefundPending}, true},
		"a refund that went on":           {store.Seen{Refund: "rfnd_1", RefundState: ngo.RefundProcessed}, false},
		"a token is no reference":         {store.Seen{Refund: "rfnd_2", RefundState: ngo.RefundPending}, false},
		"a dispute":                       {store.Seen{Dispute: "disp_1", DisputeState: ngo.DisputeOpen}, true},
		"a dispute that was lost":         {store.Seen{Dispute: "disp_1", DisputeState: ngo.DisputeLost}, false},
		"another dispute":                 {store.Seen{Dispute: "pay_1", DisputeState: ngo.DisputeOpen}, false},
		"a settlement":                    {store.Seen{Settlement: "setl_1", SettlementState: ngo.SettlementProcessed}, true},
		"another settlement":              {store.Seen{Settlement: "setl_2", SettlementState: ngo.SettlementProcessed}, false},
		"a known payment, unknown refund": {store.Seen{Payment: "pay_1", PaymentState: captured, Refund: "rfnd_9", RefundState: ngo.RefundPending}, false},
		"a refund and whose it is":        {store.Seen{Payment: "pay_9", Refund: "rfnd_1", RefundState: ngo.RefundPending}, true},
		"an event that says nothing":      {store.Seen{}, true},
	} {
		if known := len(notKnown(t, o, account, tt.seen)) == 0; known != tt.known {
			t.Errorf("%s: known %v; want %v", name, known, tt.known)
		}
	}
	if got := notKnown(t, o, "acc_other", store.Seen{Payment: "pay_1", PaymentState: captured}); len(got) != 1 {
		t.Errorf("of another account: %v", got)
	}
	if got := notKnown(t, o, account); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestWhatIsMissingOfMany(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	account := storetest.Gateway(t, o).ID
	var seen []store.Seen
	var want []int
	for i := range 260 {
		seen = append(seen, store.Seen{Payment: ngo.Ref(fmt.Sprint("pay_", i)), PaymentState: ngo.PaymentCaptured})
		if i%13 != 0 {
			want = append(want, i)
			continue
		}
		savePayment(t, o, ngo.Payment{Account: account, Ref: seen[i].Payment, State: ngo.PaymentCaptured, Amount: ngo.Paise(100), Created: newClock().Now()}, false)
	}
	if got := notKnown(t, o, account, seen...); !slices.Equal(got, want) {
		t.Errorf("missing = %v; want %v", got, want)
	}
}
