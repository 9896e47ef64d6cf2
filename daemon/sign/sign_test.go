package sign_test

import (
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/sign"
)

// The second test case of RFC 4231.
const (
	key       = "Jefe"
	message   = "what do ya want for nothing?"
	signature = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
)

func TestHMAC(t *testing.T) {
	t.Parallel()
	if got := sign.HMAC([]byte(key), []byte(message)); got != signature {
		t.Errorf("HMAC = %s; want %s", got, signature)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, key, message, signature string
		want                          bool
	}{
		{"right", key, message, signature, true},
		{"right in capitals", key, message, strings.ToUpper(signature), true},
		{"none", key, message, "", false},
		{"one digit off", key, message, "4" + signature[1:], false},
		{"too short", key, message, signature[:62], false},
		{"too long", key, message, signature + "00", false},
		{"not hex", key, message, "zz" + signature[2:], false},
		{"not ASCII", key, message, "௧" + signature[3:], false},
		{"of another message", key, message + " ", signature, false},
		{"under another key", key + "x", message, signature, false},
		{"under an empty key", "", message, sign.HMAC(nil, []byte(message)), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := sign.Verify([]byte(tt.key), []byte(tt.message), tt.signature); got != tt.want {
				t.Errorf("Verify(%q, %q, %q) = %v; want %v", tt.key, tt.message, tt.signature, got, tt.want)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(key), []byte(message), signature)
	f.Add([]byte(nil), []byte(nil), "")
	f.Fuzz(func(t *testing.T, key, message []byte, signature string) {
		right := sign.HMAC(key, message)
		if got, want := sign.Verify(key, message, signature), len(key) > 0 && strings.ToLower(signature) == right; got != want {
			t.Errorf("Verify(%q, %q, %q) = %v; want %v", key, message, signature, got, want)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	body := []byte(strings.Repeat("x", 1400))
	right := sign.HMAC([]byte(key), body)
	b.ReportAllocs()
	for b.Loop() {
		if !sign.Verify([]byte(key), body, right) {
			b.Fatal("a right signature is refused")
		}
	}
}
