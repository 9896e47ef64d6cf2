package letter_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// from builds a mail of header lines, an empty line and a body.
func from(body string, header ...string) []byte {
	head := "From: Asha <asha@example.org>\r\nTo: help@ngo.example.org\r\nDate: Mon, 02 Nov 2026 10:00:00 +0530\r\nMessage-ID: <m1@Example.ORG>\r\n"
	return []byte(head + strings.Join(header, "\r\n") + "\r\n\r\n" + body)
}

func TestBrokenMailsLoseNoText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		mail string
		want string // within the text
	}{
		{"only a body", "Nothing but words", "Nothing but words"},
		{"UTF-8 with a broken byte", string(from("पाँच सौ \xff रुपये", "Content-Type: text/plain; charset=utf-8")), "पाँच सौ ÿ रुपये"},
		{"Latin 1 without a label", string(from("Caf\xe9", "Content-Type: text/plain")), "Café"},
		{"UTF-16 with its mark", string(from("\xff\xfeA\x00\x2b\x0a", "Content-Type: text/plain")), "A\u0a2b"},
		{"ISO-2022-JP without a label", string(from("\x1b$B$9$_\x1b(B", "Content-Type: text/plain")), "すみ"},
		{"GBK as gb2312", string(from("\x96\x7b\xc4\xe3", "Content-Type: text/plain; charset=gb2312")), "杮你"},
		{"Tamil labelled as ascii", string(from("வணக்கம்", "Content-Type: text/plain; charset=us-ascii")), "வணக்கம்"},
		{"Hindi labelled as gb18030", string(from("नमस्ते", "Content-Type: text/plain; charset=gb18030")), "नमस्ते"},
		{"only carriage returns", strings.ReplaceAll(string(from("one\r\ntwo")), "\r\n", "\r"), "one\ntwo"},
		{"no empty line after the header", "Subject: x\r\nHello there\r\nmore words\r\n\r\nend", "Hello there\nmore words\n\nend"},
		{"a mailbox file's first line", "From asha@example.org Mon Nov  2 10:00:00 2026\r\nSubject: x\r\n\r\nbody", "body"},
		{"boundary nowhere", string(from("Hello anyway", "Content-Type: multipart/mixed; boundary=b")), "Hello anyway"},
		{"parts after the last one", string(from("--b\r\n\r\none\r\n--b--\r\nrest\r\n--b\r\n\r\ntwo", "Content-Type: multipart/mixed; boundary=b")), "one\n\ntwo"},
		{"outer boundary ends the inner part", string(from("--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\none\r\n--o\r\n\r\ntwo\r\n--o--", "Content-Type: multipart/mixed; boundary=o")), "one\n\ntwo"},
		{"base64 with rubbish", string(from("SGVs\r\n*bG8h!=\r\n", "Content-Transfer-Encoding: base64")), "Hello!"},
		{"base64 in two runs", string(from("SGk=\r\nIHlvdQ==", "Content-Transfer-Encoding: base64")), "Hi you"},
		{"base64 that is not", string(from("Dear friends, this was never encoded at all.", "Content-Transfer-Encoding: base64")), "Dear friends, this was never encoded"},
		{"broken quoted-printable", string(from("100 = one =ZZ =E0=AE=85=\r\nx", "Content-Transfer-Encoding: quoted-printable")), "100 = one =ZZ அx"},
		{"unknown encoding", string(from("as it is", "Content-Transfer-Encoding: x-uue")), "as it is"},
		{"broken type", string(from("words", "Content-Type: ;;;=\"")), "words"},
		{"Korean by an old name", string(from("\xbd\xba\xc6\xbc", "Content-Type: text/plain; charset=ks_c_5601-1987")), "스티"},
		{"Japanese by an old name", string(from("\x82\xa0", "Content-Type: text/plain; charset=x-sjis")), "あ"},
		{"Cyrillic", string(from("\xf0\xd2\xc9", "Content-Type: text/plain; charset=koi8-r")), "При"},
		{"a label nobody knows", string(from("\x93caf\xe9\x94", "Content-Type: text/plain; charset=x-nonsense")), "“café”"},
		{"zero bytes", string(from("be\x00fore\x00")), "before"},
		{"a page labelled as text only by its type", string(from("<p>Hello</p>", "Content-Type: TEXT/HTML;")), "Hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if l := read(t, []byte(tt.mail), options()); !strings.Contains(l.Text, tt.want) {
				t.Errorf("text %q, want %q in it; faults %q", l.Text, tt.want, l.Faults)
			}
		})
	}
}

