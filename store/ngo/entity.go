package ngo

import (
	"encoding/json"
	"time"
)

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

	ReceiptPassword PasswordKind `json:"receipt_password,omitempty"` // what opens the receipts that go out by mail
	Logo            BlobID       `json:"logo_id,omitempty"`          // pictures on receipts; a receipt keeps those of its day
	Signature       BlobID       `json:"signature_id,omitempty"`
}

// PasswordKind names the fact of a donor that opens the receipts mailed to them.
type PasswordKind string

// The passwords.
const (
	PasswordNone PasswordKind = ""
	PasswordPAN  PasswordKind = "pan"
	PasswordBorn PasswordKind = "born" // the day of birth, as DDMMYYYY
)

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
	Root       PersonID   `json:"root_id"`            // as whose part they are shown: their own id, or whom they were joined to
	Language   string     `json:"language,omitempty"` // en, ta, hi: in which they write or want to be written to; empty is the organisation's own
	Parts      []Person   `json:"parts,omitempty"`    // who was joined to them
}

// IdentityKind is a kind of address by which a person is known.
type IdentityKind string

// The kinds of identity.
const (
	EMail IdentityKind = "email"
	Phone IdentityKind = "phone"
	UPI   IdentityKind = "upi"

	WhatsApp       IdentityKind = "whatsapp"        // the number's digits, as WhatsApp writes them
	WhatsAppUser   IdentityKind = "whatsapp_user"   // a business-scoped id: IN.1349…; case matters
	WhatsAppParent IdentityKind = "whatsapp_parent" // the same across portfolios that belong together: IN.ENT.118…
	Messenger      IdentityKind = "messenger"       // a page-scoped id
	Instagram      IdentityKind = "instagram"       // an account-scoped id
)

// Identity is one address of a person, normalised: e-mail in lower case, phone as +919876543210.
type Identity struct {
	Kind  IdentityKind `json:"kind"`
	Value string       `json:"value"`
	// Shared: several people use it, such as a family on one phone. Nobody is known by it alone.
	Shared bool `json:"shared,omitempty"`
}

// Delivery is what a provider sent, kept as it came.
type Delivery struct {
	ID        DeliveryID     `json:"id"`
	Account   AccountID      `json:"account_id"`
	Digest    [32]byte       `json:"-"` // SHA-256 of the body
	Hint      string         `json:"hint,omitempty"`
	Size      int64          `json:"size"`
	State     DeliveryState  `json:"state"`
	Reason    string         `json:"reason,omitempty"`
	Summary   string         `json:"summary,omitempty"` // the provider's name for it, such as payment.captured
	Source    DeliverySource `json:"source"`
	Received  time.Time      `json:"received_at"`
	Processed *time.Time     `json:"processed_at,omitempty"`
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
	Method        string       `json:"method"`            // upi, card, netbanking, wallet, …
	Reference     string       `json:"reference"`         // RRN, UTR or the bank's own number
	Alias         Ref          `json:"alias,omitempty"`   // a second id of the gateway's, such as PayU's mihpayid
	Order         string       `json:"order,omitempty"`   // the order, link, code or subscription that it belongs to
	Problem       string       `json:"problem,omitempty"` // what the gateway said when it failed
	Returned      int64        `json:"returned_minor"`    // what went back: processed refunds and lost disputes
	Recovered     bool         `json:"recovered"`         // it was missed, and found by asking
	International bool         `json:"international"`
	Created       time.Time    `json:"created_at"`            // at the gateway
	Captured      *time.Time   `json:"captured_at,omitempty"` // when the gateway first said so; nil before
	Seen          time.Time    `json:"seen_at"`               // here
	Delivery      DeliveryID   `json:"delivery_id"`
}

// Sighting is one state in which a payment was seen, with the provider's own time of it. A payment keeps one of each
// state, whatever the order in which they came.
type Sighting struct {
	State    PaymentState `json:"state"`
	At       time.Time    `json:"at"`
	Text     string       `json:"text,omitempty"` // such as why it failed
	Delivery DeliveryID   `json:"delivery_id"`
}

