package whatsapp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// change puts a value of a field into a delivery for the account.
func change(field, more string) []byte {
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":%q,"time":1787000000,"changes":[{"field":%q,"value":{`+
		`"metadata":{"display_phone_number":"915550010001","phone_number_id":%q},%s}}]}]}`, waba, field, number, more)
}

// said is one message from a known number.
func said(more string) []byte {
	return change("messages", `"messages":[{"id":"wamid.1","from":"915550020117","timestamp":"1787000000",`+more+`}]`)
}

func events(t *testing.T, body []byte) []channel.Event {
	t.Helper()
	all, err := receiver(t, values("http://127.0.0.1:9")).Normalise(body)
	if err != nil {
		t.Fatalf("Normalise(%s) = %v", body, err)
	}
	if err := channeltest.Sound(all); err != nil {
		t.Errorf("Normalise(%.300s): %v", body, err)
	}
	return all
}

func TestOddMessages(t *testing.T) {
	t.Parallel()
	const who = "line=yes; at=1787000000; "
	const asha = "from=915550020117 +915550020117"
	for _, tt := range []struct{ name, more, want string }{
		{"a text of another shape", `"type":"text","text":"hi"`, "messages.text: " + who + "kind=text; " + asha + "; problem=WhatsApp did not pass on its text."},
		{"a picture without anything", `"type":"image"`, "messages.image: " + who + "kind=media; " + asha + "; media=image    url false sum 0 animated falseWhatsApp did not say where the file is.; problem=WhatsApp did not say where the file is."},
		{"a picture too large", `"type":"image","image":{"id":"5"},"errors":[{"code":131052}]`, "messages.image: " + who + "kind=media; " + asha +
			"; media=image  5  url false sum 0 animated falseWhatsApp could not fetch the file, or it is too large.; problem=WhatsApp could not fetch the file, or it is too large."},
		{"a type that is new", `"type":"hologram","hologram":{"x":1}`, "messages.hologram: " + who + "kind=other; " + asha + "; problem=A message of a kind that WhatsApp does not pass on or ngoctl does not know: hologram."},
		{"no type", `"text":{"body":"x"}`, "messages: " + who + "kind=other; " + asha + "; problem=A message of a kind that WhatsApp does not pass on."},
		{"a place off the earth", `"type":"location","location":{"latitude":91,"longitude":0}`, "messages.location: " + who + "kind=other; " + asha + "; problem=A place that is not on the earth."},
		{"a place in words", `"type":"location","location":{"latitude":"12.5","longitude":"77.25"}`, "messages.location: " + who + "kind=place; " + asha + "; place=12.5,77.25 ,  "},
		{"a reaction to nothing", `"type":"reaction","reaction":{"emoji":"x"}`, "messages.reaction: " + who + "kind=other; " + asha + "; emoji=x; problem=It changes another message, and does not say which."},
		{"an edit of nothing", `"type":"edit"`, "messages.edit: " + who + "kind=other; " + asha + "; problem=It changes another message, and does not say which."},
		{"a form that is no JSON", `"type":"interactive","interactive":{"nfm_reply":{"response_json":"{\"a\":"}}`, "messages.interactive: " + who + "kind=form; " + asha + "; problem=A form was filled in, and what it says cannot be read."},
		{"a form with lists in it", `"type":"interactive","interactive":{"nfm_reply":{"response_json":"{\"a\":[1, 2],\"b\":null,\"c\":true,\"d\":\"\"}"}}`,
			"messages.interactive: " + who + "kind=form; " + asha + "; form=[{a [1,2]} {b null} {c true} {d }]"},
		{"a basket of odd prices", `"type":"order","order":{"catalog_id":"1","product_items":[{"product_retailer_id":"a","quantity":"2","item_price":-5,"currency":"INR"},{"product_retailer_id":"b","quantity":-1,"item_price":"1e9","currency":"INR"},{"product_retailer_id":"c","quantity":1,"item_price":"1,5","currency":"INR"},{"product_retailer_id":"d","quantity":1,"item_price":1,"currency":"XXXX"}]}`,
			"messages.order: " + who + "kind=order; " + asha + "; order=1 [{a 2 " + ngo.Money{}.String() + "} {b 0 " + ngo.Money{}.String() + "} {c 1 " + ngo.Money{}.String() + "} {d 1 " + ngo.Money{}.String() + "}]"},
		{"an empty conversation opened", `"type":"request_welcome"`, "messages.request_welcome: " + who + "kind=opened; " + asha},
		{"a change of number in the older keys", `"type":"system","system":{"type":"user_changed_number","new_wa_id":"915550020118","customer":"915550020117"}`,
			"messages.system: " + who + "change=number; was=915550020117 +915550020117; now=915550020118 +915550020118"},
		{"a change that is new", `"type":"system","system":{"type":"user_grew_up"}`, "messages.system: line=yes; unknown=a change of a person that ngoctl does not know"},
		{"a change to nobody", `"type":"system","system":{"type":"user_changed_user_id"}`, "messages.system: line=yes; unknown=a change of a person that ngoctl does not know"},
		{"a button with a title only", `"type":"button","button":{"text":"நிறுத்து"}`, "messages.button: " + who + "kind=choice; " + asha + "; text=நிறுத்து; choice= | நிறுத்து | "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := events(t, said(tt.more))
			if len(all) != 1 || say(all[0]) != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.more, say(all[0]), tt.want)
			}
		})
	}
}

func TestOddChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		body []byte
		want string
	}{
		{"nobody", change("messages", `"messages":[{"id":"wamid.1","type":"text","text":{"body":"x"}}]`), "messages.text: line=yes; unknown=a message that does not say whose it is"},
		{"nobody, with a contact beside it", change("messages", `"contacts":[{"wa_id":"915550020117"}],"messages":[{"id":"wamid.1","type":"text","text":{"body":"x"}}]`),
			"messages.text: line=yes; unknown=a message that does not say whose it is"},
		{"an empty number beside the id", change("messages", `"contacts":[{"wa_id":"","user_id":"IN.1","profile":{"username":"@Ravi.Test"}}],"messages":[{"id":"wamid.1","from":"","from_user_id":"IN.1","type":"text","text":{"body":"x"}}]`),
			"messages.text: line=yes; kind=text; from=IN.1; user=ravi.test; text=x"},
		{"no id", change("messages", `"messages":[{"from":"915550020117","type":"text","text":{"body":"x"}}]`), "messages.text: line=yes; unknown=a message without an id"},
		{"an id with blanks", change("messages", `"messages":[{"id":"a b","from":"915550020117","type":"text"}]`), "messages.text: line=yes; unknown=a message whose id is too long, or has signs in it that no id has"},
		{"an id without end", change("messages", `"messages":[{"id":"wamid.`+strings.Repeat("A", 5000)+`","from":"915550020117","type":"text"}]`), "messages.text: line=yes; unknown=a message whose id is too long, or has signs in it that no id has"},
		{"a contact in another place", change("messages", `"contacts":[{"wa_id":"1","profile":{"name":"Other"}},{"wa_id":"915550020117","profile":{"name":"Asha"}}],"messages":[{"id":"wamid.1","from":"915550020117","type":"text","text":{"body":"x"}}]`),
			"messages.text: line=yes; kind=text; from=915550020117 +915550020117; name=Asha; text=x"},
		{"a contact with the number and another's id", change("messages", `"contacts":[{"wa_id":"915550020117","user_id":"IN.2","profile":{"name":"Other"}}],"messages":[{"id":"wamid.1","from":"915550020117","from_user_id":"IN.1","type":"text","text":{"body":"x"}}]`),
			"messages.text: line=yes; kind=text; from=915550020117 +915550020117 IN.1; text=x"},
		{"one message for a list", change("messages", `"messages":{"id":"wamid.1","from":915550020117,"timestamp":1787000000123,"type":"text","text":{"body":"x"}}`),
			"messages.text: line=yes; at=1787000000; kind=text; from=915550020117 +915550020117; text=x"},
		{"a status that is new", change("messages", `"statuses":[{"id":"wamid.1","status":"deleted"}]`), "messages.status.deleted: line=yes; unknown=a status that ngoctl does not know"},
		{"a status of nothing", change("messages", `"statuses":[{"status":"read"}]`), "messages.status.read: line=yes; unknown=a status that does not say of which message"},
		{"a failure without a reason", change("messages", `"statuses":[{"id":"wamid.1","status":"failed","errors":[]}]`), "messages.status.failed: line=yes; status=failed; of=wamid.1; fault= unknown"},
		{"a wish that is new", change("user_preferences", `"user_preferences":[{"wa_id":"915550020117","category":"marketing_messages","value":"less"}]`), "user_preferences.less: line=yes; unknown=a wish that ngoctl does not understand"},
		{"nothing in it", change("messages", `"x":1`), "messages: line=yes; unknown=nothing in it can be understood"},
		{"past conversations", change("history", `"history":[{}]`), "history: line=yes; unknown=conversations from before the number was joined are not taken in"},
		{"an echo to somebody without a number", change("smb_message_echoes", `"message_echoes":[{"id":"wamid.1","from":"915550010001","to_user_id":"IN.1","type":"text","text":{"body":"x"}}]`),
			"smb_message_echoes.text: line=yes; kind=text; from=IN.1; echo=true; text=x"},
		{"an echo to a group", change("smb_message_echoes", `"message_echoes":[{"id":"wamid.1","from":"915550010001","group_id":"G1","type":"revoke","revoke":{"original_message_id":"wamid.0"}}]`),
			"smb_message_echoes.revoke: line=yes; kind=revoke; group=G1; echo=true; about=wamid.0"},
		{"news of no template", change("message_template_status_update", `"event":"APPROVED"`), "message_template_status_update: line=yes; unknown=news of a template that do not say of which"},
		{"a template's category", change("template_category_update", `"message_template_id":7,"message_template_name":"n","previous_category":"UTILITY","new_category":"MARKETING"`),
			"template_category_update: line=yes; at=1787000000; template=7 n ; category=marketing"},
		{"a number that is flagged", change("phone_number_quality_update", `"display_phone_number":"915550010001","event":"FLAGGED","current_limit":"TIER_250"`),
			"phone_number_quality_update.FLAGGED: line=yes; at=1787000000; problem=WhatsApp has news about the number's quality and limit: 915550010001, FLAGGED, TIER_250; grave=true"},
		{"a locked account", change("messages", `"errors":[{"code":131031}]`), "messages.error: line=yes; problem=WhatsApp has locked the account.; grave=true; fault=131031 account"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := events(t, tt.body)
			if len(all) != 1 || say(all[0]) != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.body, say(all[0]), tt.want)
			}
		})
	}
}

