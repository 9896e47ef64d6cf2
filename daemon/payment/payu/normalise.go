package payu

import (
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	maxName, maxShort = 100, 60 // signs
	maxRef            = 120     // bytes; PayU's own sample has a txnid of 50

	claimPayment, claimRefund, claimDispute = "payment", "refund", "dispute"
)

// Normalise reads a verified message, or what Confirm or Poll gave. It fails with Invalid, in words for the person who then
// looks at the delivery.
func (a *account) Normalise(body []byte) (payment.Event, error) {
	f, err := readMessage(body)
	if err != nil {
		return payment.Event{}, invalid("the message cannot be read: " + err.Error())
	}
	switch f.about() {
	case aboutPayment:
		return a.paymentTold(f)
	case aboutRefund:
		return a.refundTold(f)
	case aboutDispute:
		return a.disputeTold(f)
	case aboutAnswer:
		return a.answer(f)
	}
	return payment.Event{}, invalid("the message is none of PayU's: it is about no payment, refund or dispute")
}

// paymentTold reads a payment's message. Of all that stands in it only what the hash covers is taken for the gift; mihpayid and
// the kind of card go into the claim, as things to ask about.
func (a *account) paymentTold(f fields) (payment.Event, error) {
	status := strings.ToLower(strings.TrimSpace(f["status"]))
	event := payment.Event{Name: eventName("payment", status)}
	switch {
	case f["key"] != a.key:
		return event, &ngo.Error{
			Code: ngo.Invalid, Message: "the message is for another merchant key",
			Hint: "compare its key with merchant-key here: ngoctl gateway show payu",
		}
	case len(f["hash"]) != 128:
		return event, invalid("the message carries no hash")
	case status == probeStatus:
		return event, nil
	case !validRef(f["txnid"]):
		return event, invalid("the txnid is not one line of plain signs")
	}
	if n, ok := paise(f["amount"]); ok && n == 0 {
		return event, nil // allows later payments, and moves no money itself
	}
	money, err := amount(f["amount"])
	if err != nil {
		return event, err
	}
	state, known := map[string]ngo.PaymentState{
		"success": ngo.PaymentCaptured, "failure": ngo.PaymentFailed, "pending": ngo.PaymentCreated,
	}[status]
	if !known && !a.confirms {
		return event, nil
	}
	if !known || a.confirms && state == ngo.PaymentCaptured {
		state = ngo.PaymentCreated
	}
	covered := f.covered()
	p := &payment.Payment{Ref: ngo.Ref(f["txnid"]), State: state, Amount: money, Donor: a.donor(covered)}
	p.Purpose, p.Campaign = a.mapping.Purpose(covered)
	event.Payment = p
	if a.confirms {
		event.Claim = f.claim()
		return event, nil
	}
	// Nobody will tell more. The kind of card is not covered, and counts only against the gift: a person then looks.
	p.International = abroad(f, nil, nil)
	return event, nil
}

// covered are the answers that the hash covers.
func (f fields) covered() payment.Answers {
	return f.answers("firstname", "email", "productinfo", "udf1", "udf2", "udf3", "udf4", "udf5")
}

func (f fields) answers(names ...string) payment.Answers {
	var out payment.Answers
	for _, name := range names {
		if f[name] != "" {
			out = append(out, payment.Answer{Name: name, Text: f[name]})
		}
	}
	return out
}

// donor maps answers. A PAN has a shape of its own and is found in whichever field a form asks for it.
func (a *account) donor(answers payment.Answers) ngo.Donor {
	d := a.mapping.Donor(answers)
	for _, x := range answers {
		if d.PAN != "" || !strings.HasPrefix(x.Name, "udf") {
			continue
		}
		if pan, err := ngo.NormalisePAN(x.Text); err == nil {
			d.PAN = pan
		}
	}
	if _, err := ngo.NormalisePAN(d.Address); err == nil {
		d.Address = ""
	}
	return d
}

// claim keeps what the API does not give back: the donor's own words that the hash covers.
func (f fields) claim() *payment.Claim {
	more := map[string]string{"status": strings.ToLower(strings.TrimSpace(f["status"]))}
	for _, x := range f.covered() {
		more[x.Name] = x.Text
	}
	if id := strings.TrimSpace(f["mihpayid"]); validID(id) {
		more["mihpayid"] = id
	}
	if f["cardCategory"] != "" {
		more["cardCategory"] = f["cardCategory"]
	}
	return &payment.Claim{Kind: claimPayment, Ref: ngo.Ref(f["txnid"]), More: more}
}

