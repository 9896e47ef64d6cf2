package email_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestInbound(t *testing.T) {
	t.Parallel()
	channeltest.RunInbound(t, channeltest.Inbound{
		Driver: email.New(email.Options{}), Values: values("127.0.0.1:143"),
		Message: func(n int) []byte { return []byte(letterOf(n)) },
	})
}

func hears(t testing.TB) *email.Mailbox {
	t.Helper()
	return listener(t, email.Options{}, values("127.0.0.1:143", "checks", "mx.sevai.example"))
}

func incoming(t testing.TB, m channel.Receiver, text string) *channel.Incoming {
	t.Helper()
	events, err := m.Normalise([]byte(text))
	if err != nil || len(events) != 1 || events[0].Incoming == nil {
		t.Fatalf("%.200q is %+v, %v; want one message", text, events, err)
	}
	return events[0].Incoming
}

// The same mail is one, however it came; another with the same Message-ID is another.
func TestAMailIsOneByItsContent(t *testing.T) {
	t.Parallel()
	m := hears(t)
	first := incoming(t, m, letterOf(1))
	if again := incoming(t, m, strings.ReplaceAll(letterOf(1), "\r\n", "\n")); again.Ref != first.Ref {
		t.Errorf("with other line ends it is %q and not %q", again.Ref, first.Ref)
	}
	if moved := incoming(t, m, "Received: from x by y; Mon, 23 Nov 2026 10:00:00 +0530\r\n"+letterOf(1)); moved.Ref != first.Ref {
		t.Errorf("by another way it is %q and not %q", moved.Ref, first.Ref)
	}
	other := incoming(t, m, strings.ReplaceAll(letterOf(1), "word", "another word"))
	if other.Ref == first.Ref || other.Mail.ID != first.Mail.ID {
		t.Errorf("another mail with the id %q is %q, the first %q", other.Mail.ID, other.Ref, first.Ref)
	}
	nameless := strings.Replace(letterOf(1), "Message-ID: <m1@example.org>\r\n", "", 1)
	if a, b := incoming(t, m, nameless), incoming(t, m, nameless); a.Ref == "" || a.Ref != b.Ref || a.Mail.ID != "" {
		t.Errorf("a mail without an id is %q and %q", a.Ref, b.Ref)
	}
}

func TestWhoIsBelieved(t *testing.T) {
	t.Parallel()
	m := hears(t)
	checked := func(dmarc, more string) string {
		return "Authentication-Results: mx.sevai.example; dmarc=" + dmarc + "\r\nReceived: from a by mx.sevai.example; Sun, 22 Nov 2026 10:00:00 +0530\r\n" + more + letterOf(1)
	}
	for name, tt := range map[string]struct {
		mail   string
		proven bool
	}{
		"nobody checked":           {letterOf(1), false},
		"our server vouches":       {checked("pass", ""), true},
		"our server does not":      {checked("fail", ""), false},
		"somebody else vouches":    {strings.ReplaceAll(checked("pass", ""), "Results: mx.sevai.example", "Results: mx.evil.example"), false},
		"the mail vouches itself":  {"Received: from a by relay.evil.example; Sun, 22 Nov 2026 10:00:00 +0530\r\n" + checked("pass", ""), false},
		"it comes from ourselves":  {strings.ReplaceAll(checked("pass", ""), "meena@example.org>\r\nTo", "office@sevai.example>\r\nTo"), false},
		"the name is an address":   {strings.ReplaceAll(checked("pass", ""), "From: Meena", "From: \"director@sevai.example\""), false},
		"it names several senders": {strings.ReplaceAll(checked("pass", ""), "From: Meena", "From: a@example.org, Meena"), false},
	} {
		in := incoming(t, m, tt.mail)
		if proven := in.Mail.Doubt == ""; proven != tt.proven || proven != (len(in.Mail.Authentic) == 1 && in.Mail.Authentic[0] == "example.org") {
			t.Errorf("%s: doubt %q, authentic %v", name, in.Mail.Doubt, in.Mail.Authentic)
		}
	}
}

