package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// savePayment records a payment by a delivery of its own, which was polled if so said.
func savePayment(t testing.TB, o *store.Org, p ngo.Payment, polled bool) (saved ngo.Payment) {
	t.Helper()
	d := o.NewDelivery(p.Account, "", []byte(p.Ref+p.Alias+ngo.Ref(p.State)))
	if polled {
		d, p.Recovered = d.Polled(), true
	}
	p.Delivery = d.ID
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		if _, err = tx.AddDelivery(d); err != nil {
			return err
		}
		saved, _, err = tx.SavePayment(p)
		return err
	})
	return saved
}

func TestListsOfPaymentsAreNarrowed(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	account := storetest.Gateway(t, o).ID
	start := c.Now()
	var all []ngo.PaymentID
	for i, p := range []ngo.Payment{
		{Ref: "a", State: ngo.PaymentCaptured, Method: "upi"},
		{Ref: "b", State: ngo.PaymentFailed, Method: "card"},
		{Ref: "c", State: ngo.PaymentCreated, Method: "upi"},
		{Ref: "d", State: ngo.PaymentCaptured, Method: "card"},
		{Ref: "e", State: ngo.PaymentAuthorized, Method: "card"},
	} {
		c.pass(time.Hour)
		p.Account, p.Amount, p.Created = account, ngo.Paise(100), c.Now()
		all = append(all, savePayment(t, o, p, i == 3).ID)
	}
	for name, tt := range map[string]struct {
		q    store.PaymentQuery
		want []int // of all
	}{
		"everything":      {store.PaymentQuery{}, []int{4, 3, 2, 1, 0}},
		"pages":           {store.PaymentQuery{ListQuery: store.ListQuery{Limit: 2}}, []int{4, 3, 2, 1, 0}},
		"captured":        {store.PaymentQuery{State: ngo.PaymentCaptured}, []int{3, 0}},
		"failed":          {store.PaymentQuery{State: ngo.PaymentFailed}, []int{1}},
		"charged back":    {store.PaymentQuery{State: ngo.PaymentChargedBack}, nil},
		"of the account":  {store.PaymentQuery{Account: account}, []int{4, 3, 2, 1, 0}},
		"of another":      {store.PaymentQuery{Account: "acc_other"}, nil},
		"from an instant": {store.PaymentQuery{From: start.Add(2 * time.Hour)}, []int{4, 3, 2, 1}},
		"to an instant":   {store.PaymentQuery{To: start.Add(2 * time.Hour)}, []int{0}},
		"from and to":     {store.PaymentQuery{From: start.Add(2 * time.Hour), To: start.Add(4 * time.Hour)}, []int{2, 1}},
		"method":          {store.PaymentQuery{Method: "card"}, []int{4, 3, 1}},
		"recovered":       {store.PaymentQuery{Recovered: true}, []int{3}},
		"all at once":     {store.PaymentQuery{State: ngo.PaymentFailed, Account: account, From: start, To: c.Now(), Method: "card"}, []int{1}},
	} {
		var got, want []ngo.PaymentID
		for _, i := range tt.want {
			want = append(want, all[i])
		}
		for q, more := tt.q, true; more; more = q.After != "" {
			storetest.Read(t, o, func(r *store.Rx) error {
				items, next, err := r.Payments(q)
				for _, p := range items {
					got = append(got, p.ID)
				}
				q.After = next
				return err
			})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v; want %v", name, got, want)
		}
	}
}

// Deliveries tell whether they were sent or asked for, and lists can be narrowed to either.
func TestDeliveriesKnowHowTheyCame(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	one := storetest.Gateway(t, o).ID
	other := o.NewAccount(ngo.Gateway, "payu", "payu", nil, nil)
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.AddAccount(other) })
	add := func(account ngo.AccountID, body string, polled bool) {
		d := o.NewDelivery(account, "", []byte(body))
		if polled {
			d = d.Polled()
		}
		storetest.Write(t, o, func(tx *store.Tx) error {
			_, err := tx.AddDelivery(d)
			return err
		})
	}
	add(one, "sent", false)
	add(one, "asked for", true)
	add(one, "sent", true) // the same body: it was sent, and stays so
	add(other.Account.ID, "sent", false)
	for name, tt := range map[string]struct {
		q    store.DeliveryQuery
		want int
	}{
		"all":                    {store.DeliveryQuery{}, 3},
		"sent":                   {store.DeliveryQuery{Source: ngo.SourceWebhook}, 2},
		"asked for":              {store.DeliveryQuery{Source: ngo.SourcePoll}, 1},
		"of one account":         {store.DeliveryQuery{Account: one}, 2},
		"sent, of one account":   {store.DeliveryQuery{Account: one, Source: ngo.SourceWebhook}, 1},
		"asked for, of another":  {store.DeliveryQuery{Account: other.Account.ID, Source: ngo.SourcePoll}, 0},
		"quarantined, asked for": {store.DeliveryQuery{State: ngo.DeliveryQuarantined, Source: ngo.SourcePoll}, 0},
	} {
		storetest.Read(t, o, func(r *store.Rx) error {
			items, _, err := r.Deliveries(tt.q)
			if len(items) != tt.want {
				t.Errorf("%s: %d deliveries; want %d", name, len(items), tt.want)
			}
			for _, d := range items {
				if tt.q.Source != "" && d.Source != tt.q.Source || d.Source == "" {
					t.Errorf("%s: %+v", name, d)
				}
			}
			return err
		})
	}
}