// refundTold makes a claim of a refund's message; where nobody can be asked it means nothing.
func (a *account) refundTold(f fields) (payment.Event, error) {
	event := payment.Event{Name: eventName("refund", f["status"])}
	if !a.confirms {
		return event, nil
	}
	request, id := f.first("request_id"), f.first("mihpayid")
	if !validID(request) || !validID(id) {
		return event, invalid("the refund has no request_id or no mihpayid")
	}
	event.Claim = &payment.Claim{Kind: claimRefund, Ref: ngo.Ref(request), More: map[string]string{"mihpayid": id}}
	return event, nil
}

// disputeTold makes a claim of a dispute's message. Where nobody can be asked it means nothing: it names the payment by a
// mihpayid, which is then not known.
func (a *account) disputeTold(f fields) (payment.Event, error) {
	event := payment.Event{Name: eventName("dispute", f["cb_status"])}
	if !a.confirms {
		return event, nil
	}
	dispute, err := f.dispute(disputeState(f["cb_status"]))
	if err != nil {
		return event, err
	}
	more := map[string]string{}
	for _, name := range disputeFields {
		if f[name] != "" {
			more[name] = f[name]
		}
	}
	event.Claim = &payment.Claim{Kind: claimDispute, Ref: dispute.Ref, More: more}
	return event, nil
}

var disputeFields = [...]string{
	"cb_id", "txn_id", "cb_amount", "cb_type", "cb_status", "reason_code", "due_date", "created_at",
}

// dispute reads a dispute's own fields.
func (f fields) dispute(state ngo.DisputeState) (*payment.Dispute, error) {
	ref, id := f.first("cb_id"), f.first("txn_id")
	if !validID(ref) || !validID(id) {
		return nil, invalid("the dispute has no cb_id or no txn_id")
	}
	money, err := amount(f["cb_amount"])
	if err != nil {
		return nil, err
	}
	d := &payment.Dispute{
		Ref: ngo.Ref(ref), Payment: ngo.Ref(id), State: state, Amount: money, Phase: short(f["cb_type"]), Reason: line(f["reason_code"]),
	}
	if state == ngo.DisputeLost {
		d.Deducted = money.Minor
	}
	if at, err := time.Parse(time.RFC3339, f.first("created_at")); err == nil && plausible(at) {
		d.Created = at.UTC()
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.first("due_date"), ist); err == nil && plausible(day) {
		d.RespondBy = day.AddDate(0, 0, 1).Add(-time.Second).UTC() // the end of that day
	}
	return d, nil
}

// disputeState reads cb_status. PayU sends more than it documents ("Bank Comm Sent"): what is not known is being looked at.
func disputeState(status string) ngo.DisputeState {
	switch folded(status) {
	case "new", "pendingresponse":
		return ngo.DisputeOpen
	case "closedcustomerfavour", "closedincustomerfavour", "closedunderfraudliability":
		return ngo.DisputeLost
	case "closedmerchantfavour", "closedinmerchantfavour":
		return ngo.DisputeWon
	}
	return ngo.DisputeUnderReview
}

// ist is the zone of PayU's times without one. India has had no other since 1945.
var ist = time.FixedZone("IST", 5*60*60+30*60)

// instant reads a time of PayU's, zero when it is none.
func instant(s string) time.Time {
	at, err := time.ParseInLocation(time.DateTime, strings.TrimSpace(s), ist)
	if err != nil || !plausible(at) {
		return time.Time{}
	}
	return at.UTC()
}

func plausible(t time.Time) bool { return t.Year() >= 2000 && t.Year() <= 2120 }

// validRef tells whether s can be a merchant's own txnid.
func validRef(s string) bool {
	return s != "" && len(s) <= maxRef && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '|' })
}

// validID tells whether s can be an id of PayU's.
func validID(s string) bool {
	const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	return s != "" && len(s) <= 40 && strings.Trim(s, signs) == ""
}

func eventName(what, state string) string {
	state = strings.ToLower(strings.Join(strings.Fields(ngo.Printable(state)), "_"))
	if state == "" {
		return what
	}
	return payment.Cut(what+"."+state, maxName)
}

// line is text of PayU's in one line that can be printed, short a part of it.
func line(s string) string {
	return payment.Cut(strings.Join(strings.Fields(ngo.Printable(s)), " "), 2*maxName)
}

func short(s string) string { return payment.Cut(line(s), maxShort) }

// folded makes texts equal that differ in capitals, spaces and punctuation only.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}
