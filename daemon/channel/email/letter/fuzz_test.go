package letter_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
)

// seeds gives mails to begin with: a few of our own, and the samples where they are.
func seeds(f *testing.F) [][]byte {
	f.Helper()
	all := [][]byte{
		from("x"), from("<div>Yes</div><blockquote>a<p>b</blockquote>", "Content-Type: text/html"),
		from("--b\r\nContent-Type: text/plain; format=flowed; delsp=yes\r\n\r\na \r\n> b \r\n-- \r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n--b--", "Content-Type: multipart/mixed; boundary=b"),
		from("=E0=AE\r\n=", "Content-Transfer-Encoding: quoted-printable"), from("SGVsbG8", "Content-Transfer-Encoding: base64"),
		from("--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: x\r\n\r\nFinal-Recipient: rfc822;a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--", "Content-Type: multipart/report; boundary=b"),
		from("Yes\r\n\r\nOn 2 Nov 2026, NGO <a@b> wrote:\r\n> x\r\n-- \r\nme", "Subject: =?utf-8?q?=E0?= =?utf-8?b?rq4=?=", `To: "a\" (b" <@r:c@d>, g: e@f;`),
		from("", `Content-Disposition: attachment; filename*0*=utf-8''%E0%AE; filename*1="b"`),
	}
	if root := os.Getenv("NGOCTL_FIXTURES"); root != "" {
		names, err := filepath.Glob(filepath.Join(root, "channels", "email", "*", "*.eml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			all = append(all, data)
		}
	}
	return all
}

func FuzzRead(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, got := options(), kept{}
		o.Sink = got.open
		o.Limits = letter.Limits{Size: 1 << 20, Header: 8 << 10, Depth: 5, Parts: 50, Text: 4 << 10, File: 32 << 10}
		l := read(t, data, o)
		if l.Digest == "" || (l.Reply == "") != (l.Text == "") || len(l.Text) > o.Limits.Text {
			t.Errorf("digest %q, reply %q, %d bytes of text", l.Digest, l.Reply, len(l.Text))
		}
		for _, a := range l.Attachments {
			if a.Name == "" || strings.ContainsAny(a.Name, "/\\\n") || a.Type == "" || got[a.Name] == nil {
				t.Errorf("attachment %+v", a)
			}
		}
		slow, err := letter.Read(iotest.HalfReader(bytes.NewReader(data)), o)
		if err != nil {
			t.Fatalf("read in small pieces: %v", err)
		}
		if !reflect.DeepEqual(l, slow) {
			t.Errorf("in small pieces it is another mail:\n%+v\n%+v", slow, l)
		}
	})
}

func FuzzHeader(f *testing.F) {
	for _, s := range []string{"=?utf-8?q?a?=", `"a, b" <c@d>`, "text/plain; a*0*=utf-8''%41; a*1=b", "Mon, 2 Nov 2026 10:00:00 +0530 (IST)", "<a@b> <c@d>", "Re: [x] y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		v = strings.ReplaceAll(v, "\n", "\n ")
		var names []string
		for _, name := range []string{"From", "Cc", "Subject", "Date", "Message-ID", "References", "Content-Type", "Content-Disposition", "Authentication-Results", "Return-Path", "Received"} {
			names = append(names, name+": "+v)
		}
		o := options()
		l := read(t, []byte(strings.Join(names, "\r\n")+"\r\n\r\nx"), o)
		letter.BaseSubject(l.Subject)
		for _, a := range append(l.From, l.Cc...) {
			if strings.ContainsAny(a.Address, " \r\n<>,") || !strings.Contains(a.Address, "@") {
				t.Errorf("address %q of %q", a.Address, v)
			}
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{
		"Yes\n\nOn 2 Nov 2026, NGO <a@b> wrote:\n> x\n\n-- \nme", "ஆம்\n2 நவ., 2026 அன்று, NGO <a@b> எழுதியது:\n> x", "हाँ\nप्रेषक: x\nभेजा गया: y\nविषय: z",
		"<div>a</div><blockquote>b<br>c</blockquote><a href=http://x>y</a>", "<ol><li>a<table><tr><td>b", "> a\nb\n> c\nd\nSent from my iPhone",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []string{"text/plain; charset=utf-8", "text/html; charset=utf-8", "text/plain; charset=utf-8; format=flowed"} {
			l := read(t, from(text, "Content-Type: "+kind), options())
			parts := "\n" + l.Reply + "\n" + l.Quote + "\n" + l.Signature + "\n"
			for line := range strings.SplitSeq(l.Text, "\n") {
				if line != "" && !strings.Contains(parts, "\n"+line+"\n") {
					t.Errorf("%s: the line %q of %q is in no part", kind, line, l.Text)
				}
			}
		}
	})
}