// What is for others' numbers and accounts is refused, thing by thing, and tells nothing of itself.
func TestRouting(t *testing.T) {
	t.Parallel()
	entry := func(id string, changes ...string) string {
		return `{"id":"` + id + `","changes":[` + strings.Join(changes, ",") + `]}`
	}
	delivery := func(entries ...string) []byte {
		return []byte(`{"object":"whatsapp_business_account","entry":[` + strings.Join(entries, ",") + `]}`)
	}
	msg := func(number string) string {
		return `{"field":"messages","value":{"metadata":{"phone_number_id":"` + number + `"},"messages":[{"id":"w","from":"1","type":"text","text":{"body":"secret words"}},{"id":"v","from":"1","type":"text","text":{"body":"secret words"}}]}}`
	}
	const news = `{"field":"message_template_status_update","value":{"event":"APPROVED","message_template_id":1,"message_template_name":"n"}}`
	for _, tt := range []struct {
		name, wabas string
		body        []byte
		want        string // R refused, M message, T template
	}{
		{"all of it", waba, delivery(entry(waba, msg(number), news), entry("9", msg("8"), news)), "MMTRRR"},
		{"our number under another account", waba, delivery(entry("9", msg(number), news)), "MMT"},
		{"no account set", "", delivery(entry(waba, news)), "R"},
		{"no account set, our number beside it", "", delivery(entry(waba, news, msg(number)), entry("9", news)), "TMMR"},
		{"no number in it", waba, delivery(entry("9", strings.ReplaceAll(msg(""), "phone_number_id", "x"))), "RR"},
		{"no id at all", waba, delivery(`{"changes":[` + news + `]}`), "R"},
		{"two numbers", waba, delivery(entry(waba, msg("77"), msg(number), msg("78"))), "MMMMRR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := values("http://127.0.0.1:9")
			v["waba-id"], v["phone-number-id"] = tt.wabas, number+", 77"
			all, err := receiver(t, v).Normalise(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, e := range all {
				switch {
				case e.Refused != nil:
					got.WriteByte('R')
					if strings.Contains(fmt.Sprintf("%+v", *e.Refused), "secret") || e.Refused.Why == "" {
						t.Errorf("the refusal %+v tells what was said, or not why", e.Refused)
					}
				case e.Incoming != nil:
					got.WriteByte('M')
				case e.Template != nil:
					got.WriteByte('T')
				default:
					t.Errorf("%+v", e)
				}
			}
			if got.String() != tt.want {
				t.Errorf("%s is %s; want %s", tt.body, got.String(), tt.want)
			}
		})
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	nasty := "\x1b]0;owned\x07A\u202emoc\u2066" + strings.Repeat("\u0301", 10_000) + "\x00\ue000"
	quoted, err := json.Marshal(nasty)
	if err != nil {
		t.Fatal(err)
	}
	q := string(quoted)
	body := change("messages", `"contacts":[{"wa_id":"915550020117","profile":{"name":`+q+`,"username":`+q+`},"identity_key_hash":`+q+`}],"messages":[{"id":"wamid.1","from":"915550020117","type":"document",`+
		`"document":{"id":`+q+`,"mime_type":"text/html\r\nX: y","filename":"../../etc/`+`passwd","caption":`+q+`,"sha256":`+q+`,"url":`+q+`},"context":{"id":`+q+`},"referral":{"headline":`+q+`,"source_url":`+q+`}}]`)
	all := events(t, body)
	in := all[0].Incoming
	if in == nil || !strings.HasPrefix(in.Person.Name, "A") || len(in.Person.Name) > 100 || strings.ContainsAny(in.Person.Name, "\x1b\x00\u202e") {
		t.Fatalf("%+v", in)
	}
	m := in.Media[0]
	if m.Name != "passwd" || m.Ref != "" || strings.ContainsAny(m.Type, "\r\n ") || m.SHA256 != nil || len(in.ReplyTo) != 0 {
		t.Errorf("the file is %+v", m)
	}
	for name, want := range map[string]string{`..\\..\\evil.exe`: "evil.exe", "..": "", "/": "", "a/": "a", `\u202egpj.exe`: "gpj.exe", "ஆதார்.pdf": "ஆதார்.pdf"} {
		all := events(t, said(`"type":"document","document":{"id":"1","filename":"`+name+`"}`))
		if got := all[0].Incoming.Media[0].Name; got != want {
			t.Errorf("the file %q is named %q; want %q", name, got, want)
		}
	}
}

// All that WhatsApp's apps can send is kept, in any script; of anything longer it is told that it was cut.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	const most = 65536
	for sign, n := range map[string]int{"a": most, "न": 40_000, "அ": most, "🙏": most, "\U0001F600": most + 1} {
		body := strings.Repeat(sign, n-1) + "Z"
		for name, more := range map[string]string{
			"text": `"type":"text","text":{"body":"` + body + `"}`, "caption": `"type":"image","image":{"id":"5","caption":"` + body + `"}`,
		} {
			in := events(t, said(more))[0].Incoming
			cut := n > most
			if !cut && (in.Text != body || in.Problem != "") {
				t.Errorf("a %s of %d times %s: %d signs kept, ends with %.20q, problem %q; want it whole", name, n, sign, utf8.RuneCountInString(in.Text), in.Text[len(in.Text)-20:], in.Problem)
			}
			if cut && (in.Text != strings.Repeat(sign, most)+"… (cut)" || in.Problem == "") {
				t.Errorf("a %s of %d times %s: %d signs kept, problem %q; want what was cut to say so", name, n, sign, utf8.RuneCountInString(in.Text), in.Problem)
			}
		}
	}
}

