package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	selectMark = `
select value
from mark
where account_id = $1 and name = $2`

	setMark = `
insert into mark (account_id, name, value)
values ($1, $2, $3)
on conflict (account_id, name) do update
set value = excluded.value`
)

// Mark tells up to where something was read at a provider; empty at first.
func (r *Rx) Mark(account ngo.AccountID, name string) (string, error) {
	found, err := all(r.conn, "marks", scanOne[string], selectMark, string(account), name)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// SetMark notes up to where something was read, in the transaction that keeps what was read.
func (t *Tx) SetMark(account ngo.AccountID, name, value string) error {
	_, err := t.exec("set mark", setMark, string(account), name, value)
	return err
}
