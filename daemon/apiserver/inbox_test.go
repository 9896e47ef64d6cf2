package apiserver_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

const (
	ourNumber = "200300400500600"
	ourWABA   = "100200300400500"
)

// graph is WhatsApp's own side as far as it is asked about an account and its templates.
type graph struct {
	*httptest.Server
	mu     sync.Mutex
	status int // of every answer, when not 0
	seen   chan string
}

func newGraph(t testing.TB) *graph {
	g := &graph{seen: make(chan string, 10)}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *graph) refuse(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status = status
}

const templatesJSON = `{"data":[
{"id":"1","name":"appointment","language":"en_US","status":"APPROVED","category":"UTILITY","components":[
 {"type":"BODY","text":"Dear {{1}}, we await you on {{2}}.","example":{"body_text":[["Meena","Monday"]]}}]},
{"id":"2","name":"appointment","language":"ta","status":"APPROVED","category":"UTILITY","components":[
 {"type":"BODY","text":"அன்புள்ள {{1}}, {{2}} அன்று வாருங்கள்."}]},
{"id":"3","name":"appeal","language":"ta","status":"APPROVED","category":"MARKETING","components":[{"type":"BODY","text":"உதவுங்கள்."}]},
{"id":"4","name":"old","language":"hi","status":"PAUSED","category":"UTILITY","components":[{"type":"BODY","text":"नमस्ते"}]}
]}`

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case g.status != 0:
		w.WriteHeader(g.status)
		w.Write([]byte(`{"error":{"message":"no","type":"OAuthException","code":190}}`))
	case strings.HasSuffix(r.URL.Path, "/messages"):
		body, _ := io.ReadAll(r.Body)
		g.seen <- r.URL.Path + " " + string(body)
		w.Write([]byte(`{"success":true}`))
	case strings.HasSuffix(r.URL.Path, "/message_templates"):
		w.Write([]byte(templatesJSON))
	default:
		w.Write([]byte(`{"id":"` + ourNumber + `"}`))
	}
}

// inbox is a server of an organisation that is written to by WhatsApp and by mail.
type inbox struct {
	*fixture
	graph *graph
	chat  ngo.AccountID
	mail  ngo.AccountID
	n     int
	now   time.Time // of messages
}

func newInbox(t testing.TB, change ...func(*apiserver.Options)) *inbox {
	t.Helper()
	in := &inbox{fixture: newFixture(t, change...), graph: newGraph(t), now: time.Now()}
	ctx := t.Context()
	chat, err := in.local.AddChannel(ctx, storetest.Slug, api.AddAccount{Driver: "whatsapp", Values: setting.Values{
		"app-secret": "synthetic-secret", "verify-token": "synthetic-word", "token": "synthetic-token",
		"phone-number-id": ourNumber, "waba-id": ourWABA, "base-url": in.graph.URL,
	}})
	if err != nil {
		t.Fatal(err)
	}
	mail, err := in.local.AddChannel(ctx, storetest.Slug, api.AddAccount{Driver: "email", Values: setting.Values{"smtp": "127.0.0.1:1", "from": "office@sevai.example"}})
	if err != nil {
		t.Fatal(err)
	}
	in.chat, in.mail = chat.ID, mail.ID
	return in
}

// hears has somebody write by WhatsApp so long ago, and gives the thread and who it was.
func (in *inbox) hears(number, name, text string, ago time.Duration) store.Heard {
	in.t.Helper()
	return in.hear(in.chat, ngo.Chat, ngo.Identity{Kind: ngo.WhatsApp, Value: number}, name, text, ago)
}

func (in *inbox) hear(account ngo.AccountID, kind ngo.ConversationKind, who ngo.Identity, name, text string, ago time.Duration) store.Heard {
	in.t.Helper()
	in.n++
	var h store.Heard
	storetest.Write(in.t, in.org, func(tx *store.Tx) error {
		person, _, _, err := tx.PersonFor(account, []ngo.Identity{who}, name, "ta")
		if err != nil {
			return err
		}
		line := ngo.Ref("")
		if kind == ngo.Chat {
			line = ourNumber
		}
		h, err = tx.Hear(store.NewIncoming{
			Account: account, Line: line, Ref: ngo.Ref("ref-" + string(rune('a'+in.n))), Kind: kind, Person: person, Address: who, Name: name,
			At: in.now.Add(-ago), Renews: true, What: "text", Text: text, Subject: "Help",
		})
		return err
	})
	return h
}

func (in *inbox) sync() {
	in.t.Helper()
	if _, err := in.local.SyncTemplates(in.t.Context(), storetest.Slug); err != nil {
		in.t.Fatal(err)
	}
}

// refused checks a code and that the way out is named.
func refused(t testing.TB, what string, err error, code ngo.Code, hint string) {
	t.Helper()
	if ngo.CodeOf(err) != code || !strings.Contains(hintOf(err), hint) {
		t.Errorf("%s: %v (hint %q), want %s with a hint of %q", what, err, hintOf(err), code, hint)
	}
}

func hintOf(err error) string {
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok {
		return ""
	}
	return e.Hint
}
