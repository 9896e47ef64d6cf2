package payu

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestPaise(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text    string
		exact   int64
		ok      bool
		nearest int64
	}{
		{"10.00", 1000, true, 1000},
		{"3999.0", 399900, true, 399900},
		{"40", 4000, true, 4000},
		{"239.6000", 23960, true, 23960},
		{" 1.5 ", 150, true, 150},
		{"0.01", 1, true, 1},
		{"0", 0, true, 0},
		{"007.10", 710, true, 710},
		{"100000000000.00", maxAmount, true, maxAmount},
		{"43.1349", 0, false, 4313},
		{"43.1350", 0, false, 4314},
		{"43.1250000001", 0, false, 4313},
	} {
		n, ok := paise(tt.text)
		if ok != tt.ok || ok && n != tt.exact {
			t.Errorf("paise(%q) = %d, %v; want %d, %v", tt.text, n, ok, tt.exact, tt.ok)
		}
		if n, ok := nearestPaise(tt.text); !ok || n != tt.nearest {
			t.Errorf("nearestPaise(%q) = %d, %v; want %d", tt.text, n, ok, tt.nearest)
		}
	}
	for _, text := range []string{
		"", " ", ".", "1.", ".5", "-1", "+1", "1,000.00", "1e3", "0x10", "1.2.3", "1 0", "१०", "10.00 INR", "NaN", "Inf", "1_0",
		"100000000000.01", "9223372036854775807", strings.Repeat("9", 400),
	} {
		if n, ok := paise(text); ok {
			t.Errorf("paise(%.20q) = %d", text, n)
		}
	}
	if n, ok := nearestPaise("- 1"); ok {
		t.Errorf("nearestPaise(- 1) = %d", n)
	}
	if n, ok := nearestPaise("-12.345"); !ok || n != -1235 {
		t.Errorf("nearestPaise(-12.345) = %d, %v; want half of a paisa away from zero", n, ok)
	}
}

func TestRupees(t *testing.T) {
	t.Parallel()
	for minor, want := range map[int64]string{1: "0.01", 10: "0.10", 100: "1.00", 123456: "1234.56"} {
		if got := rupees(ngo.Paise(minor)); got != want {
			t.Errorf("rupees(%d) = %q; want %q", minor, got, want)
		}
	}
}

// FuzzPaise compares with exact fractions: what is taken is exact, and written again it is the same.
func FuzzPaise(f *testing.F) {
	for _, s := range []string{"10.00", "3999.0", "40", "239.6000", "0.005", "-1.015", "1e9", "1,0", ".5", "5."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := paise(text)
		near, nearOK := nearestPaise(text)
		if ok && (!nearOK || near != n) {
			t.Fatalf("paise(%q) = %d, nearestPaise = %d, %v", text, n, near, nearOK)
		}
		if !nearOK {
			return
		}
		want, valid := new(big.Rat).SetString(strings.TrimSpace(text))
		if !valid {
			t.Fatalf("nearestPaise(%q) = %d, which is no number", text, near)
		}
		want.Mul(want, big.NewRat(100, 1))
		if ok {
			if want.Cmp(new(big.Rat).SetInt64(n)) != 0 {
				t.Fatalf("paise(%q) = %d", text, n)
			}
			if again, ok := paise(rupees(ngo.Paise(n))); !ok || again != n {
				t.Fatalf("paise of rupees of %d = %d, %v", n, again, ok)
			}
		}
		if off := new(big.Rat).Sub(want, new(big.Rat).SetInt64(near)); off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("nearestPaise(%q) = %d, further off than half a paisa", text, near)
		}
	})
}

// The strings are written out as PayU documents them, in order to be compared by eye.
func TestReverseHash(t *testing.T) {
	t.Parallel()
	f := fields{
		"status": "success", "udf1": "u1", "udf2": "u2", "udf3": "u3", "udf4": "u4", "udf5": "u5", "email": "e@x.org",
		"firstname": "மீனா", "productinfo": "Annadanam", "amount": "501.0", "txnid": "T1", "key": "KEY",
	}
	const tail = "||||||u5|u4|u3|u2|u1|e@x.org|மீனா|Annadanam|501.0|T1|KEY"
	for _, tt := range []struct{ charges, split, text string }{
		{"", "", "SALT|success" + tail},
		{"11.80", "", "11.80|SALT|success" + tail},
		{"", `{"s":1}`, `SALT|success|{"s":1}` + tail},
		{"11.80", `{"s":1}`, `11.80|SALT|success|{"s":1}` + tail},
	} {
		if got := reverseHash("SALT", f, tt.charges, tt.split); got != digest(tt.text) {
			t.Errorf("with %q and %q the hash is not that of %q", tt.charges, tt.split, tt.text)
		}
	}
	if got := reverseHash("SALT", fields{"status": "success", "key": "KEY"}, "", ""); got != digest("SALT|success||||||||||||||||KEY") {
		t.Error("missing fields do not count as empty")
	}
}

func TestInstantIsIndian(t *testing.T) {
	t.Parallel()
	if got := instant("2026-04-01 00:15:00"); got.Format("2006-01-02T15:04:05Z07:00") != "2026-03-31T18:45:00Z" {
		t.Errorf("instant = %v", got)
	}
	for _, s := range []string{"", "0000-00-00 00:00:00", "2026-04-01", "1999-12-31 00:00:00", "2026-02-30 00:00:00", "2026-04-01T00:15:00Z"} {
		if got := instant(s); !got.IsZero() {
			t.Errorf("instant(%q) = %v", s, got)
		}
	}
}

func TestStatusState(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status, beside string
		want           ngo.PaymentState
	}{
		{"success", "captured", ngo.PaymentCaptured},
		{"success", "auth", ngo.PaymentAuthorized},
		{"success", "autoRefund", ngo.PaymentFailed},
		{"SUCCESS", "capture", ngo.PaymentCaptured},
		{"captured", "", ngo.PaymentCaptured},
		{"auth", "", ngo.PaymentAuthorized},
		{"failure", "captured", ngo.PaymentFailed},
		{"failed", "", ngo.PaymentFailed},
		{"userCancelled", "", ngo.PaymentFailed},
		{"pending", "pending", ngo.PaymentCreated},
		{"In Progress", "", ngo.PaymentCreated},
		{"refunded", "", ngo.PaymentCaptured},
		{"Partially Refunded", "", ngo.PaymentCaptured},
		{"Not Found", "", ""},
		{"", "", ""},
	} {
		if got := statusState(tt.status, tt.beside); got != tt.want {
			t.Errorf("statusState(%q, %q) = %q; want %q", tt.status, tt.beside, got, tt.want)
		}
	}
}
