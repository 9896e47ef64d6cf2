package ngo

import "time"

// Org is an organisation on this appliance.
type Org struct {
	ID      OrgID     `json:"id"`
	Slug    string    `json:"slug"`
	Name    string    `json:"name"`
	Zone    string    `json:"zone"` // IANA name; its days date gifts
	Created time.Time `json:"created_at"`
}

// Profile is what an organisation's receipts and mail say of it. Everything but the name may be missing; a receipt then
// is a plain acknowledgement and says why.
type Profile struct {
	LegalName      string `json:"legal_name"`
	Address        string `json:"address"`
	PAN            string `json:"pan"`
	ApprovalNumber string `json:"approval_number"` // unique registration number of the approval for deductions
	ApprovalFrom   Date   `json:"approval_from"`
	ApprovalUntil  Date   `json:"approval_until"`
	Signatory      string `json:"signatory"`
	SignatoryTitle string `json:"signatory_title"`
	Language       string `json:"language"`       // BCP 47: en, ta, hi
	ReceiptPrefix  string `json:"receipt_prefix"` // first part of a receipt number, such as SVT
}

// Role is what a user may do in one organisation.
type Role string

// The roles.
const (
	Admin      Role = "admin"
	Finance    Role = "finance"
	Agent      Role = "agent"
	Caseworker Role = "caseworker"
	Reviewer   Role = "reviewer"
	Auditor    Role = "auditor"
	Volunteer  Role = "volunteer"
)

// Roles lists every role, most powerful first.
var Roles = [...]Role{Admin, Finance, Agent, Caseworker, Reviewer, Auditor, Volunteer}

// User is a member of staff.
type User struct {
	ID       UserID    `json:"id"`
	Name     string    `json:"name"`              // what the user logs in with
	OSUser   string    `json:"os_user,omitempty"` // whose connections on the Unix socket are this user's
	Disabled bool      `json:"disabled"`
	Created  time.Time `json:"created_at"`
	Members  []Member  `json:"members"`
}

// Member says which role a user has in an organisation.
type Member struct {
	Org  string `json:"org"` // slug
	Role Role   `json:"role"`
}

// Token is a bearer token. The token itself is shown once; only its digest is kept.
type Token struct {
	ID      TokenID    `json:"id"`
	User    UserID     `json:"user_id"`
	Label   string     `json:"label"`
	Created time.Time  `json:"created_at"`
	Expires *time.Time `json:"expires_at,omitempty"`
	Revoked *time.Time `json:"revoked_at,omitempty"`
}

// AccountKind tells gateways from channels.
type AccountKind string

// The kinds of account.
const (
	Gateway AccountKind = "gateway"
	Channel AccountKind = "channel"
)

// Account is one connection of an organisation to a provider.
type Account struct {
	ID       AccountID         `json:"id"`
	Kind     AccountKind       `json:"kind"`
	Driver   string            `json:"driver"`
	Name     string            `json:"name"`
	Settings map[string]string `json:"settings"` // secrets are not among them
	Created  time.Time         `json:"created_at"`
	Removed  *time.Time        `json:"removed_at,omitempty"`
}

// Person is somebody the organisation knows. A phone number or address is never the key; identities are.
type Person struct {
	ID         PersonID   `json:"id"`
	Name       string     `json:"name"`
	Created    time.Time  `json:"created_at"`
	Erased     *time.Time `json:"erased_at,omitempty"`
	Identities []Identity `json:"identities"`
}

// IdentityKind is a kind of address by which a person is known.
type IdentityKind string

// The kinds of identity.
const (
	EMail IdentityKind = "email"
	Phone IdentityKind = "phone"
	UPI   IdentityKind = "upi"
)

// Identity is one address of a person, normalised: e-mail in lower case, phone as +919876543210.
type Identity struct {
	Kind  IdentityKind `json:"kind"`
	Value string       `json:"value"`
}

// Delivery is what a provider sent, kept as it came.
type Delivery struct {
	ID        DeliveryID    `json:"id"`
	Account   AccountID     `json:"account_id"`
	Digest    [32]byte      `json:"-"` // SHA-256 of the body
	Hint      string        `json:"hint,omitempty"`
	Size      int64         `json:"size"`
	State     DeliveryState `json:"state"`
	Reason    string        `json:"reason,omitempty"`
	Summary   string        `json:"summary,omitempty"` // the provider's name for it, such as payment.captured
	Received  time.Time     `json:"received_at"`
	Processed *time.Time    `json:"processed_at,omitempty"`
}

