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
	h.say(func(digits string) bool {
		if !told[digits] {
			doubtful = append(doubtful, digits)
		}
		return true // until it is known better
	})
	if len(doubtful) == 0 {
		return nil
	}
	var onRecord map[string]bool
	err := h.org.Store.Read(ctx, func(rx *store.Rx) (err error) { onRecord, err = rx.Lookalikes(doubtful); return err })
	if err != nil {
		return err
	}
	h.say(func(digits string) bool { return told[digits] || onRecord[digits] })
	return nil
}

func (h *hearing) say(known func(digits string) bool) {
	for n := range h.items {
		h.items[n].prepare(known, h.flow.wishes)
		h.masked = h.masked || h.items[n].said.masked
	}
}

// again says a message anew of which what was said before it tells that a number in it is one that is never kept.
func (h *hearing) again(i *item) {
	i.mask.told = true
	i.say()
	h.masked = true
}

// hearAgain does that to what the store is about to keep, but for what was noted on it since.
func (h *hearing) hearAgain(i *item, n *store.NewIncoming) {
	h.again(i)
	more := i.said.more
	more.Doubt, more.Problem = n.More.Doubt, n.More.Problem
	n.Subject, n.Text, n.More, n.Masked, n.Attachments = i.said.subject, i.said.text, more, i.said.masked, i.files
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

// rippleAgain does that to what changes another message of a thread.
func (h *hearing) rippleAgain(tx *store.Tx, i *item) error {
	if !i.mask.open {
		return nil // nearly always
	}
	about, err := tx.MessageByRef(h.delivery.Account, i.Incoming.About)
	if ngo.CodeOf(err) == ngo.NotFound || err == nil && about.Conversation == "" {
		return nil
	}
	if err != nil {
		return err
	}
	meant, err := tx.AfterAadhaar(about.Conversation, "")
	if err == nil && meant {
		h.again(i)
	}
	return err
}
