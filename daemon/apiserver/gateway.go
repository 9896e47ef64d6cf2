package apiserver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment/desk"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	formerLife = 15 * 24 * time.Hour // how long a secret counts after another took its place
	mostBack   = 90 * 24 * time.Hour // how far back a gateway is asked
	clockSlack = time.Hour           // how far the clock of whoever asks may be behind, and how long the question may take
)

// valueEdit changes the values of an account, given those it has. It fails with what the caller is told.
type valueEdit func(f setting.Form, v setting.Values) error

// setGateway changes the settings that are named.
func (s *Server) setGateway(ctx context.Context, in *nameBody[api.SetAccount]) (*answer[api.Account], error) {
	return s.setNamed(ctx, ngo.Gateway, in)
}

// setNamed puts named values in the place of those that an account has.
func (s *Server) setNamed(ctx context.Context, kind ngo.AccountKind, in *nameBody[api.SetAccount]) (*answer[api.Account], error) {
	return s.changeAccount(ctx, kind, in.NamePath, func(f setting.Form, v setting.Values) error {
		for name := range in.Body.Values {
			if _, ok := f.Field(name); !ok {
				return setting.Faulty(f, fmt.Sprintf("%q is not one of its settings", ngo.Printable(name)))
			}
		}
		maps.Copy(v, in.Body.Values)
		return nil
	})
}

// rotateGateway puts a new secret in the place of one that stays good for a while: the gateway signs with it what happened
// before the change.
func (s *Server) rotateGateway(ctx context.Context, in *nameBody[api.Rotate]) (*answer[api.Account], error) {
	return s.changeAccount(ctx, ngo.Gateway, in.NamePath, func(f setting.Form, v setting.Values) error {
		field, err := rotating(f, in.Body.Field)
		if err != nil {
			return err
		}
		value, err := field.Check(in.Body.Value)
		if err != nil {
			return setting.Faulty(f, field.Name+" "+err.Error())
		}
		switch old := v[field.Name]; old {
		case "":
			return &ngo.Error{Code: ngo.Conflict, Message: "there is no " + field.Name + " yet that another could follow", Hint: "enter it: ngoctl gateway set " + in.Name}
		case value:
			return &ngo.Error{Code: ngo.Conflict, Message: "this is the " + field.Name + " that is in use", Hint: "make a new one at the gateway first"}
		default:
			v[field.Former] = old
		}
		v[field.Name] = value
		v[setting.Until(field.Former)] = s.o.Now().Add(formerLife).UTC().Format(time.RFC3339)
		return nil
	})
}

// rotating finds the secret to rotate: the one named, or the only one that can be.
func rotating(f setting.Form, name string) (setting.Field, error) {
	var all []setting.Field
	var names []string
	for _, field := range f {
		if field.Former == "" {
			continue
		}
		if field.Name == name {
			return field, nil
		}
		all, names = append(all, field), append(names, field.Name)
	}
	if name == "" && len(all) == 1 {
		return all[0], nil
	}
	if len(all) == 0 {
		return setting.Field{}, &ngo.Error{Code: ngo.Invalid, Message: "this gateway has no secret that can be rotated"}
	}
	return setting.Field{}, &ngo.Error{Code: ngo.Invalid, Message: "it is not told which secret is rotated", Hint: "it can be one of: " + strings.Join(names, ", ")}
}

