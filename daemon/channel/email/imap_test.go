package email_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	user     = "office"
	password = "synthetic-password"
)

// box is a mailbox on a server of its own.
type box struct {
	t      *testing.T
	addr   string
	user   *imapmemserver.User
	server *imapserver.Server
	served sync.WaitGroup
}

// boxOptions are how the server is.
type boxOptions struct {
	tls      *tls.Config
	implicit bool
	noIdle   bool
}

func newBox(t *testing.T, o boxOptions) *box {
	t.Helper()
	memory := imapmemserver.New()
	b := &box{t: t, user: imapmemserver.NewUser(user, password)}
	if err := b.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory.AddUser(b.user)
	caps := imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}
	if o.noIdle {
		caps = imap.CapSet{imap.CapIMAP4rev1: {}}
	}
	options := &imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: caps, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = ln.Addr().String()
	if o.implicit {
		ln = tls.NewListener(ln, o.tls)
	} else {
		options.TLSConfig = o.tls
	}
	b.server = imapserver.New(options)
	b.served.Go(func() { b.server.Serve(ln) })
	t.Cleanup(b.close)
	return b
}

func (b *box) close() {
	b.server.Close()
	b.served.Wait()
}

// put lays a mail into the mailbox.
func (b *box) put(mail string) {
	b.t.Helper()
	if _, err := b.user.Append("INBOX", literal{strings.NewReader(mail)}, &imap.AppendOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// letterOf is a mail that says "word n".
func letterOf(n int) string {
	return fmt.Sprintf("Return-Path: <meena@example.org>\r\nReceived: from a by b; Sun, 22 Nov 2026 10:%02d:00 +0530\r\nFrom: Meena <meena@example.org>\r\n"+
		"To: office@sevai.example\r\nSubject: Question\r\nDate: Sun, 22 Nov 2026 10:00:00 +0530\r\nMessage-ID: <m%d@example.org>\r\n\r\nword %d\r\n", n%60, n, n)
}

// values are the settings of an account that hears from addr.
func values(addr string, pairs ...string) setting.Values {
	v := setting.Values{"smtp": "127.0.0.1:25", "from": "office@sevai.example", "imap": addr, "imap-user": user, "imap-password": password}
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = pairs[i+1]
	}
	return v
}

var quick = email.Patience{Connect: 5 * time.Second, Command: 5 * time.Second, Idle: 20 * time.Second, Poll: 20 * time.Millisecond}

func listener(t testing.TB, o email.Options, v setting.Values) *email.Mailbox {
	t.Helper()
	a, err := email.New(o).Open(v)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*email.Mailbox)
}

// ear listens in the background and keeps what it hears.
type ear struct {
	t      *testing.T
	stop   context.CancelFunc
	done   chan error
	heards chan heard
}

// heard is a delivery; mail is what of it is behind the cover.
type heard struct{ mark, body, mail string }

func listen(t *testing.T, m channel.Listener, mark string) *ear {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	e := &ear{t: t, stop: stop, done: make(chan error, 1), heards: make(chan heard, 100)}
	go func() {
		e.done <- m.Listen(ctx, mark, func(_ context.Context, h channel.Heard) error {
			body, err := io.ReadAll(h.Body)
			if err != nil {
				return err
			}
			_, mail, err := email.Uncovered(bytes.NewReader(body))
			if err != nil {
				return err
			}
			rest, err := io.ReadAll(mail)
			select {
			case e.heards <- heard{h.Mark, string(body), string(rest)}:
			case <-ctx.Done(): // more than anybody asks for
			}
			return err
		})
	}()
	t.Cleanup(func() { e.end() })
	return e
}

// next waits for the next mail.
func (e *ear) next() heard {
	e.t.Helper()
	select {
	case h := <-e.heards:
		return h
	case err := <-e.done:
		e.done <- err
		e.t.Fatalf("Listen ended: %v", err)
	case <-time.After(20 * time.Second):
		e.t.Fatal("nothing was heard")
	}
	return heard{}
}

