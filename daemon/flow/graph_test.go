package flow_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	graphToken = "synthetic-token"
	ourNumber  = "200300400500600"
	ourSecond  = "200300400500601"
	ourWABA    = "100200300400500"
)

// graph is a small loopback double of WhatsApp's own side: it takes messages and gives files away.
type graph struct {
	*httptest.Server
	h       *house
	account ngo.Account
	mu      sync.Mutex
	sent    []map[string]any // bodies of messages, as they were taken
	answers []string         // given instead of taking, one by one: "STATUS BODY"; "lose" takes and hangs up
	files   map[string][]byte
	asked   map[string]int // how often each path was
	refuse  func(to string) string
	next    int
	kill    func() // called with the message at which killIn comes to 0, which is taken and not answered
	killIn  int
	status  int // of every answer about files; 0 when all is well
}

// whatsApp gives the house a WhatsApp account at a double of its own.
func (h *house) whatsApp(settings ...string) *graph {
	h.t.Helper()
	g := &graph{h: h, files: map[string][]byte{}, asked: map[string]int{}}
	g.Server = httptest.NewServer(g)
	h.t.Cleanup(g.Close)
	values := map[string]string{"phone-number-id": ourNumber + "," + ourSecond, "waba-id": ourWABA, "base-url": g.URL}
	for i := 0; i+1 < len(settings); i += 2 {
		values[settings[i]] = settings[i+1]
	}
	n := h.org.NewAccount(ngo.Channel, "whatsapp", "whatsapp", values,
		map[string]string{"app-secret": "synthetic-secret", "verify-token": "synthetic-word", "token": graphToken})
	h.write(func(tx *store.Tx) error { return tx.AddAccount(n) })
	g.account = n.Account
	return g
}

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked[r.URL.Path]++
	switch {
	case r.Header.Get("Authorization") != "Bearer "+graphToken:
		say(w, 401, `{"error":{"message":"no","code":190}}`)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages"):
		g.take(w, r)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/media"):
		g.next++
		_, _ = io.Copy(io.Discard, r.Body)
		say(w, 200, fmt.Sprintf(`{"id":"8000000000%05d"}`, g.next))
	case g.status != 0:
		say(w, g.status, "{}")
	case strings.HasSuffix(r.URL.Path, "/message_templates"):
		say(w, 200, `{"data":[]}`)
	case strings.HasPrefix(r.URL.Path, "/file/"):
		g.file(w, strings.TrimPrefix(r.URL.Path, "/file/"))
	default:
		g.media(w, strings.TrimPrefix(r.URL.Path, "/"))
	}
}

func (g *graph) take(w http.ResponseWriter, r *http.Request) {
	var m map[string]any
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		say(w, 400, `{"error":{"message":"bad","code":100}}`)
		return
	}
	to, _ := m["to"].(string)
	if to == "" {
		to, _ = m["recipient"].(string)
	}
	answer := ""
	if g.refuse != nil {
		answer = g.refuse(to)
	}
	if answer == "" && len(g.answers) > 0 {
		answer, g.answers = g.answers[0], g.answers[1:]
	}
	if status, body, ok := strings.Cut(answer, " "); ok {
		code := 0
		_, _ = fmt.Sscan(status, &code)
		say(w, code, body)
		return
	}
	g.sent = append(g.sent, m)
	if g.killIn--; g.killIn == 0 && g.kill != nil {
		g.kill()
		panic(http.ErrAbortHandler)
	}
	if answer == "lose" {
		panic(http.ErrAbortHandler)
	}
	say(w, 200, fmt.Sprintf(`{"messaging_product":"whatsapp","contacts":[{"input":"x"}],"messages":[{"id":"wamid.out.%d"}]}`, len(g.sent)))
}

func (g *graph) media(w http.ResponseWriter, id string) {
	data, ok := g.files[id]
	if !ok {
		say(w, 400, `{"error":{"message":"gone","code":100,"error_subcode":33}}`)
		return
	}
	sum := sha256.Sum256(data)
	say(w, 200, fmt.Sprintf(`{"url":%q,"mime_type":%q,"sha256":%q,"file_size":"%d"}`, g.URL+"/file/"+id, http.DetectContentType(data), base64.StdEncoding.EncodeToString(sum[:]), len(data)))
}

