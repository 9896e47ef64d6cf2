package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The command of scripts about WhatsApp. Its double is on loopback at $WHATSAPP; its secrets are the files app-secret,
// verify-token and token, the word of the handshake is $WORD, its number's id $NUMBER, its account's $WABA. People are called by a
// name without blanks.
//
//	chat person NAME [PHONE]       somebody; without a phone number of those who hide it
//	chat say NAME TEXT             they write
//	chat send NAME KIND TYPE FILE [CAPTION]  they send a file: image, document, voice, …
//	chat press NAME TEXT           they press a button of ours
//	chat react NAME EMOJI          they put a sign on the last message of ours
//	chat edit|revoke NAME [TEXT]   they change, or take back, what they wrote last
//	chat wish NAME stop|resume     they choose in the app whether they want marketing
//	chat move NAME PHONE           they take another number
//	chat share NAME PHONE          they give us their number
//	chat ago DURATION              from now on everything happened that long ago
//	chat tell ACCOUNT              Meta delivers what there is, twice each, the last first
//	chat batch ACCOUNT NAME TEXT   the same in one delivery, beside a message to somebody else's number
//	chat again STATUS ACCOUNT      the last delivery once more, as it was
//	chat forge STATUS ACCOUNT      the last delivery with a word changed, and the old signature
//	chat shake STATUS ACCOUNT WORD the handshake with a word
//	chat template NAME LANGUAGE CATEGORY BODY [HEADER]
//	chat refuse CODE TIMES         the API refuses the next messages
//	chat token WORD                the token is another from now on
//	chat lose                      the next answer of the API is lost
//	chat seen NAME                 they read everything
//	chat got N REGEXP              waits until N messages that match were taken; a match is against "TO TYPE TEXT VALUES FILENAME"
type chatDouble struct {
	*sim.WhatsApp
	behind atomic.Int64 // how long ago everything happens
	people map[string]*sim.Contact
	wrote  map[string]ngo.Ref
	last   sim.Webhook
}

type chatKey struct{}

// setUpWhatsApp starts the double.
func setUpWhatsApp(e *testscript.Env) error {
	d := &chatDouble{people: map[string]*sim.Contact{}, wrote: map[string]ngo.Ref{}}
	var err error
	d.WhatsApp, err = sim.NewWhatsApp(sim.WhatsAppOptions{Seed: 1, Now: func() time.Time { return time.Now().Add(-time.Duration(d.behind.Load())) }})
	if err != nil {
		return err
	}
	e.Defer(func() { d.Close() })
	e.Values[chatKey{}] = d
	v := d.Values()
	e.Setenv("WHATSAPP", d.URL())
	e.Setenv("NUMBER", v["phone-number-id"])
	e.Setenv("WABA", v["waba-id"])
	e.Setenv("WORD", v["verify-token"])
	var errs []error
	for _, name := range []string{"app-secret", "verify-token", "token"} {
		errs = append(errs, os.WriteFile(filepath.Join(e.WorkDir, name), []byte(v[name]+"\n"), 0o600))
	}
	return errors.Join(errs...)
}

// chatVerbs has how many words follow each verb, at least and at most.
var chatVerbs = map[string]struct {
	least, most int
	do          func(*chatDouble, *testscript.TestScript, []string)
}{
	"person": {1, 2, (*chatDouble).person}, "say": {2, 2, (*chatDouble).say}, "send": {4, 5, (*chatDouble).send}, "press": {2, 2, (*chatDouble).press},
	"react": {2, 2, (*chatDouble).react}, "edit": {2, 2, (*chatDouble).edit}, "revoke": {1, 1, (*chatDouble).revoke}, "wish": {2, 2, (*chatDouble).wish},
	"move": {2, 2, (*chatDouble).move}, "share": {2, 2, (*chatDouble).share}, "ago": {1, 1, (*chatDouble).ago}, "tell": {1, 1, (*chatDouble).tell},
	"batch": {3, 3, (*chatDouble).batch}, "again": {2, 2, (*chatDouble).again}, "forge": {2, 2, (*chatDouble).forge}, "shake": {3, 3, (*chatDouble).shake},
	"template": {4, 5, (*chatDouble).template}, "refuse": {2, 2, (*chatDouble).refuse}, "lose": {0, 0, (*chatDouble).lose}, "seen": {1, 1, (*chatDouble).seen},
	"got": {2, 2, (*chatDouble).got}, "token": {1, 1, (*chatDouble).token},
}

func chatCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: chat VERB …")
	}
	verb, ok := chatVerbs[args[0]]
	if n := len(args) - 1; !ok || n < verb.least || n > verb.most {
		ts.Fatalf("chat %v: there is no such verb, or it wants other words", args)
	}
	verb.do(ts.Value(chatKey{}).(*chatDouble), ts, args[1:])
}

func (d *chatDouble) who(ts *testscript.TestScript, name string) *sim.Contact {
	c := d.people[name]
	if c == nil {
		ts.Fatalf("nobody is called %s", name)
	}
	return c
}

func (d *chatDouble) person(_ *testscript.TestScript, args []string) {
	if len(args) == 1 {
		d.people[args[0]] = d.Hidden(args[0], args[0]+".sim")
		return
	}
	d.people[args[0]] = d.Person(args[0], args[1])
}

func (d *chatDouble) say(ts *testscript.TestScript, args []string) {
	d.wrote[args[0]] = d.Say(d.who(ts, args[0]), args[1])
}

