package public

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// actor stands in the trail for what a donor did.
const actor = "donor"

// asked is a gift whose donor has followed the link.
type asked struct {
	org     *org.Org
	profile ngo.Profile
	gift    ngo.Donation
	receipt string // its number, once there is one
}

func (h *Handler) showDonor(w http.ResponseWriter, r *http.Request) {
	a, err := h.find(r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	v := h.giftPage(r, a)
	if a.open() {
		v.Form = blankForm(h.texts, v.Lang, a)
		v.Privacy = h.texts.Say(v.Lang, "privacy_text", "org", a.name())
	} else {
		v.Title, v.Message = h.texts.Say(v.Lang, "done_title"), h.standing(v.Lang, a)
	}
	h.write(w, http.StatusOK, v)
}

// takeDonor takes the answers. What is missing is asked for again with all that was typed; what was answered is shown by
// another request, so that going back and forth sends nothing twice.
func (h *Handler) takeDonor(w http.ResponseWriter, r *http.Request) {
	a, err := h.find(r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	if err := r.ParseForm(); err != nil {
		h.refuse(w, r, &ngo.Error{Code: ngo.Invalid, Message: "the form cannot be read", Err: err})
		return
	}
	v := h.giftPage(r, a)
	if a.open() {
		f := readForm(h.texts, v.Lang, r.PostForm)
		if f.check(); len(f.Faults) > 0 {
			v.Form, v.Privacy = f, h.texts.Say(v.Lang, "privacy_text", "org", a.name())
			h.write(w, http.StatusUnprocessableEntity, v)
			return
		}
		err := a.org.Store.Write(r.Context(), store.Ack, actor, func(tx *store.Tx) error { return tx.AnswerDonation(a.gift.ID, f.edit()) })
		if err != nil && ngo.CodeOf(err) != ngo.Conflict { // Conflict: the receipt went out meanwhile, and the page will say so
			h.refuse(w, r, err)
			return
		}
	}
	http.Redirect(w, r, r.URL.EscapedPath()+"?lang="+v.Lang, http.StatusSeeOther)
}

// find gives the gift that a link is for.
func (h *Handler) find(r *http.Request) (asked, error) {
	o, err := h.book.Org(r.Context(), r.PathValue("org"))
	if err != nil {
		return asked{}, err
	}
	a := asked{org: o}
	id, err := o.OpenDonorLink(r.PathValue("token"))
	if err != nil {
		return a, err
	}
	if a.profile, err = o.Profile(r.Context()); err != nil {
		return a, err
	}
	return a, a.read(r.Context(), id)
}

func (a *asked) read(ctx context.Context, id ngo.DonationID) error {
	return a.org.Store.Read(ctx, func(rx *store.Rx) (err error) {
		if a.gift, err = rx.Donation(id); err != nil || a.gift.Receipt == "" {
			return err
		}
		receipt, err := rx.Receipt(a.gift.Receipt)
		a.receipt = receipt.Number
		return err
	})
}

func (a *asked) name() string {
	if a.profile.LegalName != "" {
		return ngo.Printable(a.profile.LegalName)
	}
	return ngo.Printable(a.org.Info().Name)
}

// open tells whether answers would still change something: facts are missing, or the donor's citizenship decides where the
// gift belongs.
func (a *asked) open() bool {
	g := a.gift
	return g.Receipt == "" && (g.State == ngo.DonationWaiting || g.State == ngo.DonationHeld && g.Donor.Citizenship == ngo.CitizenUnknown)
}

func (h *Handler) giftPage(r *http.Request, a asked) view {
	g := a.gift
	v := h.blank(wanted(r, g.Donor.Language, a.profile.Language))
	v.Org, v.Title = a.name(), h.texts.Say(v.Lang, "title", "org", a.name())
	v.Gift = &giftView{Thanks: h.texts.Say(v.Lang, "thanks", "amount", g.Amount.Format(), "day", ngo.FormatDate(g.Given, v.Lang))}
	if g.Purpose != "" {
		v.Gift.For = h.texts.Say(v.Lang, "for", "purpose", ngo.Printable(g.Purpose))
	}
	return v
}

// standing says where a gift stands that no answer changes any more.
func (h *Handler) standing(lang string, a asked) string {
	switch {
	case a.gift.State == ngo.DonationReversed:
		return h.texts.Say(lang, "reversed")
	case a.receipt != "":
		return h.texts.Say(lang, "done_already", "number", a.receipt)
	case a.gift.State == ngo.DonationHeld:
		return h.texts.Say(lang, "held", "org", a.name())
	case a.gift.Donor.EMail == "":
		return h.texts.Say(lang, "done_no_mail", "org", a.name())
	}
	return h.texts.Say(lang, "done", "address", maskMail(a.gift.Donor.EMail))
}

// maskMail shows enough of an address for its owner to know it: m…@example.org.
func maskMail(s string) string {
	local, domain, _ := strings.Cut(ngo.Printable(s), "@")
	_, n := utf8.DecodeRuneInString(local)
	return local[:n] + "…@" + domain
}

// refuse answers what cannot be served. Strangers learn nothing from it; the log tells why.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch ngo.CodeOf(err) {
	case ngo.NotFound:
		h.write(w, http.StatusNotFound, h.notice(r, "", "unknown"))
	case ngo.Denied:
		h.write(w, http.StatusGone, h.notice(r, "", "old"))
	case ngo.Invalid:
		h.write(w, http.StatusBadRequest, h.notice(r, "", "trouble"))
	default:
		h.log.Warn("page cannot be served", "request", r.Header.Get("X-Request-Id"), "route", r.Pattern, "err", err)
		w.Header().Set("Retry-After", "60")
		h.write(w, http.StatusServiceUnavailable, h.notice(r, "", "trouble"))
	}
}