// Refund is money on its way back to a donor.
type Refund struct {
	ID         RefundID    `json:"id"`
	Account    AccountID   `json:"account_id"`
	Ref        Ref         `json:"ref,omitempty"`        // the gateway's id; empty until it is known
	Token      string      `json:"token,omitempty"`      // our own id at the gateway, for a refund asked for here
	PaymentRef Ref         `json:"payment_ref"`          // as the gateway names it
	Payment    PaymentID   `json:"payment_id,omitempty"` // empty until the payment is known
	State      RefundState `json:"state"`
	Amount     Money       `json:"amount"`
	Reference  string      `json:"reference,omitempty"` // the bank's number: ARN, RRN or UTR
	Reason     string      `json:"reason,omitempty"`    // why it was asked for
	Problem    string      `json:"problem,omitempty"`   // why it failed
	Actor      string      `json:"actor,omitempty"`     // who asked for it here; empty when it was made at the gateway
	Created    time.Time   `json:"created_at"`
	Settled    *time.Time  `json:"settled_at,omitempty"`
}

// Dispute is a donor's bank asking for a payment back.
type Dispute struct {
	ID         DisputeID    `json:"id"`
	Account    AccountID    `json:"account_id"`
	Ref        Ref          `json:"ref"`
	PaymentRef Ref          `json:"payment_ref"`
	Payment    PaymentID    `json:"payment_id,omitempty"` // empty until the payment is known
	State      DisputeState `json:"state"`
	Phase      string       `json:"phase,omitempty"` // fraud, retrieval, chargeback, …
	Amount     Money        `json:"amount"`
	Deducted   int64        `json:"deducted_minor"` // taken from us; 0 unless lost
	Reason     string       `json:"reason,omitempty"`
	RespondBy  *time.Time   `json:"respond_by,omitempty"`
	Created    time.Time    `json:"created_at"`
}

// Settlement is a payout of the gateway's to the bank.
type Settlement struct {
	ID      SettlementID    `json:"id"`
	Account AccountID       `json:"account_id"`
	Ref     Ref             `json:"ref"`
	State   SettlementState `json:"state"`
	Amount  Money           `json:"amount"`
	Fees    int64           `json:"fees_minor"`
	Tax     int64           `json:"tax_minor"`
	UTR     string          `json:"utr,omitempty"`
	Created time.Time       `json:"created_at"`
}

// Citizenship decides from whom a gift is, for the Foreign Contribution (Regulation) Act: not where a donor lives or banks.
type Citizenship string

// What is known of a donor's citizenship.
const (
	CitizenUnknown Citizenship = ""
	CitizenIndian  Citizenship = "indian"
	CitizenForeign Citizenship = "foreign"
)

// Pot keeps domestic and foreign contributions apart: the law lets them share neither account nor book.
type Pot string

// The pots.
const (
	Domestic Pot = "domestic"
	Foreign  Pot = "foreign"
)

// FundKind tells what a gift may be used for.
type FundKind string

// The kinds of fund.
const (
	FundGeneral  FundKind = "general"
	FundSpecific FundKind = "specific" // for the purpose that the donor named
	FundCorpus   FundKind = "corpus"   // given to keep: the donor said so
)

// IDKind is a kind of document by which the yearly statement may name a donor who has no PAN. Aadhaar is not among them: its
// number is never kept.
type IDKind string

// The documents, in the order of the statement's own list.
const (
	IDTaxpayer IDKind = "tin" // a foreign taxpayer identification number
	IDPassport IDKind = "passport"
	IDElector  IDKind = "epic" // elector's photo identity card
	IDDriving  IDKind = "licence"
	IDRation   IDKind = "ration"
)

