package payu

import (
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// disputeHeader is the canonical form of X-PayU-Dispute-Webhook-Signature-V2. The -V1 beside it is not looked at.
const disputeHeader = "X-Payu-Dispute-Webhook-Signature-V2"

// hashed are the fields that a payment's hash covers, in the order in which it does; between status and udf5 are five that
// are always empty. Nothing else in a message may be believed.
var hashed = [...]string{"status", "udf5", "udf4", "udf3", "udf2", "udf1", "email", "firstname", "productinfo", "amount", "txnid", "key"}

// reverseHash gives PayU's hash of a message. charges and split are empty in the variants without them.
func reverseHash(salt string, f fields, charges, split string) string {
	parts := make([]string, 0, 20)
	if charges != "" {
		parts = append(parts, charges)
	}
	parts = append(parts, salt, f[hashed[0]])
	if split != "" {
		parts = append(parts, split)
	}
	parts = append(parts, "", "", "", "", "")
	for _, name := range hashed[1:] {
		parts = append(parts, f[name])
	}
	return digest(parts...)
}

// signedWith tells whether the message's hash is one that its fields allow: with the additional charges or without, with the
// split or without, as PayU does not document when they count. No field may have a | in it, which could move what follows
// into another place.
func (f fields) signedWith(salt string) bool {
	charges := f.charges()
	for _, name := range hashed {
		if strings.Contains(f[name], "|") {
			return false
		}
	}
	if strings.Contains(charges+f["splitInfo"], "|") {
		return false
	}
	found := 0
	for _, c := range variants(charges) {
		for _, s := range variants(f["splitInfo"]) {
			found |= same(f["hash"], reverseHash(salt, f, c, s))
		}
	}
	return found == 1
}

// charges are spelled in two ways.
func (f fields) charges() string {
	if c := f["additionalCharges"]; c != "" {
		return c
	}
	return f["additional_charges"]
}

func variants(s string) []string {
	if s == "" {
		return []string{""}
	}
	return []string{"", s}
}

// disputeSignedWith tells whether the signature is the dispute's. PayU signs the status with its spaces or without.
func (f fields) disputeSignedWith(signature, key, salt string) bool {
	parts := []string{key, f["txn_id"], f["cb_amount"], f["cb_id"], f["cb_type"], f["cb_status"], salt}
	if strings.Count(strings.Join(parts, "|"), "|") != len(parts)-1 {
		return false
	}
	found := same(signature, digest(parts...))
	parts[5] = strings.ReplaceAll(parts[5], " ", "")
	return found|same(signature, digest(parts...)) == 1
}

// commandHash signs what the API is asked; only the first variable is covered.
func commandHash(key, command, var1, salt string) string { return digest(key, command, var1, salt) }

func digest(parts ...string) string {
	sum := sha512.Sum512([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}

// same compares in constant time and gives 1 or 0.
func same(told, right string) int {
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(told)), []byte(right))
}
