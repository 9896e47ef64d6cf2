package whatsapp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	secret = "synthetic-app-secret-not-real"
	word   = "synthetic-verify-token"
	token  = "synthetic-token"
	number = "200300400500600"
	waba   = "100200300400500"
)

// graph is a loopback double of the Graph API.
type graph struct {
	*httptest.Server
	mu      sync.Mutex
	taken   []map[string]any // the bodies of messages
	paths   []string
	files   []string
	lose    bool
	answers []func(http.ResponseWriter) // given instead, one by one
	extra   http.HandlerFunc            // for what is not a message
}

func newGraph(t *testing.T) *graph {
	t.Helper()
	g := &graph{}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		answer(w, 401, `{"error":{"message":"no","type":"OAuthException","code":190}}`)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paths = append(g.paths, r.URL.Path)
	if len(g.answers) > 0 {
		next := g.answers[0]
		g.answers = g.answers[1:]
		next(w)
		return
	}
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages"):
		g.take(w, r)
		return
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/media"):
		g.store(w, r)
		return
	}
	if g.extra != nil {
		g.extra(w, r)
		return
	}
	answer(w, 200, `{"id":"`+strings.TrimPrefix(r.URL.Path, "/")+`"}`)
}

func (g *graph) take(w http.ResponseWriter, r *http.Request) {
	var m map[string]any
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		answer(w, 400, `{"error":{"message":"bad","code":100}}`)
		return
	}
	g.taken = append(g.taken, m)
	if g.lose {
		g.lose = false
		panic(http.ErrAbortHandler)
	}
	answer(w, 200, fmt.Sprintf(`{"messaging_product":"whatsapp","contacts":[{"input":"x","wa_id":"915550020117","user_id":"IN.40718253961427508831"}],"messages":[{"id":"wamid.%d"}]}`, len(g.taken)))
}

// store takes a file.
func (g *graph) store(w http.ResponseWriter, r *http.Request) {
	file, head, err := r.FormFile("file")
	if err != nil {
		answer(w, 400, `{"error":{"message":"bad","code":100}}`)
		return
	}
	data, err := io.ReadAll(file)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	g.files = append(g.files, fmt.Sprintf("%s %s %s %s: %s", r.URL.Path, r.FormValue("messaging_product"), r.FormValue("type"), head.Header.Get("Content-Type"), data))
	answer(w, 200, fmt.Sprintf(`{"id":"media.%d"}`, len(g.files)))
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a lost connection shows at the client
}

// next makes the double answer the next request like this.
func (g *graph) next(status int, body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers = append(g.answers, func(w http.ResponseWriter) { answer(w, status, body) })
}

func (g *graph) Taken() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[string]int{}
	for n := range g.taken {
		out[fmt.Sprintf("wamid.%d", n+1)]++
	}
	return out
}

func (g *graph) Down() { g.Close() }

func (g *graph) Lose() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lose = true
}

func (g *graph) Refuse(forGood bool) {
	code := 131056
	if forGood {
		code = 131026
	}
	g.next(400, fmt.Sprintf(`{"error":{"message":"no","code":%d,"error_data":{"details":"why"}}}`, code))
}

func values(base string) setting.Values {
	return setting.Values{
		"app-secret": secret, "verify-token": word, "token": token, "phone-number-id": number, "waba-id": waba, "base-url": base,
	}
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]ngo.Identity{
		"number":  {Kind: ngo.WhatsApp, Value: "915550020117"},
		"phone":   {Kind: ngo.Phone, Value: "+915550020117"},
		"user id": {Kind: ngo.WhatsAppUser, Value: "IN.40718253961427508831"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, channeltest.Suite{
				Driver: whatsapp.New(), To: to, Doubles: true,
				Start: func(t *testing.T) (setting.Values, channeltest.Double) {
					g := newGraph(t)
					return values(g.URL), g
				},
			})
		})
	}
}

func delivered(number string, n int) []byte {
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"messages","value":{"messaging_product":"whatsapp",`+
		`"metadata":{"display_phone_number":"915550010001","phone_number_id":%q},"contacts":[{"profile":{"name":"Asha"},"wa_id":"915550020117"}],`+
		`"messages":[{"from":"915550020117","id":"wamid.in%d","timestamp":"1787000061","type":"text","text":{"body":"word %d, \u0928\u092e\u0938\u094d\u0924\u0947 \/"}}]}}]}]}`,
		waba, number, n, n)
}

func TestInbound(t *testing.T) {
	t.Parallel()
	channeltest.RunInbound(t, channeltest.Inbound{
		Driver: whatsapp.New(), Values: values("http://127.0.0.1:9"),
		Sign:    func(body []byte) http.Header { return meta.Sign(body, []byte(secret)) },
		Message: func(n int) []byte { return delivered(number, n) },
		Foreign: func(n int) []byte { return delivered("999", n) },
		Join: func(bodies ...[]byte) []byte {
			var entries [][]byte
			for _, b := range bodies {
				var d struct{ Entry []json.RawMessage }
				if json.Unmarshal(b, &d) == nil {
					entries = append(entries, d.Entry[0])
				}
			}
			return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[%s]}`, bytes.Join(entries, []byte(",")))
		},
	})
}
