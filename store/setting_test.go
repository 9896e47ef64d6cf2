package store_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// changeAccount changes the gateway of storetest and gives the act.
func changeAccount(t testing.TB, o *store.Org, settings, secrets map[string]string) (act ngo.Act) {
	t.Helper()
	n := o.AccountChange(theGateway(t, o), settings, secrets)
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		act, err = tx.ChangeAccount(n)
		return err
	})
	return act
}

func theGateway(t testing.TB, o *store.Org) (a ngo.Account) {
	t.Helper()
	storetest.Read(t, o, func(r *store.Rx) (err error) {
		a, err = r.Account(ngo.Gateway, "razorpay")
		return err
	})
	return a
}

func secretsOf(t testing.TB, o *store.Org, id ngo.AccountID) (out map[string]string) {
	t.Helper()
	storetest.Read(t, o, func(r *store.Rx) (err error) {
		out, err = r.Secrets(id)
		return err
	})
	return out
}

func TestSettingsChangeAndChangeBack(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	was := storetest.Gateway(t, o)
	secrets := secretsOf(t, o, was.ID)
	first := changeAccount(t, o, map[string]string{"key-id": "other", "pot": "foreign"}, nil)
	if first.Kind != ngo.ActSetting {
		t.Errorf("the act is %+v", first)
	}
	if got := theGateway(t, o).Settings; got["key-id"] != "other" || len(got) != 2 {
		t.Errorf("settings = %v", got)
	}
	if same := changeAccount(t, o, map[string]string{"key-id": "other", "pot": "foreign"}, nil); same.ID != "" {
		t.Errorf("a change of nothing left the act %+v", same)
	}
	second := changeAccount(t, o, map[string]string{}, nil)
	undoRefused(t, o, first.ID)
	undo(t, o, second.ID)
	if got := theGateway(t, o).Settings; got["key-id"] != "other" {
		t.Errorf("settings after the undo = %v", got)
	}
	undoRefused(t, o, first.ID)
	if got := secretsOf(t, o, was.ID); !maps.Equal(got, secrets) {
		t.Errorf("secrets = %v; want them untouched", got)
	}
	checkWhole(t, o)
}

// A secret that was changed stays so, and stands in no act and no line of the trail.
func TestSecretsChangeForGood(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	account := storetest.Gateway(t, o)
	before := changeAccount(t, o, map[string]string{"key-id": "other"}, nil)
	act := changeAccount(t, o, nil, map[string]string{"webhook-secret": "newsecret"})
	if act.ID != "" {
		t.Errorf("a new secret left the act %+v", act)
	}
	if got := secretsOf(t, o, account.ID); got["webhook-secret"] != "newsecret" || len(got) != 1 {
		t.Errorf("secrets = %v", got)
	}
	if got := theGateway(t, o).Settings; got["key-id"] != "other" {
		t.Errorf("settings = %v; want them untouched", got)
	}
	undo(t, o, before.ID) // the settings alone
	if got := secretsOf(t, o, account.ID); got["webhook-secret"] != "newsecret" {
		t.Errorf("secrets after settings were brought back = %v", got)
	}
	both := changeAccount(t, o, map[string]string{"key-id": "k3", "webhook-secret-until": "2026-12-07T00:00:00Z"}, map[string]string{"webhook-secret": "newest"})
	if got := theGateway(t, o).Settings; both.ID != "" || got["key-id"] != "k3" {
		t.Errorf("both at once: act %q, settings %v", both.ID, got)
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		lines, _, err := r.Audit(store.ListQuery{Limit: 100})
		for _, l := range lines {
			if strings.Contains(l.Before+l.After, "newest") || strings.Contains(l.Before+l.After, "newsecret") {
				t.Errorf("a secret stands in the trail: %+v", l)
			}
		}
		return err
	})
	checkWhole(t, o)
}

func TestChangesThatComeTooLate(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	stale := o.AccountChange(storetest.Gateway(t, o), map[string]string{"key-id": "mine"}, nil)
	refused := func(why string) {
		t.Helper()
		err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
			_, err := tx.ChangeAccount(stale)
			return err
		})
		if ngo.CodeOf(err) != ngo.Conflict {
			t.Errorf("%s: ChangeAccount = %v; want Conflict", why, err)
		}
	}
	changeAccount(t, o, map[string]string{"key-id": "theirs"}, nil)
	refused("somebody else changed it")
	stale = o.AccountChange(theGateway(t, o), map[string]string{"key-id": "mine"}, map[string]string{"webhook-secret": "x"})
	storetest.Write(t, o, func(tx *store.Tx) error {
		_, err := tx.RemoveAccount(stale.Account.ID)
		return err
	})
	refused("it was removed")
}
