package store

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// NewAccount is an account on its way in, its secrets sealed already.
type NewAccount struct {
	Account ngo.Account
	sealed  []byte            // nil when a change leaves the secrets as they are
	again   bool              // it was removed, and is connected anew
	base    map[string]string // the settings that a change was made from
}

// NewAccount prepares an account: its id and its sealed secrets.
func (o *Org) NewAccount(kind ngo.AccountKind, driver, name string, settings, secrets map[string]string) NewAccount {
	now := instant(o.now())
	a := ngo.Account{ID: ngo.NewID[ngo.AccountID](now), Kind: kind, Driver: driver, Name: name, Settings: settings, Created: now}
	return NewAccount{Account: a, sealed: o.box.Seal(textMap(secrets), "account", "secrets", string(a.ID))}
}

// AccountAgain prepares a removed account to be connected anew, with other settings and secrets. It keeps its id: what
// came through it before is known by that, so that a payment which is told once more stays one gift.
func (o *Org) AccountAgain(a ngo.Account, settings, secrets map[string]string) NewAccount {
	a.Settings, a.Removed = settings, nil
	return NewAccount{Account: a, sealed: o.box.Seal(textMap(secrets), "account", "secrets", string(a.ID)), again: true}
}

// AccountChange prepares other settings and secrets for an account that stands; nil leaves what there is. Both are the whole:
// what is not among them goes.
func (o *Org) AccountChange(a ngo.Account, settings, secrets map[string]string) NewAccount {
	n := NewAccount{Account: a, base: a.Settings}
	if settings != nil {
		n.Account.Settings = settings
	}
	if secrets != nil {
		n.sealed = o.box.Seal(textMap(secrets), "account", "secrets", string(a.ID))
	}
	return n
}

// textMap writes a map of texts as JSON.
func textMap(m map[string]string) []byte {
	if m == nil {
		m = map[string]string{}
	}
	out, _ := json.Marshal(m) // texts always have a JSON form
	return out
}

const insertAccount = `
insert into account (id, kind, driver, name, settings, secrets, created)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (kind, name) where removed is null do nothing`

const reviveAccount = `
update account
set removed = null,
    act_id = '',
    settings = $2,
    secrets = $3
where id = $1 and removed is not null`

// AddAccount adds an account. It fails with Conflict when there is one of its name, be it a gateway or a channel.
func (t *Tx) AddAccount(n NewAccount) error {
	a := n.Account
	added, err := t.putAccount(n)
	if err != nil {
		return err
	}
	if added == 0 {
		return accountTaken(a.Kind, a.Name)
	}
	t.audit("account.add", string(a.ID), nil, facts{{"kind", string(a.Kind)}, {"driver", a.Driver}, {"name", a.Name}, {"settings", string(textMap(a.Settings))}})
	t.changed("account", string(a.ID))
	return nil
}

func (t *Tx) putAccount(n NewAccount) (rows int64, err error) {
	a, settings := n.Account, string(textMap(n.Account.Settings))
	if err := t.nameFree(a); err != nil {
		return 0, err
	}
	if !n.again {
		return t.exec("add account", insertAccount, string(a.ID), string(a.Kind), a.Driver, a.Name, settings, n.sealed, ngo.Stamp(a.Created))
	}
	return t.exec("add account again", reviveAccount, string(a.ID), settings, n.sealed)
}

func accountTaken(kind ngo.AccountKind, name string) error {
	return &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("there is a %s called %s already", kind, ngo.Printable(name)), Hint: fmt.Sprintf("choose another with --name, or remove it first: ngoctl %s remove %s", kind, ngo.Printable(name))}
}

const accountColumns = `id, kind, driver, name, settings, created, removed`

func scanAccount(s scanner) (ngo.Account, error) {
	var a ngo.Account
	var settings string
	err := s.Scan(&a.ID, &a.Kind, &a.Driver, &a.Name, &settings, at(&a.Created), maybeAt(&a.Removed))
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(settings), &a.Settings)
}

const (
	listAccounts = `
select ` + accountColumns + `
from account
where removed is null and ($1 = '' or kind = $1)
order by kind desc, name`

	selectAccount = `
select ` + accountColumns + `
from account
where removed is null and kind = $1 and name = $2`

	selectAccountByID = `
select ` + accountColumns + `
from account
where id = $1`

	selectRemovedAccount = `
select ` + accountColumns + `
from account
where removed is not null and kind = $1 and driver = $2 and name = $3
order by removed desc, id desc
limit 1`

	selectSecrets = `
select secrets
from account
where id = $1`
)

