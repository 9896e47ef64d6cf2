package store

import (
	"database/sql"
	"errors"
	"time"
)

const writeProbe = `
insert into probe (id, at)
values (1, $1)
on conflict (id) do update
set at = excluded.at`

// Probe leaves the moment, as a proof that the database takes writes.
func (t *Tx) Probe() error {
	_, err := t.exec("write probe", writeProbe, t.stamp())
	return err
}

const selectProbe = `
select at
from probe
where id = 1`

// LastProbe tells when Probe last committed; the zero time if it never did.
func (r *Rx) LastProbe() (time.Time, error) {
	last, err := scanDue(r.conn.QueryRow(selectProbe))
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return last, err
}
