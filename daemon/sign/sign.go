// Package sign makes and checks the keyed signatures of webhooks. Everything in it is a pure function.
package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// hexLen is the length of a signature in hex.
const hexLen = 2 * sha256.Size

// HMAC gives the HMAC-SHA256 of message under key, in lower-case hex.
func HMAC(key, message []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write(message) // a hash never fails
	var sum [sha256.Size]byte
	return hex.EncodeToString(h.Sum(sum[:0]))
}

// Verify tells whether signature is the HMAC-SHA256 of message under key, in hex. How long it takes depends on the message
// and not on the signature. Under an empty key nothing is valid: anybody could have signed with it.
func Verify(key, message []byte, signature string) bool {
	if len(signature) != hexLen || len(key) == 0 {
		return false
	}
	var claimed, sum [sha256.Size]byte
	if _, err := hex.Decode(claimed[:], []byte(signature)); err != nil {
		return false
	}
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return hmac.Equal(claimed[:], h.Sum(sum[:0]))
}
