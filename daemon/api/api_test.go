package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// serve answers every request with h, under the right version, on the loopback.
func serve(t *testing.T, h http.HandlerFunc) *api.Client {
	t.Helper()
	srv := httptest.NewServer(versioned(h))
	t.Cleanup(srv.Close)
	return client(t, api.Options{Server: srv.URL, Token: "ngo_secret", Program: "1.2.3"})
}

func versioned(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(api.HeaderVersion, api.Version)
		h(w, r)
	}
}

func client(t *testing.T, o api.Options) *api.Client {
	t.Helper()
	c, err := api.New(o)
	if err != nil {
		t.Fatalf("New(%+v) = %v", o, err)
	}
	return c
}

func TestNewChecksTheRoad(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		o    api.Options
		ok   bool
	}{
		{"nothing", api.Options{}, false},
		{"both", api.Options{Socket: "/s", Server: "https://a"}, false},
		{"socket", api.Options{Socket: "/s"}, true},
		{"https", api.Options{Server: "https://ngo.example.org:8443"}, true},
		{"trailing slash", api.Options{Server: "https://ngo.example.org/"}, true},
		{"http to the loopback", api.Options{Server: "http://127.0.0.1:80"}, true},
		{"http to localhost", api.Options{Server: "http://localhost:80"}, true},
		{"http over a network", api.Options{Server: "http://ngo.example.org"}, false},
		{"no scheme", api.Options{Server: "ngo.example.org"}, false},
		{"with a path", api.Options{Server: "https://ngo.example.org/api"}, false},
		{"with a password", api.Options{Server: "https://a:b@ngo.example.org"}, false},
		{"transport", api.Options{Transport: http.DefaultTransport}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := api.New(tt.o)
			if (err == nil) != tt.ok || (err != nil && ngo.CodeOf(err) != ngo.Invalid) {
				t.Errorf("New(%+v) = %v, want ok %v or Invalid", tt.o, err, tt.ok)
			}
		})
	}
}

func TestRequestIsWrittenAsPromised(t *testing.T) {
	t.Parallel()
	var got *http.Request
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		io.WriteString(w, `{"items":[{"id":"don_1","amount":{"amount_minor":250000,"currency":"INR"}}],"next":"x"}`)
	})
	q := api.DonationQuery{ListQuery: api.ListQuery{Limit: 2, After: "a&b"}, State: ngo.DonationHeld, From: "2026-04-01"}
	page, err := c.Donations(t.Context(), "sevai", q)
	if err != nil {
		t.Fatal(err)
	}
	if want := "/api/v1/orgs/sevai/donations?after=a%26b&from=2026-04-01&limit=2&state=held"; got.URL.String() != want {
		t.Errorf("url = %s, want %s", got.URL, want)
	}
	for name, want := range map[string]string{"Authorization": "Bearer ngo_secret", api.HeaderVersion: "1", api.HeaderProgram: "1.2.3"} {
		if got.Header.Get(name) != want {
			t.Errorf("header %s = %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if len(page.Items) != 1 || page.Items[0].Amount != ngo.Paise(250000) || page.Next != "x" {
		t.Errorf("page = %+v", page)
	}
}

func TestPathElementsAreEscaped(t *testing.T) {
	t.Parallel()
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.EscapedPath()
		io.WriteString(w, "{}")
	})
	if _, err := c.Receipt(t.Context(), "sevai", "SVT/2026-27/D/000123"); err != nil {
		t.Fatal(err)
	}
	if want := "/api/v1/orgs/sevai/receipts/SVT%2F2026-27%2FD%2F000123"; got != want {
		t.Errorf("path = %s, want %s", got, want)
	}
	for _, org := range []string{"", ".", ".."} {
		if _, err := c.Org(t.Context(), org); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Org(%q) = %v, want Invalid", org, err)
		}
	}
}

func TestProblemsComeBackAsErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   ngo.Error
	}{
		{"ours", 409, `{"status":409,"detail":"the name is taken","code":"conflict","hint":"choose another"}`,
			ngo.Error{Code: ngo.Conflict, Message: "the name is taken", Hint: "choose another"}},
		{"the code decides, not the status", 500, `{"detail":"x","code":"limited"}`, ngo.Error{Code: ngo.Limited, Message: "x"}},
		{"no code", 404, `{"detail":"x"}`, ngo.Error{Code: ngo.NotFound, Message: "x"}},
		{"a proxy's page", 503, `<html>`, ngo.Error{Code: ngo.Unavailable, Message: "the daemon answered with status 503"}},
		{"a redirect is not followed", 302, ``, ngo.Error{Code: ngo.Internal, Message: "the daemon answered with status 302"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			_, err := c.Status(t.Context())
			got, ok := errors.AsType[*ngo.Error](err)
			if !ok || *got != tt.want {
				t.Errorf("error = %#v, want %#v", err, tt.want)
			}
		})
	}
}

func TestEveryCodeSurvivesItsStatus(t *testing.T) {
	t.Parallel()
	for _, code := range []ngo.Code{ngo.Invalid, ngo.NotFound, ngo.Conflict, ngo.Unauthenticated, ngo.Denied, ngo.TooLarge, ngo.Limited, ngo.Unavailable, ngo.Internal} {
		if got := api.CodeOfStatus(api.StatusOf(code)); got != code {
			t.Errorf("CodeOfStatus(StatusOf(%s)) = %s", code, got)
		}
	}
}

