package razorpay_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/razorpay"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

const secret = "a secret of the tests"

func open(t testing.TB, v setting.Values) payment.Account {
	t.Helper()
	a, err := razorpay.New().Open(v)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func account(t testing.TB) payment.Account { return open(t, setting.Values{"webhook-secret": secret}) }

func signed(key string, body []byte) http.Header {
	return http.Header{"X-Razorpay-Signature": {sign.HMAC([]byte(key), body)}}
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func code(err error) ngo.Code { return ngo.CodeOf(err) }

// Every body in testdata gives what its golden file says. go test -update rewrites them; read the change.
func TestNormaliseGolden(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no bodies in testdata: %v", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			event, err := account(t).Normalise(file(t, filepath.Base(name)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(event, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(name, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want := file(t, filepath.Base(golden))
			if !bytes.Equal(append(got, '\n'), want) {
				t.Errorf("Normalise = %s\nwant %s", got, want)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	body := []byte(`{"event":"payment.captured"}`)
	rotated := open(t, setting.Values{"webhook-secret": "new", "old-webhook-secret": "old"})
	right := signed(secret, body)
	for _, tt := range []struct {
		name    string
		account payment.Account
		header  http.Header
		body    []byte
		want    ngo.Code
	}{
		{"right", account(t), right, body, ""},
		{"none", account(t), http.Header{}, body, ngo.Unauthenticated},
		{"empty", account(t), http.Header{"X-Razorpay-Signature": {""}}, body, ngo.Unauthenticated},
		{"another secret", account(t), signed("else", body), body, ngo.Unauthenticated},
		{"another body", account(t), right, append(body, ' '), ngo.Unauthenticated},
		{"the right one and another", account(t), http.Header{"X-Razorpay-Signature": {right.Get("X-Razorpay-Signature"), "x"}}, body, ngo.Unauthenticated},
		{"the new secret", rotated, signed("new", body), body, ""},
		{"the old secret", rotated, signed("old", body), body, ""},
		{"neither secret", rotated, right, body, ngo.Unauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := code(tt.account.Verify(tt.header, tt.body)); got != tt.want {
				t.Errorf("Verify = %q; want %q", got, tt.want)
			}
		})
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                        "",
		"Q1aBcDeFgHiJkL":          "Q1aBcDeFgHiJkL",
		"a\x1b[2Jb c\u202ed":      "a[2Jbcd",
		strings.Repeat("x", 1000): strings.Repeat("x", 64),
	} {
		if got := account(t).Hint(http.Header{"X-Razorpay-Event-Id": {in}}); got != want {
			t.Errorf("Hint of %q = %q; want %q", in, got, want)
		}
	}
}

func TestOpenNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := razorpay.New().Open(setting.Values{"webhook-secret": "s", "key-id": "rzp_test_1", "account-id": "Sevai"})
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok || e.Code != ngo.Invalid || !strings.Contains(e.Message, "key-secret") || !strings.Contains(e.Message, "account-id") {
		t.Errorf("Open = %v; want Invalid that names key-secret and account-id", err)
	}
}

func TestAnotherAccountIsPutAside(t *testing.T) {
	t.Parallel()
	body := file(t, "captured.upi.json")
	mine := open(t, setting.Values{"webhook-secret": secret, "account-id": "acc_SevaiTrust0001"})
	if event, err := mine.Normalise(body); err != nil || event.Payment == nil {
		t.Errorf("the own account's event = %+v, %v", event, err)
	}
	theirs := open(t, setting.Values{"webhook-secret": secret, "account-id": "acc_another"})
	for _, name := range []string{"captured.upi.json", "ignored.link_expired.json", "refund_created.json", "failed.upi.json"} {
		if event, err := theirs.Normalise(file(t, name)); code(err) != ngo.Invalid || event.Payment != nil {
			t.Errorf("%s of another account = %+v, %v; want Invalid", name, event, err)
		}
	}
}

// edited gives the body of captured.upi.json with a piece of it replaced.
func edited(t testing.TB, old, piece string) []byte {
	t.Helper()
	body := file(t, "captured.upi.json")
	if bytes.Count(body, []byte(old)) != 1 {
		t.Fatalf("%q is not once in the body", old)
	}
	return bytes.Replace(body, []byte(old), []byte(piece), 1)
}

func TestNormaliseIsStrictAboutMoney(t *testing.T) {
	t.Parallel()
	const amount, currency, status = `"amount":50100,`, `"currency":"INR",`, `"status":"captured",`
	const capture, created, id = `"captured":true,`, `"created_at":1795429800,"upi"`, `"id":"pay_Q1aBcDeFgHiJkL",`
	for _, tt := range []struct{ name, old, piece string }{
		{"no amount", amount, ``},
		{"amount null", amount, `"amount":null,`},
		{"amount zero", amount, `"amount":0,`},
		{"amount minus zero", amount, `"amount":-0,`},
		{"amount negative", amount, `"amount":-50100,`},
		{"amount fractional", amount, `"amount":501.50,`},
		{"amount with a point", amount, `"amount":50100.0,`},
		{"amount with an exponent", amount, `"amount":1e3,`},
		{"amount a text", amount, `"amount":"50100",`},
		{"amount a list", amount, `"amount":[50100],`},
		{"amount true", amount, `"amount":true,`},
		{"amount 2^63", amount, `"amount":9223372036854775808,`},
		{"amount 2^63-1", amount, `"amount":9223372036854775807,`},
		{"amount of 60 digits", amount, `"amount":` + strings.Repeat("9", 60) + `,`},
		{"amount beyond belief", amount, `"amount":10000000000001,`},
		{"amount in capitals", amount, `"Amount":50100,`},
		{"amount twice", amount, amount + `"amount":1,`},
		{"amount twice, once escaped", amount, amount + `"amo\u0075nt":1,`},
		{"amount and Amount", amount, amount + `"Amount":1,`},
		{"currency small", currency, `"currency":"inr",`},
		{"currency unknown", currency, `"currency":"ZZZ",`},
		{"currency long", currency, `"currency":"INR USD",`},
		{"currency null", currency, `"currency":null,`},
		{"no currency", currency, ``},
		{"status authorized", status, `"status":"authorized",`},
		{"status failed", status, `"status":"failed",`},
		{"status created", status, `"status":"created",`},
		{"status refunded before capture", `"status":"captured","order_id":"order_Q1aBcDeFgHiJkK","invoice_id":null,"international":false,"method":"upi","amount_refunded":0,"amount_transferred":0,"refund_status":null,"captured":true`, `"status":"refunded","captured":false`},
		{"no status", status, ``},
		{"not captured", capture, `"captured":false,`},
		{"captured 0", capture, `"captured":"0",`},
		{"captured twice", capture, capture + `"CAPTURED":true,`},
		{"no id", id, ``},
		{"id of an order", id, `"id":"order_Q1aBcDeFgHiJkL",`},
		{"id with a space", id, `"id":"pay_Q1 aBc",`},
		{"id a number", id, `"id":1,`},
		{"another entity", `"entity":"payment",`, `"entity":"refund",`},
		{"fee a text", `"fee":1182,`, `"fee":"1182",`},
		{"fee negative", `"fee":1182,`, `"fee":-1,`},
		{"tax fractional", `"tax":180,`, `"tax":1.8,`},
		{"time a text", created, `"created_at":"1795429800","upi"`},
		{"time in milliseconds", created, `"created_at":1795429800000,"upi"`},
		{"time in 1999", created, `"created_at":946684799,"upi"`},
		{"time after the event", created, `"created_at":1795516204,"upi"`},
		{"no time", created, `"upi"`},
		{"payment not an object", `{"payment":{"entity":{`, `{"payment":{"entity":[],"x":{`},
		{"a name twice in the notes", `"purpose":"Mid-day meals"`, `"purpose":"a","purpose":"b"`},
		{"a name twice at the top", `"entity":"event",`, `"entity":"event","ENTITY":"event",`},
		{"a name twice that folds", `"entity":"event",`, `"entity":"event","k":1,"\u212a":1,`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			event, err := account(t).Normalise(edited(t, tt.old, tt.piece))
			if code(err) != ngo.Invalid || event.Payment != nil {
				t.Errorf("Normalise = %+v, %v; want Invalid", event.Payment, err)
			}
		})
	}
}

func TestNormaliseIsLenientElsewhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, piece string }{
		{"the largest amount", `"amount":50100,`, `"amount":10000000000000,`},
		{"captured 1", `"captured":true,`, `"captured":1,`},
		{"refunded since", `"status":"captured",`, `"status":"refunded",`},
		{"captured null", `"captured":true,`, `"captured":null,`},
		{"fee null", `"fee":1182,`, `"fee":null,`},
		{"new members", `"entity":"event",`, `"entity":"event","new":{"a":[1,{"b":[]}]},`},
		{"no e-mail", `"email":"Meena.Sundaram@Example.ORG",`, ``},
		{"contact a number", `"contact":"+919840012345",`, `"contact":919840012345,`},
		{"no event time", `,"created_at":1795429803}`, `}`},
		{"event time a text", `,"created_at":1795429803}`, `,"created_at":"x"}`},
		{"contains missing", `"contains":["payment"],`, ``},
		{"broken UTF-8 in a text", `"description":"Annadanam"`, "\"description\":\"\xff\""},
		{"lone surrogate in a name", `"description":"Annadanam"`, `"description":"\ud800"`},
		{"names in the notes that differ in capitals", `"purpose":"Mid-day meals"`, `"purpose":"a","Purpose":"b"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			event, err := account(t).Normalise(edited(t, tt.old, tt.piece))
			if err != nil || event.Payment == nil {
				t.Errorf("Normalise = %+v, %v; want a payment", event, err)
			}
		})
	}
}

func TestInternationalWhenInDoubt(t *testing.T) {
	t.Parallel()
	for piece, want := range map[string]bool{
		`false`: false, `null`: false, `"0"`: false, `0`: false, `""`: false, `"false"`: false,
		`true`: true, `"1"`: true, `1`: true, `"yes"`: true, `{}`: true, `[]`: true,
	} {
		event, err := account(t).Normalise(edited(t, `"international":false`, `"international":`+piece))
		if err != nil || event.Payment.International != want {
			t.Errorf("international %s = %+v, %v; want %v", piece, event.Payment, err, want)
		}
	}
}

func TestNormaliseCleansWhatDonorsType(t *testing.T) {
	t.Parallel()
	hostile := `"name":"Meena\u001b[2J\u202e\r\nBcc: all@example.org","address":"` + strings.Repeat("முகவரி ", 200) + `","pan":"ABCPE1234",`
	event, err := account(t).Normalise(edited(t, `"name":"மீனா சுந்தரம்","PAN Number":" abcpe 1234-f ",`, hostile))
	if err == nil {
		t.Fatal("two addresses in one object pass")
	}
	event, err = account(t).Normalise(edited(t, `"name":"மீனா சுந்தரம்","PAN Number":" abcpe 1234-f ","address"`, hostile+`"else"`))
	if err != nil {
		t.Fatal(err)
	}
	d := event.Payment.Donor
	if d.Name != "Meena, Bcc: all@example.org" || len([]rune(d.Address)) > 500 || d.PAN != "" {
		t.Errorf("donor = %+v", d)
	}
}
