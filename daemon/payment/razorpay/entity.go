package razorpay

import (
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// tokenNote is the note under which a refund that was asked for here carries our own id of it.
const tokenNote = "ngoctl_refund"

func readRefund(r value) (*payment.Refund, error) {
	ref, err := readID(r, "refund", "rfnd_")
	if err != nil {
		return nil, err
	}
	of, err := readPaymentID(r, "refund")
	if err != nil {
		return nil, err
	}
	amount, err := readAmount(r, "refund", 1)
	if err != nil {
		return nil, err
	}
	created, err := readCreated(r, "refund")
	if err != nil {
		return nil, err
	}
	state, ok := map[string]ngo.RefundState{
		"pending": ngo.RefundPending, "created": ngo.RefundPending, "processed": ngo.RefundProcessed, "failed": ngo.RefundFailed,
	}[r.get("status").text()]
	if !ok {
		return nil, invalid("the refund's status is none that is known")
	}
	out := &payment.Refund{Ref: ref, Token: token(r), Payment: of, State: state, Amount: amount, Created: created}
	for _, name := range [...]string{"arn", "rrn", "utr"} {
		if s := line(r.get("acquirer_data").get(name).scalar()); s != "" {
			out.Reference = payment.Cut(s, 64)
			break
		}
	}
	if state == ngo.RefundFailed {
		out.Problem = problem(r)
	}
	return out, nil
}

// token gives our own id of a refund, "" when it was not made here.
func token(r value) string {
	for _, v := range [...]value{r.get("notes").get(tokenNote), r.get("receipt")} {
		if s := v.text(); isToken(s) {
			return s
		}
	}
	return ""
}

// isToken tells whether s has the form of our ids of refunds.
func isToken(s string) bool {
	if len(s) != 20 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func readDispute(d value) (*payment.Dispute, error) {
	ref, err := readID(d, "dispute", "disp_")
	if err != nil {
		return nil, err
	}
	about, err := readPaymentID(d, "dispute")
	if err != nil {
		return nil, err
	}
	amount, err := readAmount(d, "dispute", 1)
	if err != nil {
		return nil, err
	}
	created, err := readCreated(d, "dispute")
	if err != nil {
		return nil, err
	}
	state, ok := map[string]ngo.DisputeState{
		"open": ngo.DisputeOpen, "under_review": ngo.DisputeUnderReview, "won": ngo.DisputeWon, "lost": ngo.DisputeLost, "closed": ngo.DisputeClosed,
	}[d.get("status").text()]
	if !ok {
		return nil, invalid("the dispute's status is none that is known")
	}
	deducted, err := readPaise(d, "dispute", "amount_deducted")
	if err != nil {
		return nil, err
	}
	out := &payment.Dispute{
		Ref: ref, Payment: about, State: state, Amount: amount, Created: created,
		Phase: payment.Cut(line(d.get("phase").text()), 40), Reason: payment.Cut(line(d.get("reason_description").text()), maxName),
	}
	if out.Reason == "" {
		out.Reason = payment.Cut(line(d.get("reason_code").text()), maxName)
	}
	if state == ngo.DisputeLost {
		out.Deducted = deducted
	}
	if by, ok := instant(d.get("respond_by")); ok {
		out.RespondBy = by
	}
	return out, nil
}

func readSettlement(s value) (*payment.Settlement, error) {
	ref, err := readID(s, "settlement", "setl_")
	if err != nil {
		return nil, err
	}
	minor, err := readPaise(s, "settlement", "amount")
	if err != nil || s.get("amount").kind() != number {
		return nil, invalid("the settlement's amount is not a whole number of paise")
	}
	created, err := readCreated(s, "settlement")
	if err != nil {
		return nil, err
	}
	state, ok := map[string]ngo.SettlementState{
		"created": ngo.SettlementCreated, "processed": ngo.SettlementProcessed, "failed": ngo.SettlementFailed,
	}[s.get("status").text()]
	if !ok {
		return nil, invalid("the settlement's status is none that is known")
	}
	fees, tax, err := readFee(s, "settlement", "fees")
	if err != nil {
		return nil, err
	}
	return &payment.Settlement{
		Ref: ref, State: state, Amount: ngo.Paise(minor), Fees: fees, Tax: tax, UTR: payment.Cut(line(s.get("utr").scalar()), 64), Created: created,
	}, nil
}
