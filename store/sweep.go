package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What was taken out of the search is found no more at once, but its words stay in the file, without whose they were, until the part
// that they stand in is written anew. After somebody was erased all of it is, a little at a time.

const (
	noteErased = `
insert into swept (id, removed, at)
values (1, 1, $1)
on conflict (id) do update
set removed = swept.removed + 1,
    at = case when swept.removed = 0 then excluded.at else swept.at end`

	selectUnswept = `
select removed, at
from swept
where id = 1 and removed > 0`

	endSweep = `
update swept
set removed = 0,
    at = $1
where id = 1`

	beginMerge = `
insert into entry_words (entry_words, rank)
values ('merge', -64)`

	goOnMerging = `
insert into entry_words (entry_words, rank)
values ('merge', 64)`

	countChanges = `
select total_changes()`
)

// Unswept tells since when there are words of people who were erased in the file of the search.
func (r *Rx) Unswept() (since time.Time, unswept bool, err error) {
	var n int64
	err = r.conn.QueryRow(selectUnswept).Scan(&n, at(&since))
	if errors.Is(err, sql.ErrNoRows) {
		return since, false, nil
	}
	return since, err == nil, err
}

// Sweep writes a part of the search anew, and tells whether that was the last. The first call of a sweep says that it begins one.
func (t *Tx) Sweep(begin bool) (done bool, err error) {
	before, err := scanOne[int64](t.w.QueryRow(countChanges))
	if err != nil {
		return false, err
	}
	query := goOnMerging
	if begin {
		query = beginMerge
	}
	if _, err := t.exec("sweep the search", query); err != nil {
		return false, err
	}
	after, err := scanOne[int64](t.w.QueryRow(countChanges))
	if err != nil || after-before > 1 { // one is the statement itself
		return false, err
	}
	_, err = t.exec("end sweep", endSweep, ngo.Stamp(t.now))
	return true, err
}
