package daemon

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A secret that was replaced is good until its time is over, and then it is gone.
func TestFormerSecretIsForgotten(t *testing.T) {
	t.Parallel()
	var skew atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
	b, o, gateway := newBase(t, func(o *Options) { o.Now = now })
	old := setting.Until("old-webhook-secret")
	change(t, o, gateway, map[string]string{old: now().Add(15 * 24 * time.Hour).UTC().Format(time.RFC3339)},
		map[string]string{"webhook-secret": "new", "old-webhook-secret": "whsec"})
	e := sim.NewRazorpay(1, "whsec").Captured(1)
	good := func() bool {
		t.Helper()
		b.tidyAll(t.Context(), false)
		house, err := b.book.Org(t.Context(), "sevai")
		if err != nil {
			t.Fatal(err)
		}
		_, account, err := house.Gateway(t.Context(), "razorpay")
		if err != nil {
			t.Fatal(err)
		}
		return account.Verify(e.Header(), e.Body) == nil
	}
	if !good() {
		t.Error("the former secret is not good right after the change")
	}
	skew.Store(int64(14 * 24 * time.Hour))
	if !good() {
		t.Error("the former secret is not good after two weeks")
	}
	skew.Store(int64(15*24*time.Hour + time.Minute))
	if good() {
		t.Error("the former secret is good after its time")
	}
	read(t, o, func(rx *store.Rx) error {
		a, err := rx.AccountByID(gateway)
		if err != nil {
			return err
		}
		secrets, err := rx.Secrets(gateway)
		if _, kept := a.Settings[old]; kept || secrets["old-webhook-secret"] != "" || secrets["webhook-secret"] != "new" {
			t.Errorf("settings %v with %d secrets; want the new secret alone", a.Settings, len(secrets))
		}
		return err
	})
}

func change(t testing.TB, o *store.Org, id ngo.AccountID, settings, secrets map[string]string) {
	t.Helper()
	err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
		a, err := tx.AccountByID(id)
		if err != nil {
			return err
		}
		_, err = tx.ChangeAccount(o.AccountChange(a, settings, secrets))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, o *store.Org, fn func(*store.Rx) error) {
	t.Helper()
	if err := o.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