func TestNoDaemonIsUnreachable(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }))
	t.Cleanup(plain.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for name, o := range map[string]api.Options{
		"no socket":             {Socket: filepath.Join(t.TempDir(), "none")},
		"nobody listens":        {Server: "http://" + l.Addr().String()},
		"somebody else answers": {Server: plain.URL},
	} {
		_, err := client(t, o).Status(t.Context())
		if !errors.Is(err, api.ErrUnreachable) || ngo.CodeOf(err) != ngo.Unavailable {
			t.Errorf("%s: %v, want Unavailable wrapping ErrUnreachable", name, err)
		}
	}
}

// What stands in front of the interface refuses without naming its version: the reason is told, not that a stranger answers.
func TestRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"title":"Forbidden","status":403,"detail":"this is not served under that name","code":"denied","hint":"set base_url"}`)
	}))
	t.Cleanup(door.Close)
	_, err := client(t, api.Options{Server: door.URL}).Status(t.Context())
	if e, ok := errors.AsType[*ngo.Error](err); !ok || e.Code != ngo.Denied || e.Message != "this is not served under that name" || e.Hint != "set base_url" {
		t.Errorf("got %v, want the door's own words", err)
	}
}

func TestAnUntrustedCertificateIsNamed(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	_, err := client(t, api.Options{Server: srv.URL}).Status(t.Context())
	if e, ok := errors.AsType[*ngo.Error](err); !ok || !errors.Is(err, api.ErrUnreachable) || !strings.Contains(e.Message, "certificate") {
		t.Errorf("got %v, want ErrUnreachable with the certificate named", err)
	}
}

func TestGivingUpIsNotUnreachable(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	_, err := c.Status(ctx)
	if !errors.Is(err, context.Canceled) || errors.Is(err, api.ErrUnreachable) {
		t.Errorf("error = %v, want Canceled", err)
	}
}

func TestOtherVersionIsRefused(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(api.HeaderVersion, "2")
		io.WriteString(w, "{}")
	})
	if _, err := c.Status(t.Context()); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("error = %v, want Conflict", err)
	}
}

func TestAnswersAreLimited(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		chunk := strings.Repeat(" ", 1<<20)
		for range 10 {
			io.WriteString(w, chunk)
		}
	})
	if _, err := c.Status(t.Context()); ngo.CodeOf(err) != ngo.TooLarge {
		t.Errorf("error = %v, want TooLarge", err)
	}
}

func TestSocketCarriesCalls(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var host string
	srv := &http.Server{Handler: versioned(func(w http.ResponseWriter, r *http.Request) {
		host = r.Host
		json.NewEncoder(w).Encode(api.Status{Version: "9"})
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	s, err := client(t, api.Options{Socket: path}).Status(t.Context())
	if err != nil || s.Version != "9" || host != api.LocalHost {
		t.Errorf("Status = %+v, %v with host %q", s, err, host)
	}
}

func TestProfileEditLeavesOutWhatIsNil(t *testing.T) {
	t.Parallel()
	name, empty := "Sevai Trust", ""
	e := api.ProfileEdit{LegalName: &name, Address: &empty}
	data, err := json.Marshal(e)
	if err != nil || string(data) != `{"legal_name":"Sevai Trust","address":""}` {
		t.Errorf("JSON = %s, %v", data, err)
	}
	got := e.Apply(ngo.Profile{LegalName: "old", Address: "old", PAN: "kept"})
	if want := (ngo.Profile{LegalName: "Sevai Trust", PAN: "kept"}); got != want {
		t.Errorf("Apply = %+v, want %+v", got, want)
	}
}

func TestQueriesLeaveOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.RawQuery
		io.WriteString(w, "{}")
	})
	for _, tt := range []struct {
		want string
		ask  func() error
	}{
		{"", func() error { _, err := c.Donations(t.Context(), "sevai", api.DonationQuery{}); return err }},
		{"donor=a%40b.org&gateway=payu&least=100&mark=slip&most=5000&pot=foreign&purpose=school+lunch", func() error {
			_, err := c.Donations(t.Context(), "sevai", api.DonationQuery{
				Gateway: "payu", Least: 100, Most: 5000, Donor: "a@b.org", Purpose: "school lunch", Pot: ngo.Foreign, Mark: api.MarkSlip,
			})
			return err
		}},
		{"from=2026-04-01&gateway=payu&method=upi&recovered=true&state=failed&to=2026-04-02", func() error {
			_, err := c.Payments(t.Context(), "sevai", api.PaymentQuery{
				State: ngo.PaymentFailed, From: "2026-04-01", To: "2026-04-02", Gateway: "payu", Method: "upi", Recovered: true,
			})
			return err
		}},
		{"text=anitha", func() error { _, err := c.Persons(t.Context(), "sevai", api.PersonQuery{Text: "anitha"}); return err }},
		{"after=x&limit=2", func() error {
			_, err := c.Person(t.Context(), "sevai", "per_1", api.ListQuery{Limit: 2, After: "x"})
			return err
		}},
		{"gateway=payu&source=poll", func() error {
			_, err := c.Deliveries(t.Context(), "sevai", api.DeliveryQuery{Gateway: "payu", Source: ngo.SourcePoll})
			return err
		}},
	} {
		if err := tt.ask(); err != nil || got != tt.want {
			t.Errorf("query = %s, %v; want %s", got, err, tt.want)
		}
	}
}

func TestPurposeEditLeavesOutWhatIsNil(t *testing.T) {
	t.Parallel()
	title := "Midday meals"
	got := api.PurposeEdit{Title: &title}.Apply(ngo.Purpose{Name: "lunch", Title: "old", Kind: ngo.FundCorpus, Aliases: []string{"kept"}})
	if got.Title != title || got.Kind != ngo.FundCorpus || len(got.Aliases) != 1 || got.Name != "lunch" {
		t.Errorf("Apply = %+v", got)
	}
}