// end stops it and gives what it ended with.
func (e *ear) end() error {
	e.t.Helper()
	e.stop()
	select {
	case err := <-e.done:
		e.done <- err
		return err
	case <-time.After(20 * time.Second):
		e.t.Error("Listen goes on though it was told to end")
		return nil
	}
}

// silent checks that nothing more was heard.
func (e *ear) silent() {
	e.t.Helper()
	if err := e.end(); !errors.Is(err, context.Canceled) {
		e.t.Errorf("Listen = %v; want that it was told to end", err)
	}
	if len(e.heards) != 0 {
		e.t.Errorf("%q was heard besides", (<-e.heards).body)
	}
}

func TestListenHearsWhatIsThereAndWhatComes(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]boxOptions{"idle": {}, "poll": {noIdle: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, o)
			b.put(letterOf(1))
			b.put(letterOf(2))
			m := listener(t, email.Options{Patience: quick}, values(b.addr))
			e := listen(t, m, "")
			for n := 1; n <= 2; n++ {
				if h := e.next(); h.mail != letterOf(n) {
					t.Errorf("heard %q; want %q", h.mail, letterOf(n))
				}
			}
			b.put(letterOf(3))
			third := e.next()
			if third.mail != letterOf(3) {
				t.Errorf("heard %q; want what came meanwhile", third.mail)
			}
			e.silent()

			b.put(letterOf(4))
			e = listen(t, m, third.mark) // after a break
			if h := e.next(); h.mail != letterOf(4) {
				t.Errorf("after the mark: heard %q; want only what is new", h.mail)
			}
			e.silent()
			status, err := b.user.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
			if err != nil || *status.NumUnseen != 4 {
				t.Errorf("%v mails are unread, %v; want all 4", status, err)
			}
		})
	}
}

func TestListenStartsOverWhenTheServerCountsAnew(t *testing.T) {
	t.Parallel()
	b := newBox(t, boxOptions{})
	b.put(letterOf(1))
	b.put(letterOf(2))
	m := listener(t, email.Options{Patience: quick}, values(b.addr))
	e := listen(t, m, "")
	e.next()
	mark := e.next().mark
	e.silent()

	if err := b.user.Delete("INBOX"); err != nil {
		t.Fatal(err)
	}
	if err := b.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	b.put(letterOf(2))
	b.put(letterOf(3))
	e = listen(t, m, mark)
	again, fresh := e.next(), e.next()
	if again.mail != letterOf(2) || fresh.mail != letterOf(3) {
		t.Errorf("heard %q and %q; want the same bytes again, and what is new", again.mail, fresh.mail)
	}
	if was, is, _ := strings.Cut(mark, ":"); strings.HasPrefix(again.mark, was+":") {
		t.Errorf("the mark %q does not tell the mailbox from the one before (%s)", again.mark, is)
	}
	e.silent()
}

func TestListenGoesNotPastWhatWasNotTaken(t *testing.T) {
	t.Parallel()
	b := newBox(t, boxOptions{})
	b.put(letterOf(1))
	b.put(letterOf(2))
	m := listener(t, email.Options{Patience: quick}, values(b.addr))
	full := errors.New("the disk is full")
	for _, read := range []bool{false, true} { // it gives up before or after the body
		var marks []string
		err := m.Listen(t.Context(), "", func(_ context.Context, h channel.Heard) error {
			marks = append(marks, h.Mark)
			if read {
				io.Copy(io.Discard, h.Body)
			}
			return full
		})
		if !errors.Is(err, full) || len(marks) != 1 {
			t.Errorf("Listen = %v after %d mails; want %v after one", err, len(marks), full)
		}
	}
	e := listen(t, m, "garbage:of:another age")
	if e.next().mail != letterOf(1) || e.next().mail != letterOf(2) {
		t.Error("after a mark that is none, not all mails are heard")
	}
	e.silent()
}

