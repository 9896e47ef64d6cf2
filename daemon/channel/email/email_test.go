package email_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

const messageID ngo.MessageID = "msg_01k9q2v7x3c5e8g1j4m6p0r2tw"

func server(t *testing.T, o sim.SMTPOptions) *sim.SMTP {
	t.Helper()
	s, err := sim.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// account opens an account with pairs of settings besides smtp and from.
func account(t *testing.T, addr string, o email.Options, pairs ...string) channel.Account {
	t.Helper()
	values := setting.Values{"smtp": addr, "from": "office@sevai.example"}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	a, err := email.New(o).Open(values)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func receipt() channel.Message {
	return channel.Message{
		ID: messageID, To: ngo.Identity{Kind: ngo.EMail, Value: "meena@example.org"}, ToName: "மீனா சுந்தரம்", FromName: "सेवा ट्रस्ट",
		Subject: "உங்கள் நன்கொடைக்கான ரசீது SVT/2026-27/D/000123 — आपके दान की रसीद, बहुत धन्यवाद",
		Text:    "வணக்கம் மீனா,\n\nஉங்கள் ரசீது இணைப்பில் உள்ளது.\n.\nधन्यवाद\n",
		HTML:    "<p>வணக்கம் மீனா,</p>\n.\n<p>धन्यवाद</p>\n",
		Attachments: []channel.Attachment{
			{Name: "receipt-SVT-2026-27-D-000123.pdf", Type: "application/pdf", Data: bytes.Repeat([]byte("%PDF-1.7 \x00\xff"), 4000)},
			{Name: "ரசீது/1.pdf", Type: "application/pdf", Data: []byte("%PDF")},
		},
	}
}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	config, roots, err := sim.Certificate(time.Now(), "127.0.0.1", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	return config, roots
}

func TestSendArrivesAsWritten(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{})
	m := receipt()
	ref, err := account(t, s.Addr(), email.Options{}).Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	const id = string(messageID) + "@sevai.example"
	if string(ref) != id || s.Counts()[id] != 1 || s.Total() != 1 {
		t.Errorf("the reference is %q and the counts are %v", ref, s.Counts())
	}
	got := s.Mails()[0]
	if got.From != "office@sevai.example" || len(got.To) != 1 || got.To[0] != "meena@example.org" {
		t.Errorf("the envelope is from %s to %v", got.From, got.To)
	}
	checkShape(t, got.Data)
	checkHeader(t, got.Data, m)
	checkParts(t, got.Data, m)
}

// checkShape holds the bytes to RFC 5322: seven bits, CRLF, short lines.
func checkShape(t *testing.T, data []byte) {
	t.Helper()
	if bytes.ContainsFunc(data, func(r rune) bool { return r >= 0x80 || r == 0 }) {
		t.Error("the mail is not plain ASCII")
	}
	for line := range strings.SplitSeq(string(data), "\r\n") {
		if len(line) > 200 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %.100q is long or badly ended", line)
		}
	}
}

func checkHeader(t *testing.T, data []byte, m channel.Message) {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	h, decoder := parsed.Header, mime.WordDecoder{}
	subject, err := decoder.DecodeHeader(h.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject = %q, %v; want %q", subject, err, m.Subject)
	}
	for name, want := range map[string]mail.Address{
		"From": {Name: m.FromName, Address: "office@sevai.example"}, "To": {Name: m.ToName, Address: m.To.Value},
	} {
		if got, err := mail.ParseAddress(h.Get(name)); err != nil || *got != want {
			t.Errorf("%s = %v, %v; want %v", name, got, err, want)
		}
	}
	if date, err := h.Date(); err != nil || !date.Equal(noon) {
		t.Errorf("date = %v, %v; want %v", date, err, noon)
	}
	if h.Get("Auto-Submitted") != "auto-generated" || h.Get("Mime-Version") != "1.0" {
		t.Errorf("headers = %v", h)
	}
	for _, name := range []string{"User-Agent", "X-Mailer", "Bcc"} {
		if h.Get(name) != "" {
			t.Errorf("%s = %q; want none", name, h.Get(name))
		}
	}
}