func TestHeadersAreDecoded(t *testing.T) {
	t.Parallel()
	l := read(t, []byte(strings.Join([]string{
		"From: =?UTF-8?Q?Meena,_R=2E?= <meena@EXAMPLE.org>",
		`To: "மீனா (அலுவலகம்)" <a@x.org>, Team: =?utf-8?b?4K6q4K6+4K6y4K6+?= <b@x.org>, c@x.org (Kumar \) S);, <@relay.example:d@x.org>`,
		"Cc: nobody, <>, evil@x.org\x1b[2J",
		"Reply-To: <office@example.org> <second@example.org>",
		"Return-Path: <bounce@Mailer.example>",
		"Subject: Fwd: =?x-nonsense?Q?caf=E9?=\t=?UTF-8?B?4K6u?= end =?broken",
		"Message-ID: <AbC@Example.ORG>",
		"In-Reply-To: Your mail of <one@x>, and <two@X> <one@x>",
		"References: <zero@x>\r\n\t<o n e@x><>",
		"Date: 2 Nov 2026 10:00:00 IST (Kolkata)",
		"Delivered-To: help+c.tok123@ngo.example.org",
		"", "",
	}, "\r\n")), options())
	want := []letter.Address{{Name: "மீனா (அலுவலகம்)", Address: "a@x.org"}, {Name: "பாலா", Address: "b@x.org"}, {Name: `Kumar \) S`, Address: "c@x.org"}, {Address: "d@x.org"}}
	if !slices.Equal(l.To, want) {
		t.Errorf("to %q, want %q", l.To, want)
	}
	if !slices.Equal(l.From, []letter.Address{{Name: "Meena, R.", Address: "meena@example.org"}}) || len(l.Cc) != 1 || l.Cc[0].Address != "evil@x.org" {
		t.Errorf("from %q, cc %q", l.From, l.Cc)
	}
	if !slices.Equal(bare(l.ReplyTo), []string{"office@example.org", "second@example.org"}) || l.Envelope != "bounce@mailer.example" {
		t.Errorf("reply-to %q, envelope %q", l.ReplyTo, l.Envelope)
	}
	if l.Subject != "Fwd: caféம end =?broken" || l.ID != "AbC@example.org" || l.Token != "tok123" {
		t.Errorf("subject %q, id %q, token %q", l.Subject, l.ID, l.Token)
	}
	if !slices.Equal(l.InReplyTo, []string{"one@x", "two@x"}) || !slices.Equal(l.References, []string{"zero@x", "one@x"}) {
		t.Errorf("in-reply-to %q, references %q", l.InReplyTo, l.References)
	}
	if at := time.Date(2026, 11, 2, 4, 30, 0, 0, time.UTC); !l.Date.Equal(at) {
		t.Errorf("date %v, want %v", l.Date, at)
	}
}

func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("அ", 100) + ".pdf"
	for _, tt := range []struct{ header, want string }{
		{`Content-Disposition: attachment; filename="../../etc/passwd"`, "passwd"},
		{`Content-Disposition: attachment; filename="C:\docs\bill.pdf"`, "bill.pdf"},
		{`Content-Disposition: attachment; filename==?UTF-8?B?4KSw4KS44KWA4KSmLnBkZg==?=`, "रसीद.pdf"},
		{`Content-Disposition: attachment; filename="=?UTF-8?Q?=E0=AE=AE=2Epdf?="`, "ம.pdf"},
		{`Content-Disposition: attachment; filename*=UTF-8'ta'%E0%AE%AE.pdf; filename="m.pdf"`, "ம.pdf"},
		{"Content-Disposition: attachment; filename*1=\"b.pdf\";\r\n filename*0=\"a\"", "ab.pdf"},
		{"Content-Disposition: attachment; filename*0*=windows-1252''caf%E9; filename*1=\"%41.txt\"", "café%41.txt"},
		{"Content-Disposition: attachment; filename=my own file.pdf; size=3", "my own file.pdf"},
		{"Content-Disposition: attachment; filename=ரசீது.pdf", "ரசீது.pdf"},
		{"Content-Disposition: attachment; filename=\"photo\u202efdp.exe\"", "photofdp.exe"},
		{"Content-Disposition: attachment; filename=\"unclosed.pdf", "unclosed.pdf"},
		{"Content-Disposition: attachment; filename=..", "part-1.pdf"},
		{"Content-Disposition: attachment", "part-1.pdf"},
		{"Content-Disposition: attachment; filename=" + long, strings.Repeat("அ", 65) + ".pdf"},
	} {
		l := read(t, from("--b\r\nContent-Type: application/pdf\r\n"+tt.header+"\r\n\r\n%PDF-1.7\r\n--b--", "Content-Type: multipart/mixed; boundary=b"), options())
		if !slices.Equal(names(l), []string{tt.want}) {
			t.Errorf("%s: %q, want %q", tt.header, names(l), tt.want)
		}
	}
}

