package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// PayUOptions say what an account at PayU is like. What is empty is made up from the seed.
type PayUOptions struct {
	Seed         uint64
	Key, Salt    string
	Now          func() time.Time // time.Now when nil
	Slow         bool             // a refund is queued until ProcessRefund or FailRefund; else its success is told at once
	SignDisputes bool             // dispute webhooks are signed, as PayU does when asked to
}

// PayU is the double of PayU for one account: the commands of its query API on loopback, and the webhooks of what happens
// there. Payments are made by its methods, refunds by them or through the API; each change makes its webhooks, to be taken
// with Webhooks. The API takes POST forms at /merchant/postservice.php?form=2 with key, command, var1, … and hash =
// sha512(key|command|var1|salt):
//
//	verify_payment            var1: txnids, joined by |       of two payments under one txnid, the one that was paid last
//	check_payment             var1: mihpayid                  which it tells as a number
//	get_Transaction_Details   var1, var2: days in India       both inclusive; udf1 only
//	get_transaction_info      var1, var2: times in India      the same
//	cancel_refund_transaction var1: mihpayid, var2: token, var3: amount; a token counts once (error_code 106)
//	check_action_status       var1: mihpayid, var2: payuid; or var1: request_id. Also as check_action_status_txnid
//	getAllRefundsFromTxnIds   var1: txnid
//	get_settlement_details    var1: day in India or UTR; version 1, one page
//
// Its methods take a payment's txnid, and mean the last payment under it, or its mihpayid. They panic when they name what
// does not exist: the script is then wrong. How PayU answers what is not found, wrong keys and wrong hashes is not documented
// throughout; the texts here are the likely ones, and only status: 0 is to be relied on.
type PayU struct {
	double
	options PayUOptions

	mu       sync.Mutex
	made     map[string]uint64
	payments []*payuPayment
	refunds  []*payuRefund
	disputes []*payuDispute
	settled  []payuSettled
}

// NewPayU starts the double on a free port of 127.0.0.1. Close ends it.
func NewPayU(o PayUOptions) (*PayU, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Key == "" {
		o.Key = identifier(o.Seed^0x9a, 0)[:6]
	}
	if o.Salt == "" {
		o.Salt = identifier(o.Seed^0x9a, 1) + identifier(o.Seed^0x9a, 2)
	}
	p := &PayU{options: o, made: map[string]uint64{}}
	if err := p.start(p, ""); err != nil {
		return nil, err
	}
	return p, nil
}

// Values are the settings of a gateway account of driver payu that stands for this double. They map udf1 to the PAN, udf2 to
// the address, udf3 to the language, udf4 to the citizenship and udf5 to the campaign; productinfo is the purpose.
func (p *PayU) Values() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return map[string]string{
		"merchant-key": p.options.Key, "salt": p.options.Salt, "base-url": p.URL(),
		"map-pan": "udf1", "map-address": "udf2", "map-language": "udf3", "map-citizenship": "udf4", "map-campaign": "udf5", "map-purpose": "productinfo",
	}
}

// SetSalt changes the salt: for what is signed from now on, and for the API.
func (p *PayU) SetSalt(salt string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.Salt = salt
}

// Pay starts a payment, of which no webhook tells. It gives its txnid.
func (p *PayU) Pay(c Charge) ngo.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ngo.Ref(p.pay(c).txnid)
}

// Pend has the bank not answer yet: a form with status pending.
func (p *PayU) Pend(payment ngo.Ref) { p.move(payment, "pending", "pending", "") }

// Decline has the bank say no: a form with status failure. A later Succeed is a late authorisation.
func (p *PayU) Decline(payment ngo.Ref, why string) { p.move(payment, "failure", "failed", why) }

// Succeed has the bank say yes, also days after it said no: a form with status success.
func (p *PayU) Succeed(payment ngo.Ref) { p.move(payment, "success", "captured", "") }

// Give is Pay and Succeed. It gives the txnid.
func (p *PayU) Give(c Charge) ngo.Ref {
	ref := p.Pay(c)
	p.Succeed(ref)
	return ref
}

// Fill gives n payments of made-up donors, captured, the first made at from and the others every later.
func (p *PayU) Fill(n int, from time.Time, every time.Duration) []ngo.Ref {
	script := NewRazorpay(p.options.Seed^0xf112, "")
	out := make([]ngo.Ref, 0, n)
	for i := range n {
		g := script.gift(i)
		out = append(out, p.Give(Charge{
			Amount: g.amount, Method: g.method, International: g.international, Donor: g.donor, Purpose: g.purpose,
			Created: from.Add(time.Duration(i) * every),
		}))
	}
	return out
}

// ID gives the mihpayid of a payment, which a ledger has as its alias once it is confirmed.
func (p *PayU) ID(payment ngo.Ref) ngo.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ngo.Ref(p.payment(payment).id)
}