func checkParts(t *testing.T, data []byte, m channel.Message) {
	t.Helper()
	entity, err := message.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	parts := entity.MultipartReader()
	body, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	checkBody(t, body, m)
	for i, name := range []string{"receipt-SVT-2026-27-D-000123.pdf", "ரசீது-1.pdf"} {
		file, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		_, params, err := file.Header.ContentDisposition()
		kind, _, _ := file.Header.ContentType()
		if err != nil || params["filename"] != name || kind != "application/pdf" {
			t.Errorf("attachment %d is %q, %s, %v; want %q", i, params["filename"], kind, err, name)
		}
		if got := read(t, file.Body); got != string(m.Attachments[i].Data) {
			t.Errorf("attachment %d has %d bytes; want %d", i, len(got), len(m.Attachments[i].Data))
		}
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) && !errors.Is(err, multipart.ErrMessageTooLarge) {
		t.Errorf("there is another part: %v", err)
	}
}

// checkBody looks for the text and then the page, of which a reader shows one.
func checkBody(t *testing.T, body *message.Entity, m channel.Message) {
	t.Helper()
	if kind, _, err := body.Header.ContentType(); err != nil || kind != "multipart/alternative" {
		t.Fatalf("the body is %q, %v", kind, err)
	}
	readings := body.MultipartReader()
	for _, want := range []struct{ kind, text string }{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		part, err := readings.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		kind, params, _ := part.Header.ContentType()
		got := read(t, part.Body)
		if kind != want.kind || !strings.EqualFold(params["charset"], "utf-8") || strings.ReplaceAll(got, "\r\n", "\n") != want.text || strings.Count(got, "\r\n") != strings.Count(want.text, "\n") {
			t.Errorf("%s (%v) = %q; want %s %q", kind, params, got, want.kind, want.text)
		}
	}
	if _, err := readings.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("there is another reading: %v", err)
	}
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSendAgainIsTheSameMail(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{})
	for range 2 {
		if _, err := account(t, s.Addr(), email.Options{}).Send(t.Context(), receipt()); err != nil {
			t.Fatal(err)
		}
	}
	mails := s.Mails()
	if len(s.Counts()) != 1 || len(mails) != 2 || !bytes.Equal(mails[0].Data, mails[1].Data) {
		t.Errorf("two mails went out: %v", s.Counts())
	}
}

func TestSendTakesTheAccountsName(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{})
	a := account(t, s.Addr(), email.Options{}, "from", `"Sevai, the office" <office@sevai.example>`)
	m := receipt()
	m.Text, m.HTML, m.Attachments = "Thank you.", "", nil
	if _, err := a.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(s.Mails()[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	if from, err := mail.ParseAddress(parsed.Header.Get("From")); err != nil || from.Name != "Sevai, the office" {
		t.Errorf("From = %v, %v", from, err)
	}
	if text := read(t, parsed.Body); strings.TrimSpace(text) != "Thank you." {
		t.Errorf("text = %q", text)
	}
}

func TestUnsubscribing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ address, header, post string }{
		{"", "", ""},
		{"https://ngo.example/o/sevai/donor/abc/stop", "<https://ngo.example/o/sevai/donor/abc/stop>", "List-Unsubscribe=One-Click"},
		{"http://127.0.0.1:8480/o/sevai/donor/abc/stop", "<http://127.0.0.1:8480/o/sevai/donor/abc/stop>", ""},
	} {
		s := server(t, sim.SMTPOptions{})
		m := receipt()
		m.Unsubscribe = tt.address
		if _, err := account(t, s.Addr(), email.Options{}).Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(s.Mails()[0].Data))
		if err != nil {
			t.Fatal(err)
		}
		if header, post := parsed.Header.Get("List-Unsubscribe"), parsed.Header.Get("List-Unsubscribe-Post"); header != tt.header || post != tt.post {
			t.Errorf("for %q the headers are %q and %q; want %q and %q", tt.address, header, post, tt.header, tt.post)
		}
	}
}

