package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

var asha = ngo.Donor{Name: "Asha Rao", EMail: "asha@example.org", Phone: "+919840012345", Address: "3, Gandhi Street, Madurai", PAN: "ABCPR1234F"}

// receipted gives a gift its receipt.
func (s *site) receipted(slug string, d ngo.Donor) ngo.Receipt {
	s.t.Helper()
	o := s.org(slug)
	profile, err := o.Profile(s.t.Context())
	must(s.t, err)
	laws, _, err := receipt.LoadLaws(nil)
	must(s.t, err)
	gift := s.gift(slug, d)
	gift.Purpose = "School lunch"
	facts := receipt.Decide(laws.On(gift.Given), receipt.Gift{Org: o.Info(), Profile: profile, Donation: gift})
	printed, err := facts.JSON()
	must(s.t, err)
	fresh, err := o.Store.NewReceipt(gift.ID, store.ReceiptFacts{Series: "SVT/2026-27/D", Amount: gift.Amount, Day: gift.Given, Law: facts.Law, Tax: facts.Tax, Printed: printed})
	must(s.t, err)
	var r ngo.Receipt
	storetest.Write(s.t, o.Store, func(tx *store.Tx) (err error) { r, err = tx.IssueReceipt(fresh); return err })
	return r
}

// check gives the address at which a receipt can be checked, as it is in the code on its paper.
func (s *site) check(slug string, r ngo.Receipt) string {
	return receipt.Facts{}.For(r, time.UTC, slug, s.server.URL).VerifyURL
}

func TestAReceiptCanBeChecked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.receipted("sevai", asha)
	for lang, want := range map[string][]string{
		"en": {"This receipt is valid.", "6 April 2026", "Asha Rao", "₹1,001", "School lunch", r.Number, `class="verdict issued"`},
		"ta": {"இந்த ரசீது செல்லுபடியாகும்.", "6 ஏப்ரல் 2026", "Asha Rao", "₹1,001", "நன்கொடையாளர்", r.Number},
		"hi": {"यह रसीद मान्य है।", "6 अप्रैल 2026", "Asha Rao", "₹1,001", "दाता", r.Number},
	} {
		status, page, header := s.get(s.check("sevai", r) + "?lang=" + lang)
		if status != http.StatusOK || header.Get("Content-Language") != lang || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %v", lang, status, header)
		}
		s.wants("the page in "+lang, page, want...)
		for _, secret := range []string{asha.PAN, asha.Address, asha.EMail, asha.Phone, "Gandhi", string(r.Donation), "/donor/", "<form", "<script", "https://"} {
			if strings.Contains(page, secret) {
				t.Errorf("the page in %s shows %q", lang, secret)
			}
		}
	}
	head, tail, _ := strings.Cut(s.check("sevai", r), "/r/sevai.")
	for _, code := range []string{strings.ToUpper(tail), tail[:4] + "%20" + tail[4:8] + "%20" + tail[8:]} { // as a person types it
		if status, _, _ := s.get(head + "/r/sevai." + code); status != http.StatusOK {
			t.Errorf("the code as %s answers %d", code, status)
		}
	}
}

func TestAReceiptThatEndedSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.receipted("sevai", asha)
	storetest.Write(t, s.org("sevai").Store, func(tx *store.Tx) error { return tx.VoidReceipt(r.ID, "Refunded in full to Asha.") })
	day := ngo.FormatDate(s.org("sevai").Day(time.Now()), "en")
	status, page, _ := s.get(s.check("sevai", r))
	if status != http.StatusOK {
		t.Fatalf("a void receipt answers %d", status)
	}
	s.wants("the page of a void receipt", page, "was cancelled on "+day, `class="verdict void"`, r.Number)
	if strings.Contains(page, "Refunded") || strings.Contains(page, "is valid") {
		t.Errorf("the page of a void receipt says why, or that it is valid:\n%s", page)
	}
	old := s.receipted("sevai", ngo.Donor{Name: "Ravi", EMail: "ravi@example.org", Address: "1 Road", PAN: "ABCPR1234K"})
	fresh, err := s.org("sevai").Store.NewReceipt(old.Donation, store.ReceiptFacts{Series: old.Series, Amount: old.Amount, Day: old.Day, Law: old.Law, Printed: []byte(`{"version":1}`)})
	must(t, err)
	storetest.Write(t, s.org("sevai").Store, func(tx *store.Tx) error { _, err := tx.ReplaceReceipt(old.ID, fresh, "x"); return err })
	_, page, _ = s.get(s.check("sevai", old))
	s.wants("the page of a replaced receipt", page, "took the place of this one on "+day, `class="verdict replaced"`)
}

// Whoever guesses learns nothing, not even whether there is such an organisation.
func TestGuessesAtReceiptsLookAlike(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.receipted("sevai", asha)
	right := s.check("sevai", r)
	code := right[strings.LastIndex(right, ".")+1:]
	_, want, _ := s.get(s.server.URL + "/r/none.x")
	s.wants("the page", want, "There is no such receipt here")
	for name, address := range map[string]string{
		"another organisation's": "/r/asha." + code, "no organisation": "/r/none." + code, "one sign changed": "/r/sevai." + flipped(code), "cut off": "/r/sevai." + code[1:],
		"too long": "/r/sevai." + strings.Repeat(code, 100), "the id": "/r/sevai." + string(r.ID), "the number": "/r/sevai." + url.PathEscape(r.Number),
		"a gift": "/r/sevai." + strings.TrimPrefix(string(r.Donation), "don_"), "no code": "/r/sevai", "two points": "/r/x..y", "nothing": "/r/", "below": "/r/sevai." + code + "/x",
		"a zero": "/r/sevai." + code + "%00", "bytes": "/r/%ff%fe.%ff", "traversal": "/r/..%2f..%2fetc." + code, "SQL": "/r/sevai.'%20or%20'1'='1",
	} {
		status, page, _ := s.get(s.server.URL + address)
		if status != http.StatusNotFound || page != want {
			t.Errorf("%s: %d\n%s", name, status, page)
		}
	}
	if status, _, _ := s.post(right, url.Values{}); status != http.StatusNotFound {
		t.Errorf("posting to a receipt answers %d", status)
	}
}

func TestHostileNamesOnThePageOfAReceipt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := asha
	d.Name = "<script>alert(1)</script>\x1b[2J\u202eoaR"
	_, page, _ := s.get(s.check("sevai", s.receipted("sevai", d)))
	s.wants("the page", page, "&lt;script&gt;")
	if strings.Contains(page, "<script") || strings.ContainsAny(page, "\x1b\u202e") {
		t.Errorf("the page has the name raw:\n%s", page)
	}
}

func TestAnErasedDonorIsNotNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.receipted("sevai", asha)
	gift := s.donation("sevai", r.Donation)
	storetest.Write(t, s.org("sevai").Store, func(tx *store.Tx) error { return tx.ErasePerson(gift.Person) })
	status, page, _ := s.get(s.check("sevai", r))
	if status != http.StatusOK || strings.Contains(page, "Asha") || !strings.Contains(page, r.Number) {
		t.Errorf("the page of an erased donor's receipt answers %d:\n%s", status, page)
	}
}