// Accounts lists the accounts of a kind, or of both when it is empty, without those removed.
func (r *Rx) Accounts(kind ngo.AccountKind) ([]ngo.Account, error) {
	return all(r.conn, "accounts", scanAccount, listAccounts, string(kind))
}

// Account gives the account of a kind with this name, unless it was removed.
func (r *Rx) Account(kind ngo.AccountKind, name string) (ngo.Account, error) {
	return get(r.conn, string(kind), name, scanAccount, selectAccount, string(kind), name)
}

// RemovedAccount gives the account of a kind, driver and name that was removed last. It fails with NotFound.
func (r *Rx) RemovedAccount(kind ngo.AccountKind, driver, name string) (ngo.Account, error) {
	return get(r.conn, string(kind), name, scanAccount, selectRemovedAccount, string(kind), driver, name)
}

// AccountByID gives an account, also one that was removed.
func (r *Rx) AccountByID(id ngo.AccountID) (ngo.Account, error) {
	return get(r.conn, "account", string(id), scanAccount, selectAccountByID, string(id))
}

// Secrets opens the secrets of an account.
func (r *Rx) Secrets(id ngo.AccountID) (map[string]string, error) {
	sealed, err := get(r.conn, "account", string(id), scanOne[[]byte], selectSecrets, string(id))
	if err != nil {
		return nil, err
	}
	plain, err := r.org.box.Open(sealed, "account", "secrets", string(id))
	if err != nil {
		return nil, err
	}
	secrets := map[string]string{}
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return nil, fmt.Errorf("read secrets of account %s: %w", id, err)
	}
	return secrets, nil
}

const (
	writeSettings = `
update account
set settings = $2,
    act_id = $3
where id = $1`

	writeSecrets = `
update account
set secrets = $2
where id = $1`
)

// ChangeAccount gives an account other settings or secrets. When the settings alone changed it leaves an act by which they
// can be brought back; a secret is never in an act, so that of a change of secrets there is none and the act is empty. It
// fails with Conflict when the account was removed, or its settings are no longer those that the change was made from.
func (t *Tx) ChangeAccount(n NewAccount) (ngo.Act, error) {
	now, err := t.AccountByID(n.Account.ID)
	if err != nil {
		return ngo.Act{}, err
	}
	if now.Removed != nil {
		return ngo.Act{}, &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("%s %s was removed", now.Kind, now.Name), Hint: "connect it again first"}
	}
	if !maps.Equal(now.Settings, n.base) {
		return ngo.Act{}, &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("the settings of %s %s were changed meanwhile", now.Kind, now.Name), Hint: "look at them again, then repeat the change"}
	}
	if n.sealed != nil {
		return ngo.Act{}, t.changeSecrets(now, n)
	}
	if maps.Equal(now.Settings, n.Account.Settings) {
		return ngo.Act{}, nil
	}
	return t.replaceSettings(now, n.Account.Settings, ngo.Act{Title: fmt.Sprintf("changed the settings of %s %s", now.Kind, now.Name)})
}

// changeSecrets writes new secrets, and what settings changed with them. Those cannot be undone: they may go with the secrets.
func (t *Tx) changeSecrets(now ngo.Account, n NewAccount) error {
	if err := t.must("account", string(now.ID), writeSecrets, string(now.ID), n.sealed); err != nil {
		return err
	}
	t.audit("account.secrets", string(now.ID), nil, facts{{"name", now.Name}})
	t.changed("account", string(now.ID))
	if maps.Equal(now.Settings, n.Account.Settings) {
		return nil
	}
	return t.writeSettings(now, n.Account.Settings, "")
}

func (t *Tx) writeSettings(now ngo.Account, settings map[string]string, act ngo.ActID) error {
	if err := t.must("account", string(now.ID), writeSettings, string(now.ID), string(textMap(settings)), string(act)); err != nil {
		return err
	}
	t.audit("account.set", string(now.ID), facts{{"settings", string(textMap(now.Settings))}}, facts{{"settings", string(textMap(settings))}})
	t.changed("account", string(now.ID))
	return nil
}

// settingsBefore is what an act keeps of an account.
type settingsBefore struct {
	Account  ngo.AccountID     `json:"account"`
	Settings map[string]string `json:"settings"`
}

