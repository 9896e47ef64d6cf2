package screen

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/style"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// daemonDouble answers with what a test wants and keeps what it was asked.
type daemonDouble struct {
	mu     sync.Mutex
	asked  []string // method, path and body
	answer map[string]any
	lose   int // answers to what is written that get lost on the way
}

func (d *daemonDouble) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	body.ReadFrom(r.Body)
	key := r.Method + " " + strings.TrimPrefix(r.URL.Path, api.Prefix)
	d.mu.Lock()
	d.asked = append(d.asked, key+" "+body.String())
	answer := d.answer[key]
	lost := r.Method == http.MethodPost && d.lose > 0
	if lost {
		d.lose--
	}
	d.mu.Unlock()
	if lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set(api.HeaderVersion, api.Version)
	json.NewEncoder(w).Encode(answer)
}

func (d *daemonDouble) got(t *testing.T, want string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.asked {
		if strings.Contains(a, want) {
			return
		}
	}
	t.Errorf("the daemon was not asked %q, but %q", want, d.asked)
}

func (d *daemonDouble) gotNot(t *testing.T, want string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.asked {
		if strings.Contains(a, want) {
			t.Errorf("the daemon was asked %q", a)
		}
	}
}

func newRoom(t *testing.T) (Room, *daemonDouble) {
	t.Helper()
	d := &daemonDouble{answer: map[string]any{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	client, err := api.New(api.Options{Server: server.URL, Token: "t", Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	r := lipgloss.NewRenderer(&bytes.Buffer{})
	r.SetColorProfile(termenv.Ascii)
	return Room{
		Client: client, Org: api.Org{Org: ngo.Org{Slug: "sevai", Name: "Sevai Trust"}},
		Theme: style.New(r), Keys: style.NewKeys(), Zone: zone, Now: func() time.Time { return noon },
	}, d
}

// run carries out the work that follows from an update, except what only waits.
func run(s Screen, cmd tea.Cmd) (notices []string) {
	if cmd == nil {
		return nil
	}
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }()
	var msg tea.Msg
	select {
	case msg = <-done:
	case <-time.After(5 * time.Second):
		return []string{"no answer"}
	}
	switch m := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			notices = append(notices, run(s, c)...)
		}
	case Notice:
		notices = append(notices, m.Text)
	case inboxRead, inboxThread, inboxDone, inboxOffers, inboxFound, peopleRead, peoplePage, peopleLikely, peopleDone:
		notices = append(notices, run(s, s.Update(m))...)
	}
	return notices
}

func keyOf(name string) tea.KeyMsg {
	switch name {
	case "enter":
		return tea.KeyMsg{Type: tea.KeyEnter}
	case "esc":
		return tea.KeyMsg{Type: tea.KeyEsc}
	case "tab":
		return tea.KeyMsg{Type: tea.KeyTab}
	case "ctrl+s":
		return tea.KeyMsg{Type: tea.KeyCtrlS}
	case "ctrl+e":
		return tea.KeyMsg{Type: tea.KeyCtrlE}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// hit presses keys one after the other and carries out what follows.
func hit(s Screen, keys ...string) (notices []string) {
	for _, k := range keys {
		notices = append(notices, run(s, s.Update(keyOf(k)))...)
	}
	return notices
}

// typed types a text and ends it with enter.
func typed(s Screen, text string) []string {
	for _, r := range text {
		s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return hit(s, "enter")
}

func shownOf(s Screen) string {
	c := widget.NewCells()
	return ansi.Strip(c.Release(s.View(c)))
}

func when(d time.Duration) *time.Time { at := noon.Add(d); return &at }

var chats = func() []api.Conversation {
	meena := api.Conversation{PersonName: "மீனா", Channel: "whatsapp", Driver: "whatsapp", Window: &api.Window{Open: true, Until: when(90 * time.Minute)}, Root: "per_meena"}
	meena.ID, meena.State, meena.Last, meena.Waiting, meena.Unread, meena.Snippet = "cnv_1", ngo.ConversationOpen, noon, when(-50*time.Minute), 2, "ரசீது எப்போது வரும்?"
	shut := api.Conversation{PersonName: "श्री कृष्ण", Channel: "whatsapp", Window: &api.Window{Until: when(-time.Hour)}, Root: "per_krishna"}
	shut.ID, shut.State, shut.Last, shut.Waiting, shut.Snippet = "cnv_2", ngo.ConversationOpen, noon.Add(-time.Hour), when(-26*time.Hour), "फ़ॉर्म कहाँ मिलेगा"
	mail := api.Conversation{PersonName: "Ravi Kumar", Channel: "office", Root: "per_ravi"}
	mail.ID, mail.State, mail.Last, mail.Subject, mail.Snippet, mail.Mine, mail.Failed = "cnv_3", ngo.ConversationOpen, noon.Add(-2*time.Hour), "Ration card", "Please bring it", true, 1
	return []api.Conversation{meena, shut, mail}
}()

func threadOf(v api.Conversation) api.Thread {
	return api.Thread{Conversation: v, Free: &api.FreeReplies{Used: 12, Of: 1000}, Messages: []ngo.Message{
		{ID: "msg_1", Direction: ngo.In, State: ngo.MessageReceived, At: noon.Add(-time.Hour), Text: v.Snippet},
		{ID: "msg_2", Direction: ngo.Note, Author: "anita", State: ngo.MessageReceived, At: noon.Add(-30 * time.Minute), Text: "called her"},
		{ID: "msg_3", Direction: ngo.Out, Author: "anita", State: ngo.MessageFailed, Retry: true, Reason: "WhatsApp did not answer.", At: noon.Add(-20 * time.Minute), Text: "On its way."},
		{ID: "msg_4", Direction: ngo.Out, Author: "anita", State: ngo.MessageRead, At: noon.Add(-10 * time.Minute), Text: "It was sent this morning."},
	}}
}

func newInbox(t *testing.T, width, height int) (*Inbox, *daemonDouble) {
	t.Helper()
	room, d := newRoom(t)
	d.answer["GET /orgs/sevai/conversations"] = api.Page[api.Conversation]{Items: chats}
	for _, v := range chats {
		d.answer["GET /orgs/sevai/conversations/"+string(v.ID)] = threadOf(v)
	}
	x := NewInbox(room)
	x.Resize(width, height)
	run(x, x.Init())
	return x, d
}

func TestInboxLooksAsItShould(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{130, 26}, {80, 24}, {58, 16}} {
		x, _ := newInbox(t, size[0], size[1])
		c := widget.NewCells()
		golden(t, fmt.Sprintf("inbox_%dx%d.txt", size[0], size[1]), c.Release(x.View(c)))
	}
}

// What is cut off on the narrowest screen that has both parts beside each other would be read wrongly.
func TestNothingIsCutBesideTheList(t *testing.T) {
	t.Parallel()
	x, _ := newInbox(t, wideEnough, 24)
	if got := shownOf(x); !strings.Contains(got, "988 of 1,000") {
		t.Errorf("the free replies are cut:\n%s", got)
	}
	for key, last := range map[string]string{"r": "esc leaves", "n": "esc leaves"} {
		hit(x, key)
		if got := shownOf(x); !strings.Contains(got, last) {
			t.Errorf("%s: the keys are cut:\n%s", key, got)
		}
		hit(x, "esc")
	}
}

// Once there is room again nothing stays out of sight: who stands first has waited longest.
func TestTheFirstRowComesBack(t *testing.T) {
	t.Parallel()
	x, _ := newInbox(t, 80, 4)
	hit(x, "down")
	if got := shownOf(x); strings.Contains(got, "மீனா") {
		t.Fatalf("there was room for all:\n%s", got)
	}
	x.Resize(80, 24)
	if got := shownOf(x); !strings.Contains(got, "மீனா") {
		t.Errorf("the first row stays away:\n%s", got)
	}
}

func TestEnterAloneSendsNothing(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	hit(x, "r")
	typed(x, "It is on its way")
	typed(x, "with greetings")
	hit(x, "enter", "enter")
	d.gotNot(t, "POST /orgs/sevai/conversations/cnv_1/messages")
	if !strings.Contains(shownOf(x), "with greetings") {
		t.Errorf("the draft is not shown:\n%s", shownOf(x))
	}
	hit(x, "ctrl+s")
	d.got(t, `POST /orgs/sevai/conversations/cnv_1/messages {"text":"It is on its way\nwith greetings"`)
}

func TestADraftIsKeptWhenItIsLeft(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	hit(x, "r")
	typed(x, "half a thou")
	hit(x, "esc", "j", "k", "r")
	if !strings.Contains(shownOf(x), "half a thou") {
		t.Errorf("the draft is lost:\n%s", shownOf(x))
	}
	d.gotNot(t, "POST")
}

// Where nothing can be opened, the link stands on a line of its own, whole, to be copied.
func TestALinkThatCannotBeOpenedIsShown(t *testing.T) {
	t.Parallel()
	const page = "https://ngo.example.org/files/sevai.kq3v9xw2m5t7y8z4a6b1c2d3e4f5g6h7"
	fails := func(string) error {
		return &ngo.Error{Code: ngo.Internal, Message: "the browser could not show it"}
	}
	for _, tt := range []struct {
		key    string
		browse func(string) error
		why    string
	}{{"o", nil, "no browser here"}, {"o", fails, "the browser could not show it"}, {"v", nil, "no viewer here"}} {
		x, d := newInbox(t, 80, 24)
		x.room.Browse = tt.browse
		d.answer["POST /orgs/sevai/conversations/cnv_1/link"] = api.Link{URL: page}
		if got := hit(x, tt.key); len(got) != 1 || !strings.HasPrefix(got[0], tt.why) || !strings.HasSuffix(got[0], "\n"+page) {
			t.Errorf("%s says %q; want %q and the link", tt.key, got, tt.why)
		}
	}
}

// While something is written the lines at the foot tell of no letter that would be written too.
func TestWhileWritingNoLetterIsOffered(t *testing.T) {
	t.Parallel()
	x, _ := newInbox(t, 80, 24)
	hit(x, "enter", "r")
	if got := shownOf(x); strings.Contains(got, "r: reply") || !strings.Contains(got, "ctrl+s sends") {
		t.Errorf("it offers keys that write letters:\n%s", got)
	}
}

func TestEveryTemplateIsShown(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	var offers []api.TemplateOffer
	for i := range 8 {
		o := api.TemplateOffer{Text: "Dear {{1}},\nthank you.\nSevai Trust"}
		o.Name, o.Language = fmt.Sprint("template_", i+1), "en"
		offers = append(offers, o)
	}
	d.answer["GET /orgs/sevai/conversations/cnv_1/templates"] = api.Page[api.TemplateOffer]{Items: offers}
	hit(x, "t")
	if got := shownOf(x); !strings.Contains(got, "template_8") || !strings.Contains(got, "Dear {{1}},") || !strings.Contains(got, "1 to 8") {
		t.Errorf("not all are shown:\n%s", got)
	}
}

// With a line for each there is room for as many as most have; what more there are, is said.
func TestManyTemplatesAreShown(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{15: "15  template_15", 21: "21  template_21", 30: "… 10 more: ngoctl template list --conversation cnv_1"} {
		x, d := newInbox(t, 80, 22)
		var offers []api.TemplateOffer
		for i := range n {
			o := api.TemplateOffer{Text: "Dear {{1}},\nthank you.", Refused: "It is an appeal."}
			o.Name, o.Language = fmt.Sprint("template_", i+1), "en"
			offers = append(offers, o)
		}
		d.answer["GET /orgs/sevai/conversations/cnv_1/templates"] = api.Page[api.TemplateOffer]{Items: offers}
		hit(x, "t")
		if got := shownOf(x); !strings.Contains(got, want) || !strings.Contains(got, "template_1 · en") || strings.Count(got, "✗ It is an appeal.") != min(n, 21)-n/30 {
			t.Errorf("of %d:\n%s", n, got)
		}
	}
}

func TestAShutWindowTakesNoText(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	said := hit(x, "j", "r")
	if x.composer != nil || len(said) == 0 || !strings.Contains(said[len(said)-1], "shut") {
		t.Errorf("r says %q and opens a draft: %v", said, x.composer != nil)
	}
	d.answer["GET /orgs/sevai/conversations/cnv_2/templates"] = api.Page[api.TemplateOffer]{Items: []api.TemplateOffer{
		{Template: ngo.Template{Name: "form_ready", Language: "hi", Category: "utility"}, Text: "आपका फ़ॉर्म {{1}} तैयार है", Parameters: []string{"1"}, Price: &api.Price{Micros: 115000, Currency: "INR"}},
	}}
	hit(x, "t")
	if got := shownOf(x); !strings.Contains(got, "form_ready") || !strings.Contains(got, "₹0.1150") {
		t.Fatalf("the template and its price are not offered:\n%s", got)
	}
	typed(x, "1")
	typed(x, "A-12")
	d.gotNot(t, "POST")
	typed(x, "yes")
	d.got(t, `"template":{"name":"form_ready","language":"hi","body":{"1":"A-12"}}`)
}

// The desk sends no files: a template that begins with one is sent by a command, which it tells.
func TestATemplateWithAFileIsLeftToTheCommand(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	slip := api.TemplateOffer{Text: "Your slip, {{1}}.", Parameters: []string{"1"}}
	slip.Name, slip.Language, slip.Parts = "slip", "en", json.RawMessage(`{"header":{"kind":"document"},"body":{"text":"Your slip, {{1}}."}}`)
	d.answer["GET /orgs/sevai/conversations/cnv_1/templates"] = api.Page[api.TemplateOffer]{Items: []api.TemplateOffer{slip}}
	hit(x, "t")
	if got := shownOf(x); !strings.Contains(got, "✗ a file goes with it (document)") {
		t.Errorf("it is offered as if it could be sent from here:\n%s", got)
	}
	const want = "\nngoctl conversation reply cnv_1 --template slip --language en --set 1=VALUE --attach FILE"
	if said := typed(x, "1"); len(said) != 1 || !strings.HasSuffix(said[0], want) || x.dialog != nil {
		t.Errorf("it says %q, want the command, and asks on: %v", said, x.dialog != nil)
	}
}

func TestDoneGoesOnToTheNext(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	d.answer["POST /orgs/sevai/conversations/cnv_1/state"] = api.Moved{Act: ngo.Act{ID: "act_1"}}
	hit(x, "e")
	d.got(t, `POST /orgs/sevai/conversations/cnv_1/state {"state":"closed"}`)
	if x.chosen != "cnv_2" {
		t.Errorf("after closing the first, %s is chosen", x.chosen)
	}
	hit(x, "u")
	d.got(t, "POST /orgs/sevai/acts/act_1/undo")
}

func TestUndoPullsAMessageBack(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	d.answer["POST /orgs/sevai/conversations/cnv_1/messages"] = api.Written{Message: ngo.Message{ID: "msg_9"}}
	hit(x, "r")
	typed(x, "oops")
	hit(x, "ctrl+s", "u")
	d.got(t, "POST /orgs/sevai/messages/msg_9/withdraw")
}

func TestARefusedReplyKeepsItsDraft(t *testing.T) {
	t.Parallel()
	x, _ := newInbox(t, 80, 24)
	hit(x, "r")
	typed(x, "long words")
	x.composer.text.SetValue("long words")
	x.submit(false)
	run(x, x.Update(inboxDone{err: errors.New("no")}))
	hit(x, "r")
	if !strings.Contains(shownOf(x), "long words") {
		t.Errorf("the draft is lost:\n%s", shownOf(x))
	}
}

// A text whose answer was lost may be written already: trying again must not send it twice. The same words a second time are two.
func TestTryingAgainSendsOnce(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	d.lose = 1
	hit(x, "r")
	typed(x, "On its way")
	hit(x, "ctrl+s", "r", "ctrl+s")
	hit(x, "r")
	typed(x, "On its way")
	hit(x, "ctrl+s")
	keys := map[string]int{}
	for _, a := range d.asked {
		if _, key, ok := strings.Cut(a, `"key":"`); ok {
			keys[key]++
		}
	}
	if len(keys) != 2 || slices.Max(slices.Collect(maps.Values(keys))) != 2 {
		t.Errorf("the keys were %v; want one for two tries and another for the second text; asked %q", keys, d.asked)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	room, d := newRoom(t)
	evil := "a\x1b[2Jb\u202Ec\x9b31m" + strings.Repeat("\u0301", 10_000)
	v := api.Conversation{PersonName: evil, Channel: "whatsapp"}
	v.ID, v.Snippet = "cnv_1", evil
	d.answer["GET /orgs/sevai/conversations"] = api.Page[api.Conversation]{Items: []api.Conversation{v}}
	th := api.Thread{Conversation: v, Messages: []ngo.Message{{ID: "msg_1", Direction: ngo.In, At: noon, Text: evil, Attachments: []ngo.Attachment{{Kind: "file", Name: evil}}}}}
	d.answer["GET /orgs/sevai/conversations/cnv_1"] = th
	x := NewInbox(room)
	x.Resize(80, 24)
	run(x, x.Init())
	c := widget.NewCells()
	frame := c.Release(x.View(c))
	for _, bad := range []string{"\x1b[2J", "\u202E", "\x9b"} {
		if strings.Contains(frame, bad) {
			t.Errorf("%q reaches the terminal", bad)
		}
	}
	if len(frame) > 64<<10 {
		t.Errorf("a frame of %d bytes", len(frame))
	}
}

func TestFoundThreadsStandInTheList(t *testing.T) {
	t.Parallel()
	x, d := newInbox(t, 80, 24)
	d.answer["GET /orgs/sevai/search"] = api.Page[api.Hit]{Items: []api.Hit{
		{Kind: "conversation", Title: "Ravi Kumar", Conversation: "cnv_3", At: noon}, {Kind: "message", Snippet: "ration card", Conversation: "cnv_3", At: noon},
		{Kind: "conversation", Title: "ரேஷன்", Conversation: "cnv_1", At: noon.Add(-time.Hour)}, {Kind: "receipt", Title: "SVT/1"},
	}}
	hit(x, "/")
	typed(x, "ration")
	if len(x.threads) != 2 || x.chosen != "cnv_3" {
		t.Errorf("%d threads are listed, %s is chosen", len(x.threads), x.chosen)
	}
	got := shownOf(x)
	for _, want := range []string{"When          Who                       Found", "> 22 Nov 12:00  Ravi Kumar                ration card", "22 Nov 11:00  ரேஷன்", "by the name or the address"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not shown in\n%s", want, got)
		}
	}
	hit(x, "esc")
	if len(x.threads) != len(chats) {
		t.Errorf("esc shows %d threads", len(x.threads))
	}
}