func TestTokensAreOurs(t *testing.T) {
	t.Parallel()
	m := hears(t)
	const token = "0k4t7hq2m9x3w"
	own := m.ReturnAddress("", token)
	if own != "office+c."+token+"@sevai.example" {
		t.Fatalf("the address for answers is %q", own)
	}
	for to, want := range map[string]int{
		own: 1, strings.ToUpper(own): 1, "office@sevai.example": 0, strings.Replace(own, "sevai", "other", 1): 0,
		"office+c.short@sevai.example": 0, "office+x@sevai.example": 0,
		"office+c." + strings.Repeat("a", 41) + "@sevai.example": 0, "\"office+c." + token + "\"@evil.example": 0,
	} {
		in := incoming(t, m, strings.Replace(letterOf(1), "To: office@sevai.example", "To: "+to, 1))
		if len(in.Tokens) != want || want == 1 && in.Tokens[0] != token {
			t.Errorf("to %s it has the tokens %v", to, in.Tokens)
		}
	}
	for _, bad := range []string{"", "short", "with space in", "UPPER\r\nBcc: x", strings.Repeat("a", 41)} {
		if a := m.ReturnAddress("", bad); a != "" {
			t.Errorf("the token %q makes the address %q", bad, a)
		}
	}
}

// Nothing of a mail costs more than its size, and nothing of it is lost in silence.
func TestBombs(t *testing.T) {
	t.Parallel()
	m := hears(t)
	const head = "From: meena@example.org\r\nSubject: bomb\r\nMIME-Version: 1.0\r\n"
	var nested strings.Builder
	nested.WriteString(head)
	for n := range 5000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", n, n)
	}
	nested.WriteString("Content-Type: text/plain\r\n\r\nthe core\r\n")
	parts := head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: image/png; name=x.png\r\n\r\nx\r\n", 20_000) + "--b--\r\n"
	mails := head + strings.Repeat("Content-Type: message/rfc822\r\n\r\n"+head, 5000)
	for name, bomb := range map[string]string{
		"parts in parts": nested.String(), "many parts": parts, "mails in mails": mails,
		"a header without end": head + "X: " + strings.Repeat("x", 5<<20) + "\r\n\r\nhello\r\n",
		"many fields":          head + strings.Repeat("X: y\r\n", 200_000) + "\r\nhello\r\n",
		"many recipients":      head + "To: " + strings.Repeat("a@example.org, ", 100_000) + "\r\n\r\nhello\r\n",
		"many references":      head + "References: " + strings.Repeat("<a@b> ", 100_000) + "\r\n\r\nhello\r\n",
		"tags without end":     head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 500_000),
		"one long line":        head + "\r\n" + strings.Repeat("x", 10<<20),
		"encoded words":        head + "X-Y: z\r\nSubject: " + strings.Repeat("=?utf-8?q?x?= ", 50_000) + "\r\n\r\nhello\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			in := incoming(t, m, bomb)
			if len(in.Media) > 1001 || len(in.Text) > 1<<20 || len(in.Mail.Subject) > 4000 || len(in.ReplyTo) > 200 || len(in.Mail.To) > 2000 {
				t.Errorf("%d attachments, %d bytes of text, %d of the subject, %d references, %d recipients", len(in.Media), len(in.Text), len(in.Mail.Subject), len(in.ReplyTo), len(in.Mail.To))
			}
		})
	}
}

