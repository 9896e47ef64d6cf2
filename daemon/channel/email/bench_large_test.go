package email_test

import (
	"bufio"
	"encoding/base64"
	"io"
	"runtime"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
)

// largeMail gives a mail of about so many bytes, nearly all of them one attachment, as it is read.
func largeMail(size int) io.Reader {
	r, w := io.Pipe()
	go func() {
		b := bufio.NewWriter(w)
		b.WriteString("Return-Path: <clinic@example.org>\r\nFrom: Clinic <clinic@example.org>\r\nTo: office@sevai.example\r\nSubject: Reports\r\n" +
			"Date: Sun, 22 Nov 2026 10:00:00 +0530\r\nMessage-ID: <large@example.org>\r\nMIME-Version: 1.0\r\n" +
			"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nThe reports.\r\n" +
			"--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=reports.pdf\r\n\r\n")
		line := base64.StdEncoding.EncodeToString([]byte("%PDF-1.7 the same fifty-seven bytes over and over again..")) + "\r\n"
		for n := 0; n < size; n += len(line) {
			b.WriteString(line)
		}
		b.WriteString("--x--\r\n")
		b.Flush()
		w.Close()
	}()
	return r
}

// peaks weighs what is alive while an attachment is written.
type peaks struct {
	b    *testing.B
	most *uint64
	n    int
}

func (p *peaks) Write(x []byte) (int, error) {
	if p.n += len(x); p.n > 4<<20 {
		p.n = 0
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		*p.most = max(*p.most, m.HeapAlloc)
	}
	return len(x), nil
}

func (p *peaks) Close() error { return nil }

// BenchmarkLarge reads a mail of 25 MB, its attachment given away as it comes.
func BenchmarkLarge(b *testing.B) {
	m := listener(b, email.Options{}, values("127.0.0.1:143"))
	b.ReportAllocs()
	b.SetBytes(25 << 20)
	var most uint64
	for b.Loop() {
		events, err := m.NormaliseFrom(largeMail(25<<20), func(channel.Media) (io.WriteCloser, error) { return &peaks{b: b, most: &most}, nil })
		if err != nil || len(events) != 1 || events[0].Incoming == nil {
			b.Fatal(events, err)
		}
	}
	b.ReportMetric(float64(most)/(1<<20), "MB-alive")
}