func TestBatchesWithoutEnd(t *testing.T) {
	t.Parallel()
	r := receiver(t, values("http://127.0.0.1:9"))
	for name, body := range map[string][]byte{
		"messages":  change("messages", `"messages":[`+strings.Repeat("{},", 200_000)+`{}]`),
		"changes":   []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[` + strings.Repeat("{},", 200_000) + `{}]}]}`),
		"the cards": said(`"type":"contacts","contacts":[` + strings.Repeat("{},", 200_000) + `{}]`),
	} {
		begin := time.Now()
		all, err := r.Normalise(body)
		if err != nil && ngo.CodeOf(err) != ngo.Invalid || len(all) > 5001 {
			t.Errorf("%s: %d events, %v", name, len(all), err)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add(delivered(number, 1))
	f.Add(said(`"type":"interactive","interactive":{"nfm_reply":{"response_json":"{\"a\":1}"}}`))
	f.Add(said(`"type":"contacts","contacts":[{"name":{},"phones":[{"phone":"1","wa_id":"2"}]}]`))
	f.Add(change("messages", `"statuses":[{"id":"w","status":"failed","errors":[{"code":131047}]}]`))
	f.Add(change("smb_message_echoes", `"message_echoes":[{"id":"w","to":"1","type":"edit","edit":{"original_message_id":"v","message":{"type":"image","image":{"id":"1"}}}}]`))
	f.Add(change("message_template_status_update", `"event":"REJECTED","message_template_id":1,"rejection_info":{"reason":"x"}`))
	f.Add(change("account_update", `"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"x","expiration":1641330498}]`))
	if root := os.Getenv("NGOCTL_FIXTURES"); root != "" {
		files, err := filepath.Glob(filepath.Join(root, "channels", "whatsapp", "*.json"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	r := receiver(f, values("http://127.0.0.1:9"))
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		all, err := r.Normalise(body)
		if err != nil && ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Normalise = %v; want Invalid", err)
		}
		if err := channeltest.Sound(all); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(before, body) {
			t.Error("Normalise changed the body")
		}
	})
}

