package whatsapp_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
)

func TestTrialsAreAcceptedAndMeanNothing(t *testing.T) {
	t.Parallel()
	a := open(t, values("http://127.0.0.1:1"))
	query, want := a.(channel.Prober).Knock("word")
	if got, err := a.(channel.Handshaker).Handshake(query); err != nil || got != want {
		t.Errorf("Handshake = %q, %v; want %q", got, err, want)
	}
	header, body := a.(channel.Prober).Probe(time.Unix(1_790_000_000, 0), "word")
	in := a.(channel.Receiver)
	if err := in.Verify(header, body); err != nil {
		t.Errorf("Verify = %v", err)
	}
	if events, err := in.Normalise(body); err != nil || len(events) > 0 {
		t.Errorf("Normalise = %v, %v", events, err)
	}
}