// Purpose is what gifts are asked for: a fund of its own, a corpus, a campaign.
type Purpose struct {
	ID      PurposeID  `json:"id"`
	Name    string     `json:"name"`  // short name for commands and notes, such as school-lunch
	Title   string     `json:"title"` // as it is printed
	Kind    FundKind   `json:"kind"`
	Aliases []string   `json:"aliases"` // what payment forms call it; compared without case, spaces and punctuation
	Created time.Time  `json:"created_at"`
	Closed  *time.Time `json:"closed_at,omitempty"`
}

// Health is how the connection to a gateway is.
type Health struct {
	LastWebhook *time.Time `json:"last_webhook_at,omitempty"`
	LastPoll    *time.Time `json:"last_poll_at,omitempty"` // that went well
	PolledFrom  *time.Time `json:"polled_from,omitempty"`  // how far back it asked
	PolledTo    *time.Time `json:"polled_to,omitempty"`    // up to when everything is known to have been asked for
	Polling     bool       `json:"polling"`                // the gateway is being asked right now
	Seen        int64      `json:"seen"`                   // what the latest poll was told of
	Found       int64      `json:"found"`                  // and what of it was missing here
	PollError   string     `json:"poll_error,omitempty"`   // why the latest poll failed
	Alarm       string     `json:"alarm,omitempty"`        // in plain words; empty when all is well
	AlarmSince  *time.Time `json:"alarm_since,omitempty"`
	Refused     int64      `json:"refused"` // deliveries with a signature that is not ours, ever
	LastRefused *time.Time `json:"last_refused_at,omitempty"`
}

// Donor is the snapshot of a donor that a gift keeps, whatever becomes of the person.
type Donor struct {
	Name        string      `json:"name"`
	EMail       string      `json:"email"`
	Phone       string      `json:"phone"`
	Address     string      `json:"address"`
	PAN         string      `json:"pan,omitempty"`       // sealed at rest; masked when shown
	IDKind      IDKind      `json:"id_kind,omitempty"`   // of a donor without a PAN
	IDNumber    string      `json:"id_number,omitempty"` // sealed at rest; masked when shown
	Language    string      `json:"language,omitempty"`  // en, ta, hi; empty is the organisation's own
	Citizenship Citizenship `json:"citizenship,omitempty"`
	Born        Date        `json:"birth_date,omitempty"` // sealed at rest; masked when shown
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

	Returned  int64      `json:"returned_minor"` // what went back to the donor; the gift is worth Amount less this
	Pot       Pot        `json:"pot"`
	Fund      FundKind   `json:"fund"`
	PurposeID PurposeID  `json:"purpose_id,omitempty"` // the purpose of ours that Purpose names
	Campaign  string     `json:"campaign,omitempty"`
	Declined  bool       `json:"declined"`           // no tax receipt is wanted: a plain one does
	Slip      DonationID `json:"slip_of,omitempty"`  // an equal gift of the same donor, minutes before: likely a slip
	Recovered bool       `json:"recovered"`          // it was missed and found by asking, and nobody has looked at it yet
	Edited    bool       `json:"edited"`             // a person put the donor's facts right: events change them no more
	Asked     *time.Time `json:"asked_at,omitempty"` // when the donor was first asked for facts
	Reminded  int        `json:"reminded"`           // how often again
	Quiet     bool       `json:"quiet"`              // the donor asked for no more reminders
	Hold      string     `json:"hold,omitempty"`     // why a person holds it
	Released  []string   `json:"released"`           // codes of reasons to hold that a person has looked at
	NoReceipt bool       `json:"no_receipt"`         // its receipt was a mistake, and none is issued until somebody asks for one
	Reissue   string     `json:"reissue,omitempty"`  // why its receipt is about to be replaced, by one of the facts as they are now
}