// A mail without a file is its text and its page, and nothing around them.
func TestTextAndPageAlone(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{})
	m := receipt()
	m.Attachments = nil
	if _, err := account(t, s.Addr(), email.Options{}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	data := s.Mails()[0].Data
	checkShape(t, data)
	entity, err := message.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	checkBody(t, entity, m)
}

func TestSendRefusesWhatBreaksOut(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{})
	a := account(t, s.Addr(), email.Options{})
	for name, change := range map[string]func(*channel.Message){
		"subject":                func(m *channel.Message) { m.Subject = "x\r\nBcc: all@example.org" },
		"subject, LF":            func(m *channel.Message) { m.Subject = "x\nBcc: all@example.org" },
		"subject, NUL":           func(m *channel.Message) { m.Subject = "x\x00" },
		"subject, U+2028":        func(m *channel.Message) { m.Subject = "x\u2028Bcc: y" },
		"subject, bytes":         func(m *channel.Message) { m.Subject = "\xff\xfe" },
		"subject, long bytes":    func(m *channel.Message) { m.Subject = strings.Repeat("\x80", 2000) },
		"name":                   func(m *channel.Message) { m.ToName = "Meena\r\nBcc: all@example.org" },
		"organisation":           func(m *channel.Message) { m.FromName = "Sevai\r\nBcc: all@example.org" },
		"address":                func(m *channel.Message) { m.To.Value = "a@example.org>\r\nRCPT TO:<b@example.org" },
		"two addresses":          func(m *channel.Message) { m.To.Value = "a@example.org, b@example.org" },
		"no address":             func(m *channel.Message) { m.To.Value = "" },
		"a phone":                func(m *channel.Message) { m.To = ngo.Identity{Kind: ngo.Phone, Value: "+919840012345"} },
		"id":                     func(m *channel.Message) { m.ID = "msg_1>\r\nBcc: x" },
		"no id":                  func(m *channel.Message) { m.ID = "" },
		"unsubscribe":            func(m *channel.Message) { m.Unsubscribe = "https://ngo.example/x>\r\nBcc: y" },
		"two to unsubscribe":     func(m *channel.Message) { m.Unsubscribe = "https://ngo.example/x>,<mailto:y@example.org" },
		"script to unsubscribe":  func(m *channel.Message) { m.Unsubscribe = "javascript:alert(1)" },
		"nowhere to unsubscribe": func(m *channel.Message) { m.Unsubscribe = "https:///x" },
		"long to unsubscribe":    func(m *channel.Message) { m.Unsubscribe = "https://ngo.example/" + strings.Repeat("x", 2000) },
		"file's name":            func(m *channel.Message) { m.Attachments[0].Name = "a\r\nX: y.pdf" },
		"file without name":      func(m *channel.Message) { m.Attachments[0].Name = "" },
		"file's type":            func(m *channel.Message) { m.Attachments[0].Type = "application/pdf\r\nX: y" },
		"no type":                func(m *channel.Message) { m.Attachments[0].Type = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := receipt()
			change(&m)
			if _, err := a.Send(t.Context(), m); ngo.CodeOf(err) != ngo.Invalid {
				t.Errorf("Send = %v; want Invalid", err)
			}
		})
	}
	t.Cleanup(func() {
		if s.Sessions() != 0 {
			t.Errorf("the server was called %d times", s.Sessions())
		}
	})
}

