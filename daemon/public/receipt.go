package public

import (
	"net/http"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// receiptView is what the page of a receipt says: whether it stands, and what is on the paper.
type receiptView struct {
	State   ngo.ReceiptState
	Verdict string
	Facts   []fact
}

// fact is the key of a name, and what is said under it.
type fact struct{ Name, Value string }

// showReceipt tells whoever holds a receipt whether it stands. Its code is in the address and cannot be guessed; the page shows
// less than the paper does. Whatever is not the address of a receipt has one and the same answer.
func (h *Handler) showReceipt(w http.ResponseWriter, r *http.Request) {
	slug, code := cutLast(r.PathValue("receipt"), ".")
	o, err := h.book.Org(r.Context(), slug)
	if err == nil {
		err = h.showReceiptOf(w, r, o, code)
	}
	switch ngo.CodeOf(err) {
	case "":
	case ngo.NotFound, ngo.Invalid:
		h.noReceipt(w, r)
	default:
		h.refuse(w, r, err)
	}
}

func (h *Handler) noReceipt(w http.ResponseWriter, r *http.Request) {
	h.write(w, http.StatusNotFound, h.notice(r, "", "no_receipt"))
}

func (h *Handler) showReceiptOf(w http.ResponseWriter, r *http.Request, o *org.Org, code string) error {
	var found ngo.Receipt
	var facts receipt.Facts
	err := o.Store.Read(r.Context(), func(rx *store.Rx) (err error) {
		if found, err = rx.ReceiptByCode(code); err != nil {
			return err
		}
		printed, err := rx.ReceiptFacts(found.ID)
		if err != nil {
			return err
		}
		if facts, err = receipt.Read(printed); err != nil {
			return err
		}
		gift, err := rx.Donation(found.Donation)
		if err != nil {
			return err
		}
		return forget(rx, gift, &facts)
	})
	if err != nil {
		return err
	}
	profile, err := o.Profile(r.Context())
	if err != nil {
		return err
	}
	v := h.blank(wanted(r, facts.Language, profile.Language))
	v.Org, v.Title = ngo.Printable(facts.Org.Name), h.texts.Say(v.Lang, "receipt_title", "number", found.Number)
	v.Receipt = &receiptView{State: found.State, Verdict: h.verdict(v.Lang, o, found), Facts: onPaper(v.Lang, found, facts)}
	h.write(w, http.StatusOK, v)
	return nil
}

// forget takes the name off what is shown of a donor who asked to be erased: the paper has it, the law keeps it sealed, and the
// page need not.
func forget(rx *store.Rx, gift ngo.Donation, facts *receipt.Facts) error {
	if gift.Person == "" {
		return nil
	}
	p, err := rx.Person(gift.Person)
	if err == nil && p.Erased != nil {
		facts.Donor = receipt.Donor{}
	}
	return err
}

func (h *Handler) verdict(lang string, o *org.Org, r ngo.Receipt) string {
	day := ""
	if r.Ended != nil {
		day = ngo.FormatDate(o.Day(*r.Ended), lang)
	}
	return h.texts.Say(lang, "receipt_"+string(r.State), "day", day)
}

// onPaper gives what is shown of a receipt; what its paper leaves out is left out here.
func onPaper(lang string, r ngo.Receipt, f receipt.Facts) []fact {
	var out []fact
	for _, x := range []fact{
		{"receipt_number", r.Number}, {"receipt_org", f.Org.Name}, {"receipt_donor", f.Donor.Name}, {"receipt_amount", f.Amount.Format()},
		{"receipt_day", ngo.FormatDate(f.Day, lang)}, {"receipt_purpose", f.Purpose},
	} {
		if x.Value = ngo.Printable(x.Value); x.Value != "" {
			out = append(out, x)
		}
	}
	return out
}

// cutLast cuts at the last separator; without one all of it is before.
func cutLast(s, separator string) (before, after string) {
	if at := strings.LastIndex(s, separator); at >= 0 {
		return s[:at], s[at+len(separator):]
	}
	return s, ""
}