// Net is what a gift is worth: what was paid less what went back.
func (d Donation) Net() Money {
	return Money{Minor: max(d.Amount.Minor-d.Returned, 0), Currency: d.Amount.Currency}
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
	Replaces ReceiptID    `json:"replaces_id,omitempty"` // the receipt in whose place it stands
	Ended    *time.Time   `json:"ended_at,omitempty"`    // when it was voided or replaced
	Reason   string       `json:"reason,omitempty"`      // and why
	Given    *time.Time   `json:"given_at,omitempty"`    // when the original left, by mail or by hand
	GivenBy  string       `json:"given_by,omitempty"`    // the message it left with, or whoever fetched it
	Copies   int64        `json:"copies"`                // how often it was drawn again since
	Facts    []byte       `json:"-"`                     // JSON, sealed at rest
}

// CopyIn tells whether what a message carries is a copy, since the original left by another way.
func (r Receipt) CopyIn(m MessageID) bool { return r.Given != nil && r.GivenBy != string(m) }

// EndedNumber explains a receipt's number that stands no more.
type EndedNumber struct {
	Number string       `json:"number"`
	State  ReceiptState `json:"state"`
	Ended  time.Time    `json:"ended_at"`
	Reason string       `json:"reason"`
	By     string       `json:"by,omitempty"` // the number that stands in its place
}

// MessageKind tells what a message says.
type MessageKind string

// The kinds of message.
const (
	MessageReceipt      MessageKind = "receipt"
	MessageCancellation MessageKind = "cancellation" // its receipt is void
	MessageAsk          MessageKind = "ask"          // which facts are missing, with a link
	MessageReminder     MessageKind = "reminder"     // the same again

	MessageIncoming MessageKind = "incoming" // somebody wrote it to us
	MessageText     MessageKind = "text"     // somebody of ours wrote it, here or elsewhere
	MessageTemplate MessageKind = "template" // words that the provider approved
	MessageAuto     MessageKind = "auto"     // ours, by itself: the answer to a stop
	MessageNote     MessageKind = "note"     // among ourselves
)

// Message is something that a person said or was told through a channel, or a note beside it. What comes after Sent is of
// messages in a conversation only.
type Message struct {
	ID        MessageID    `json:"id"`
	Kind      MessageKind  `json:"kind"`
	Donation  DonationID   `json:"donation_id,omitempty"`
	Account   AccountID    `json:"account_id,omitempty"` // the channel that took it; empty until one does
	Receipt   ReceiptID    `json:"receipt_id,omitempty"`
	Person    PersonID     `json:"person_id"`
	Recipient string       `json:"recipient"`
	State     MessageState `json:"state"`
	Reason    string       `json:"reason,omitempty"` // why it waits or failed, in plain words
	Attempts  int          `json:"attempts"`
	Created   time.Time    `json:"created_at"`
	Sent      *time.Time   `json:"sent_at,omitempty"`

	Conversation ConversationID  `json:"conversation_id,omitempty"`
	Direction    Direction       `json:"direction,omitempty"`
	Line         Ref             `json:"line,omitempty"`
	Ref          Ref             `json:"-"`              // the provider's own id
	At           time.Time       `json:"at"`             // its place in the thread: the provider's time, or ours
	What         string          `json:"what,omitempty"` // text, media, place, cards, choice, form, order, opened, other
	Subject      string          `json:"subject,omitempty"`
	Text         string          `json:"text"`             // as it was written: show it with PrintableText. Aadhaar numbers are masked
	More         json.RawMessage `json:"more,omitempty"`   // what else it carries: see Extra
	Author       string          `json:"author,omitempty"` // who of ours wrote it
	Echo         bool            `json:"echo"`             // ours, sent from elsewhere, such as the phone app
	Quotes       MessageID       `json:"quotes,omitempty"` // the message that it answers
	Due          *time.Time      `json:"due_at,omitempty"` // until then it can be pulled back, or when somebody had it tried again
	Fault        string          `json:"fault,omitempty"`  // the provider's code, of one that did not go
	Retry        bool            `json:"retry"`            // whether sending a failed one again can help
	Masked       bool            `json:"masked"`           // a number that is never kept was taken out
	Edited       *time.Time      `json:"edited_at,omitempty"`
	Revoked      *time.Time      `json:"revoked_at,omitempty"` // who wrote it took it back; the text is not shown
	Reactions    []Reaction      `json:"reactions,omitempty"`
	Attachments  []Attachment    `json:"attachments,omitempty"`
}

