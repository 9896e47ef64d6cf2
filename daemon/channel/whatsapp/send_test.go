package whatsapp_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var asha = ngo.Identity{Kind: ngo.WhatsApp, Value: "915550020117"}

func open(t *testing.T, v setting.Values) channel.Account {
	t.Helper()
	a, err := whatsapp.New().Open(v)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func letter(text string) channel.Message {
	return channel.Message{ID: ngo.NewID[ngo.MessageID](time.Now()), To: asha, Text: text}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key, value string
		ok         bool
	}{
		"as it is":            {"proof", "yes", true},
		"several numbers":     {"phone-number-id", "1, 2,3", true},
		"no account":          {"waba-id", "", true},
		"a number, not an id": {"phone-number-id", "+91 98765 43210", false},
		"a path for an id":    {"phone-number-id", "1/../2", false},
		"an empty id":         {"phone-number-id", "1,,2", false},
		"a path for account":  {"waba-id", "me?x", false},
		"a token of two":      {"token", "a b", false},
		"a header in a token": {"token", "a\r\nX: y", false},
		"no template's name":  {"receipt-template", "Receipt ready", false},
		"a template's name":   {"receipt-template", "receipt_ready", true},
		"a far http address":  {"base-url", "http://graph.example.org", false},
	} {
		v := values("http://127.0.0.1:9")
		v[tt.key] = tt.value
		_, err := whatsapp.New().Open(v)
		if (err == nil) != tt.ok || err != nil && (ngo.CodeOf(err) != ngo.Invalid || !strings.Contains(err.Error(), tt.key) || strings.Contains(err.Error(), secret)) {
			t.Errorf("%s: Open = %v", name, err)
		}
	}
}

func TestOpenListsEveryFault(t *testing.T) {
	t.Parallel()
	v := values("http://127.0.0.1:9")
	v["phone-number-id"], v["waba-id"], v["token"] = "x", "y", "a b"
	_, err := whatsapp.New().Open(v)
	for _, name := range []string{"phone-number-id", "waba-id", "token"} {
		if err == nil || !strings.Contains(err.Error(), name+" ") {
			t.Errorf("Open = %v; does not name %s", err, name)
		}
	}
}

