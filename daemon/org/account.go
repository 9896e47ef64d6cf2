package org

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Channel is a messaging channel that is ready to send.
type Channel struct {
	Info    ngo.Account
	Account channel.Account
}

// Gateway is a payment gateway that can be used.
type Gateway struct {
	Info    ngo.Account
	Account payment.Account
}

// gateway is an opened gateway account, or why it could not be opened.
type gateway struct {
	info    ngo.Account
	account payment.Account
	err     error
}

// accounts is everything an organisation is connected to, as of one version.
type accounts struct {
	version  uint64
	byName   map[string]gateway
	byID     map[ngo.AccountID]gateway
	channels []Channel
}

// row is an account as stored.
type row struct {
	info    ngo.Account
	secrets map[string]string
}

// Gateway gives the account of a gateway by its name. It fails with NotFound when there is none, and with Invalid when
// its settings no longer make an account.
func (o *Org) Gateway(ctx context.Context, name string) (ngo.Account, payment.Account, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return ngo.Account{}, nil, err
	}
	g, ok := all.byName[name]
	if !ok {
		return ngo.Account{}, nil, &ngo.Error{Code: ngo.NotFound, Message: fmt.Sprintf("there is no gateway %q", ngo.Printable(name)), Hint: "see: ngoctl gateway list"}
	}
	return g.info, g.account, g.err
}

// GatewayByID is Gateway by identifier; it also finds one that was removed, whose deliveries are still worked on.
func (o *Org) GatewayByID(ctx context.Context, id ngo.AccountID) (ngo.Account, payment.Account, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return ngo.Account{}, nil, err
	}
	if g, ok := all.byID[id]; ok {
		return g.info, g.account, g.err
	}
	var r row
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		info, err := rx.AccountByID(id)
		if err != nil {
			return err
		}
		r, err = readRow(rx, info)
		return err
	})
	if err != nil {
		return ngo.Account{}, nil, err
	}
	g := o.book.openGateway(r)
	return g.info, g.account, g.err
}

// Gateways gives the gateways that can be used, by name. One whose settings no longer make an account is left out.
func (o *Org) Gateways(ctx context.Context) ([]Gateway, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return nil, err
	}
	var out []Gateway
	for _, name := range slices.Sorted(maps.Keys(all.byName)) {
		if g := all.byName[name]; g.err == nil {
			out = append(out, Gateway{g.info, g.account})
		}
	}
	return out, nil
}

// Channels gives the channels that can send. One whose settings no longer make an account is left out and logged.
func (o *Org) Channels(ctx context.Context) ([]Channel, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return nil, err
	}
	return all.channels, nil
}

// opened gives the accounts, opened once per version.
func (o *Org) opened(ctx context.Context) (*accounts, error) {
	if a := o.accounts.Load(); a != nil && a.version == o.account.Load() {
		return a, nil
	}
	o.opening.Lock() // one opens, the others wait for it
	defer o.opening.Unlock()
	version := o.account.Load()
	if a := o.accounts.Load(); a != nil && a.version == version {
		return a, nil
	}
	rows, err := o.rows(ctx)
	if err != nil {
		return nil, err
	}
	a := o.book.open(o.Info().Slug, rows)
	a.version = version
	if o.book.cache != nil {
		o.accounts.Store(a)
	}
	return a, nil
}

func (o *Org) rows(ctx context.Context) ([]row, error) {
	var rows []row
	err := o.Store.Read(ctx, func(rx *store.Rx) error {
		for _, kind := range []ngo.AccountKind{ngo.Gateway, ngo.Channel} {
			infos, err := rx.Accounts(kind)
			if err != nil {
				return err
			}
			for _, info := range infos {
				r, err := readRow(rx, info)
				if err != nil {
					return err
				}
				rows = append(rows, r)
			}
		}
		return nil
	})
	return rows, err
}

func readRow(rx *store.Rx, info ngo.Account) (row, error) {
	secrets, err := rx.Secrets(info.ID)
	return row{info, secrets}, err
}

func (b *Book) open(slug string, rows []row) *accounts {
	a := &accounts{byName: map[string]gateway{}, byID: map[ngo.AccountID]gateway{}}
	for _, r := range rows {
		if r.info.Kind == ngo.Gateway {
			g := b.openGateway(r)
			a.byName[r.info.Name], a.byID[r.info.ID] = g, g
			continue
		}
		acc, err := b.openChannel(r)
		if err != nil {
			b.log.Error("channel cannot be used", "org", slug, "channel", r.info.Name, "err", err)
			continue
		}
		a.channels = append(a.channels, Channel{r.info, acc})
	}
	return a
}

func (b *Book) openGateway(r row) gateway {
	for _, d := range b.gateways {
		if d.Name() == r.info.Driver {
			acc, err := d.Open(r.values())
			return gateway{r.info, acc, err}
		}
	}
	return gateway{info: r.info, err: unknownDriver(r.info)}
}

func (b *Book) openChannel(r row) (channel.Account, error) {
	for _, d := range b.channels {
		if d.Name() == r.info.Driver {
			return d.Open(r.values())
		}
	}
	return nil, unknownDriver(r.info)
}

func (r row) values() setting.Values {
	v := setting.Values{}
	maps.Copy(v, r.info.Settings)
	maps.Copy(v, r.secrets)
	return v.WithoutUntil()
}

func unknownDriver(a ngo.Account) error {
	return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("this version of ngoctl has no %s %q", a.Kind, a.Driver),
		Hint: "upgrade ngoctl", Err: errors.New("account " + string(a.ID))}
}