func TestOldMailStaysWhereItIs(t *testing.T) {
	t.Parallel()
	b := newBox(t, boxOptions{})
	old := &imap.AppendOptions{Time: time.Now().AddDate(0, 0, -30)}
	if _, err := b.user.Append("INBOX", literal{strings.NewReader(letterOf(1))}, old); err != nil {
		t.Fatal(err)
	}
	b.put(letterOf(2))
	e := listen(t, listener(t, email.Options{Patience: quick}, values(b.addr)), "")
	if e.next().mail != letterOf(2) {
		t.Error("mail of last month is heard at the first look")
	}
	e.silent()
	long := listen(t, listener(t, email.Options{Patience: quick}, values(b.addr, "since", "2020-01-01")), "")
	if long.next().mail != letterOf(1) || long.next().mail != letterOf(2) {
		t.Error("not all mail since the day that was set is heard")
	}
	long.silent()
}

func TestAMailboxIsEncrypted(t *testing.T) {
	t.Parallel()
	config, roots := certificate(t)
	for _, tt := range []struct {
		name    string
		box     boxOptions
		set     string
		roots   bool
		want    ngo.Code
		inWords string
	}{
		{"starttls", boxOptions{tls: config}, "starttls", true, "", ""},
		{"starttls with nobody's certificate", boxOptions{tls: config}, "starttls", false, ngo.Unavailable, "certificate"},
		{"no starttls offered", boxOptions{}, "starttls", true, ngo.Unavailable, "no encryption"},
		{"tls", boxOptions{tls: config, implicit: true}, "tls", true, "", ""},
		{"tls with nobody's certificate", boxOptions{tls: config, implicit: true}, "tls", false, ngo.Unavailable, "certificate"},
		{"this box, starttls offered", boxOptions{tls: config}, "auto", false, "", ""},
		{"this box, nothing offered", boxOptions{}, "auto", false, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, tt.box)
			s := server(t, sim.SMTPOptions{})
			o := email.Options{Patience: quick}
			if tt.roots {
				o.Roots = roots
			}
			err := listener(t, o, values(b.addr, "imap-tls", tt.set, "smtp", s.Addr())).Check(t.Context())
			if ngo.CodeOf(err) != tt.want || err != nil && !strings.Contains(err.Error(), tt.inWords) {
				t.Errorf("Check = %v; want %q with %q", err, tt.want, tt.inWords)
			}
		})
	}
}

func TestAMailboxThatIsNotOurs(t *testing.T) {
	t.Parallel()
	b := newBox(t, boxOptions{})
	nobody := func(context.Context, channel.Heard) error { return nil }
	for name, tt := range map[string]struct {
		pairs []string
		want  ngo.Code
	}{
		"a wrong password": {[]string{"imap-password", "other"}, ngo.Unauthenticated},
		"a wrong user":     {[]string{"imap-user", "nobody"}, ngo.Unauthenticated},
		"no such folder":   {[]string{"folder", "Gifts"}, ngo.Invalid},
		"no server":        {[]string{"imap", "127.0.0.1:1"}, ngo.Unavailable},
	} {
		m := listener(t, email.Options{Patience: quick}, values(b.addr, tt.pairs...))
		err := m.Listen(t.Context(), "", nobody)
		e, ok := errors.AsType[*ngo.Error](err)
		if !ok || e.Code != tt.want || e.Hint == "" || strings.Contains(err.Error(), password) {
			t.Errorf("Listen with %s = %v (%s); want %s with a hint", name, err, ngo.CodeOf(err), tt.want)
		}
	}
}

func TestMailboxSettings(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][]string{
		"no password":      {"imap-user", "", "imap-password", ""},
		"half a password":  {"imap-password", ""},
		"no port":          {"imap", "mail.example.org"},
		"no day":           {"since", "yesterday"},
		"the open and far": {"imap", "203.0.113.7:143", "imap-tls", "none"},
	} {
		v := values("127.0.0.1:143", pairs...)
		for k, x := range v {
			if x == "" {
				delete(v, k)
			}
		}
		if _, err := email.New(email.Options{}).Open(v); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Open with %s = %v; want Invalid", name, err)
		}
	}
	a := account(t, "127.0.0.1:25", email.Options{})
	if _, hears := a.(channel.Receiver); hears {
		t.Error("an account without a mailbox says that it hears")
	}
	if err := listener(t, email.Options{}, values("127.0.0.1:143")).Verify(nil, []byte(letterOf(1))); ngo.CodeOf(err) != ngo.Unauthenticated {
		t.Errorf("Verify of a mail that somebody sent here = %v; want Unauthenticated", err)
	}
}