// An answer repeats the subject of whoever wrote, which may be longer than ours ever are.
func TestALongSubjectIsCut(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{})
	a := account(t, s.Addr(), email.Options{})
	for _, letter := range []string{"x", "அ"} {
		m := receipt()
		m.Subject = "Re: " + strings.Repeat(letter, 1300)
		if err := a.(channel.Fitter).Fits(m); err != nil {
			t.Errorf("Fits = %v", err)
		}
		if _, err := a.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		mails := s.Mails()
		parsed, err := mail.ReadMessage(bytes.NewReader(mails[len(mails)-1].Data))
		if err != nil {
			t.Fatal(err)
		}
		decoder := mime.WordDecoder{}
		got, err := decoder.DecodeHeader(parsed.Header.Get("Subject"))
		if short, cut := strings.CutSuffix(got, "…"); err != nil || !cut || !strings.HasPrefix(m.Subject, short) || len(short) < 800 {
			t.Errorf("subject = %q, %v; want the beginning of it", got, err)
		}
	}
}

func TestFitsTellsBeforeItIsTried(t *testing.T) {
	t.Parallel()
	a := account(t, "127.0.0.1:1", email.Options{}).(channel.Fitter)
	fine, phone, named := receipt(), receipt(), receipt()
	phone.To = ngo.Identity{Kind: ngo.Phone, Value: "+919840012345"}
	named.Attachments[0].Name = "a\nb.pdf"
	if err := a.Fits(fine); err != nil {
		t.Errorf("Fits = %v", err)
	}
	for _, m := range []channel.Message{phone, named} {
		if err := a.Fits(m); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Fits(%v, %q) = %v; want Invalid", m.To.Kind, m.Attachments[0].Name, err)
		}
	}
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	config, roots := certificate(t)
	for _, tt := range []struct {
		name   string
		server sim.SMTPOptions
		tls    string
		roots  *x509.CertPool
		want   ngo.Code
		secure bool
	}{
		{"auto, plain server on this box", sim.SMTPOptions{}, "auto", nil, "", false},
		{"auto, STARTTLS on this box, certificate of its own", sim.SMTPOptions{TLS: config}, "auto", nil, "", true},
		{"starttls", sim.SMTPOptions{TLS: config}, "starttls", roots, "", true},
		{"starttls, not offered", sim.SMTPOptions{}, "starttls", roots, ngo.Unavailable, false},
		{"starttls, unknown certificate", sim.SMTPOptions{TLS: config}, "starttls", x509.NewCertPool(), ngo.Unavailable, false},
		{"tls", sim.SMTPOptions{TLS: config, Implicit: true}, "tls", roots, "", true},
		{"tls, unknown certificate", sim.SMTPOptions{TLS: config, Implicit: true}, "tls", x509.NewCertPool(), ngo.Unavailable, false},
		{"tls, plain server", sim.SMTPOptions{}, "tls", roots, ngo.Unavailable, false},
		{"starttls, server that speaks TLS", sim.SMTPOptions{TLS: config, Implicit: true}, "starttls", roots, ngo.Unavailable, false},
		{"none", sim.SMTPOptions{}, "none", nil, "", false},
		{"none, STARTTLS offered", sim.SMTPOptions{TLS: config}, "none", nil, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := server(t, tt.server)
			a := account(t, s.Addr(), email.Options{Roots: tt.roots, Patience: email.Patience{Command: time.Second, Connect: time.Second}}, "tls", tt.tls)
			if err := a.Check(t.Context()); ngo.CodeOf(err) != tt.want {
				t.Errorf("Check = %v; want %q", err, tt.want)
			}
			_, err := a.Send(t.Context(), receipt())
			if ngo.CodeOf(err) != tt.want {
				t.Errorf("Send = %v; want %q", err, tt.want)
			}
			if err == nil && s.Mails()[0].TLS != tt.secure {
				t.Errorf("the mail came encrypted: %v; want %v", s.Mails()[0].TLS, tt.secure)
			}
			if err != nil && s.Total() != 0 {
				t.Error("the mail was sent all the same")
			}
		})
	}
}

