package daemon

import (
	"context"
	"maps"
	"time"

	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// forgetFormer takes away the secrets that others replaced, once nothing can come any more that was signed with them.
func (b *base) forgetFormer(ctx context.Context, info ngo.Org) error {
	o, err := b.store.Org(ctx, info.Slug)
	if err != nil {
		return err
	}
	var accounts []ngo.Account
	err = o.Read(ctx, func(rx *store.Rx) (err error) {
		accounts, err = rx.Accounts(ngo.Gateway)
		return err
	})
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if len(b.former(a)) == 0 {
			continue
		}
		if err := b.forget(ctx, o, a.ID); err != nil {
			return err
		}
		b.o.Log.Info("former secret forgotten", "org", info.Slug, "account", a.Name)
	}
	return nil
}

// former names the secrets of an account whose time is over. One whose end cannot be read has none.
func (b *base) former(a ngo.Account) (names []string) {
	for _, d := range b.book.Gateways() {
		if d.Name() != a.Driver {
			continue
		}
		for _, f := range d.Settings() {
			end, kept := a.Settings[setting.Until(f.Former)]
			if f.Former == "" || !kept {
				continue
			}
			if at, err := time.Parse(time.RFC3339, end); err != nil || !b.o.Now().Before(at) {
				names = append(names, f.Former)
			}
		}
	}
	return names
}

// forget looks again in its transaction: somebody may have put a newer secret in place meanwhile.
func (b *base) forget(ctx context.Context, o *store.Org, id ngo.AccountID) error {
	return o.Write(ctx, store.Work, "daemon", func(tx *store.Tx) error {
		a, err := tx.AccountByID(id)
		if err != nil || a.Removed != nil {
			return err
		}
		secrets, err := tx.Secrets(id)
		if err != nil {
			return err
		}
		settings := maps.Clone(a.Settings)
		for _, name := range b.former(a) {
			delete(secrets, name)
			delete(settings, setting.Until(name))
		}
		_, err = tx.ChangeAccount(o.AccountChange(a, settings, secrets))
		return err
	})
}
