package apiserver

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment/desk"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// checkTime is how long connecting to a provider may take.
const checkTime = 30 * time.Second

// driver is what a gateway and a channel have in common: a form, and a check of what was entered.
type driver struct {
	name string
	form setting.Form
	open func(setting.Values) error
}

// driversOf lists what the daemon was built with.
func (s *Server) driversOf(kind ngo.AccountKind) []driver {
	var out []driver
	if kind == ngo.Gateway {
		for _, d := range s.o.Book.Gateways() {
			out = append(out, driver{d.Name(), d.Settings(), func(v setting.Values) error { _, err := d.Open(v); return err }})
		}
		return out
	}
	for _, d := range s.o.Book.Channels() {
		out = append(out, driver{d.Name(), d.Settings(), func(v setting.Values) error { _, err := d.Open(v); return err }})
	}
	return out
}

func (s *Server) drivers(context.Context, *struct{}) (*answer[api.Drivers], error) {
	gateways := slices.DeleteFunc(s.driversOf(ngo.Gateway), func(d driver) bool { return d.name == desk.Name })
	return &answer[api.Drivers]{api.Drivers{Gateways: forms(gateways), Channels: forms(s.driversOf(ngo.Channel))}}, nil
}

func forms(ds []driver) []api.Driver {
	out := make([]api.Driver, 0, len(ds))
	for _, d := range ds {
		out = append(out, api.Driver{Name: d.name, Settings: d.form})
	}
	return out
}

func (s *Server) driver(kind ngo.AccountKind, name string) (driver, error) {
	for _, d := range s.driversOf(kind) {
		if d.name == name {
			return d, nil
		}
	}
	return driver{}, &ngo.Error{Code: ngo.Invalid, Message: "there is no " + string(kind) + " called " + ngo.Printable(name), Hint: "see which there are: ngoctl " + string(kind) + " add --help"}
}

func (s *Server) listAccounts(ctx context.Context, kind ngo.AccountKind, in OrgPath) (*page[api.Account], error) {
	o, err := s.open(ctx, in)
	if err != nil {
		return nil, err
	}
	var rows []ngo.Account
	err = o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		rows, err = rx.Accounts(kind)
		return err
	})
	if err != nil {
		return nil, err
	}
	out, err := s.shown(ctx, o, rows)
	return newPage(out, ""), err
}

func (s *Server) getAccount(ctx context.Context, kind ngo.AccountKind, in NamePath) (*answer[api.Account], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var a ngo.Account
	err = o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		a, err = rx.Account(kind, in.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.shownOne(ctx, o, a)
}

// addAccount checks the values as the driver wants them, seals the secrets, and only then opens a transaction.
func (s *Server) addAccount(ctx context.Context, kind ngo.AccountKind, in *orgBody[api.AddAccount]) (*answer[api.Account], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	if in.Body.Driver == desk.Name {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "gifts by hand need no gateway", Hint: "enter one: ngoctl donation add --help"}
	}
	d, err := s.driver(kind, in.Body.Driver)
	if err != nil {
		return nil, err
	}
	values, err := d.form.Check(in.Body.Values)
	if err != nil {
		return nil, err
	}
	if err := d.open(values); err != nil {
		return nil, err
	}
	settings, secrets := d.form.Split(values)
	n, err := prepareAccount(ctx, o.Store, kind, d.name, cmp.Or(in.Body.Name, d.name), settings, secrets)
	if err != nil {
		return nil, err
	}
	err = s.connect(ctx, o, func(tx *store.Tx) error { return tx.AddAccount(n) })
	if err != nil {
		return nil, err
	}
	return s.shownOne(ctx, o, n.Account)
}

// prepareAccount takes up again what was removed under the same name: so a secret is changed, and nothing counts twice.
func prepareAccount(ctx context.Context, o *store.Org, kind ngo.AccountKind, driver, name string, settings, secrets map[string]string) (n store.NewAccount, err error) {
	err = o.Read(ctx, func(rx *store.Rx) error {
		removed, err := rx.RemovedAccount(kind, driver, name)
		if ngo.CodeOf(err) == ngo.NotFound {
			n = o.NewAccount(kind, driver, name, settings, secrets)
			return nil
		}
		if err != nil {
			return err
		}
		n = o.AccountAgain(removed, settings, secrets)
		return nil
	})
	return n, err
}

func (s *Server) dropAccount(ctx context.Context, kind ngo.AccountKind, in NamePath) (*struct{}, error) {
	return nil, s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		a, err := tx.Account(kind, in.Name)
		if err != nil {
			return err
		}
		_, err = tx.RemoveAccount(a.ID)
		return err
	})
}

func (s *Server) gateways(ctx context.Context, in *OrgPath) (*page[api.Account], error) {
	return s.listAccounts(ctx, ngo.Gateway, *in)
}

func (s *Server) gateway(ctx context.Context, in *NamePath) (*answer[api.Account], error) {
	return s.getAccount(ctx, ngo.Gateway, *in)
}

func (s *Server) addGateway(ctx context.Context, in *orgBody[api.AddAccount]) (*answer[api.Account], error) {
	return s.addAccount(ctx, ngo.Gateway, in)
}

func (s *Server) removeGateway(ctx context.Context, in *NamePath) (*struct{}, error) {
	return s.dropAccount(ctx, ngo.Gateway, *in)
}

func (s *Server) channels(ctx context.Context, in *OrgPath) (*page[api.Account], error) {
	return s.listAccounts(ctx, ngo.Channel, *in)
}

func (s *Server) channel(ctx context.Context, in *NamePath) (*answer[api.Account], error) {
	return s.getAccount(ctx, ngo.Channel, *in)
}

func (s *Server) addChannel(ctx context.Context, in *orgBody[api.AddAccount]) (*answer[api.Account], error) {
	if in.Body.Name == "health" {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a channel cannot be called health: that stands for how all of them are", Hint: "take another name"}
	}
	return s.addAccount(ctx, ngo.Channel, in)
}

func (s *Server) removeChannel(ctx context.Context, in *NamePath) (*struct{}, error) {
	return s.dropAccount(ctx, ngo.Channel, *in)
}

// checkChannel tells what the provider says as an answer, not as an error: its "log in" is not ours.
func (s *Server) checkChannel(ctx context.Context, in *NamePath) (*answer[api.Check], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	if _, err := s.getAccount(ctx, ngo.Channel, *in); err != nil {
		return nil, err
	}
	opened, err := o.Channels(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range opened {
		if c.Info.Name == in.Name {
			return &answer[api.Check]{s.asked(ctx, o, c.Info.ID, c.Account)}, nil
		}
	}
	return &answer[api.Check]{api.Check{Problem: "its settings no longer make an account", Hint: "remove it and add it again"}}, nil
}

// asked tells whether a channel's provider takes its credentials. Where it does, what waits for the channel goes now.
func (s *Server) asked(ctx context.Context, o *org.Org, id ngo.AccountID, account channel.Account) api.Check {
	within, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	told := checked(account.Check(within))
	if told.OK && s.o.Answers != nil {
		s.o.Answers(ctx, o, id)
	}
	return told
}

func checked(err error) api.Check {
	if err == nil {
		return api.Check{OK: true}
	}
	if e, ok := errors.AsType[*ngo.Error](err); ok {
		return api.Check{Problem: e.Message, Hint: e.Hint}
	}
	return api.Check{Problem: "the provider did not answer as expected", Hint: "check the address and try again"}
}
