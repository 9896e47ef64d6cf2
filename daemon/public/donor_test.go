package public_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/public"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is the pages of two organisations on loopback, and a clock that the test turns.
type site struct {
	t        *testing.T
	book     *org.Book
	gateways map[string]ngo.Account
	blobs    *blob.Shelves
	server   *httptest.Server
	skew     atomic.Int64
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, gateways: map[string]ngo.Account{}}
	now := func() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }
	base, dir := storetest.Open(t, storetest.At(now)), ""
	for _, slug := range []string{"sevai", "asha"} {
		o := storetest.AddOrg(t, base, slug)
		dir = filepath.Dir(filepath.Dir(o.Dir()))
		storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.SetProfile(storetest.Profile()); return err })
		s.gateways[slug] = storetest.Gateway(t, o)
	}
	book, err := org.New(org.Options{Store: base, Now: now})
	must(t, err)
	t.Cleanup(book.Close)
	s.blobs = blob.NewShelves(dir, storetest.Keys())
	t.Cleanup(func() { must(t, s.blobs.Close()) })
	h, err := public.New(public.Options{Book: book, Blobs: s.blobs})
	must(t, err)
	s.book, s.server = book, httptest.NewServer(h)
	t.Cleanup(s.server.Close)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) org(slug string) *org.Org {
	s.t.Helper()
	o, err := s.book.Org(s.t.Context(), slug)
	must(s.t, err)
	return o
}

// gift records a gift of ₹1,001 on 6 April 2026 and gives it as stored.
func (s *site) gift(slug string, d ngo.Donor, change ...func(*ngo.Payment)) ngo.Donation {
	s.t.Helper()
	o := s.org(slug).Store
	account := s.gateways[slug]
	delivery := o.NewDelivery(account.ID, "", []byte(rand()))
	p := ngo.Payment{
		Account: account.ID, Ref: ngo.Ref("pay_" + rand()), State: ngo.PaymentCaptured, Amount: ngo.Paise(100100), Method: "upi",
		Created: time.Date(2026, 4, 6, 6, 0, 0, 0, time.UTC), Delivery: delivery.ID,
	}
	for _, c := range change {
		c(&p)
	}
	var gift ngo.Donation
	storetest.Write(s.t, o, func(tx *store.Tx) error {
		if _, err := tx.AddDelivery(delivery); err != nil {
			return err
		}
		paid, _, err := tx.SavePayment(p)
		if err != nil {
			return err
		}
		gift, _, err = tx.AddDonation(ngo.Donation{
			ID: ngo.NewID[ngo.DonationID](tx.Now()), Payment: paid.ID, State: ngo.DonationReceived, Amount: paid.Amount, Given: "2026-04-06", Donor: d, Method: "upi",
			Pot: ngo.Domestic,
		})
		return err
	})
	return gift
}

func rand() string { return string(ngo.NewID[ngo.ActID](time.Now()))[4:] }

func (s *site) link(slug string, id ngo.DonationID) string {
	return s.org(slug).DonorLink(s.server.URL, id)
}

func (s *site) donation(slug string, id ngo.DonationID) (d ngo.Donation) {
	s.t.Helper()
	storetest.Read(s.t, s.org(slug).Store, func(rx *store.Rx) (err error) { d, err = rx.Donation(id); return err })
	return d
}

// get gives the status and the page, following no redirect.
func (s *site) get(address string, header ...string) (int, string, http.Header) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	must(s.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return s.do(req)
}

func (s *site) post(address string, v url.Values) (int, string, http.Header) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, address, strings.NewReader(v.Encode()))
	must(s.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(req)
}

func (s *site) do(req *http.Request) (int, string, http.Header) {
	s.t.Helper()
	client := *s.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(s.t, err)
	return res.StatusCode, string(body), res.Header
}

func (s *site) wants(what, page string, want ...string) {
	s.t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			s.t.Errorf("%s lacks %q:\n%s", what, w, page)
		}
	}
}

var meena = ngo.Donor{Name: "Meena", EMail: "meena@example.org"}

func answers() url.Values {
	return url.Values{
		"name": {"Meena Kumari"}, "address": {"12 Car Street\r\nMadurai 625001"}, "pan": {"abcpe1234f"}, "citizenship": {"indian"}, "language": {"ta"},
	}
}

