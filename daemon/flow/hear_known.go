package flow

import (
	"context"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// known gives what tells a number that is on record, or told along, from one that is never kept and looks the same. Nearly no message
// has such a number in it; then nothing is looked up.
func (h *hearing) known(ctx context.Context) (func(string) bool, error) {
	told := map[string]bool{}
	for _, i := range h.items {
		if i.Incoming == nil {
			continue
		}
		for _, one := range i.Incoming.Person.Identities {
			if one.Kind == ngo.Phone {
				told[one.Value[min(1, len(one.Value)):]] = true
			}
		}
	}
	var doubtful []string
	look := &mask{known: func(digits string) bool {
		if !told[digits] {
			doubtful = append(doubtful, digits)
		}
		return true
	}}
	for n := range h.items {
		i := h.items[n] // a copy: this is only a look
		i.files = nil
		i.prepare(look, nil)
	}
	if len(doubtful) == 0 {
		return func(digits string) bool { return told[digits] }, nil
	}
	var onRecord map[string]bool
	err := h.org.Store.Read(ctx, func(rx *store.Rx) (err error) { onRecord, err = rx.Lookalikes(doubtful); return err })
	return func(digits string) bool { return told[digits] || onRecord[digits] }, err
}
