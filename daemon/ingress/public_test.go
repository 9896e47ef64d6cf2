package ingress

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPublicPages(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) { o.Public = http.HandlerFunc(echo) })
	for _, tt := range []struct {
		path    string
		body    string
		headers []string
		want    int
	}{
		{"/o/sevai/donor/SECRET", "", nil, 200},
		{"/o/sevai/donor/SECRET", "name=Meena", []string{"Origin", "https://localhost"}, 200}, // a browser's form
		{"/o/sevai/donor/SECRET", strings.Repeat("x", 64<<10+1), nil, 413},
		{"/r/SECRET", "", nil, 200},
		{"/files/SECRET", "", nil, 200},
		{"/x/y", "", nil, 404},
	} {
		if code, _ := d.send(http.MethodPost, tt.path, strings.NewReader(tt.body), tt.headers...); code != tt.want {
			t.Errorf("POST %s with %d bytes: %d, want %d", tt.path, len(tt.body), code, tt.want)
		}
	}
	if log := d.log.String(); strings.Contains(log, "SECRET\"") || !strings.Contains(log, `/o/sevai/donor/…`) || !strings.Contains(log, `"/r/…"`) || !strings.Contains(log, `"/files/…"`) || !strings.Contains(log, `"org":"sevai"`) {
		t.Errorf("the log shows the secret of a link, or not which page was asked for:\n%s", log)
	}
}

func TestNoPublicPages(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	if code, _ := d.get("/o/sevai/donor/x"); code != 404 {
		t.Errorf("without public pages: %d, want 404", code)
	}
}

func TestPublicPagesArePaced(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	s := &Server{o: Options{Now: func() time.Time { return now }, Limits: Limits{Pages: 5}}}
	served := 0
	h := s.paced(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }))
	ask := func(address string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{RemoteAddr: address})
		return w.Code
	}
	for range 100 {
		ask("192.0.2.1:1")
	}
	if served != 5 || ask("192.0.2.1:2") != 429 {
		t.Errorf("served %d pages to one address in a moment, want 5 and then 429", served)
	}
	if ask("192.0.2.2:1") != 200 {
		t.Error("an address waits for what its neighbour did")
	}
	now = now.Add(time.Minute)
	if ask("192.0.2.1:3") != 200 {
		t.Error("an address waits longer than a minute")
	}
}

func TestNoSpellingOfALinkIsLogged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ path, want string }{
		{"/o/sevai/donor/SECRET", "/o/sevai/donor/…"}, {"//o/sevai/donor/SECRET", "/o/sevai/donor/…"}, {"/%6F/sevai/donor/SECRET", "/o/sevai/donor/…"},
		{"/x/../o/sevai/donor/SECRET", "/o/sevai/donor/…"}, {"/o/sevai//donor/SECRET", "/o/sevai/donor/…"}, {"/o/sevai/donor/SECRET/more", "/o/sevai/donor/…"},
		{"/r/SECRET", "/r/…"}, {"//r/SECRET", "/r/…"}, {"/o/sevai", "/o/sevai"}, {"/hooks/sevai/razor%20pay", "/hooks/sevai/razor%20pay"},
	} {
		u, err := url.ParseRequestURI(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := loggedPath(u); got != tt.want {
			t.Errorf("%s is logged as %s, want %s", tt.path, got, tt.want)
		}
	}
}