func (g *graph) file(w http.ResponseWriter, id string) {
	w.Header().Set("Content-Type", http.DetectContentType(g.files[id]))
	_, _ = w.Write(g.files[id]) // a lost connection shows at the client
}

func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a lost connection shows at the client
}

// answer has the next messages answered like this instead of taken.
func (g *graph) answer(answers ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers = append(g.answers, answers...)
}

// fault is an answer with one of WhatsApp's error codes.
func fault(status, code int) string {
	return fmt.Sprintf(`%d {"error":{"message":"no","code":%d,"error_data":{"details":"why"}}}`, status, code)
}

// taken gives the messages that WhatsApp took.
func (g *graph) taken() []map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]map[string]any{}, g.sent...)
}

// texts gives what the messages that WhatsApp took said.
func (g *graph) texts() (out []string) {
	for _, m := range g.taken() {
		text, _ := m["text"].(map[string]any)
		body, _ := text["body"].(string)
		out = append(out, body)
	}
	return out
}

// serve has WhatsApp keep a file.
func (g *graph) serve(id string, data []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.files[id] = data
}

// killAt has kill called when that many messages more were taken.
func (g *graph) killAt(sends int, kill func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.killIn, g.kill = sends, kill
}

// broken has WhatsApp answer everything about files with a status; 0 mends it.
func (g *graph) broken(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status = status
}

// arrive brings a body in as the webhook does.
func (g *graph) arrive(body string) ngo.DeliveryID {
	g.h.t.Helper()
	d := g.h.org.NewDelivery(g.account.ID, "", []byte(body)).Heard()
	g.h.write(func(tx *store.Tx) error { _, err := tx.AddDelivery(d); return err })
	return d.ID
}

// hears brings a body in and does all that follows.
func (g *graph) hears(body string) ngo.DeliveryID {
	g.h.t.Helper()
	id := g.arrive(body)
	g.h.works()
	return id
}

// The people of the tests.
const (
	meena     = "919840012345"
	meenaName = "Meena"
	ravi      = "919840067890"
)

// batch is a delivery of WhatsApp's with items of one kind: messages, statuses, message_echoes.
func batch(field, kind string, items ...string) string {
	return batchFor(ourNumber, field, kind, items...)
}

func batchFor(number, field, kind string, items ...string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[%s]}`, entry(number, field, kind, items...))
}

func entry(number, field, kind string, items ...string) string {
	return fmt.Sprintf(`{"id":%q,"changes":[{"field":%q,"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"914440000000","phone_number_id":%q},`+
		`"contacts":[{"profile":{"name":%q},"wa_id":%q}],%q:[%s]}}]}`, ourWABA, field, number, meenaName, meena, kind, strings.Join(items, ","))
}

// messages is a delivery with messages.
func messages(items ...string) string { return batch("messages", "messages", items...) }

// statuses is a delivery with statuses.
func statuses(items ...string) string { return batch("messages", "statuses", items...) }

// text is a message from Meena.
func (h *house) text(id, words string) string { return h.textFrom(meena, id, words) }

func (h *house) textFrom(from, id, words string) string {
	body, _ := json.Marshal(words)
	return h.item(from, id, "text", fmt.Sprintf(`{"body":%s}`, body))
}

// item is a message of any type.
func (h *house) item(from, id, kind, content string) string {
	return fmt.Sprintf(`{"from":%q,"id":%q,"timestamp":"%d","type":%q,%q:%s}`, from, id, h.now().Unix(), kind, kind, content)
}

// status is what became of a message of ours.
func (h *house) status(id ngo.MessageID, ref, state string) string {
	return fmt.Sprintf(`{"id":%q,"status":%q,"timestamp":"%d","recipient_id":%q,"biz_opaque_callback_data":%q}`, ref, state, h.now().Unix(), meena, string(id))
}

func statusOf(t testing.TB, h *house, id ngo.MessageID) ngo.Message {
	t.Helper()
	var m ngo.Message
	h.read(func(rx *store.Rx) (err error) { m, err = rx.Message(id); return err })
	return m
}
