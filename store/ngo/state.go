package ngo

import (
	"slices"
	"strings"
)

// PaymentState only moves forward, and may skip.
type PaymentState string

// States of a payment.
const (
	PaymentCreated     PaymentState = "created"
	PaymentFailed      PaymentState = "failed"
	PaymentAuthorized  PaymentState = "authorized"
	PaymentCaptured    PaymentState = "captured"
	PaymentChargedBack PaymentState = "charged_back"
)

// CanBecome tells whether an event that shows the state to moves a payment on from s.
func (s PaymentState) CanBecome(to PaymentState) bool { return paymentRank[to] > paymentRank[s] }

// Paid tells whether the money came in, whatever became of it then.
func (s PaymentState) Paid() bool { return s == PaymentCaptured || s == PaymentChargedBack }

var paymentRank = map[PaymentState]int{
	PaymentCreated: 1, PaymentFailed: 2, PaymentAuthorized: 3, PaymentCaptured: 4, PaymentChargedBack: 5,
}

// RefundState only moves forward, and may skip. What was requested here has no answer of the gateway's yet.
type RefundState string

// States of a refund. A gateway that tells of one refund both that it failed and that it was processed is believed in the
// latter: the donor has the money.
const (
	RefundRequested RefundState = "requested"
	RefundPending   RefundState = "pending"
	RefundFailed    RefundState = "failed"
	RefundProcessed RefundState = "processed"
)

// CanBecome tells whether an event that shows the state to moves a refund on from s.
func (s RefundState) CanBecome(to RefundState) bool { return refundRank[to] > refundRank[s] }

var refundRank = map[RefundState]int{RefundRequested: 1, RefundPending: 2, RefundFailed: 3, RefundProcessed: 4}

// DisputeState only moves forward, and may skip.
type DisputeState string

// States of a dispute. While it is open or under review the gift is held; only lost takes money away.
const (
	DisputeOpen        DisputeState = "open"
	DisputeUnderReview DisputeState = "under_review"
	DisputeClosed      DisputeState = "closed"
	DisputeWon         DisputeState = "won"
	DisputeLost        DisputeState = "lost"
)

// CanBecome tells whether an event that shows the state to moves a dispute on from s.
func (s DisputeState) CanBecome(to DisputeState) bool { return disputeRank[to] > disputeRank[s] }

// Unsettled tells whether the outcome is still to come.
func (s DisputeState) Unsettled() bool { return s == DisputeOpen || s == DisputeUnderReview }

var disputeRank = map[DisputeState]int{DisputeOpen: 1, DisputeUnderReview: 2, DisputeClosed: 3, DisputeWon: 4, DisputeLost: 5}

// SettlementState only moves forward.
type SettlementState string

// States of a settlement.
const (
	SettlementCreated   SettlementState = "created"
	SettlementFailed    SettlementState = "failed"
	SettlementProcessed SettlementState = "processed"
)

// CanBecome tells whether an event that shows the state to moves a settlement on from s.
func (s SettlementState) CanBecome(to SettlementState) bool {
	return settlementRank[to] > settlementRank[s]
}

var settlementRank = map[SettlementState]int{SettlementCreated: 1, SettlementFailed: 2, SettlementProcessed: 3}

// DeliverySource tells how a delivery came.
type DeliverySource string

// The sources of deliveries.
const (
	SourceWebhook DeliverySource = "webhook" // the provider sent it
	SourcePoll    DeliverySource = "poll"    // the provider was asked
)

// DeliveryState tells what became of a delivery.
type DeliveryState string

// States of a delivery.
const (
	DeliveryAccepted    DeliveryState = "accepted"    // stored, not yet worked on
	DeliveryProcessed   DeliveryState = "processed"   // its effects are in the ledger, or it needs none
	DeliveryQuarantined DeliveryState = "quarantined" // signed but not understood; kept for a person
)

// CanBecome tells whether a delivery may move from s to to.
func (s DeliveryState) CanBecome(to DeliveryState) bool {
	return slices.Contains(deliveryMoves[s], to)
}

var deliveryMoves = map[DeliveryState][]DeliveryState{
	DeliveryAccepted:    {DeliveryProcessed, DeliveryQuarantined},
	DeliveryQuarantined: {DeliveryProcessed},
}

// DonationState tells where a gift stands.
type DonationState string