// Payment is money moving at a gateway.
type Payment struct {
	ID            PaymentID    `json:"id"`
	Account       AccountID    `json:"account_id"`
	Ref           Ref          `json:"ref"`
	State         PaymentState `json:"state"`
	Amount        Money        `json:"amount"`
	Fee           int64        `json:"fee_minor"` // taxes included; 0 when not told
	Tax           int64        `json:"tax_minor"`
	Method        string       `json:"method"`    // upi, card, netbanking, wallet, …
	Reference     string       `json:"reference"` // RRN, UTR or the bank's own number
	International bool         `json:"international"`
	Created       time.Time    `json:"created_at"` // at the gateway
	Seen          time.Time    `json:"seen_at"`    // here
	Delivery      DeliveryID   `json:"delivery_id"`
}

// Donor is the snapshot of a donor that a gift keeps, whatever becomes of the person.
type Donor struct {
	Name    string `json:"name"`
	EMail   string `json:"email"`
	Phone   string `json:"phone"`
	Address string `json:"address"`
	PAN     string `json:"pan,omitempty"` // sealed at rest; masked when shown
}

// Donation is a gift.
type Donation struct {
	ID       DonationID    `json:"id"`
	Payment  PaymentID     `json:"payment_id"`
	Person   PersonID      `json:"person_id"`
	State    DonationState `json:"state"`
	Reason   string        `json:"reason,omitempty"` // why it waits or is held
	Amount   Money         `json:"amount"`
	Given    Date          `json:"given"` // the payment's own day in the organisation's zone
	Donor    Donor         `json:"donor"`
	Purpose  string        `json:"purpose"`
	Method   string        `json:"method"`
	Recorded time.Time     `json:"recorded_at"`
	Receipt  ReceiptID     `json:"receipt_id,omitempty"`
}

// Receipt is a numbered paper for one gift. Facts is all that was printed, fixed at issue.
type Receipt struct {
	ID       ReceiptID    `json:"id"`
	Donation DonationID   `json:"donation_id"`
	Series   string       `json:"series"` // SVT/2026-27/D
	Serial   int64        `json:"serial"`
	Number   string       `json:"number"` // SVT/2026-27/D/000123
	State    ReceiptState `json:"state"`
	Amount   Money        `json:"amount"`
	Day      Date         `json:"day"` // of the gift
	Law      string       `json:"law"` // which law's wording it carries
	Tax      bool         `json:"tax"` // whether it carries the line on deduction
	Issued   time.Time    `json:"issued_at"`
	Document BlobID       `json:"document_id,omitempty"` // the PDF, once rendered
	Facts    []byte       `json:"-"`                     // JSON, sealed at rest
}

// Message is something that goes out to a person through a channel.
type Message struct {
	ID        MessageID    `json:"id"`
	Account   AccountID    `json:"account_id,omitempty"` // the channel that took it; empty until one does
	Receipt   ReceiptID    `json:"receipt_id,omitempty"`
	Person    PersonID     `json:"person_id"`
	Recipient string       `json:"recipient"`
	State     MessageState `json:"state"`
	Reason    string       `json:"reason,omitempty"` // why it waits or failed, in plain words
	Attempts  int          `json:"attempts"`
	Created   time.Time    `json:"created_at"`
	Sent      *time.Time   `json:"sent_at,omitempty"`
}

// Job is a piece of work in the queue.
type Job struct {
	ID       JobID     `json:"id"`
	Lane     Lane      `json:"lane"`
	Kind     JobKind   `json:"kind"`
	Subject  string    `json:"subject"` // the id of the row it is about
	State    JobState  `json:"state"`
	Attempts int       `json:"attempts"` // how often it failed
	Crashes  int       `json:"-"`        // how often it was claimed and its end never recorded
	Error    string    `json:"error,omitempty"`
	Due      time.Time `json:"due_at"`
	Created  time.Time `json:"created_at"`
	Lease    int       `json:"-"` // how often it was claimed: the fence
}

// Act is a change that can be undone. Before holds what the inverse needs.
type Act struct {
	ID     ActID      `json:"id"`
	Kind   ActKind    `json:"kind"`
	Title  string     `json:"title"` // what was done, for people
	Actor  string     `json:"actor"`
	At     time.Time  `json:"at"`
	Undoes ActID      `json:"undoes,omitempty"`
	Undone *time.Time `json:"undone_at,omitempty"`
	Before []byte     `json:"-"`
}

// ActKind names the inverse that undoes an act.
type ActKind string

// The kinds of act.
const (
	ActProfile ActKind = "profile.set"
	ActAccount ActKind = "account.remove"
)

// AuditEntry is one line of the trail. Before and After are JSON; personal data in them stands as salted digests.
type AuditEntry struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`  // donation.record, account.add, …
	Subject string    `json:"subject"` // id of the row
	Before  string    `json:"before,omitempty"`
	After   string    `json:"after,omitempty"`
	Hash    string    `json:"hash"`
}