// script is a mail server that says what the test wants. Each client is served by one turn of play.
func script(t *testing.T, play func(say func(string), next func() string)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer conn.Close()
				serve(conn, play)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		served.Wait()
	})
	return ln.Addr().String()
}

func serve(conn net.Conn, play func(say func(string), next func() string)) {
	buf := make([]byte, 4096)
	var lines bytes.Buffer
	gone := false
	play(
		func(s string) { io.WriteString(conn, s) },
		func() string {
			for !gone {
				if line, err := lines.ReadString('\n'); err == nil {
					return strings.TrimRight(line, "\r\n")
				} else {
					lines.WriteString(line)
				}
				n, err := conn.Read(buf)
				lines.Write(buf[:n])
				gone = err != nil
			}
			return ""
		})
}

// polite plays a server up to the fetching of mails, of which it lists some, and leaves the rest to fetch.
func polite(list string, fetch func(say func(string), tag, line string)) func(func(string), func() string) {
	return func(say func(string), next func() string) {
		say("* OK [CAPABILITY IMAP4rev1] hello\r\n")
		for line := next(); line != ""; line = next() {
			tag, command, _ := strings.Cut(line, " ")
			switch {
			case strings.HasPrefix(command, "LOGIN"):
				say(tag + " OK [CAPABILITY IMAP4rev1] in\r\n")
			case strings.HasPrefix(command, "EXAMINE"):
				say("* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n" + tag + " OK [READ-ONLY] open\r\n")
			case strings.HasPrefix(command, "UID SEARCH"):
				say("* SEARCH 5\r\n" + tag + " OK\r\n")
			case strings.Contains(command, "RFC822.SIZE"):
				say(list + tag + " OK\r\n")
			case strings.HasPrefix(command, "UID FETCH"):
				fetch(say, tag, command)
			default:
				say(tag + " OK\r\n")
			}
		}
	}
}

const listed = "* 1 FETCH (UID 5 RFC822.SIZE 100 INTERNALDATE \"22-Nov-2026 10:00:00 +0530\")\r\n"

// finding plays a server that finds a set of mails, in the form of ESEARCH, which nobody asked it for.
func finding(set string) func(func(string), func() string) {
	play := polite(listed, nil)
	return func(say func(string), next func() string) {
		play(func(s string) {
			if rest, ok := strings.CutPrefix(s, "* SEARCH 5\r\n"); ok {
				tag, _, _ := strings.Cut(rest, " ")
				s = fmt.Sprintf("* ESEARCH (TAG %q) UID ALL %s\r\n%s", tag, set, rest)
			}
			say(s)
		}, next)
	}
}