// States of a donation.
const (
	DonationWaiting  DonationState = "waiting" // facts are missing
	DonationHeld     DonationState = "held"    // a person must look, for the reason given
	DonationReceived DonationState = "received"
	DonationReversed DonationState = "reversed"
)

// CanBecome tells whether a donation may move from s to to.
func (s DonationState) CanBecome(to DonationState) bool {
	return slices.Contains(donationMoves[s], to)
}

var donationMoves = map[DonationState][]DonationState{
	DonationWaiting:  {DonationHeld, DonationReceived, DonationReversed},
	DonationHeld:     {DonationWaiting, DonationReceived, DonationReversed},
	DonationReceived: {DonationWaiting, DonationHeld, DonationReversed},
}

// ReceiptState tells whether a receipt still stands.
type ReceiptState string

// States of a receipt.
const (
	ReceiptIssued   ReceiptState = "issued"
	ReceiptVoid     ReceiptState = "void"
	ReceiptReplaced ReceiptState = "replaced"
)

// MessageState only moves forward, and may skip; failed and uncertain are where a person decides.
type MessageState string

// States of a message that goes out.
const (
	MessageQueued    MessageState = "queued"
	MessageSending   MessageState = "sending"
	MessageSent      MessageState = "sent"
	MessageDelivered MessageState = "delivered"
	MessageRead      MessageState = "read"
	MessageFailed    MessageState = "failed"
	MessageUncertain MessageState = "uncertain"
	MessageWithdrawn MessageState = "withdrawn" // it became needless before it left, or was pulled back
	MessageReceived  MessageState = "received"  // it came in, or is a note: nothing becomes of it
)

// CanBecome tells whether a message may move from s to to.
func (s MessageState) CanBecome(to MessageState) bool { return slices.Contains(messageMoves[s], to) }

var messageMoves = map[MessageState][]MessageState{
	MessageQueued:    {MessageSending, MessageSent, MessageFailed, MessageWithdrawn},
	MessageSending:   {MessageWithdrawn, MessageQueued, MessageSent, MessageDelivered, MessageRead, MessageFailed, MessageUncertain},
	MessageSent:      {MessageDelivered, MessageRead, MessageFailed},
	MessageDelivered: {MessageRead},
	MessageUncertain: {MessageQueued, MessageSent, MessageDelivered, MessageRead, MessageFailed},
	MessageFailed:    {MessageQueued, MessageDelivered, MessageRead}, // the provider may be told late that it did arrive
}

// Lane is a queue with workers of its own.
type Lane string

// The lanes, highest first.
const (
	LanePayment  Lane = "payment"
	LaneMessage  Lane = "message"
	LaneDocument Lane = "document"
	LaneOutbound Lane = "outbound"
	LaneBulk     Lane = "bulk"
)

// Lanes lists every lane, highest first.
var Lanes = [...]Lane{LanePayment, LaneMessage, LaneDocument, LaneOutbound, LaneBulk}

// JobKind names a step of flow.
type JobKind string

// The kinds of job.
const (
	JobIngest  JobKind = "ingest"  // subject: a delivery
	JobReact   JobKind = "react"   // subject: a donation
	JobRender  JobKind = "render"  // subject: a receipt
	JobDeliver JobKind = "deliver" // subject: a message
	JobConfirm JobKind = "confirm" // subject: a delivery whose claim the gateway is asked about
	JobRefund  JobKind = "refund"  // subject: a refund to ask the gateway for
	JobAsk     JobKind = "ask"     // subject: a donation whose donor is asked for facts, and reminded
	JobHear    JobKind = "hear"    // subject: a delivery of a channel
	JobFetch   JobKind = "fetch"   // subject: an attachment that the provider has
	JobErrand  JobKind = "errand"  // subject: an errand that a delivery left, or TemplatesErrand
)

const templatesErrand = "templates/"

// TemplatesErrand is the subject of the errand to ask for all templates of an account.
func TemplatesErrand(account AccountID) string { return templatesErrand + string(account) }

// TemplatesOf gives the account of a TemplatesErrand; it says false for another errand.
func TemplatesOf(subject string) (AccountID, bool) {
	account, ok := strings.CutPrefix(subject, templatesErrand)
	return AccountID(account), ok
}

// JobState tells whether a job will run.
type JobState string

// States of a job. A job that is done is gone.
const (
	JobReady  JobState = "ready"
	JobParked JobState = "parked"
)