func TestADonorTellsWhatTheReceiptNeeds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	gift := s.gift("sevai", meena)
	if gift.State != ngo.DonationWaiting {
		t.Fatalf("the gift is %s; want it waiting", gift.State)
	}
	link := s.link("sevai", gift.ID)
	status, page, _ := s.get(link)
	if status != http.StatusOK {
		t.Fatalf("the page answers %d", status)
	}
	s.wants("the page", page, `lang="en"`, "₹1,001", "6 April 2026", `value="Meena"`, "<form")
	status, _, header := s.post(link+"?lang=ta", answers())
	if status != http.StatusSeeOther || s.server.URL+header.Get("Location") != link+"?lang=ta" {
		t.Fatalf("the answers are answered with %d to %q", status, header.Get("Location"))
	}
	got := s.donation("sevai", gift.ID)
	want := ngo.Donor{
		Name: "Meena Kumari", EMail: meena.EMail, Address: "12 Car Street, Madurai 625001", PAN: "ABCPE1234F", Language: "ta", Citizenship: ngo.CitizenIndian,
	}
	if got.State != ngo.DonationReceived || got.Donor != want {
		t.Errorf("the gift is %s from %+v; want it received from %+v", got.State, got.Donor, want)
	}
	_, page, _ = s.get(link)
	s.wants("the page afterwards", page, "நன்றி", "m…@example.org")
	if strings.Contains(page, "ABCPE1234F") || strings.Contains(page, "<form") {
		t.Errorf("the page afterwards still asks, or shows the PAN:\n%s", page)
	}
	if status, _, _ := s.post(link, url.Values{"name": {"Mallory"}}); status != http.StatusSeeOther {
		t.Errorf("answers to a gift that is settled are answered with %d", status)
	}
	if again := s.donation("sevai", gift.ID); again.Donor != want {
		t.Errorf("answers that came too late changed the donor to %+v", again.Donor)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	plain := s.link("sevai", s.gift("sevai", meena).ID)
	hindi := s.link("sevai", s.gift("sevai", ngo.Donor{Name: "Ravi", EMail: "ravi@example.org", Language: "hi"}).ID)
	for _, tt := range []struct{ link, accept, want string }{
		{plain, "", "en"}, {plain, "fr, ta;q=0.5", "en"}, {plain + "?lang=ta", "", "ta"}, {plain + "?lang=xx", "", "en"},
		{hindi, "ta", "hi"}, {hindi + "?lang=en", "", "en"}, {s.server.URL + "/o/none/donor/x", "ta-IN", "ta"},
	} {
		_, page, header := s.get(tt.link, "Accept-Language", tt.accept)
		if got := header.Get("Content-Language"); got != tt.want || !strings.Contains(page, `<html lang="`+tt.want+`">`) {
			t.Errorf("%s for %q is in %q; want %s", tt.link, tt.accept, got, tt.want)
		}
	}
}

func TestWhatIsWrongIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	gift := s.gift("sevai", meena)
	link := s.link("sevai", gift.ID)
	for _, tt := range []struct {
		name         string
		change       map[string]string
		want, absent string
	}{
		{"no name", map[string]string{"name": " "}, "Please write your name", ""},
		{"no address", map[string]string{"address": ""}, "Please write your postal address", ""},
		{"no citizenship", map[string]string{"citizenship": "martian"}, "of which country", ""},
		{"neither PAN nor document", map[string]string{"pan": ""}, "write your PAN, or choose", ""},
		{"not a PAN", map[string]string{"pan": "ABC"}, "does not look like a PAN", ""},
		{"a document without its number", map[string]string{"pan": "", "document": "passport"}, "choose the document", ""},
		{"a document that is none", map[string]string{"pan": "", "document": "aadhaar", "number": "X1"}, "choose the document", ""},
		{"an Aadhaar number as PAN", map[string]string{"pan": "9999 4105 7058"}, "looks like an Aadhaar", "4105"},
		{"an Aadhaar number as document", map[string]string{"pan": "", "document": "tin", "number": "999941057058"}, "looks like an Aadhaar", "41057058"},
		{"an Aadhaar number in the address", map[string]string{"pan": "", "address": "1 Car Street 9999 4105 7058"}, "xxxx xxxx 7058", "4105"},
		{"too long", map[string]string{"name": strings.Repeat("அ", 201)}, "too long", ""},
		{"hostile", map[string]string{"name": `"><script>alert(1)</script>`, "pan": ""}, "&lt;script&gt;", "<script"},
		{"escape sequences", map[string]string{"name": "A\x1b[2J\u202eB", "pan": ""}, "write your PAN, or choose", "\x1b"},
	} {
		v := answers()
		for k, x := range tt.change {
			v.Set(k, x)
		}
		status, page, _ := s.post(link, v)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, tt.want) {
			t.Errorf("%s: %d, and no %q in\n%s", tt.name, status, tt.want, page)
		}
		if tt.absent != "" && strings.Contains(page, tt.absent) {
			t.Errorf("%s: the page holds %q", tt.name, tt.absent)
		}
	}
	if got := s.donation("sevai", gift.ID); got.State != ngo.DonationWaiting || got.Donor != meena {
		t.Errorf("faulty answers changed the gift: %s, %+v", got.State, got.Donor)
	}
}