// Callback gives what the donor's browser brings to the surl or furl: the same fields and hash as the webhook, in another
// order, and so another body.
func (p *PayU) Callback(payment ngo.Ref) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.payment(payment)
	f := p.fields(x)
	i := slices.IndexFunc(f, func(f field) bool { return f.name == "surl" })
	f = append(slices.Clone(f[i:]), f[:i]...)
	return p.form("callback."+x.status, x, f)
}

// Again makes the webhook of a payment as it is now once more.
func (p *PayU) Again(payment ngo.Ref) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(p.payment(payment))
}

// Refund pays back as from PayU's dashboard; the token is then PayU's own. Unless the account is slow, a JSON without an ARN
// tells of its success. Amount 0 is all that remains. It gives the refund's request_id.
func (p *PayU) Refund(payment ngo.Ref, amount int64) ngo.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.payment(payment)
	if amount == 0 {
		amount = x.charge.Amount - x.returned
	}
	return ngo.Ref(p.refund(x, "payu"+p.digits("token", 10), amount).id)
}

// ProcessRefund ends a queued refund well, with JSON that has no ARN yet.
func (p *PayU) ProcessRefund(refund ngo.Ref) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.processRefund(p.refunded(refund))
}

// ProcessRefunds ends all queued refunds well, and tells how many there were.
func (p *PayU) ProcessRefunds() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, f := range p.refunds {
		if f.status == "queued" {
			p.processRefund(f)
			n++
		}
	}
	return n
}

// NumberRefund tells of a refund's ARN, in a second JSON of the same request_id.
func (p *PayU) NumberRefund(refund ngo.Ref) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.refunded(refund)
	f.arn = p.digits("arn", 12)
	p.tellRefund(f)
}

// FailRefund ends a queued refund badly, with JSON.
func (p *PayU) FailRefund(refund ngo.Ref) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.refunded(refund)
	f.status = "failure"
	f.payment.returned -= f.amount
	p.tellRefund(f)
}

// Dispute has the donor's bank ask for money back: JSON with cb_status New. Amount 0 is the whole payment. It gives the cb_id.
func (p *PayU) Dispute(payment ngo.Ref, amount int64) ngo.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.payment(payment)
	if amount == 0 {
		amount = x.charge.Amount
	}
	d := &payuDispute{id: 1761000 + int64(len(p.disputes)), payment: x, amount: amount, status: "New", created: p.now()}
	p.disputes = append(p.disputes, d)
	p.tellDispute(d)
	return ngo.Ref(strconv.FormatInt(d.id, 10))
}

// MoveDispute moves a dispute on, to a cb_status: Pending Response, Submitted to Bank, Closed Customer Favour (it is lost),
// Closed in Merchant Favour (it is won), …
func (p *PayU) MoveDispute(dispute ngo.Ref, status string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.disputes, func(d *payuDispute) bool { return strconv.FormatInt(d.id, 10) == string(dispute) })
	if i < 0 {
		panic(fmt.Sprintf("there is no dispute %s", dispute))
	}
	p.disputes[i].status = status
	p.disputes[i].lost = status == "Closed Customer Favour" || status == "Closed under Fraud Liability"
	p.tellDispute(p.disputes[i])
}

// Settle pays out all that was captured since the last time, less fees, refunds that succeeded and disputes that were lost; no
// webhook tells of it. It gives the UTR.
func (p *PayU) Settle() ngo.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := payuSettled{utr: "N" + p.digits("utr", 15), at: p.now()}
	for _, x := range p.payments {
		if x.status == "success" {
			s.payment, s.request, s.action, s.amount, s.asked = x, x.request, "capture", x.charge.Amount, x.paid
			s.fee = x.charge.Amount * 2 / 100
			s.tax = s.fee * 18 / 100
			p.settle(s)
			if x.utr == "" {
				x.utr, x.settled = s.utr, s.at
			}
		}
	}
	s.fee, s.tax = 0, 0
	for _, f := range p.refunds {
		if f.status == "success" {
			s.payment, s.request, s.action, s.amount, s.asked, s.token = f.payment, f.id, "refund", f.amount, f.created, f.token
			p.settle(s)
		}
	}
	s.token = ""
	for _, d := range p.disputes {
		if d.lost {
			s.payment, s.request, s.action, s.amount, s.asked = d.payment, strconv.FormatInt(d.id, 10), "chargeback", d.amount, d.created
			p.settle(s)
		}
	}
	return ngo.Ref(s.utr)
}

// settle keeps a row unless it has been settled before.
func (p *PayU) settle(s payuSettled) {
	if !slices.ContainsFunc(p.settled, func(x payuSettled) bool { return x.request == s.request }) {
		p.settled = append(p.settled, s)
	}
}

// Payments gives the txnids of all payments, oldest first.
func (p *PayU) Payments() []ngo.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []ngo.Ref
	for _, x := range p.payments {
		out = append(out, ngo.Ref(x.txnid))
	}
	return out
}