func TestLogIn(t *testing.T) {
	t.Parallel()
	config, roots := certificate(t)
	guarded := sim.SMTPOptions{TLS: config, User: "office", Password: "p@ss வார்த்தை"}
	for _, tt := range []struct {
		name           string
		server         sim.SMTPOptions
		user, password string
		want           ngo.Code
	}{
		{"right", guarded, "office", "p@ss வார்த்தை", ""},
		{"wrong password", guarded, "office", "wrong", ngo.Unauthenticated},
		{"none where one is needed", guarded, "", "", ngo.Unauthenticated},
		{"one where none is taken", sim.SMTPOptions{TLS: config}, "office", "x", ngo.Unauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := server(t, tt.server)
			pairs := []string{"tls", "starttls"}
			if tt.user != "" {
				pairs = append(pairs, "user", tt.user, "password", tt.password)
			}
			a := account(t, s.Addr(), email.Options{Roots: roots}, pairs...)
			_, err := a.Send(t.Context(), receipt())
			if ngo.CodeOf(err) != tt.want {
				t.Fatalf("Send = %v; want %q", err, tt.want)
			}
			if err != nil && tt.password != "" && strings.Contains(err.Error(), tt.password) {
				t.Errorf("the error shows the password: %v", err)
			}
			if err == nil && s.Mails()[0].User != tt.user {
				t.Errorf("the mail came from the user %q", s.Mails()[0].User)
			}
			wantCheck := tt.want
			if tt.user == "" {
				wantCheck = "" // only a mail shows that a log-in is asked for
			}
			if err := a.Check(t.Context()); ngo.CodeOf(err) != wantCheck {
				t.Errorf("Check = %v; want %q", err, wantCheck)
			}
		})
	}
}

func TestOpenNamesEveryFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		values setting.Values
		want   []string
	}{
		{"nothing", setting.Values{}, []string{"smtp", "from"}},
		{"bad kinds", setting.Values{"smtp": "x", "from": "y", "tls": "z"}, []string{"smtp", "from", "tls"}},
		{"half a log-in", setting.Values{"smtp": "a.example:587", "from": "a@b.example", "user": "u"}, []string{"password"}},
		{"no encryption abroad", setting.Values{"smtp": "192.0.2.1:25", "from": "a@b.example", "tls": "none"}, []string{"tls"}},
		{"line break", setting.Values{"smtp": "a.example:587", "from": "a@b.example\r\nBcc: c@d"}, []string{"from"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := email.New(email.Options{}).Open(tt.values)
			e, ok := errors.AsType[*ngo.Error](err)
			if !ok || e.Code != ngo.Invalid {
				t.Fatalf("Open = %v; want Invalid", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(e.Message, want+" ") {
					t.Errorf("message %q does not name %s", e.Message, want)
				}
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{})
	a := account(t, s.Addr(), email.Options{})
	s.Down()
	if _, err := a.Send(t.Context(), receipt()); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Send = %v; want Unavailable", err)
	}
	if err := a.Check(t.Context()); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Check = %v; want Unavailable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Send(ctx, receipt()); ngo.CodeOf(err) != ngo.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("Send after the caller gave up = %v; want Unavailable", err)
	}
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send(t.Context(), receipt()); err != nil {
		t.Errorf("Send after it came back = %v", err)
	}
}

func TestHostNameIsChecked(t *testing.T) {
	t.Parallel()
	config, roots := certificate(t)
	s := server(t, sim.SMTPOptions{TLS: config})
	_, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	named := account(t, "localhost:"+port, email.Options{Roots: roots}, "tls", "starttls")
	if err := named.Check(t.Context()); err != nil {
		t.Errorf("Check of localhost = %v", err)
	}
	other, _, err := sim.Certificate(time.Now(), "mail.example.org")
	if err != nil {
		t.Fatal(err)
	}
	s = server(t, sim.SMTPOptions{TLS: other})
	wrong := account(t, s.Addr(), email.Options{Roots: roots}, "tls", "starttls")
	if err := wrong.Check(t.Context()); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Check of a server with another's certificate = %v; want Unavailable", err)
	}
}