// An attachment of 100 MB is more than is read; it is found out without keeping it.
func TestAHundredMegabytes(t *testing.T) {
	m := hears(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := largeMail(100 << 20)
	events, err := m.NormaliseFrom(r, func(channel.Media) (io.WriteCloser, error) { return nil, nil })
	io.Copy(io.Discard, r) // lets its writer end
	runtime.ReadMemStats(&after)
	if ngo.CodeOf(err) != ngo.Invalid || len(events) != 0 {
		t.Errorf("a mail of 100 MB is %v, %v; want Invalid", events, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 60<<20 {
		t.Errorf("it took %d MB of memory, all told", used>>20)
	}
}

func TestASinkThatFails(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	r := largeMail(1 << 20)
	_, err := hears(t).NormaliseFrom(r, func(channel.Media) (io.WriteCloser, error) { return nil, full })
	io.Copy(io.Discard, r)
	if !errors.Is(err, full) {
		t.Errorf("NormaliseFrom = %v; want the sink's own error", err)
	}
}

func TestHostilePage(t *testing.T) {
	t.Parallel()
	in := incoming(t, hears(t), "From: meena@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+
		"<p>Hello</p><script>alert(1)</script><img src=http://track.example/x.gif onerror=alert(2)><a href='javascript:alert(3)'>here</a><style>p{color:red}</style>")
	if !strings.Contains(in.Text, "Hello") || !strings.Contains(string(in.Mail.HTML), "<script>") {
		t.Errorf("text %q, page %q", in.Text, in.Mail.HTML)
	}
	for _, bad := range []string{"alert", "track.example", "javascript", "color"} {
		if strings.Contains(in.Text, bad) {
			t.Errorf("the text %q has %q in it", in.Text, bad)
		}
	}
}

// answer is a message that a person wrote in a thread.
func answer() channel.Message {
	m := receipt()
	m.Attachments = m.Attachments[:1]
	m.InReplyTo, m.References = "m2@example.org", []ngo.Ref{"m1@example.org", "evil@x>\r\nBcc: victim@example.org", "two words@x", "ünicode@x", "", "m2@example.org"}
	m.ReplyAddress = "office+c.0k4t7hq2m9x3w@sevai.example"
	return m
}

func sentBy(t *testing.T, change func(*channel.Message), o sim.SMTPOptions) (sim.Mail, mail.Header) {
	t.Helper()
	s := server(t, o)
	m := answer()
	change(&m)
	if _, err := account(t, s.Addr(), email.Options{}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := s.Mails()[0]
	checkShape(t, got.Data)
	parsed, err := mail.ReadMessage(bytes.NewReader(got.Data))
	if err != nil {
		t.Fatal(err)
	}
	return got, parsed.Header
}

func TestAnAnswerStaysInItsThread(t *testing.T) {
	t.Parallel()
	got, h := sentBy(t, func(*channel.Message) {}, sim.SMTPOptions{})
	if id := h.Get("In-Reply-To"); id != "<m2@example.org>" {
		t.Errorf("In-Reply-To = %q", id)
	}
	if refs := strings.Fields(h.Get("References")); len(refs) != 2 || refs[0] != "<m1@example.org>" || refs[1] != "<m2@example.org>" {
		t.Errorf("References = %q; want what can be an id, the nearest last", refs)
	}
	if to, err := mail.ParseAddress(h.Get("Reply-To")); err != nil || to.Address != answer().ReplyAddress {
		t.Errorf("Reply-To = %v, %v", to, err)
	}
	if h.Get("Auto-Submitted") != "" || got.From != "office@sevai.example" || len(h["Bcc"]) != 0 {
		t.Errorf("what a person wrote goes out from %q with %v", got.From, h)
	}
	_, long := sentBy(t, func(m *channel.Message) {
		m.References = nil
		for n := range 200 {
			m.References = append(m.References, ngo.Ref(fmt.Sprintf("%d.%s@example.org", n, strings.Repeat("x", 100))))
		}
	}, sim.SMTPOptions{})
	if refs := strings.Fields(long.Get("References")); len(refs) != 20 || !strings.HasPrefix(refs[0], "<0.") || refs[19] != "<m2@example.org>" {
		t.Errorf("a long thread has the references %.200q", refs)
	}
}

func TestAMachinesAnswerStartsNoLoop(t *testing.T) {
	t.Parallel()
	got, h := sentBy(t, func(m *channel.Message) { m.Auto = true }, sim.SMTPOptions{})
	if h.Get("Auto-Submitted") != "auto-replied" || got.From != "" {
		t.Errorf("it is from %q and says %q", got.From, h.Get("Auto-Submitted"))
	}
	again := incoming(t, listener(t, email.Options{}, values("127.0.0.1:143", "from", "other@sevai.example")), string(got.Data))
	if again.Mail.Auto != channel.AutoReply || again.Mail.Answerable {
		t.Errorf("whoever gets it takes it for %q, answerable %v", again.Mail.Auto, again.Mail.Answerable)
	}
}

func TestAnotherMailboxOfTheDomain(t *testing.T) {
	t.Parallel()
	for line, want := range map[ngo.Ref]string{
		"help@sevai.example": "help@sevai.example", "office@sevai.example": "office@sevai.example", "": "office@sevai.example",
		"director@other.example": "office@sevai.example", "x>\r\nBcc: y@sevai.example": "office@sevai.example",
	} {
		got, h := sentBy(t, func(m *channel.Message) { m.Line = line }, sim.SMTPOptions{})
		from, err := mail.ParseAddress(h.Get("From"))
		if err != nil || from.Address != want || got.From != want {
			t.Errorf("on the line %q it is from %v, %v, and on the way from %q; want %s", line, from, err, got.From, want)
		}
	}
}

func TestAnswersThatBreakOut(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{})
	a := account(t, s.Addr(), email.Options{})
	for _, bad := range []string{"x@y\r\nBcc: z@example.org", "x@y", " office@sevai.example", "a, b@sevai.example", "<office@sevai.example>"} {
		m := answer()
		m.ReplyAddress = bad
		if _, err := a.Send(t.Context(), m); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Send with answers to %q = %v; want Invalid", bad, err)
		}
	}
	if s.Total() != 0 {
		t.Errorf("%d mails were sent", s.Total())
	}
}

// FuzzHeard: whatever comes by mail, the events are sound, whichever way it is read.
func FuzzHeard(f *testing.F) {
	f.Add([]byte(letterOf(1)))
	f.Add([]byte("\x00{\"skipped\":\"x\"}\n"))
	f.Add([]byte("\x00{"))
	f.Add([]byte("From: a@b.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b\nAction: failed\nStatus: 5.1.1\n\n--x\nContent-Type: text/rfc822-headers\n\nMessage-ID: <a@b>\n--x--\n"))
	f.Add([]byte("From: a@b.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\nContent-Type: message/feedback-report\n\nOriginal-Rcpt-To: a@b\n\n--x\nContent-Type: message/rfc822\n\nMessage-ID: <a@b>\nTo: c@d\n\nx\n--x--\n"))
	m := hears(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := m.Normalise(body)
		if err != nil {
			if ngo.CodeOf(err) != ngo.Invalid {
				t.Errorf("Normalise = %v; want Invalid", err)
			}
			return
		}
		if len(events) == 0 {
			t.Error("a mail says nothing")
		}
		if err := channeltest.Sound(events); err != nil {
			t.Error(err)
		}
		checkStream(t, m, body, events)
	})
}

// A cover is read again, whatever stands in the mail that it tells of.
func TestCoversStayShort(t *testing.T) {
	t.Parallel()
	m := hears(t)
	for _, odd := range []string{"&", "<", "\u2028", "மீ", "\x7f", "\""} {
		c := &email.Cover{Key: strings.Repeat("k", 900), Skipped: "This mail was not read: it has 61 MB, and at most 50 MB are read. It lies in the mailbox still: look at it there."}
		long := strings.Repeat(odd, 2000)
		c.Glimpse(strings.NewReader("From: " + long + " <meena@example.org>\r\nSubject: " + long + "\r\nMessage-ID: <" + long + "@example.org>\r\n\r\n"))
		body, err := io.ReadAll(email.Covered(c, strings.NewReader("")))
		if err != nil {
			t.Fatal(err)
		}
		events, err := m.Normalise(body)
		if err != nil || len(events) != 1 || channeltest.Sound(events) != nil {
			t.Errorf("a cover of %d bytes, with %q in it, is %+v, %v", len(body), odd, events, err)
		}
	}
}

// A time that nobody can have had is none, and does not keep the mail from coming.
func TestAMailboxWithoutAClock(t *testing.T) {
	t.Parallel()
	for _, c := range []time.Time{
		time.Date(12026, 11, 22, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 22, 0, 0, 0, 0, time.FixedZone("", 24*60*60)),
	} {
		body, err := io.ReadAll(email.Covered(&email.Cover{Came: c}, strings.NewReader("From: a@example.org\r\n\r\nhello\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		events, err := hears(t).Normalise(body)
		if err != nil || len(events) != 1 || events[0].Incoming == nil {
			t.Errorf("a mail of %v is %+v, %v", c, events, err)
		}
	}
}

// Who dates a mail back does not get before those who wait: what counts is when the mailbox had it.
func TestAMailIsDatedByItsMailbox(t *testing.T) {
	t.Parallel()
	came := time.Date(2026, 11, 22, 4, 30, 0, 0, time.UTC)
	for name, head := range map[string]string{
		"its own date":   "Date: Sat, 22 Nov 2025 10:00:00 +0530\r\n",
		"a forged trace": "Received: from a by b; Sat, 22 Nov 2025 10:00:00 +0530\r\n",
		"a date ahead":   "Date: Sat, 22 Nov 2098 10:00:00 +0530\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := head + "From: a@example.org\r\n\r\nhello\r\n"
			m := listener(t, email.Options{Patience: quick}, values(script(t, polite(listed, func(say func(string), tag, _ string) {
				say(fmt.Sprintf("* 1 FETCH (UID 5 BODY[] {%d}\r\n%s)\r\n%s OK\r\n", len(mail), mail, tag))
			})), "imap-tls", "none"))
			e := listen(t, m, "")
			events, err := m.Normalise([]byte(e.next().body))
			if err != nil || len(events) != 1 || !events[0].At.Equal(came) {
				t.Errorf("heard %+v, %v; want a mail of %v", events, err, came)
			}
			e.end()
		})
	}
	m := listener(t, email.Options{}, values("127.0.0.1:143"))
	events, err := m.Normalise([]byte("Date: Sat, 22 Nov 2025 10:00:00 +0530\r\nFrom: a@example.org\r\n\r\nhello\r\n"))
	if err != nil || len(events) != 1 || !events[0].At.IsZero() {
		t.Errorf("of a mail of which nobody knows when it came, read %+v, %v; want no time", events, err)
	}
}