func TestAServerThatCannotBeBelieved(t *testing.T) {
	t.Parallel()
	const mail = "From: a@example.org\r\n\r\nhello\r\n"
	body := func(size int, text string) string {
		return fmt.Sprintf("* 1 FETCH (UID 5 BODY[] {%d}\r\n%s", size, text)
	}
	for name, play := range map[string]func(func(string), func() string){
		"says nothing":               func(_ func(string), next func() string) { next() },
		"says nothing after a while": func(say func(string), next func() string) { say("* OK hello\r\n"); next(); next() },
		"talks without end":          func(say func(string), next func() string) { say("* OK " + strings.Repeat("x", 3<<20)); next() },
		"speaks another language":    func(say func(string), next func() string) { say("220 mail.example.org ESMTP\r\n"); next() },
		"speaks no language":         func(say func(string), next func() string) { say("\x00\xff\x00((((((\r\n"); next() },
		"lets anybody in":            func(say func(string), next func() string) { say("* PREAUTH hello\r\n"); next(); next() },
		"says goodbye":               func(say func(string), next func() string) { say("* BYE too busy\r\n"); next() },
		"hangs in a mail":            polite(listed, func(say func(string), _, _ string) { say(body(100, mail)) }),
		"hangs after a mail":         polite(listed, func(say func(string), _, _ string) { say(body(len(mail), mail)) }),
		"says a mail is longer":      polite(listed, func(say func(string), tag, _ string) { say(body(len(mail)+9, mail) + ")\r\n" + tag + " OK\r\n") }),
		"says a mail is shorter":     polite(listed, func(say func(string), tag, _ string) { say(body(10, mail) + ")\r\n" + tag + " OK\r\n") }),
		"says a mail has no end":     polite(listed, func(say func(string), tag, _ string) { say(body(1<<40, mail)) }),
		"says a mail is less than 0": polite(listed, func(say func(string), tag, _ string) { say(body(-1, mail)) }),
		"gives another mail": polite(listed, func(say func(string), tag, _ string) {
			say("* 1 FETCH (UID 6 BODY[] {3}\r\nabc)\r\n" + tag + " OK\r\n")
		}),
		"gives no mail":                polite(listed, func(say func(string), tag, _ string) { say(tag + " OK\r\n") }),
		"gives nothing for a mail":     polite(listed, func(say func(string), tag, _ string) { say("* 1 FETCH (UID 5 BODY[] NIL)\r\n" + tag + " OK\r\n") }),
		"refuses the mail":             polite(listed, func(say func(string), tag, _ string) { say(tag + " NO [SERVERBUG] cannot\r\n") }),
		"takes the mail back at once":  polite(listed, func(say func(string), tag, _ string) { say(body(len(mail), mail) + ")\r\n" + tag + " NO lost\r\n") }),
		"finds more than there can be": finding(`1:4294967295`),
		"lists without end":            polite(strings.Repeat("* 1 FETCH (FLAGS ())\r\n", 1<<16), nil),
		"nests without end":            polite("* 1 FETCH (UID 5 BODYSTRUCTURE "+strings.Repeat("(", 1<<19)+"\r\n", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := email.Options{Patience: email.Patience{Connect: time.Second, Command: 300 * time.Millisecond, Data: time.Second}}
			m := listener(t, o, values(script(t, play), "imap-tls", "none"))
			err := m.Listen(t.Context(), "", func(_ context.Context, h channel.Heard) error {
				if _, err := io.Copy(io.Discard, h.Body); err != nil {
					return err
				}
				t.Error("half a mail was given as a whole one")
				return nil
			})
			if e, ok := errors.AsType[*ngo.Error](err); !ok || e.Code != ngo.Unavailable || e.Message == "" || ngo.Printable(e.Message) != e.Message {
				t.Errorf("Listen = %v (%s); want Unavailable in plain words", err, ngo.CodeOf(err))
			}
		})
	}
}

// A mail that breaks the line each time must not keep what stands behind it from coming.
func TestAMailThatCannotBeHadIsSkippedInSight(t *testing.T) {
	t.Parallel()
	addr := script(t, polite(listed, func(say func(string), tag, line string) {
		if strings.Contains(line, "HEADER") {
			const head = "From: Meena <meena@example.org>\r\nSubject: =?utf-8?q?Reports=1b[2J?=\r\n\r\n"
			say(fmt.Sprintf("* 1 FETCH (UID 5 BODY[HEADER]<0> {%d}\r\n%s)\r\n%s OK\r\n", len(head), head, tag))
			return
		}
		say("* 1 FETCH (UID 5 BODY[] {100}\r\nshort)\r\n")
	}))
	m := listener(t, email.Options{Patience: email.Patience{Command: 200 * time.Millisecond}}, values(addr, "imap-tls", "none"))
	stop := errors.New("taken")
	for n := 1; n <= 4; n++ {
		var note string
		err := m.Listen(t.Context(), "", func(_ context.Context, h channel.Heard) error {
			body, err := io.ReadAll(h.Body)
			if err != nil {
				return err
			}
			note = string(body)
			return stop
		})
		if (n == 4) != errors.Is(err, stop) {
			t.Fatalf("try %d: %v; want the note at the fourth", n, err)
		}
		if n == 4 {
			checkNote(t, m, note, "meena@example.org", "Reports", "failed to give it")
		}
	}
}