func TestAnotherDocumentAndAPlainReceipt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	gift := s.gift("sevai", meena)
	v := answers()
	v.Del("pan")
	v.Set("document", "passport")
	v.Set("number", "k 1234567")
	if status, page, _ := s.post(s.link("sevai", gift.ID), v); status != http.StatusSeeOther {
		t.Fatalf("a passport is answered with %d:\n%s", status, page)
	}
	if d := s.donation("sevai", gift.ID).Donor; d.IDKind != ngo.IDPassport || d.IDNumber != "K1234567" {
		t.Errorf("the document is %s %s", d.IDKind, d.IDNumber)
	}
	plain := s.gift("sevai", ngo.Donor{EMail: "ravi@example.org"})
	status, _, _ := s.post(s.link("sevai", plain.ID), url.Values{"citizenship": {"indian"}, "decline": {"yes"}})
	if got := s.donation("sevai", plain.ID); status != http.StatusSeeOther || !got.Declined || got.State != ngo.DonationReceived {
		t.Errorf("a plain receipt is answered with %d, and the gift is %s, declined %v", status, got.State, got.Declined)
	}
}

func TestCitizenshipReleasesAnInternationalCard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	abroad := func(p *ngo.Payment) { p.International = true }
	for citizenship, want := range map[string]ngo.DonationState{"indian": ngo.DonationReceived, "foreign": ngo.DonationHeld} {
		gift := s.gift("sevai", ngo.Donor{Name: "Meena", EMail: citizenship + "@example.org"}, abroad)
		if gift.State != ngo.DonationHeld {
			t.Fatalf("the gift is %s; want it held", gift.State)
		}
		v := answers()
		v.Set("citizenship", citizenship)
		if status, page, _ := s.post(s.link("sevai", gift.ID), v); status != http.StatusSeeOther {
			t.Fatalf("%s is answered with %d:\n%s", citizenship, status, page)
		}
		if got := s.donation("sevai", gift.ID); got.State != want {
			t.Errorf("after %s the gift is %s: %s; want %s", citizenship, got.State, got.Reason, want)
		}
	}
}

func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	gift := s.gift("sevai", meena)
	link := s.link("sevai", gift.ID)
	base, token := link[:strings.LastIndex(link, "/")+1], link[strings.LastIndex(link, "/")+1:]
	none := ngo.NewID[ngo.DonationID](time.Now())
	_, want, _ := s.get(s.server.URL + "/o/none/donor/x")
	for name, address := range map[string]string{
		"another organisation": strings.Replace(link, "/o/sevai/", "/o/asha/", 1), "cut off": link[:len(link)-1], "one sign changed": base + flipped(token),
		"garbage": base + "x", "padding": link + "=", "too long": base + strings.Repeat("A", 5000), "an id": base + string(gift.ID), "no gift": s.link("sevai", none),
		"no page": s.server.URL + "/o/sevai/donor", "root": s.server.URL + "/",
	} {
		if status, page, _ := s.get(address); status != http.StatusNotFound || page != want {
			t.Errorf("%s: %d\n%s", name, status, page)
		}
		if status, _, _ := s.post(address, answers()); status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			t.Errorf("%s: posting answers %d", name, status)
		}
	}
	s.skew.Store(int64(76 * 24 * time.Hour))
	if status, page, _ := s.get(link); status != http.StatusGone || !strings.Contains(page, "too old") {
		t.Errorf("an old link answers %d\n%s", status, page)
	}
	if status, _, _ := s.post(link, answers()); status != http.StatusGone {
		t.Errorf("posting to an old link answers %d", status)
	}
	if got := s.donation("sevai", gift.ID); got.Donor != meena {
		t.Errorf("a stranger changed the donor to %+v", got.Donor)
	}
}

// flipped is a token with one sign in its middle changed.
func flipped(token string) string {
	at, sign := len(token)/2, "A"
	if strings.EqualFold(token[at:at+1], sign) { // the codes of receipts are read in either case
		sign = "B"
	}
	return token[:at] + sign + token[at+1:]
}

func TestOverlongForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link := s.link("sevai", s.gift("sevai", meena).ID)
	v := answers()
	v.Set("address", strings.Repeat("x", public.MaxForm))
	if status, _, _ := s.post(link, v); status != http.StatusBadRequest {
		t.Errorf("a form that is too long answers %d", status)
	}
}

// TestThePageStandsAlone checks that a page loads nothing, runs nothing, and that its policy says so.
func TestThePageStandsAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, page, header := s.get(s.link("sevai", s.gift("sevai", meena).ID))
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	if style == nil {
		t.Fatal("the page has no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy %q does not fit the style", policy)
	}
	for _, forbidden := range []string{"<script", "javascript:", " src=", "<link", "@import", "url(", "onclick", "http://", "https://"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page has %q in it", forbidden)
		}
	}
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"} {
		if got := header.Get(name); got != want {
			t.Errorf("%s is %q; want %s", name, got, want)
		}
	}
}