// Returned gives what of a payment went back in refunds that did not fail.
func (p *PayU) Returned(payment ngo.Ref) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.payment(payment).returned
}

type payuPayment struct {
	txnid, id, request string // id is the mihpayid
	charge             Charge
	status, unmapped   string // success, failure, pending; captured, failed, pending, initiated
	problem            string
	reference          string // bank_ref_num
	amount             string // as it was asked for
	paid               time.Time
	returned           int64
	utr                string
	settled            time.Time
}

type payuRefund struct {
	id, token string // id is the request_id
	payment   *payuPayment
	amount    int64
	status    string // queued, success, failure
	arn       string
	reference string
	created   time.Time
}

type payuDispute struct {
	id      int64
	payment *payuPayment
	amount  int64
	status  string
	lost    bool
	created time.Time
}

// payuSettled is a row of a settlement.
type payuSettled struct {
	payment                     *payuPayment
	request, action, token, utr string
	amount, fee, tax            int64
	asked, at                   time.Time
}

func (s payuSettled) net() int64 {
	if s.action != "capture" {
		return -s.amount
	}
	return s.amount - s.fee - s.tax
}

// india is where PayU's clocks are.
var india = time.FixedZone("IST", 5*3600+30*60)

const payuTime = "2006-01-02 15:04:05"

func (p *PayU) now() time.Time { return p.options.Now().In(india).Truncate(time.Second) }

func (p *PayU) digits(kind string, n int) string {
	x := mix(p.options.Seed ^ p.made[kind]<<20 ^ uint64(len(kind))<<8 ^ uint64(kind[0]))
	p.made[kind]++
	limit := uint64(1)
	for range n - 1 {
		limit *= 10
	}
	return strconv.FormatUint(limit+x%(9*limit), 10)
}

func (p *PayU) payment(ref ngo.Ref) *payuPayment {
	for _, x := range slices.Backward(p.payments) {
		if x.txnid == string(ref) || x.id == string(ref) {
			return x
		}
	}
	panic(fmt.Sprintf("there is no payment %s", ref))
}

func (p *PayU) refunded(ref ngo.Ref) *payuRefund {
	i := slices.IndexFunc(p.refunds, func(f *payuRefund) bool { return f.id == string(ref) })
	if i < 0 {
		panic(fmt.Sprintf("there is no refund %s", ref))
	}
	return p.refunds[i]
}

func (p *PayU) pay(c Charge) *payuPayment {
	if c.Text != "" {
		amount, ok := paise(c.Text)
		if !ok || c.Amount != 0 && c.Amount != amount {
			panic(fmt.Sprintf("%q is not an amount of %d paise", c.Text, c.Amount))
		}
		c.Amount = amount
	}
	c = c.filled(p.options.Now())
	x := &payuPayment{
		txnid: string(c.ID), charge: c, amount: c.Text, status: "pending", unmapped: "initiated", reference: p.digits("rrn", 12), request: p.digits("request", 10),
		id: strconv.FormatUint(403_990_000_000_000_000+mix(p.options.Seed)%9_000_000*1_000_000+uint64(len(p.payments)), 10),
	}
	if x.txnid == "" {
		x.txnid = "don" + identifier(p.options.Seed^0x7ab, uint64(len(p.payments)))
	}
	if x.amount == "" {
		x.amount = rupees(c.Amount)
	}
	if !c.Reused && slices.ContainsFunc(p.payments, func(y *payuPayment) bool { return y.txnid == x.txnid }) {
		panic(fmt.Sprintf("there is a payment %s already", x.txnid))
	}
	p.payments = append(p.payments, x)
	return x
}

func (p *PayU) move(ref ngo.Ref, status, unmapped, problem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.payment(ref)
	x.status, x.unmapped, x.problem, x.paid = status, unmapped, problem, p.now()
	p.tell(x)
}

func (p *PayU) refund(x *payuPayment, token string, amount int64) *payuRefund {
	f := &payuRefund{id: p.digits("request", 10), token: token, payment: x, amount: amount, status: "queued", reference: p.digits("rrn", 12), created: p.now()}
	x.returned += amount
	p.refunds = append(p.refunds, f)
	if !p.options.Slow {
		p.processRefund(f)
	}
	return f
}

func (p *PayU) processRefund(f *payuRefund) {
	f.status = "success"
	p.tellRefund(f)
}

// rupees writes paise as PayU does.
func rupees(paise int64) string {
	sign := ""
	if paise < 0 {
		sign, paise = "-", -paise
	}
	return fmt.Sprintf("%s%d.%02d", sign, paise/100, paise%100)
}

// paise reads an amount in rupees, of any precision that does not say more than paise.
func paise(s string) (int64, bool) {
	whole, part, _ := strings.Cut(s, ".")
	part = strings.TrimRight(part, "0")
	if len(part) > 2 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+"00"[len(part):], 10, 64)
	return n, err == nil && n > 0
}
