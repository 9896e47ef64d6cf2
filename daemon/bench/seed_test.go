package bench

import (
	"testing"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// What is kept of a made-up receipt can be read and drawn as any other, with the words of the law or without.
func TestMadeUpReceiptsCanBeDrawn(t *testing.T) {
	t.Parallel()
	laws, _, err := receipt.LoadLaws(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		print func(ngo.Org, ngo.Profile, ngo.Donation, ngo.Payment) (seed.Paper, error)
		tax   bool
	}{
		"plain":      {nil, false},
		"by the law": {papers(laws), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := storetest.Org(t)
			if err := seed.Fill(t.Context(), o, seed.Options{Gifts: 3, Print: tt.print}); err != nil {
				t.Fatal(err)
			}
			storetest.Read(t, o, func(r *store.Rx) error {
				receipts, _, err := r.Receipts(store.ReceiptQuery{})
				if len(receipts) != 3 {
					t.Errorf("%d receipts; want 3", len(receipts))
				}
				for _, one := range receipts {
					drawn(t, r, one, tt.tax)
				}
				return err
			})
		})
	}
}

func drawn(t *testing.T, r *store.Rx, one ngo.Receipt, tax bool) {
	t.Helper()
	kept, err := r.ReceiptFacts(one.ID)
	if err != nil {
		t.Fatal(err)
	}
	f, err := receipt.Read(kept)
	if err != nil {
		t.Fatal(err)
	}
	gift, err := r.Donation(one.Donation)
	if err != nil {
		t.Fatal(err)
	}
	if f.Amount != gift.Amount || f.Donor.Name != gift.Donor.Name || f.Donor.PAN != gift.Donor.PAN || f.Day != gift.Given || f.Tax != tax || one.Tax != tax || f.Law != one.Law ||
		gift.State != ngo.DonationReceived || (len(f.Reasons) == 0) != tax {
		t.Errorf("receipt %+v of %+v prints %+v", one, gift, f)
	}
	if _, err := receipt.PDF(typeset.New(), f, receipt.Paper{}); err != nil {
		t.Error(err)
	}
}
