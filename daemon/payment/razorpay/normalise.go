package razorpay

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	captured = "payment.captured"

	// maxAmount is far above what any payment can be (10,000 crore rupees) and far below what a year's sum overflows at.
	maxAmount = 10_000_000_000_000

	// The instants between which Razorpay's own API takes a time: 2000 and 2121.
	earliest, latest = 946684800, 4765046400

	maxName, maxText = 200, 500 // signs
)

// Normalise reads a verified body. Of payment.captured it gives the payment; of every other event the name alone. It fails
// with Invalid, in words for the person who then looks at the delivery; the event's name is given also then, if it could
// be read.
func (a *account) Normalise(body []byte) (payment.Event, error) {
	doc, err := readJSON(body)
	if err != nil {
		return payment.Event{}, invalid("the body cannot be read: " + err.Error())
	}
	event := payment.Event{Name: cut(ngo.Printable(doc.get("event").text()), maxName)}
	if doc.kind() != object || event.Name == "" {
		return event, invalid("the body is not a Razorpay event: it has no event name")
	}
	if id := doc.get("account_id").text(); a.id != "" && id != a.id {
		return event, &ngo.Error{
			Code: ngo.Invalid, Message: "the event belongs to another Razorpay account",
			Hint: "compare its account_id with account-id here: ngoctl gateway show razorpay",
		}
	}
	if event.Name != captured {
		return event, nil
	}
	event.Payment, err = readPayment(doc)
	return event, err
}

func invalid(message string) error { return &ngo.Error{Code: ngo.Invalid, Message: message} }

// readPayment gives the payment of a payment.captured event, nil when no money moved.
func readPayment(doc value) (*payment.Payment, error) {
	p := doc.get("payload").get("payment").get("entity")
	if p.kind() != object {
		return nil, invalid("the event carries no payment")
	}
	if registersMandate(p) {
		return nil, nil
	}
	if err := checkState(p); err != nil {
		return nil, err
	}
	amount, err := readAmount(p)
	if err != nil {
		return nil, err
	}
	fee, tax, err := readFee(p)
	if err != nil {
		return nil, err
	}
	created, err := readCreated(doc, p)
	if err != nil {
		return nil, err
	}
	notes := readNotes(p.get("notes"))
	return &payment.Payment{
		Ref:           ngo.Ref(p.get("id").text()),
		State:         ngo.PaymentCaptured,
		Amount:        amount,
		Fee:           fee,
		Tax:           tax,
		Method:        cut(strings.ToLower(line(p.get("method").text())), 40),
		Reference:     reference(p.get("acquirer_data")),
		International: abroad(p.get("international")),
		Created:       created,
		Donor:         notes.donor(p),
		Purpose:       notes.find(maxName, purposeNotes...),
	}, nil
}

// registersMandate tells whether the payment is the zero rupees with which a donor allows later ones.
func registersMandate(p value) bool {
	return p.get("amount").node().raw == "0" && p.get("amount").kind() == number && validRef(p.get("token_id").text(), "token_")
}

// checkState checks that this is a payment, and captured. Razorpay writes captured as true, and sometimes as "1".
func checkState(p value) error {
	if !validRef(p.get("id").text(), "pay_") {
		return invalid("the payment's id does not look like pay_ and letters and digits")
	}
	if e := p.get("entity"); e.ok && e.text() != "payment" {
		return invalid("what the event carries as its payment is something else")
	}
	if p.get("status").text() != "captured" {
		return invalid("the event says that the payment is captured, its status says otherwise")
	}
	switch c := p.get("captured"); {
	case c.kind() == absent, c.kind() == null, yes(c):
		return nil
	}
	return invalid("the payment's status says that it is captured, its captured mark says otherwise")
}

// readAmount takes a plain whole number only: not 1e3, not 100.0, not "100".
func readAmount(p value) (ngo.Money, error) {
	n, ok := wholeNumber(p.get("amount"))
	switch {
	case !ok:
		return ngo.Money{}, invalid("the payment's amount is not a whole number of paise")
	case n < 1:
		return ngo.Money{}, invalid("the payment's amount is not above zero")
	case n > maxAmount:
		return ngo.Money{}, invalid("the payment's amount is larger than any payment can be")
	}
	currency := p.get("currency").text()
	if !isCurrency(currency) {
		return ngo.Money{}, invalid("the payment's currency is not a currency code such as INR")
	}
	return ngo.Money{Minor: n, Currency: ngo.Currency(currency)}, nil
}

// readFee gives the fee and the tax in it; both are null until Razorpay has worked them out.
func readFee(p value) (fee, tax int64, err error) {
	for _, f := range [...]struct {
		name string
		to   *int64
	}{{"fee", &fee}, {"tax", &tax}} {
		v := p.get(f.name)
		if v.kind() == absent || v.kind() == null {
			continue
		}
		n, ok := wholeNumber(v)
		if !ok || n < 0 || n > maxAmount {
			return 0, 0, invalid("the payment's " + f.name + " is not a whole number of paise")
		}
		*f.to = n
	}
	return fee, tax, nil
}

// readCreated gives the payment's own time, which dates the gift. It may not lie a day after the event's, which some events
// carry inside payload and some nowhere.
func readCreated(doc, p value) (time.Time, error) {
	n, ok := wholeNumber(p.get("created_at"))
	if !ok || n < earliest || n > latest {
		return time.Time{}, invalid("the payment's time of creation is not a time")
	}
	event, ok := wholeNumber(doc.get("created_at"))
	if !ok {
		event, ok = wholeNumber(doc.get("payload").get("created_at"))
	}
	if ok && n > event+24*60*60 {
		return time.Time{}, invalid("the payment's time of creation lies after the event that tells of it")
	}
	return time.Unix(n, 0).UTC(), nil
}

func wholeNumber(v value) (int64, bool) {
	n := v.node()
	if n.kind != number {
		return 0, false
	}
	i, err := strconv.ParseInt(n.raw, 10, 64)
	return i, err == nil && n.raw != "-0"
}

// yes tells whether v is true in one of the ways in which Razorpay writes it.
func yes(v value) bool {
	switch v.node().raw {
	case "true", "1":
		return v.kind() == truth || v.kind() == text || v.kind() == number
	}
	return false
}

// abroad tells whether the money came from abroad. Whatever is not a clear no counts as yes: a person then looks.
func abroad(v value) bool {
	switch v.kind() {
	case absent, null:
		return false
	case truth, text, number:
		raw := v.node().raw
		return raw != "false" && raw != "0" && raw != ""
	}
	return true
}

// reference gives the bank's own number of the payment.
func reference(acquirer value) string {
	for _, name := range [...]string{"rrn", "upi_transaction_id", "bank_transaction_id", "transaction_id", "auth_code"} {
		if s := line(acquirer.get(name).scalar()); s != "" {
			return cut(s, 64)
		}
	}
	return ""
}

// line makes a stranger's text one printable line without needless spaces.
func line(s string) string { return strings.Join(strings.Fields(ngo.Printable(s)), " ") }

// cut shortens s to n signs.
func cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n]))
}

// isCurrency tells whether s is in ISO 4217, without metals, funds and test codes.
func isCurrency(s string) bool {
	return len(s) == 3 && strings.Contains(currencies, " "+s+" ")
}

const currencies = " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF " +
	"CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS " +
	"INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR " +
	"MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP " +
	"SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF " +
	"XPF YER ZAR ZMW ZWG "
