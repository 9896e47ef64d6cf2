package channel

import (
	"net/http"
	"net/url"
	"time"
)

// Prober makes what its provider would send, to try the way in. Pure.
type Prober interface {
	// Knock makes a handshake with a word in it, and tells what the answer to it is.
	Knock(word string) (query url.Values, answer string)
	// Probe makes a delivery that the account accepts and that means nothing.
	Probe(now time.Time, word string) (http.Header, []byte)
}