func TestAttachmentsFlowIntoTheSink(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("\x00\xff\r\n--no boundary\r\n"), 5000)
	for _, tt := range []struct{ encoding, body string }{
		{"base64", base64.StdEncoding.EncodeToString(data)},
		{"binary", string(data)},
	} {
		o, got := options(), kept{}
		o.Sink = got.open
		l := read(t, from("--b\r\nContent-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: "+tt.encoding+
			"\r\n\r\n"+tt.body+"\r\n--b--", "Content-Type: multipart/mixed; boundary=b"), o)
		if b := got["a.bin"]; b == nil || !bytes.Equal(b.Bytes(), data) {
			t.Errorf("%s: the sink's bytes are not those that were sent", tt.encoding)
		}
		want := letter.Attachment{Name: "a.bin", Label: "image/png", Type: "application/octet-stream", ID: "pic@x", Size: int64(len(data))}
		if len(l.Attachments) != 1 || l.Attachments[0] != want {
			t.Errorf("%s: %+v, want %+v", tt.encoding, l.Attachments, want)
		}
	}
}

func TestReadFailsAsItsNeighboursDo(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	o := options()
	o.Sink = func(letter.Attachment) (io.WriteCloser, error) { return nil, full }
	mail := from("x", "Content-Type: application/pdf")
	if _, err := letter.Read(bytes.NewReader(mail), o); !errors.Is(err, full) {
		t.Errorf("sink: %v, want %v", err, full)
	}
	for _, body := range []string{"text/plain", "text/html", "application/pdf", "multipart/mixed; boundary=b", "message/delivery-status"} {
		broken := io.MultiReader(bytes.NewReader(from("x\r\n", "Content-Type: "+body)), iotest.ErrReader(full))
		if _, err := letter.Read(broken, options()); !errors.Is(err, full) {
			t.Errorf("reader, %s: %v, want %v", body, err, full)
		}
	}
	o = options()
	o.Limits.Size = 1000
	if _, err := letter.Read(strings.NewReader(strings.Repeat("x\n", 40<<10)), o); ngo.CodeOf(err) != ngo.TooLarge {
		t.Errorf("size: %v, want %s", err, ngo.TooLarge)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	var deep strings.Builder
	for i := range 200 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	for _, tt := range []struct {
		name   string
		mail   []byte
		limits letter.Limits
		fault  string
		check  func(*letter.Letter) bool
	}{
		{"depth", []byte(deep.String() + "\r\nwords"), letter.Limits{}, "its parts lie too deep in one another", func(l *letter.Letter) bool { return len(l.Attachments) == 1 }},
		{"parts", from(strings.Repeat("--b\r\n\r\nword\r\n", 3000), "Content-Type: multipart/mixed; boundary=b"), letter.Limits{Parts: 10}, "it has too many parts", func(l *letter.Letter) bool { return strings.Count(l.Text, "word") == 10 }},
		{"header", from("body", "X-Long: "+strings.Repeat("x", 1<<20), "Subject: after"), letter.Limits{}, "its header is too long", func(l *letter.Letter) bool { return l.Text == "body" }},
		{"fields", from("body", strings.TrimSuffix(strings.Repeat("X: y\r\n", 5000), "\r\n")), letter.Limits{}, "its header is too long", func(l *letter.Letter) bool { return l.Text == "body" }},
		{"text", from(strings.Repeat("अ", 5000)), letter.Limits{Text: 1000}, "its text is too long", func(l *letter.Letter) bool { return l.Text == strings.Repeat("अ", 333)+"à" || len(l.Text) <= 1000 }},
		{"page", from("<p>"+strings.Repeat("<b>x</b>", 5000), "Content-Type: text/html"), letter.Limits{Text: 1000}, "its text is too long", func(l *letter.Letter) bool { return len(l.Text) > 0 && len(l.Text) <= 1000 }},
		{"file", from(strings.Repeat("x", 5000), "Content-Type: application/pdf"), letter.Limits{File: 100}, "an attachment is too large", func(l *letter.Letter) bool { return l.Attachments[0].Cut && l.Attachments[0].Size == 100 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Limits = tt.limits
			l := read(t, tt.mail, o)
			if !slices.Contains(l.Faults, tt.fault) || !tt.check(l) {
				t.Errorf("faults %q, text %.80q, %d attachments", l.Faults, l.Text, len(l.Attachments))
			}
		})
	}
}

// Mails that cost a reader with a nested loop minutes.
func TestHostileMailsAreReadInTime(t *testing.T) {
	t.Parallel()
	const n = 100_000
	for name, mail := range map[string][]byte{
		"comments":        from("", "Authentication-Results: "+strings.Repeat("()", n)),
		"open comments":   from("", "Cc: "+strings.Repeat("(", n)),
		"addresses":       from("", "Cc: "+strings.Repeat("a@b,", n)),
		"quotes":          from("", "Cc: "+strings.Repeat(`"`, n)),
		"words":           from("", "Subject: "+strings.Repeat("=?", n)),
		"encoded words":   from("", "Subject: "+strings.Repeat("=?a?b?", n/3)),
		"parameters":      from("", "Content-Type: text/plain"+strings.Repeat("; a=b c", n/10)),
		"blank parameter": from("", "Content-Type: text/plain; a="+strings.Repeat(" =", n)),
		"boundaries":      from(strings.Repeat("--", n)+strings.Repeat("\r\n--b\r\n--c--", n/10), "Content-Type: multipart/mixed; boundary=b"),
		"ids":             from("", "References: "+strings.Repeat("<a@b", n/2)),
		"open tags":       from(strings.Repeat("<div>", n), "Content-Type: text/html"),
		"blockquotes":     from(strings.Repeat("<blockquote>x", n/10), "Content-Type: text/html"),
		"half tags":       from(strings.Repeat("<a href=", n), "Content-Type: text/html"),
		"verbs":           from(strings.Repeat("on 1 wrote:\n", n/10)),
		"labels":          from(strings.Repeat("From: x\n", n/10)),
		"quoted":          from(strings.Repeat("> x\ny\n", n/10)),
		"subject":         from("", "Subject: "+strings.Repeat("Re: ", n/4)),
		"report":          from("--b\r\nContent-Type: message/delivery-status\r\n\r\n"+strings.Repeat("a: b\n\n", 10_000), "Content-Type: multipart/report; boundary=b"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			l := read(t, mail, options())
			letter.BaseSubject(l.Subject)
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// endless gives an attachment of n bytes in base64 without holding it.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	line := []byte(strings.Repeat("QUJD", 19) + "\r\n")
	n := 0
	for n+len(line) <= len(p) && e.n > 0 {
		n += copy(p[n:], line)
		e.n -= 57
	}
	return n, nil
}

// A mail of 25 MB must not take 100 MB; what the process allocates in all is far more than what it holds at once.
func TestLargeMailTakesLittleMemory(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	const size = 25 << 20
	mail := io.MultiReader(
		bytes.NewReader(from("--b\r\n\r\nsee the film\r\n--b\r\nContent-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n", "Content-Type: multipart/mixed; boundary=b")),
		&endless{n: size}, strings.NewReader("\r\n--b--\r\n"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l, err := letter.Read(mail, options())
	runtime.ReadMemStats(&after)
	if err != nil || len(l.Attachments) != 1 || l.Attachments[0].Size < size {
		t.Fatalf("Read: %v, %+v", err, l)
	}
	t.Logf("allocated %d KB", (after.TotalAlloc-before.TotalAlloc)>>10)
	const most = 100 << 20
	if took := after.TotalAlloc - before.TotalAlloc; took > most {
		t.Errorf("allocated %d MB in all, want at most %d", took>>20, most>>20)
	}
}

func TestDigestTellsMailsApart(t *testing.T) {
	t.Parallel()
	one := from("hello\r\nyou")
	same := bytes.ReplaceAll(append([]byte("Received: by another way\r\n"), one...), []byte("\r\n"), []byte("\n"))
	a, b := read(t, one, options()), read(t, same, options())
	if a.Digest == "" || a.Digest != b.Digest {
		t.Errorf("the same mail by another way has digest %s, want %s", b.Digest, a.Digest)
	}
	if c := read(t, from("hello\r\nme"), options()); c.Digest == a.Digest {
		t.Error("another body has the same digest")
	}
	if c := read(t, from("hello\r\nyou", "Subject: other"), options()); c.Digest == a.Digest {
		t.Error("another subject has the same digest")
	}
}

func TestLargePageTakesLittleMemory(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	const size = 10 << 20
	for _, kind := range []string{"text/html; charset=windows-1252", "text/plain; charset=windows-1252"} {
		line := strings.Repeat("\xe9<b>x</b> ", 10) + "\r\n"
		mail := io.MultiReader(bytes.NewReader(from("", "Content-Type: "+kind)), io.LimitReader(&repeated{line: line}, size))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		l, err := letter.Read(mail, options())
		runtime.ReadMemStats(&after)
		if err != nil || l.Text == "" {
			t.Fatalf("Read: %v, %+v", err, l)
		}
		const most = 100 << 20
		if took := after.TotalAlloc - before.TotalAlloc; took > most {
			t.Errorf("%s: allocated %d MB in all, want at most %d", kind, took>>20, most>>20)
		}
	}
}

// repeated gives a line without end.
type repeated struct {
	line string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.line[r.at:])
	r.at = (r.at + n) % len(r.line)
	return n, nil
}