func (t *Tx) replaceSettings(now ngo.Account, settings map[string]string, act ngo.Act) (ngo.Act, error) {
	act.Kind = ngo.ActSetting
	act.Before, _ = json.Marshal(settingsBefore{now.ID, now.Settings}) // texts always have a JSON form
	act, err := t.addAct(act)
	if err != nil {
		return act, err
	}
	return act, t.writeSettings(now, settings, act.ID)
}

// undoSetting brings the settings of an account back.
func (t *Tx) undoSetting(done ngo.Act) (ngo.Act, error) {
	var before settingsBefore
	if err := json.Unmarshal(done.Before, &before); err != nil {
		return ngo.Act{}, fmt.Errorf("read act %s: %w", done.ID, err)
	}
	last, err := get(t.w, "account", string(before.Account), scanOne[ngo.ActID], selectAccountAct, string(before.Account))
	if err != nil {
		return ngo.Act{}, err
	}
	now, err := t.AccountByID(before.Account)
	if err != nil {
		return ngo.Act{}, err
	}
	if last != done.ID {
		return ngo.Act{}, changedSince("account " + now.Name)
	}
	return t.replaceSettings(now, before.Settings, ngo.Act{Title: fmt.Sprintf("brought back the settings of %s %s", now.Kind, now.Name), Undoes: done.ID})
}

const setRemoved = `
update account
set removed = $2,
    act_id = $3
where id = $1`

// RemoveAccount retires an account, and leaves an act by which it can be brought back. It fails with Conflict when it
// was removed before.
func (t *Tx) RemoveAccount(id ngo.AccountID) (ngo.Act, error) {
	a, err := t.AccountByID(id)
	if err != nil {
		return ngo.Act{}, err
	}
	if a.Removed != nil {
		return ngo.Act{}, &ngo.Error{Code: ngo.Conflict, Message: "account " + a.Name + " was removed before"}
	}
	act, err := t.addAct(ngo.Act{Kind: ngo.ActAccount, Title: fmt.Sprintf("removed %s %s", a.Kind, a.Name), Before: fmt.Appendf(nil, `{"account":%q}`, id)})
	if err != nil {
		return act, err
	}
	return act, t.setRemoved(a, act, true)
}

func (t *Tx) setRemoved(a ngo.Account, act ngo.Act, removed bool) error {
	when, action := any(nil), "account.restore"
	if removed {
		when, action = t.stamp(), "account.remove"
	}
	if err := t.must("account", string(a.ID), setRemoved, string(a.ID), when, string(act.ID)); err != nil {
		return err
	}
	t.audit(action, string(a.ID), facts{{"name", a.Name}}, facts{{"act", string(act.ID)}})
	t.changed("account", string(a.ID))
	return nil
}

const selectAccountAct = `
select act_id
from account
where id = $1`

// undoAccount turns a removal, or the undoing of one, around.
func (t *Tx) undoAccount(done ngo.Act) (ngo.Act, error) {
	var before struct {
		Account ngo.AccountID `json:"account"`
	}
	if err := json.Unmarshal(done.Before, &before); err != nil {
		return ngo.Act{}, fmt.Errorf("read act %s: %w", done.ID, err)
	}
	last, err := get(t.w, "account", string(before.Account), scanOne[ngo.ActID], selectAccountAct, string(before.Account))
	if err != nil {
		return ngo.Act{}, err
	}
	a, err := t.AccountByID(before.Account)
	if err != nil {
		return ngo.Act{}, err
	}
	if last != done.ID {
		return ngo.Act{}, changedSince("account " + a.Name)
	}
	removing := a.Removed == nil
	if !removing {
		if err := t.nameFree(a); err != nil {
			return ngo.Act{}, err
		}
	}
	title := map[bool]string{true: "removed", false: "brought back"}[removing]
	act, err := t.addAct(ngo.Act{Kind: ngo.ActAccount, Title: fmt.Sprintf("%s %s %s", title, a.Kind, a.Name), Undoes: done.ID, Before: done.Before})
	if err != nil {
		return act, err
	}
	return act, t.setRemoved(a, act, removing)
}

func (t *Tx) nameFree(a ngo.Account) error {
	for _, kind := range [...]ngo.AccountKind{ngo.Gateway, ngo.Channel} { // both send to /hooks/ORG/NAME
		_, err := t.Account(kind, a.Name)
		if err == nil {
			return accountTaken(kind, a.Name)
		}
		if ngo.CodeOf(err) != ngo.NotFound {
			return err
		}
	}
	return nil
}
