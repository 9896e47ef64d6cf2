package razorpay

import (
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	// maxAmount is far above what any payment can be (10,000 crore rupees) and far below what a year's sum overflows at.
	maxAmount = 10_000_000_000_000

	// The instants between which Razorpay's own API takes a time: 2000 and 2121.
	earliest, latest = 946684800, 4765046400

	maxName, maxText = 200, 500 // signs
)

// readID takes the id of an entity of that kind.
func readID(v value, kind, prefix string) (ngo.Ref, error) {
	id := v.get("id").text()
	if !validRef(id, prefix) {
		return "", invalid("the " + kind + "'s id does not look like " + prefix + " and letters and digits")
	}
	if e := v.get("entity"); e.ok && e.text() != kind {
		return "", invalid("what the event carries as its " + kind + " is something else")
	}
	return ngo.Ref(id), nil
}

// readPaymentID takes the id of the payment that a refund or dispute is about.
func readPaymentID(v value, kind string) (ngo.Ref, error) {
	id := v.get("payment_id").text()
	if !validRef(id, "pay_") {
		return "", invalid("the " + kind + " does not say of which payment it is")
	}
	return ngo.Ref(id), nil
}

// readAmount takes a plain whole number only: not 1e3, not 100.0, not "100".
func readAmount(v value, kind string, least int64) (ngo.Money, error) {
	n, ok := wholeNumber(v.get("amount"))
	switch {
	case !ok:
		return ngo.Money{}, invalid("the " + kind + "'s amount is not a whole number of paise")
	case n < least:
		return ngo.Money{}, invalid("the " + kind + "'s amount is not above zero")
	case n > maxAmount:
		return ngo.Money{}, invalid("the " + kind + "'s amount is larger than any payment can be")
	}
	currency := v.get("currency").text()
	if !isCurrency(currency) {
		return ngo.Money{}, invalid("the " + kind + "'s currency is not a currency code such as INR")
	}
	return ngo.Money{Minor: n, Currency: ngo.Currency(currency)}, nil
}

// readFee gives the fee of that name and the tax in it; both are null until Razorpay has worked them out.
func readFee(v value, kind, name string) (fee, tax int64, err error) {
	if fee, err = readPaise(v, kind, name); err != nil {
		return 0, 0, err
	}
	tax, err = readPaise(v, kind, "tax")
	return fee, tax, err
}

// readPaise takes an amount that may be missing or null, and then is zero.
func readPaise(v value, kind, name string) (int64, error) {
	x := v.get(name)
	if x.kind() == absent || x.kind() == null {
		return 0, nil
	}
	n, ok := wholeNumber(x)
	if !ok || n < 0 || n > maxAmount {
		return 0, invalid("the " + kind + "'s " + name + " is not a whole number of paise")
	}
	return n, nil
}

// readCreated gives an entity's own time; that of a payment dates the gift.
func readCreated(v value, kind string) (time.Time, error) {
	at, ok := instant(v.get("created_at"))
	if !ok {
		return time.Time{}, invalid("the " + kind + "'s time of creation is not a time")
	}
	return at, nil
}

// instant takes Unix seconds within reason.
func instant(v value) (time.Time, bool) {
	n, ok := wholeNumber(v)
	if !ok || n < earliest || n > latest {
		return time.Time{}, false
	}
	return time.Unix(n, 0).UTC(), true
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

// line makes a stranger's text one printable line without needless spaces.
func line(s string) string { return strings.Join(strings.Fields(ngo.Printable(s)), " ") }

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
