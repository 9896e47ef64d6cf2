package email_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
)

// BenchmarkSend sends a receipt of 40 KB over a connection of its own, the server included.
func BenchmarkSend(b *testing.B) {
	s, err := sim.NewSMTP(sim.SMTPOptions{Keep: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	a, err := email.New(email.Options{Now: func() time.Time { return noon }}).Open(setting.Values{"smtp": s.Addr(), "from": "office@sevai.example"})
	if err != nil {
		b.Fatal(err)
	}
	m := receipt()
	m.Attachments = m.Attachments[:1]
	m.Attachments[0].Data = bytes.Repeat([]byte("%PDF"), 10<<10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Send(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}
