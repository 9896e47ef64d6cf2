package store

import "slices"

// lookalikes finds numbers that stand for something else than what they look like.
const lookalikes = `
select substr(value, 2)
from identity
where kind = 'phone' and value in ('+' || $1, '+' || $2, '+' || $3, '+' || $4)
union all
select value
from identity
where kind = 'whatsapp' and value in ($1, $2, $3, $4)
union all
select reference
from payment
where reference <> '' and reference in ($1, $2, $3, $4)`

// Lookalikes tells which of these numbers, in ASCII digits, are phones or the bank's numbers of payments that are on record: they may
// look like one that is never kept.
func (r *Rx) Lookalikes(numbers []string) (map[string]bool, error) {
	const atOnce = 4
	known := map[string]bool{}
	for some := range slices.Chunk(numbers, atOnce) {
		args := make([]any, atOnce)
		for i := range args {
			args[i] = some[min(i, len(some)-1)] // the last one again fills the rest
		}
		found, err := all(r.conn, "numbers", scanOne[string], lookalikes, args...)
		if err != nil {
			return nil, err
		}
		for _, n := range found {
			known[n] = true
		}
	}
	return known, nil
}
