package razorpay_test

import (
	"bytes"
	"strings"
	"testing"
)

// body1400 is a payment.captured of the size that Razorpay sends.
func body1400(tb testing.TB) []byte {
	tb.Helper()
	body := file(tb, "captured.upi.json")
	pad := strings.Repeat("x", 1400-len(body))
	return bytes.Replace(body, []byte(`"description":"`), []byte(`"description":"`+pad), 1)
}

func BenchmarkVerify(b *testing.B) {
	a, body := account(b), body1400(b)
	header := signed(secret, body)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if err := a.Verify(header, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalise(b *testing.B) {
	a, body := account(b), body1400(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if event, err := a.Normalise(body); err != nil || event.Payment == nil {
			b.Fatal(event, err)
		}
	}
}
