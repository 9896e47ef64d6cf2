package public_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
)

// browser starts a real one; without any the test is skipped, or fails where everything has to be tried.
func browser(t *testing.T) *rod.Browser {
	t.Helper()
	bin, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("NGOCTL_TEST_ALL") != "" {
			t.Fatal("there is no chromium")
		}
		t.Skip("there is no chromium")
	}
	l := launcher.New().Bin(bin).Leakless(false).Headless(true).NoSandbox(os.Getuid() == 0).UserDataDir(t.TempDir()).
		Set("disable-background-networking").Set("no-proxy-server").Set("disable-dev-shm-usage")
	control, err := l.Launch()
	must(t, err)
	b := rod.New().ControlURL(control).Timeout(time.Minute)
	must(t, b.Connect())
	t.Cleanup(func() {
		must(t, b.Close())
		l.Kill()
		l.Cleanup()
	})
	return b
}

// snoop is a stranger's server that notes whatever is asked of it.
type snoop struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newSnoop(t *testing.T) *snoop {
	t.Helper()
	s := &snoop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *snoop) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// dot is a PNG of one dot.
const dot = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\xa7\xfe\xf4\x9a\x00\x00\x00\x00IEND\xaeB`\x82"

// What a mail brings neither runs nor loads anything, in a browser as people have it.
func TestInABrowser(t *testing.T) {
	b := browser(t) // not parallel: it takes the processor
	evil, s := newSnoop(t), newSite(t)
	logo := named("image", "image/png", "logo.png", dot)
	logo.ContentID = "logo@mail"
	_, kept := s.hear("sevai", noChange, named("page", "text/html", "mail.html", strings.ReplaceAll(hostilePage, "https://evil.example", evil.URL)), logo)
	page := open(t, b, s.fileLink("sevai", org.FileGrant{Attachment: kept[0].ID}))
	if got := eval(t, page, `() => document.querySelector("img").naturalWidth`); got != "1" {
		t.Errorf("the picture that came along is %s dots wide; want 1", got)
	}
	if got := eval(t, page, `() => document.querySelectorAll("script,iframe,form,meta[http-equiv]").length + " " + document.title`); got != "0 A mail as it was laid out" {
		t.Errorf("the page has %q", got)
	}
	must(t, page.Close())
	heard, _ := s.hear("sevai", func(n *store.NewIncoming) {
		n.Text = "<img src=" + evil.URL + "/text onerror=alert(1)> வணக்கம்"
	}, logo)
	page = open(t, b, s.fileLink("sevai", org.FileGrant{Conversation: heard.Conversation.ID}))
	if got := eval(t, page, `() => getComputedStyle(document.querySelector(".text")).whiteSpace + " " + document.images.length`); got != "pre-wrap 0" {
		t.Errorf("the thread is drawn as %q; want its style, and no pictures", got)
	}
	must(t, page.Close())
	if asked := evil.heard(); len(asked) > 0 {
		t.Errorf("the stranger's server was asked for %v", asked)
	}
}

// The policy alone stops what the cleaning would have let through.
func TestThePolicyAloneInABrowser(t *testing.T) {
	b := browser(t)
	evil, s := newSnoop(t), newSite(t)
	_, kept := s.hear("sevai", noChange, named("page", "text/html", "mail.html", "x"))
	_, _, header := s.get(s.fileLink("sevai", org.FileGrant{Attachment: kept[0].ID}))
	raw := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", header.Get("Content-Security-Policy"))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<title>before</title><script>document.title="ran"</script><img src="` + evil.URL + `/img" onerror="document.title='ran'">` +
			`<link rel=stylesheet href="` + evil.URL + `/css"><style>@import "` + evil.URL + `/import";body{background:url(` + evil.URL + `/bg)}</style><iframe src="` + evil.URL + `/frame"></iframe>` +
			`<object data="` + evil.URL + `/object"></object><video src="` + evil.URL + `/video"></video><svg><image href="` + evil.URL + `/svg"/></svg><link rel=prefetch href="` + evil.URL + `/prefetch">`))
	}))
	t.Cleanup(raw.Close)
	page := open(t, b, raw.URL)
	if got := eval(t, page, `() => document.title`); got != "before" {
		t.Errorf("a script ran: the title is %q", got)
	}
	must(t, page.Close())
	if asked := evil.heard(); len(asked) > 0 {
		t.Errorf("the stranger's server was asked for %v", asked)
	}
}

// A PDF is shown, not saved, under a policy that allows it nothing else.
func TestAPDFInABrowser(t *testing.T) {
	b := browser(t)
	s := newSite(t)
	_, kept := s.hear("sevai", noChange, named("file", "application/pdf", "a.pdf", "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "+
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"))
	page := open(t, b, s.fileLink("sevai", org.FileGrant{Attachment: kept[0].ID}))
	if got := eval(t, page, `() => document.contentType`); got != "application/pdf" {
		t.Errorf("the browser shows %q; want its viewer", got)
	}
	must(t, page.Close())
}

func open(t *testing.T, b *rod.Browser, address string) *rod.Page {
	t.Helper()
	page, err := b.Page(proto.TargetCreateTarget{URL: address})
	must(t, err)
	// rod's own waiting listens for an event, which a page without scripts cannot.
	for eval(t, page, `() => document.readyState`) != "complete" {
		must(t, t.Context().Err())
	}
	return page
}

// eval asks the page from outside, as the developer's tools do, whatever its policy says of scripts.
func eval(t *testing.T, page *rod.Page, js string) string {
	t.Helper()
	res, err := page.Eval(js)
	must(t, err)
	return res.Value.String()
}