func (d *chatDouble) send(ts *testscript.TestScript, args []string) {
	caption := ""
	if len(args) > 4 {
		caption = args[4]
	}
	d.SayMedia(d.who(ts, args[0]), args[1], args[2], filepath.Base(args[3]), caption, []byte(ts.ReadFile(args[3])))
}

func (d *chatDouble) press(ts *testscript.TestScript, args []string) {
	d.Press(d.who(ts, args[0]), args[1], args[1], d.ours(ts, args[0]))
}

func (d *chatDouble) react(ts *testscript.TestScript, args []string) {
	d.React(d.who(ts, args[0]), d.ours(ts, args[0]), args[1])
}

func (d *chatDouble) edit(ts *testscript.TestScript, args []string) {
	d.Edit(d.who(ts, args[0]), d.wrote[args[0]], args[1])
}

func (d *chatDouble) revoke(ts *testscript.TestScript, args []string) {
	d.Revoke(d.who(ts, args[0]), d.wrote[args[0]])
}

func (d *chatDouble) wish(ts *testscript.TestScript, args []string) {
	d.Wish(d.who(ts, args[0]), args[1] == "stop")
}

func (d *chatDouble) move(ts *testscript.TestScript, args []string) {
	d.ChangeNumber(d.who(ts, args[0]), args[1])
}

func (d *chatDouble) share(ts *testscript.TestScript, args []string) {
	d.Share(d.who(ts, args[0]), args[1])
}

func (d *chatDouble) ago(ts *testscript.TestScript, args []string) {
	ago, err := time.ParseDuration(args[0])
	ts.Check(err)
	d.behind.Store(int64(ago))
}

// ours is the last message that somebody got from us.
func (d *chatDouble) ours(ts *testscript.TestScript, name string) ngo.Ref {
	c := d.who(ts, name)
	for _, m := range slices.Backward(d.Sent()) {
		if m.To == "+"+c.Phone || m.To == c.User {
			return m.Ref
		}
	}
	ts.Fatalf("%s got nothing", name)
	return ""
}

func (d *chatDouble) seen(ts *testscript.TestScript, args []string) {
	c := d.who(ts, args[0])
	for _, m := range d.Sent() {
		if (m.To == "+"+c.Phone || m.To == c.User) && m.State == "delivered" {
			d.Read(m.Ref)
		}
	}
}

func chatHook(ts *testscript.TestScript, account string) string {
	return "http://" + ts.Getenv("ADDR") + "/hooks/sevai/" + account
}

// post delivers a webhook and wants a status.
func (d *chatDouble) post(ts *testscript.TestScript, hook sim.Webhook, account, want string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	status, err := hook.Post(ctx, http.DefaultClient, chatHook(ts, account))
	ts.Check(err)
	if got := fmt.Sprint(status); got != want {
		ts.Fatalf("status %s, want %s", got, want)
	}
}

func (d *chatDouble) tell(ts *testscript.TestScript, args []string) {
	list := d.Webhooks()
	if len(list) == 0 {
		ts.Fatalf("there is nothing to tell")
	}
	for range 2 {
		for _, h := range slices.Backward(list) {
			d.post(ts, h, args[0], "200")
		}
	}
	d.last = list[len(list)-1]
}

func (d *chatDouble) batch(ts *testscript.TestScript, args []string) {
	c := d.who(ts, args[1])
	list := d.Webhooks()
	d.last = d.Batch(append(list, d.Foreign(c, args[2]))...)
	d.post(ts, d.last, args[0], "200")
}

func (d *chatDouble) again(ts *testscript.TestScript, args []string) {
	d.post(ts, d.last, args[1], args[0])
}

func (d *chatDouble) forge(ts *testscript.TestScript, args []string) {
	forged := d.last
	forged.Body = bytes.Replace(forged.Body, []byte(`"body":"`), []byte(`"body":"forged `), 1)
	if bytes.Equal(forged.Body, d.last.Body) {
		ts.Fatalf("the last delivery has no text to forge")
	}
	d.post(ts, forged, args[1], args[0])
}

func (d *chatDouble) shake(ts *testscript.TestScript, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	status, right, err := d.Handshake(ctx, http.DefaultClient, chatHook(ts, args[1]), args[2])
	ts.Check(err)
	if got := fmt.Sprint(status); got != args[0] || right != (got == "200") {
		ts.Fatalf("status %s, challenge given back %v; want %s", got, right, args[0])
	}
}

func (d *chatDouble) template(_ *testscript.TestScript, args []string) {
	t := sim.WhatsAppTemplate{Name: args[0], Language: args[1], Category: args[2], Body: args[3]}
	if len(args) > 4 {
		t.Header = args[4]
	}
	d.AddTemplate(t)
}

func (d *chatDouble) refuse(ts *testscript.TestScript, args []string) {
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	times, err := strconv.Atoi(args[1])
	ts.Check(err)
	d.Refuse(code, times)
}

func (d *chatDouble) token(_ *testscript.TestScript, args []string) { d.SetToken(args[0]) }

func (d *chatDouble) lose(*testscript.TestScript, []string) { d.Lose() }

func (d *chatDouble) got(ts *testscript.TestScript, args []string) {
	want, err := regexp.Compile(args[1])
	ts.Check(err)
	again(ts, func(context.Context) error {
		n, all := 0, ""
		for _, m := range d.Sent() {
			line := fmt.Sprintln(m.To, m.Type, m.Text, m.Values, m.FileName)
			all += line
			if want.MatchString(line) {
				n++
			}
		}
		if fmt.Sprint(n) != args[0] {
			return fmt.Errorf("%d messages match %s, want %s, of:\n%s", n, want, args[0], all)
		}
		return nil
	})
}