// What goes over the wire, word for word.
func TestWire(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*channel.Message)
		want   string
	}{
		{"text to a number", func(*channel.Message) {}, `"to":"+915550020117","type":"text","text":{"body":"நன்றி\n🙏","preview_url":false}`},
		{"to somebody without one", func(m *channel.Message) { m.To = ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN.1349"} },
			`"recipient":"IN.1349","type":"text","text":{"body":"நன்றி\n🙏","preview_url":false}`},
		{"an answer", func(m *channel.Message) { m.ReplyTo = "wamid.x==" },
			`"to":"+915550020117","type":"text","text":{"body":"நன்றி\n🙏","preview_url":false},"context":{"message_id":"wamid.x=="}`},
		{"a template without values", func(m *channel.Message) { m.Template = &channel.Filled{Name: "hello", Language: "en_US"} },
			`"to":"+915550020117","type":"template","template":{"name":"hello","language":{"code":"en_US"}}`},
		{"a template by place", func(m *channel.Message) {
			m.Template = &channel.Filled{
				Name: "receipt_ready", Language: "hi", Category: "utility", Header: map[string]string{"1": "2026"},
				Body:    map[string]string{"2": "₹500", "1": "मीना", "3": "c", "4": "d", "5": "e", "6": "f", "7": "g", "8": "h", "9": "i", "10": "j"},
				Buttons: []channel.Pressed{{Place: 0, Kind: "url", Value: "abc"}, {Place: 1, Kind: "quick_reply", Value: "stop"}, {Place: 2, Kind: "copy_code", Value: "X1"}},
			}
		}, `"to":"+915550020117","type":"template","template":{"name":"receipt_ready","language":{"code":"hi"},"components":[` +
			`{"type":"header","parameters":[{"type":"text","text":"2026"}]},` +
			`{"type":"body","parameters":[{"type":"text","text":"मीना"},{"type":"text","text":"₹500"},{"type":"text","text":"c"},{"type":"text","text":"d"},{"type":"text","text":"e"},` +
			`{"type":"text","text":"f"},{"type":"text","text":"g"},{"type":"text","text":"h"},{"type":"text","text":"i"},{"type":"text","text":"j"}]},` +
			`{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"abc"}]},` +
			`{"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"stop"}]},` +
			`{"type":"button","sub_type":"copy_code","index":"2","parameters":[{"type":"coupon_code","coupon_code":"X1"}]}]}`},
		{"a template by name", func(m *channel.Message) {
			m.Template = &channel.Filled{Name: "r", Language: "ta", Body: map[string]string{"first_name": "மீனா", "amount": "₹1"}}
		}, `"to":"+915550020117","type":"template","template":{"name":"r","language":{"code":"ta"},"components":[{"type":"body","parameters":[` +
			`{"type":"text","parameter_name":"amount","text":"₹1"},{"type":"text","parameter_name":"first_name","text":"மீனா"}]}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGraph(t)
			m := letter("நன்றி\n🙏")
			tt.change(&m)
			if _, err := open(t, values(g.URL)).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			full := fmt.Sprintf(`{"messaging_product":"whatsapp","recipient_type":"individual",%s,"biz_opaque_callback_data":%q}`, tt.want, m.ID)
			if err := json.Unmarshal([]byte(full), &want); err != nil {
				t.Fatal(err)
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			if got, want := mustJSON(t, g.taken[0]), mustJSON(t, want); got != want || g.paths[0] != "/"+number+"/messages" {
				t.Errorf("sent to %s\n%s\nwant\n%s", g.paths[0], got, want)
			}
		})
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestMisfits(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	a := open(t, values(g.URL))
	filled := func(f channel.Filled) func(*channel.Message) { return func(m *channel.Message) { m.Template = &f } }
	value := func(s string) func(*channel.Message) {
		return filled(channel.Filled{Name: "r", Language: "hi", Body: map[string]string{"1": s}})
	}
	for name, tt := range map[string]struct {
		change func(*channel.Message)
		want   ngo.Code
	}{
		"longest text":         {func(m *channel.Message) { m.Text = strings.Repeat("न", 4096) }, ""},
		"too long":             {func(m *channel.Message) { m.Text = strings.Repeat("न", 4097) }, ngo.TooLarge},
		"empty":                {func(m *channel.Message) { m.Text = " \n" }, ngo.Invalid},
		"broken UTF-8":         {func(m *channel.Message) { m.Text = "a\xff" }, ngo.Invalid},
		"another line":         {func(m *channel.Message) { m.Line = "1" }, ngo.Invalid},
		"a path for a line":    {func(m *channel.Message) { m.Line = "../me" }, ngo.Invalid},
		"a strange answer":     {func(m *channel.Message) { m.ReplyTo = "a b" }, ngo.Invalid},
		"no country":           {func(m *channel.Message) { m.To = ngo.Identity{Kind: ngo.Phone, Value: "9876543210"} }, ngo.Invalid},
		"words for a number":   {func(m *channel.Message) { m.To.Value = "91x" }, ngo.Invalid},
		"a lower-case user id": {func(m *channel.Message) { m.To = ngo.Identity{Kind: ngo.WhatsAppUser, Value: "in.1"} }, ngo.Invalid},
		"a parent id":          {func(m *channel.Message) { m.To = ngo.Identity{Kind: ngo.WhatsAppParent, Value: "IN.ENT.1"} }, ngo.Invalid},
		"a code to nobody's number": {func(m *channel.Message) {
			m.To, m.Template = ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN.1"}, &channel.Filled{Name: "r", Language: "hi", Category: "authentication"}
		}, ngo.Invalid},
		"mail":                     {func(m *channel.Message) { m.To = ngo.Identity{Kind: ngo.EMail, Value: "a@example.org"} }, ngo.Invalid},
		"a template's odd name":    {filled(channel.Filled{Name: "Receipt", Language: "hi"}), ngo.Invalid},
		"a template's odd tongue":  {filled(channel.Filled{Name: "r", Language: "hindi please"}), ngo.Invalid},
		"a gap in the values":      {filled(channel.Filled{Name: "r", Language: "hi", Body: map[string]string{"1": "a", "3": "b"}}), ngo.Invalid},
		"an empty value":           {value(" "), ngo.Invalid},
		"a value of two lines":     {value("a\nb"), ngo.Invalid},
		"a value of many blanks":   {value("a     b"), ngo.Invalid},
		"a value without end":      {value(strings.Repeat("a", 1025)), ngo.Invalid},
		"a button out of place":    {filled(channel.Filled{Name: "r", Language: "hi", Buttons: []channel.Pressed{{Place: 10, Kind: "url", Value: "x"}}}), ngo.Invalid},
		"a button that has none":   {filled(channel.Filled{Name: "r", Language: "hi", Buttons: []channel.Pressed{{Kind: "phone_number", Value: "x"}}}), ngo.Invalid},
		"an empty button":          {filled(channel.Filled{Name: "r", Language: "hi", Buttons: []channel.Pressed{{Kind: "url"}}}), ngo.Invalid},
		"a header of no parameter": {filled(channel.Filled{Name: "r", Language: "hi", Header: map[string]string{"{{1}}": "x"}}), ngo.Invalid},
	} {
		m := letter("x")
		tt.change(&m)
		fits := a.(channel.Fitter).Fits(m)
		_, err := a.Send(t.Context(), m)
		if ngo.CodeOf(fits) != tt.want || ngo.CodeOf(err) != tt.want {
			t.Errorf("%s: Fits = %v, Send = %v; want %q", name, fits, err, tt.want)
		}
	}
	if n := len(g.Taken()); n != 1 {
		t.Errorf("%d messages went", n)
	}
}

func TestDispatchTellsMore(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	v := values(g.URL)
	v["phone-number-id"] = number + ",77"
	a := open(t, v)
	m := letter("x")
	m.Line = "77"
	d, err := a.(channel.Dispatcher).Dispatch(t.Context(), m)
	if err != nil || d.Ref != "wamid.1" || people(d.Person) != "915550020117 +915550020117 IN.40718253961427508831" || d.Held != "" || g.paths[0] != "/77/messages" {
		t.Errorf("Dispatch = %+v, %v to %q", d, err, g.paths)
	}
	for status, held := range map[string]bool{"accepted": false, "held_for_quality_assessment": true, "paused": true} {
		g.next(200, `{"messages":[{"id":"wamid.h","message_status":"`+status+`"}]}`)
		if d, err := a.(channel.Dispatcher).Dispatch(t.Context(), m); err != nil || (d.Held != "") != held {
			t.Errorf("with %s Dispatch = %+v, %v", status, d, err)
		}
	}
	for _, garbage := range []string{``, `<html>`, `{}`, `{"messages":[]}`, `{"messages":[{"id":""}]}`, `{"messages":[{"id":"a b"}]}`, `{"messages":[{"id":"1"},{"id":"2"}]}`} {
		g.next(200, garbage)
		_, err := a.Send(t.Context(), letter("x"))
		if _, coded := errors.AsType[*ngo.Error](err); err == nil || coded {
			t.Errorf("Send answered by %q = %v; want no code, for it may have gone", garbage, err)
		}
	}
}

// Every code that Meta documents has a class and words of ours, and leads where the class says.
func TestEveryDocumentedCode(t *testing.T) {
	t.Parallel()
	classes := map[channel.FaultClass][]int{
		channel.FaultAccount: {0, 3, 10, 190, 200, 250, 299, 368, 131005, 131031, 131037, 131042, 130497, 131045, 133000, 133005, 133006, 133008,
			133009, 133010, 133015},
		channel.FaultLimit:     {4, 80007, 130429, 131048, 131064, 133016},
		channel.FaultPair:      {131056},
		channel.FaultTransient: {1, 2, 131000, 131016, 131057, 133004},
		channel.FaultWindow:    {131047},
		channel.FaultPerson:    {131021, 131026, 131030, 131050, 131062, 130472},
		channel.FaultCap:       {131049},
		channel.FaultMessage:   {33, 100, 131008, 131009, 131051, 135000},
		channel.FaultMedia:     {131052, 131053},
		channel.FaultTemplate:  {132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069},
		channel.FaultUnknown:   {137000, 999999},
	}
	want := map[channel.FaultClass]ngo.Code{
		channel.FaultAccount: ngo.Unauthenticated, channel.FaultLimit: ngo.Limited, channel.FaultPair: ngo.Limited, channel.FaultTransient: ngo.Unavailable,
		channel.FaultWindow: ngo.Denied, channel.FaultPerson: ngo.Denied, channel.FaultCap: ngo.Denied, channel.FaultMessage: ngo.Invalid,
		channel.FaultMedia: ngo.Invalid, channel.FaultTemplate: ngo.Invalid, channel.FaultUnknown: ngo.Invalid,
	}
	statuses := map[int]int{ // where Meta documents another than 400
		0: 401, 190: 401, 3: 500, 10: 403, 200: 403, 250: 403, 299: 403, 131005: 403, 368: 403, 130497: 403, 131031: 403, 2: 503, 131000: 500, 131016: 500,
		131057: 500, 133004: 503, 132001: 404, 131045: 500,
	}
	g := newGraph(t)
	a := open(t, values(g.URL))
	for class, all := range classes {
		for _, code := range all {
			g.next(cmp.Or(statuses[code], 400), fmt.Sprintf(`{"error":{"message":"(#%d) x","type":"OAuthException","code":%d,"error_data":{"messaging_product":"whatsapp","details":"their words"}}}`, code, code))
			_, err := a.Send(t.Context(), letter("x"))
			f := meta.FaultOf(err)
			if f == nil || f.Class != class || ngo.CodeOf(err) != want[class] || f.Words != "their words" || f.Message == "" || !strings.HasSuffix(f.Message, ".") {
				t.Errorf("code %d = %v, %+v; want %s", code, err, f, class)
			}
			if again := ngo.CodeOf(err) == ngo.Limited || ngo.CodeOf(err) == ngo.Unavailable; f != nil && f.Class.Retry() != again {
				t.Errorf("code %d: Retry = %v, and its code says %v", code, f.Class.Retry(), again)
			}
		}
	}
}

// What the API answers in the samples, read from where they lie.
func TestAnswers(t *testing.T) {
	t.Parallel()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the samples are not here")
	}
	files, err := filepath.Glob(filepath.Join(root, "channels", "whatsapp", "api.*.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"api.error_131056_pair_rate_limit.json":  "limited pair",
		"api.error_132001_template_missing.json": "invalid template",
		"api.error_190_token_expired.json":       "unauthenticated account",
		"api.media_url.json":                     "",
		"api.send_accepted.json":                 "915550020117 +915550020117 IN.40718253961427508831",
		"api.send_accepted_bsuid.json":           "IN.40718253961427508831",
	}
	for _, file := range files {
		name := filepath.Base(file)
		row, ok := want[name]
		if !ok {
			t.Errorf("%s has no row", name)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if name == "api.media_url.json" {
			continue // TestMedia
		}
		g := newGraph(t)
		g.answers = append(g.answers, func(w http.ResponseWriter) {
			status := 200
			if strings.Contains(name, "error") {
				status = 400
			}
			answer(w, status, string(raw))
		})
		d, err := open(t, values(g.URL)).(channel.Dispatcher).Dispatch(t.Context(), letter("x"))
		got := people(d.Person)
		if f := meta.FaultOf(err); f != nil {
			got = string(ngo.CodeOf(err)) + " " + string(f.Class)
		}
		if got != row || err == nil && !strings.HasPrefix(string(d.Ref), "wamid.") {
			t.Errorf("%s = %q %q, %v; want %q", name, d.Ref, got, err, row)
		}
	}
	if len(files) != len(want) {
		t.Errorf("%d samples and %d rows", len(files), len(want))
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	a := open(t, values(g.URL))
	if err := a.Check(t.Context()); err != nil || strings.Join(g.paths, " ") != "/"+number+" /"+waba {
		t.Errorf("Check = %v after %q", err, g.paths)
	}
	g.next(400, `{"error":{"code":100,"error_subcode":33,"message":"Unsupported get request"}}`)
	if err := a.Check(t.Context()); ngo.CodeOf(err) != ngo.Invalid || !strings.Contains(err.Error(), number) {
		t.Errorf("Check of an id that is not there = %v", err)
	}
	v := values(g.URL)
	v["token"] = "wrong"
	if err := open(t, v).Check(t.Context()); ngo.CodeOf(err) != ngo.Unauthenticated {
		t.Errorf("Check with a wrong token = %v", err)
	}
}

func TestHandshakeAndWindow(t *testing.T) {
	t.Parallel()
	a := open(t, values("http://127.0.0.1:9"))
	query := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {word}, "hub.challenge": {"1158201444"}}
	if got, err := a.(channel.Handshaker).Handshake(query); got != "1158201444" || err != nil {
		t.Errorf("Handshake = %q, %v", got, err)
	}
	query.Set("hub.verify_token", secret)
	if got, err := a.(channel.Handshaker).Handshake(query); got != "" || ngo.CodeOf(err) != ngo.Denied {
		t.Errorf("Handshake with another word = %q, %v; want Denied", got, err)
	}
	if w := a.(channel.Windowed).Window(); w.Free != 24*time.Hour || w.Human != 0 {
		t.Errorf("Window = %+v", w)
	}
}

// A delivery signed with the secret before the last change is still believed.
func TestFormerSecret(t *testing.T) {
	t.Parallel()
	v := values("http://127.0.0.1:9")
	v["app-secret"], v["old-app-secret"] = "the-new-one", secret
	body := delivered(number, 1)
	if err := receiver(t, v).Verify(meta.Sign(body, []byte(secret)), body); err != nil {
		t.Errorf("Verify = %v", err)
	}
}