// FuzzFields puts a stranger's text wherever a text may stand.
func FuzzFields(f *testing.F) {
	f.Add("नमस्ते", "text")
	f.Add("\x1b[2J\u202e", "document")
	f.Add("wamid.x==", "reaction")
	f.Add("1787000000", "order")
	f.Add(`{"a":{"b":[1]},"flow_token":"x"}`, "interactive")
	f.Add("user_changed_number", "system")
	f.Add("failed", "status")
	f.Add("stop", "edit")
	r := receiver(f, values("http://127.0.0.1:9"))
	f.Fuzz(func(t *testing.T, text, kind string) {
		q, k := string(quote(t, text)), string(quote(t, kind))
		object := `{"id":` + q + `,"body":` + q + `,"type":` + q + `,"message_id":` + q + `,"emoji":` + q + `,"original_message_id":` + q + `,"mime_type":` + q + `,"sha256":` + q +
			`,"url":` + q + `,"caption":` + q + `,"filename":` + q + `,"latitude":` + q + `,"longitude":` + q + `,"payload":` + q + `,"text":` + q + `,"wa_id":` + q + `,"user_id":` + q +
			`,"previous_user_id":` + q + `,"catalog_id":` + q + `,"product_items":[{"product_retailer_id":` + q + `,"item_price":` + q + `,"quantity":` + q + `,"currency":"INR"}]` +
			`,"nfm_reply":{"response_json":` + q + `},"message":{"type":` + k + `,"text":{"body":` + q + `},"image":{"id":` + q + `}}}`
		message := `{"id":` + q + `,"from":` + q + `,"from_user_id":` + q + `,"to":` + q + `,"timestamp":` + q + `,"group_id":` + q + `,"type":` + k + `,"context":` + object + `,"referral":` + object +
			`,"contacts":[{"name":{"formatted_name":` + q + `},"phones":[{"phone":` + q + `,"wa_id":` + q + `}]}],` + k + `:` + object + `}`
		list := `[` + message + `]`
		body := change("messages", `"contacts":[{"wa_id":`+q+`,"profile":{"name":`+q+`,"username":`+q+`},"identity_key_hash":`+q+`}],"messages":`+list+
			`,"statuses":[{"id":`+q+`,"status":`+k+`,"recipient_id":`+q+`,"biz_opaque_callback_data":`+q+`,"pricing":{"category":`+q+`},"errors":[{"code":`+q+`,"title":`+q+`}]}]`+
			`,"message_echoes":`+list+`,"errors":[{"code":`+q+`,"message":`+q+`}],"user_preferences":[{"wa_id":`+q+`,"category":"marketing_messages","value":`+k+`,"detail":`+q+`}]`)
		all, err := r.Normalise(body)
		if err != nil || len(all) != 5 {
			t.Fatalf("Normalise = %d events, %v; want 5", len(all), err)
		}
		if err := channeltest.Sound(all); err != nil {
			t.Error(err)
		}
	})
}

func quote(t *testing.T, s string) []byte {
	t.Helper()
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func BenchmarkNormalise(b *testing.B) {
	body := delivered(number, 1)
	r := receiver(b, values("http://127.0.0.1:9"))
	b.ReportAllocs()
	for b.Loop() {
		if all, err := r.Normalise(body); err != nil || len(all) != 1 {
			b.Fatal(err)
		}
	}
}
