package ngo

import "slices"

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

var paymentRank = map[PaymentState]int{
	PaymentCreated: 1, PaymentFailed: 2, PaymentAuthorized: 3, PaymentCaptured: 4, PaymentChargedBack: 5,
}

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
	DonationReceived: {DonationHeld, DonationReversed},
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
)

// CanBecome tells whether a message may move from s to to.
func (s MessageState) CanBecome(to MessageState) bool { return slices.Contains(messageMoves[s], to) }

var messageMoves = map[MessageState][]MessageState{
	MessageQueued:    {MessageSending, MessageSent, MessageFailed},
	MessageSending:   {MessageQueued, MessageSent, MessageDelivered, MessageRead, MessageFailed, MessageUncertain},
	MessageSent:      {MessageDelivered, MessageRead, MessageFailed},
	MessageDelivered: {MessageRead},
	MessageUncertain: {MessageQueued, MessageSent, MessageDelivered, MessageRead, MessageFailed},
	MessageFailed:    {MessageQueued},
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
)

// JobState tells whether a job will run.
type JobState string

// States of a job. A job that is done is gone.
const (
	JobReady  JobState = "ready"
	JobParked JobState = "parked"
)