// changeAccount edits the values of a gateway or channel in one transaction, so that of two who change it at once neither is lost. The
// driver holds the whole against its form; an act is left when no secret changed.
func (s *Server) changeAccount(ctx context.Context, kind ngo.AccountKind, in NamePath, edit valueEdit) (*answer[api.Account], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var a ngo.Account
	err = s.connect(ctx, o, func(tx *store.Tx) error {
		if a, err = tx.Account(kind, in.Name); err != nil {
			return err
		}
		secrets, err := tx.Secrets(a.ID)
		if err != nil {
			return err
		}
		n, err := s.edited(o.Store, a, secrets, edit)
		if err != nil {
			return err
		}
		_, err = tx.ChangeAccount(n)
		a = n.Account
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.shownOne(ctx, o, a)
}

// edited prepares the account with its values edited. It does no I/O.
func (s *Server) edited(o *store.Org, a ngo.Account, secrets map[string]string, edit valueEdit) (n store.NewAccount, err error) {
	d, err := s.driver(a.Kind, a.Driver)
	if err != nil {
		return n, err
	}
	values := valuesOf(a, secrets)
	if err := edit(d.form, values); err != nil {
		return n, err
	}
	checked, err := d.form.Check(values.WithoutUntil())
	if err != nil {
		return n, err
	}
	if err := d.open(checked); err != nil {
		return n, err
	}
	settings, sealed := d.form.Split(checked)
	for _, f := range d.form {
		if until := setting.Until(f.Former); sealed[f.Former] != "" && values[until] != "" {
			settings[until] = values[until]
		}
	}
	if maps.Equal(sealed, secrets) {
		sealed = nil // then it can be undone
	}
	return o.AccountChange(a, settings, sealed), nil
}

// shown adds to accounts what is known of them besides.
func (s *Server) shown(ctx context.Context, o *org.Org, rows []ngo.Account) ([]api.Account, error) {
	out := make([]api.Account, len(rows))
	err := o.Store.Read(ctx, func(rx *store.Rx) error {
		for i, a := range rows { // a handful
			out[i] = api.Account{Account: a}
			if a.Kind != ngo.Gateway {
				continue
			}
			h, err := rx.Health(a.ID)
			if err != nil {
				return err
			}
			h.Polling = s.o.Asking != nil && s.o.Asking(a.ID)
			out[i].Health = &h
		}
		return nil
	})
	for i := range out {
		if out[i].Kind == ngo.Gateway {
			s.addAbilities(ctx, o, &out[i])
			continue
		}
		s.addAddress(ctx, o, &out[i])
	}
	return out, err
}

// addAddress tells where a channel's provider sends to, if it does.
func (s *Server) addAddress(ctx context.Context, o *org.Org, a *api.Account) {
	_, opened, err := o.ChannelByID(ctx, a.ID)
	if err != nil {
		a.Problem = problemOf(err).Detail // of an account that a former version made
		return
	}
	if org.Hooked(opened) {
		a.URL = s.o.BaseURL + "/hooks/" + o.Info().Slug + "/" + a.Name
	}
}

// addAbilities tells what a gateway can do as it is set up now.
func (s *Server) addAbilities(ctx context.Context, o *org.Org, a *api.Account) {
	if a.Driver == desk.Name {
		return // nothing is sent there, and nobody is asked
	}
	a.URL = s.o.BaseURL + "/hooks/" + o.Info().Slug + "/" + a.Name
	_, opened, err := o.GatewayByID(ctx, a.ID)
	if err != nil {
		a.Problem = problemOf(err).Detail // of an account that a former version made
		return
	}
	can := org.AbilitiesOf(opened)
	a.CanPoll, a.CanRefund, a.Doubt = can.Poll, can.Refund, can.Doubt
}

func (s *Server) shownOne(ctx context.Context, o *org.Org, a ngo.Account) (*answer[api.Account], error) {
	all, err := s.shown(ctx, o, []ngo.Account{a})
	return &answer[api.Account]{all[0]}, err
}

// errNoDaemon is for what only a daemon that listens can do.
func errNoDaemon() error {
	return &ngo.Error{Code: ngo.Unavailable, Message: "only a running daemon can do this", Hint: "start it with: ngoctl daemon"}
}

// testGateway tells what did not work as an answer, not as an error.
func (s *Server) testGateway(ctx context.Context, in *NamePath) (*answer[api.GatewayTest], error) {
	o, _, err := s.standing(ctx, *in)
	if err != nil {
		return nil, err
	}
	if s.o.Try == nil {
		return nil, errNoDaemon()
	}
	steps, err := s.o.Try(ctx, o, in.Name)
	if err != nil {
		return nil, err
	}
	failed := slices.ContainsFunc(steps, func(t api.TestStep) bool { return !t.OK })
	return &answer[api.GatewayTest]{api.GatewayTest{OK: !failed && len(steps) > 0, Steps: append([]api.TestStep{}, steps...)}}, nil
}

// catchUp ends with the request: what was found until then is recorded, and the next time finds the rest.
func (s *Server) catchUp(ctx context.Context, in *nameBody[api.CatchUpRequest]) (*answer[api.CatchUpReport], error) {
	o, can, err := s.standing(ctx, in.NamePath)
	if err != nil {
		return nil, err
	}
	now, since := s.o.Now(), in.Body.Since
	switch {
	case since.After(now):
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "that moment is still to come", Hint: "say since when a gateway should be asked, such as yesterday"}
	case since.Before(now.Add(-mostBack - clockSlack)):
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a gateway is asked about the last 90 days at most"}
	}
	if in.Name == desk.Name && !can.Poll {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "gifts by hand are entered: there is nobody to ask", Hint: "enter one: ngoctl donation add --help"}
	}
	if !can.Poll {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the gateway " + in.Name + " cannot be asked: it has no credentials for that", Hint: "enter them: ngoctl gateway set " + in.Name}
	}
	if s.o.CatchUp == nil {
		return nil, errNoDaemon()
	}
	report, err := s.o.CatchUp(ctx, o, in.Name, since)
	return &answer[api.CatchUpReport]{report}, err
}

// standing gives an organisation, and what a gateway that is connected can be asked. It fails when the gateway cannot be used.
func (s *Server) standing(ctx context.Context, in NamePath) (*org.Org, org.Abilities, error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, org.Abilities{}, err
	}
	_, opened, err := o.Gateway(ctx, in.Name)
	if err != nil {
		return nil, org.Abilities{}, err
	}
	return o, org.AbilitiesOf(opened), nil
}
