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

// opened is an opened account, or why it could not be opened.
type opened[T any] struct {
	info    ngo.Account
	account T
	err     error
}

// shelf is the accounts of one kind.
type shelf[T any] struct {
	byName map[string]opened[T]
	byID   map[ngo.AccountID]opened[T]
}

func newShelf[T any]() shelf[T] {
	return shelf[T]{map[string]opened[T]{}, map[ngo.AccountID]opened[T]{}}
}

func (s shelf[T]) add(a opened[T]) { s.byName[a.info.Name], s.byID[a.info.ID] = a, a }

// accounts is everything an organisation is connected to, as of one version.
type accounts struct {
	version  uint64
	gateways shelf[payment.Account]
	channels shelf[channel.Account]
	sending  []Channel // the channels that can be used, in the order of their names
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
	return all.gateways.named(ngo.Gateway, name)
}

// GatewayByID is Gateway by identifier; it also finds one that was removed, whose deliveries are still worked on.
func (o *Org) GatewayByID(ctx context.Context, id ngo.AccountID) (ngo.Account, payment.Account, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return ngo.Account{}, nil, err
	}
	return byID(ctx, o, all.gateways, id, o.book.openGateway)
}

// Channel gives the account of a channel by its name. It fails as Gateway does.
func (o *Org) Channel(ctx context.Context, name string) (ngo.Account, channel.Account, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return ngo.Account{}, nil, err
	}
	return all.channels.named(ngo.Channel, name)
}

// ChannelByID is Channel by identifier; it also finds one that was removed, whose deliveries are still worked on.
func (o *Org) ChannelByID(ctx context.Context, id ngo.AccountID) (ngo.Account, channel.Account, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return ngo.Account{}, nil, err
	}
	return byID(ctx, o, all.channels, id, o.book.openChannel)
}

// named gives the account with this name.
func (s shelf[T]) named(kind ngo.AccountKind, name string) (info ngo.Account, account T, err error) {
	a, ok := s.byName[name]
	if !ok {
		return info, account, &ngo.Error{Code: ngo.NotFound, Message: fmt.Sprintf("there is no %s %q", kind, ngo.Printable(name)), Hint: fmt.Sprintf("see: ngoctl %s list", kind)}
	}
	return a.info, a.account, a.err
}

// byID gives the account with this identifier, opening it anew when it was removed.
func byID[T any](ctx context.Context, o *Org, s shelf[T], id ngo.AccountID, open func(row) opened[T]) (ngo.Account, T, error) {
	if a, ok := s.byID[id]; ok {
		return a.info, a.account, a.err
	}
	var none T
	var r row
	err := o.Store.Read(ctx, func(rx *store.Rx) error {
		info, err := rx.AccountByID(id)
		if err != nil {
			return err
		}
		r, err = readRow(rx, info)
		return err
	})
	if err != nil {
		return ngo.Account{}, none, err
	}
	a := open(r)
	return a.info, a.account, a.err
}

// Gateways gives the gateways that can be used, by name. One whose settings no longer make an account is left out.
func (o *Org) Gateways(ctx context.Context) ([]Gateway, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return nil, err
	}
	var out []Gateway
	for _, name := range slices.Sorted(maps.Keys(all.gateways.byName)) {
		if g := all.gateways.byName[name]; g.err == nil {
			out = append(out, Gateway{g.info, g.account})
		}
	}
	return out, nil
}

// Channels gives the channels that can send, by name. One whose settings no longer make an account is left out and logged.
func (o *Org) Channels(ctx context.Context) ([]Channel, error) {
	all, err := o.opened(ctx)
	if err != nil {
		return nil, err
	}
	return all.sending, nil
}

// AccountsVersion is another one whenever an account of the organisation may have changed.
func (o *Org) AccountsVersion() uint64 { return o.account.Load() }

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
	a := &accounts{gateways: newShelf[payment.Account](), channels: newShelf[channel.Account]()}
	for _, r := range rows {
		if r.info.Kind == ngo.Gateway {
			a.gateways.add(b.openGateway(r))
			continue
		}
		c := b.openChannel(r)
		a.channels.add(c)
		if c.err != nil {
			b.log.Error("channel cannot be used", "org", slug, "channel", r.info.Name, "err", c.err)
			continue
		}
		a.sending = append(a.sending, Channel{c.info, c.account})
	}
	return a
}

func (b *Book) openGateway(r row) opened[payment.Account] { return openWith(b.gateways, r) }
func (b *Book) openChannel(r row) opened[channel.Account] { return openWith(b.channels, r) }

// openWith opens an account with the driver that its row names.
func openWith[T any, D interface {
	Name() string
	Open(setting.Values) (T, error)
}](drivers []D, r row) opened[T] {
	for _, d := range drivers {
		if d.Name() == r.info.Driver {
			acc, err := d.Open(r.values())
			return opened[T]{r.info, acc, err}
		}
	}
	return opened[T]{info: r.info, err: unknownDriver(r.info)}
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
