package org

import (
	"context"
	"encoding/json"

	"github.com/ngoctl/ngoctl/store"
)

// Summary gives how the organisation stands today, as the JSON of store.Summary. The bytes are shared: they must not be
// changed.
func (o *Org) Summary(ctx context.Context) ([]byte, error) {
	day := o.Day(o.book.now())
	return cached(ctx, o, &o.changes, "summary "+string(day), func(rx *store.Rx) ([]byte, int64, error) {
		s, err := rx.Summary(day)
		if err != nil {
			return nil, 0, err
		}
		for _, totals := range []*[]store.Total{&s.Today, &s.Month, &s.Year} {
			if *totals == nil {
				*totals = []store.Total{} // a list in JSON, also when it is empty
			}
		}
		out, err := json.Marshal(s)
		return out, int64(len(out)), err
	})
}
