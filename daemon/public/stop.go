package public

import (
	"net/http"

	"github.com/ngoctl/ngoctl/store"
)

// askStop shows a button: what looks at links for safety's sake must not press it.
func (h *Handler) askStop(w http.ResponseWriter, r *http.Request) {
	h.withGift(w, r, func(a asked, v *view) error {
		v.Title, v.Message, v.Stop = h.texts.Say(v.Lang, "stop_title"), h.texts.Say(v.Lang, "stop_ask"), true
		return nil
	})
}

// stop ends the reminders. The button comes here, and the one call by which mail readers unsubscribe (RFC 8058), which brings no
// cookie, follows no redirect, and may come twice.
func (h *Handler) stop(w http.ResponseWriter, r *http.Request) {
	h.withGift(w, r, func(a asked, v *view) error {
		v.Title, v.Message = h.texts.Say(v.Lang, "stopped_title"), h.texts.Say(v.Lang, "stopped")
		return a.org.Store.Write(r.Context(), store.Ack, actor, func(tx *store.Tx) error { return tx.StopReminders(a.gift.ID) })
	})
}

// withGift answers with a page about the gift that the link is for, once do has said what is on it.
func (h *Handler) withGift(w http.ResponseWriter, r *http.Request, do func(asked, *view) error) {
	a, err := h.find(r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	v := h.blank(wanted(r, a.gift.Donor.Language, a.profile.Language))
	v.Org = a.name()
	if err := do(a, &v); err != nil {
		h.refuse(w, r, err)
		return
	}
	h.write(w, http.StatusOK, v)
}