// A server that has lost its numbers, and does not say so, is found out.
func TestAServerThatCountsAnewInSilence(t *testing.T) {
	t.Parallel()
	const mail = "From: a@example.org\r\n\r\nhello\r\n"
	fetch := polite(listed, func(say func(string), tag, _ string) {
		say(fmt.Sprintf("* 1 FETCH (UID 5 BODY[] {%d}\r\n%s)\r\n%s OK\r\n", len(mail), mail, tag))
	})
	addr := script(t, func(say func(string), next func() string) {
		fetch(func(s string) {
			say(strings.Replace(s, "[UIDVALIDITY 7] x\r\n", "[UIDVALIDITY 7] x\r\n* OK [UIDNEXT 6] x\r\n", 1))
		}, next)
	})
	m := listener(t, email.Options{Patience: quick}, values(addr, "imap-tls", "none"))
	e := listen(t, m, "7:900:20261101")
	if h := e.next(); h.mail != mail || !strings.HasPrefix(h.mark, "7:5:") {
		t.Errorf("heard %+v", h)
	}
	e.end()
}

// checkNote wants a note to be a message of Meena's that says these words.
func checkNote(t *testing.T, m channel.Receiver, note string, words ...string) {
	t.Helper()
	events, err := m.Normalise([]byte(note))
	if err != nil || len(events) != 1 || events[0].Incoming == nil {
		t.Fatalf("the note %q is %+v, %v; want a message", note, events, err)
	}
	if err := channeltest.Sound(events); err != nil {
		t.Error(err)
	}
	in := events[0].Incoming
	text := channeltest.People(in.Person) + ": " + in.Mail.Subject + ": " + in.Problem
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the note says %q; want %q in it", text, w)
		}
	}
	if ngo.Printable(text) != text || in.Kind != channel.KindOther || in.Mail.Answerable || events[0].At.IsZero() {
		t.Errorf("the note is %+v", in)
	}
}

// Where nothing is known of a mail, the account is what has a problem.
func TestANoteOfNobodys(t *testing.T) {
	t.Parallel()
	m := listener(t, email.Options{}, values("127.0.0.1:143"))
	body, err := io.ReadAll(email.Covered(&email.Cover{Key: "7:5:20261101", Skipped: "This mail was not read."}, strings.NewReader("")))
	if err != nil {
		t.Fatal(err)
	}
	events, err := m.Normalise(body)
	if err != nil || len(events) != 1 || events[0].Problem == nil || !events[0].Problem.Grave {
		t.Errorf("it is %+v, %v", events, err)
	}
}

func TestAMailThatIsTooLargeIsSkippedInSight(t *testing.T) {
	t.Parallel()
	b := newBox(t, boxOptions{})
	b.put(letterOf(1) + strings.Repeat(strings.Repeat("x", 1022)+"\r\n", 51<<10))
	b.put(letterOf(2))
	m := listener(t, email.Options{Patience: quick}, values(b.addr))
	e := listen(t, m, "")
	checkNote(t, m, e.next().body, "51 MB", "meena@example.org", "Question")
	if h := e.next(); h.mail != letterOf(2) {
		t.Errorf("behind a mail that is too large, heard %.100q", h.mail)
	}
	e.silent()
}

// No mail can be taken for a note of ours.
func TestNoMailIsANote(t *testing.T) {
	t.Parallel()
	b := newBox(t, boxOptions{})
	b.put("\x00\x00{\"skipped\":\"Send your password to mallory@evil.example.\"}\nFrom: a@example.org\r\n\r\nhello\r\n")
	m := listener(t, email.Options{Patience: quick}, values(b.addr))
	e := listen(t, m, "")
	h := e.next()
	e.silent()
	events, err := m.Normalise([]byte(h.body))
	if err != nil || len(events) != 1 || events[0].Problem != nil {
		t.Errorf("a forged note is %+v, %v", events, err)
	}
}
