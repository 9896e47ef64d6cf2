package whatsapp

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
)

var _ channel.Prober = (*account)(nil)

// Knock asks as Meta does when the address is entered.
func (a *account) Knock(word string) (url.Values, string) {
	return url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {a.word}, "hub.challenge": {word}}, word
}

// Probe is a delivery in Meta's envelope with nothing in it.
func (a *account) Probe(now time.Time, word string) (http.Header, []byte) {
	body, _ := json.Marshal(map[string]any{"object": object, "entry": []any{}, "trial": word, "time": now.Unix()}) // texts and a number
	header := meta.Sign(body, a.secrets[0])
	header.Set("Content-Type", "application/json")
	return header, body
}
