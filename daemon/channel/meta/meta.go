// Package meta is what WhatsApp, Messenger and Instagram share: the handshake by which Meta finds out whether an address is
// ours, the signature over a delivery, its envelope, and how the Graph API is asked and refuses. It knows none of the three.
// All but Client's methods is pure; everything is safe for concurrent use.
package meta

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	// MaxBody is the largest delivery that is read; Meta sends up to 3 MB.
	MaxBody = 4 << 20

	maxChallenge = 1 << 10

	signatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// Handshake gives the challenge back when the query is Meta's and says the word. It fails with Denied, or with Invalid when
// there is no challenge that can be given back. No word is no answer.
func Handshake(query url.Values, word string) (string, error) {
	mode, said, challenge := query["hub.mode"], query["hub.verify_token"], query["hub.challenge"]
	if word == "" || len(mode) != 1 || mode[0] != "subscribe" || len(said) != 1 || subtle.ConstantTimeCompare([]byte(said[0]), []byte(word)) != 1 {
		return "", &ngo.Error{
			Code: ngo.Denied, Message: "the verify token is not the one set here",
			Hint: "type the same verify token into the Meta app's webhook page and into the channel's settings",
		}
	}
	if len(challenge) != 1 || challenge[0] == "" || len(challenge[0]) > maxChallenge || !utf8.ValidString(challenge[0]) {
		return "", &ngo.Error{Code: ngo.Invalid, Message: "there is no challenge to answer"}
	}
	return challenge[0], nil
}

// Verify checks the signature over the raw body under any of the secrets: an app has one more while it is being changed, and
// Instagram apps have one of their own. It fails with Unauthenticated. The older SHA-1 signature is not looked at.
func Verify(header http.Header, body []byte, secrets ...[]byte) error {
	signatures := header[signatureHeader]
	if len(signatures) == 0 {
		return &ngo.Error{Code: ngo.Unauthenticated, Message: "the delivery carries no signature", Hint: "Meta signs all it sends: this came from somebody else"}
	}
	if digest, ok := strings.CutPrefix(signatures[0], signaturePrefix); ok && len(signatures) == 1 {
		for _, secret := range secrets {
			if sign.Verify(secret, body, digest) {
				return nil
			}
		}
	}
	return &ngo.Error{
		Code: ngo.Unauthenticated, Message: "the signature does not match",
		Hint: "compare the app secret in the Meta app's basic settings with the one given here",
	}
}

// Sign gives the headers that Meta would send with the body.
func Sign(body, secret []byte) http.Header {
	return http.Header{signatureHeader: {signaturePrefix + sign.HMAC(secret, body)}}
}
