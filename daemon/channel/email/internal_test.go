package email

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func opened(t testing.TB, addr, encryption string) *Sender {
	t.Helper()
	a, err := New(Options{}).Open(setting.Values{"smtp": addr, "from": "office@sevai.example", "tls": encryption})
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Sender)
}

func TestPort465IsTLS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ addr, set, want string }{
		{"smtp.example.org:465", tlsAuto, tlsImplicit},
		{"smtp.example.org:587", tlsAuto, tlsAuto},
		{"smtp.example.org:465", tlsStart, tlsStart},
		{"smtp.example.org:2465", tlsImplicit, tlsImplicit},
	} {
		if got := opened(t, tt.addr, tt.set).tls; got != tt.want {
			t.Errorf("%s with tls %s is %s; want %s", tt.addr, tt.set, got, tt.want)
		}
	}
}

// far is a connection that ends at addr; a server there has greeted and offers nothing.
type far struct {
	net.Conn
	addr net.TCPAddr
}

func (f far) RemoteAddr() net.Addr { return &f.addr }

func TestNothingInTheClearAcrossTheInternet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ip, set string
		want    ngo.Code
	}{
		{"203.0.113.7", tlsAuto, ngo.Unavailable},
		{"203.0.113.7", tlsStart, ngo.Unavailable},
		{"203.0.113.7", tlsNone, ngo.Unauthenticated},
		{"10.0.0.7", tlsAuto, ngo.Unavailable},
		{"10.0.0.7", tlsNone, ""},
		{"fd00::7", tlsNone, ""},
		{"127.0.0.1", tlsAuto, ""},
		{"::1", tlsAuto, ""},
		{"127.0.0.1", tlsStart, ngo.Unavailable},
	} {
		client, server := net.Pipe()
		go func() {
			server.Write([]byte("220 x\r\n"))
			answer := bytes.NewReader([]byte("250 x\r\n"))
			buf := make([]byte, 100)
			server.Read(buf)
			answer.WriteTo(server)
		}()
		conn := far{Conn: client, addr: net.TCPAddr{IP: net.ParseIP(tt.ip)}}
		text, err := smtp.NewClient(conn, "mail.example.org")
		if err != nil {
			t.Fatal(err)
		}
		s := &session{conn: conn, client: text, patience: Patience{Command: time.Minute}}
		if err := s.encrypt(context.Background(), opened(t, "mail.example.org:25", tt.set)); ngo.CodeOf(err) != tt.want {
			t.Errorf("%s with tls %s = %v; want %q", tt.ip, tt.set, err, tt.want)
		}
		client.Close()
		server.Close()
	}
}

// FuzzCompose: whatever is in a message, the mail has our headers and no other.
func FuzzCompose(f *testing.F) {
	f.Add("Receipt", "Meena", "Sevai", "text", "<p>text", "a.pdf", "https://ngo.example/stop")
	f.Add("ரசீது", "மீனா", "सेवा", ".\r\n..\r\nQUIT\r\n", "<p>.\r\n.\r\n--alt.msg_01k9q2v7x3c5e8g1j4m6p0r2tw--", "ரசீது.pdf", "http://ngo.example/")
	f.Add("a\r\nBcc: x", "\"a\" <b@c>,", "=?utf-8?q?=0D=0A?=", "\x00", "\x00", "../../etc/passwd", "https://x>\r\nBcc: y")
	f.Add(strings.Repeat("x ", 400), strings.Repeat("மீ", 100), "", "", "", "a\";x=\"b", "https://x/>, <mailto:y")
	a := opened(f, "smtp.example.org:587", tlsAuto)
	a.options.Now = func() time.Time { return time.Unix(1_800_000_000, 0) }
	f.Fuzz(func(t *testing.T, subject, to, from, text, page, file, stop string) {
		m := channel.Message{
			ID: "msg_01k9q2v7x3c5e8g1j4m6p0r2tw", To: ngo.Identity{Kind: ngo.EMail, Value: "a@example.org"},
			Subject: subject, ToName: to, FromName: from, Text: text, HTML: page, Unsubscribe: stop,
			Attachments: []channel.Attachment{{Name: file, Type: "application/pdf", Data: []byte("x")}},
		}
		l, err := a.compose(m)
		if err != nil {
			if ngo.CodeOf(err) != ngo.Invalid {
				t.Errorf("compose = %v; want Invalid", err)
			}
			return
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(l.data))
		if err != nil {
			t.Fatalf("the mail %q cannot be read: %v", l.data, err)
		}
		want := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
		if stop != "" {
			want = append(want, "List-Unsubscribe")
		}
		if strings.HasPrefix(stop, "https:") {
			want = append(want, "List-Unsubscribe-Post")
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(parsed.Header)); !slices.Equal(got, want) {
			t.Errorf("the mail has the headers %v; want %v", got, want)
		}
		for _, values := range parsed.Header {
			if len(values) != 1 {
				t.Errorf("a header comes twice: %v", parsed.Header)
			}
		}
		if list, err := mail.ParseAddressList(parsed.Header.Get("To")); err != nil || len(list) != 1 || list[0].Address != "a@example.org" {
			t.Errorf("To = %v, %v", list, err)
		}
		for line := range bytes.SplitSeq(l.data, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
				t.Errorf("line %.200q cannot be sent", line)
			}
		}
	})
}

// FuzzRefused: whatever a server says, the error is fit to be shown.
func FuzzRefused(f *testing.F) {
	f.Add(550, "5.1.1 no such user")
	f.Add(421, "")
	f.Add(250, "2.0.0 ok\n2.0.0 \x1b[2J")
	f.Add(552, "5.3.4")
	f.Add(-1, "9999999999999999999.1.1 x")
	f.Fuzz(func(t *testing.T, code int, text string) {
		for _, at := range []step{greeting, encrypting, loggingIn, naming, addressing, sending} {
			err := hide(explain(context.Background(), at, &textproto.Error{Code: code, Msg: text}), "meena@example.org")
			e, ok := err.(*ngo.Error)
			if !ok || ngo.Printable(e.Message) != e.Message || len(e.Message) > 1000 || e.Code == "" || e.Code == ngo.Internal {
				t.Errorf("%s: %d %q gives %#v", at, code, text, err)
			}
		}
	})
}