// Reaction is a sign that somebody put on a message.
type Reaction struct {
	Emoji string    `json:"emoji"`
	Mine  bool      `json:"mine"` // it is ours
	At    time.Time `json:"at"`
}

// Extra is what a message carries besides text and files. It is the content of Message.More.
type Extra struct {
	Place     *ExtraPlace       `json:"place,omitempty"`
	Cards     []ExtraCard       `json:"cards,omitempty"`
	Choice    string            `json:"choice,omitempty"` // what was pressed, as they saw it
	Payload   string            `json:"payload,omitempty"`
	Form      []ExtraPair       `json:"form,omitempty"`
	Order     []string          `json:"order,omitempty"` // a line each
	Referral  string            `json:"referral,omitempty"`
	Forwarded string            `json:"forwarded,omitempty"` // forwarded, often
	Standby   bool              `json:"standby,omitempty"`
	Quoted    string            `json:"quoted,omitempty"` // what a mail quotes, and its signature
	To        []string          `json:"to,omitempty"`     // of mail: whom else it was addressed to
	Cc        []string          `json:"cc,omitempty"`
	Auto      string            `json:"auto,omitempty"`  // what kind of machine wrote it
	Doubt     string            `json:"doubt,omitempty"` // why the sender may be somebody else
	Problem   string            `json:"problem,omitempty"`
	Template  string            `json:"template,omitempty"` // its name
	Language  string            `json:"language,omitempty"` // of the template
	Category  string            `json:"category,omitempty"`
	Header    map[string]string `json:"header,omitempty"` // values by parameter
	Body      map[string]string `json:"body,omitempty"`
	Buttons   []string          `json:"buttons,omitempty"`
	Played    bool              `json:"played,omitempty"`
	Price     string            `json:"price,omitempty"`  // the category that the provider says it bills; empty when it is free or unknown
	Answer    bool              `json:"answer,omitempty"` // an answer to a stop
}

// ExtraPlace is a point on the earth, in degrees.
type ExtraPlace struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// ExtraCard is a visiting card that was passed on.
type ExtraCard struct {
	Name   string   `json:"name"`
	Lines  []string `json:"lines,omitempty"` // phones, addresses, whatever is on it
	Own    bool     `json:"own,omitempty"`   // the sender's own number, given because we asked
	Phones []string `json:"phones,omitempty"`
}

// ExtraPair is a field of a form and what was put in.
type ExtraPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
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
	ActSetting ActKind = "account.set"
	ActGift    ActKind = "donation.set" // a hold, a release, or facts put right
	ActPurpose ActKind = "purpose.set"

	ActConversation ActKind = "conversation.move" // opened, put off or closed
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

// ApprovedOn tells whether the organisation could give a receipt for deduction for a gift of that day, if all is known of the
// donor: its approval is on record and valid, and so is its own PAN.
func (p Profile) ApprovedOn(day Date) bool {
	return p.ApprovalNumber != "" && p.PAN != "" && p.ApprovalFrom != "" && p.ApprovalUntil != "" && p.ApprovalFrom <= day && day <= p.ApprovalUntil
}

// Missing names what a receipt for deduction needs and is not known of the donor: name, address, id.
func (d Donor) Missing() []string {
	var out []string
	if d.Name == "" {
		out = append(out, "name")
	}
	if d.Address == "" {
		out = append(out, "address")
	}
	if d.PAN == "" && d.IDNumber == "" {
		out = append(out, "id")
	}
	return out
}
