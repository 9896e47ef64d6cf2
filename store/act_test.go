package store_test

import (
	"maps"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestAccountKeepsItsSecretsSealed(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	secrets := map[string]string{"webhook-secret": "whsec", "key-secret": "rzp"}
	n := o.NewAccount(ngo.Gateway, "razorpay", "razorpay", map[string]string{"key-id": "k"}, secrets)
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.AddAccount(n) })
	again := o.NewAccount(ngo.Gateway, "razorpay", "razorpay", nil, nil)
	err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error { return tx.AddAccount(again) })
	if ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a second account of the name = %v; want Conflict", err)
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		a, err := r.Account(ngo.Gateway, "razorpay")
		if a.ID != n.Account.ID || a.Settings["key-id"] != "k" || len(a.Settings) != 1 {
			t.Errorf("Account = %+v", a)
		}
		got, err2 := r.Secrets(a.ID)
		if !maps.Equal(got, secrets) || err2 != nil {
			t.Errorf("Secrets = %v, %v", got, err2)
		}
		if channels, _ := r.Accounts(ngo.Channel); len(channels) != 0 {
			t.Errorf("channels = %v; want none", channels)
		}
		return err
	})
}

func TestAnAccountConnectedAnewStaysTheSame(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	first := o.NewAccount(ngo.Gateway, "razorpay", "razorpay", map[string]string{"key-id": "k"}, map[string]string{"webhook-secret": "old"})
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.AddAccount(first) })
	var removal ngo.Act
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		removal, err = tx.RemoveAccount(first.Account.ID)
		return err
	})
	var removed ngo.Account
	storetest.Read(t, o, func(r *store.Rx) (err error) {
		removed, err = r.RemovedAccount(ngo.Gateway, "razorpay", "razorpay")
		return err
	})
	again := o.AccountAgain(removed, nil, map[string]string{"webhook-secret": "new"})
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.AddAccount(again) })
	storetest.Read(t, o, func(r *store.Rx) error {
		a, err := r.Account(ngo.Gateway, "razorpay")
		if a.ID != first.Account.ID || a.Removed != nil || len(a.Settings) != 0 {
			t.Errorf("Account = %+v; want the first one's id and no settings", a)
		}
		if got, _ := r.Secrets(a.ID); got["webhook-secret"] != "new" {
			t.Errorf("Secrets = %v; want the new one", got)
		}
		return err
	})
	for name, change := range map[string]func(*store.Tx) error{
		"adding it once more": func(tx *store.Tx) error { return tx.AddAccount(again) },
		"undoing its removal": func(tx *store.Tx) error { _, err := tx.Undo(removal.ID); return err },
	} {
		if err := o.Write(t.Context(), store.Ack, "test", change); ngo.CodeOf(err) != ngo.Conflict {
			t.Errorf("%s = %v; want Conflict", name, err)
		}
	}
}

// undo undoes an act and gives the act that did it.
func undo(t testing.TB, o *store.Org, id ngo.ActID) (act ngo.Act) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		act, err = tx.Undo(id)
		return err
	})
	return act
}

func undoRefused(t testing.TB, o *store.Org, id ngo.ActID) {
	t.Helper()
	err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
		_, err := tx.Undo(id)
		return err
	})
	if ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("undo of %s = %v; want Conflict", id, err)
	}
}

func TestRemovedAccountComesBack(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	a := storetest.Gateway(t, o)
	remove := func() (act ngo.Act) {
		storetest.Write(t, o, func(tx *store.Tx) (err error) {
			act, err = tx.RemoveAccount(a.ID)
			return err
		})
		return act
	}
	there := func(want bool) {
		t.Helper()
		storetest.Read(t, o, func(r *store.Rx) error {
			list, err := r.Accounts("")
			if (len(list) == 1) != want {
				t.Errorf("accounts = %v; want there %v", list, want)
			}
			if byID, err := r.AccountByID(a.ID); err != nil || (byID.Removed == nil) != want {
				t.Errorf("AccountByID = %+v, %v", byID, err)
			}
			return err
		})
	}
	removed := remove()
	there(false)
	back := undo(t, o, removed.ID)
	there(true)
	undoRefused(t, o, removed.ID)
	undo(t, o, back.ID) // the undoing is undone
	there(false)
	undoRefused(t, o, back.ID)
	checkWhole(t, o)
}

func TestRemovedAccountDoesNotComeBackOverAnother(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	a := storetest.Gateway(t, o)
	var act ngo.Act
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		act, err = tx.RemoveAccount(a.ID)
		return err
	})
	storetest.Gateway(t, o) // the name is taken again
	undoRefused(t, o, act.ID)
}

func TestProfileIsBroughtBack(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	set := func(name string) (act ngo.Act) {
		p := storetest.Profile()
		p.LegalName = name
		storetest.Write(t, o, func(tx *store.Tx) (err error) {
			act, err = tx.SetProfile(p)
			return err
		})
		return act
	}
	name := func(want string) {
		t.Helper()
		storetest.Read(t, o, func(r *store.Rx) error {
			p, err := r.Profile()
			if p.LegalName != want {
				t.Errorf("name = %q; want %q", p.LegalName, want)
			}
			return err
		})
	}
	first, second := set("One"), set("Two")
	undoRefused(t, o, first.ID) // that would lose Two without a word
	undo(t, o, second.ID)
	name("One")
	storetest.Read(t, o, func(r *store.Rx) error {
		acts, _, err := r.Acts(store.ListQuery{})
		if len(acts) != 3 {
			t.Errorf("acts = %v; want the two and the undoing", acts)
		}
		was, _ := r.Act(second.ID)
		if was.Undone == nil {
			t.Errorf("the act that was undone = %+v", was)
		}
		return err
	})
	checkWhole(t, o)
}
