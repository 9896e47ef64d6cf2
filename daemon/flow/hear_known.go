package flow

import (
	"context"
	"slices"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// understand works out what the messages say. A number that looks like one that is never kept may be a phone, or a payment's, that is on
// record or told along. Nearly no message has one that looks so; then nothing is looked up.
func (h *hearing) understand(ctx context.Context) error {
	told := h.phonesTold()
	var doubtful []string
	h.say(&mask{known: func(digits string) bool {
		if !told[digits] {
			doubtful = append(doubtful, digits)
		}
		return true // until it is known better
	}})
	if len(doubtful) == 0 {
		return nil
	}
	var onRecord map[string]bool
	err := h.org.Store.Read(ctx, func(rx *store.Rx) (err error) { onRecord, err = rx.Lookalikes(doubtful); return err })
	if err != nil {
		return err
	}
	m := &mask{known: func(digits string) bool { return told[digits] || onRecord[digits] }}
	h.say(m)
	h.masked = m.found > 0
	return nil
}

func (h *hearing) say(m *mask) {
	for n := range h.items {
		h.items[n].prepare(m, h.flow.wishes)
	}
}

// phonesTold are the numbers of those whom the delivery is about, and those on cards that are on WhatsApp too, without the plus.
func (h *hearing) phonesTold() map[string]bool {
	told := map[string]bool{}
	for _, i := range h.items {
		if i.Incoming == nil {
			continue
		}
		all := i.Incoming.Person.Identities
		for _, c := range i.Incoming.Cards {
			all = slices.Concat(all, c.Identity)
		}
		for _, one := range all {
			if one.Kind == ngo.Phone && one.Value != "" {
				told[one.Value[1:]] = true
			}
		}
	}
	return told
}
