package api

import (
	"encoding/json"
	"time"

	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Status is how the daemon is. Counts are sums over every organisation the caller may see.
type Status struct {
	Version               string      `json:"version" doc:"Version of the daemon."`
	Started               time.Time   `json:"started_at"`
	UptimeSeconds         int64       `json:"uptime_seconds"`
	Ready                 bool        `json:"ready" doc:"Whether a probe row was committed in the last 10 seconds; false without a daemon."`
	JobsPending           int64       `json:"jobs_pending"`
	JobsParked            int64       `json:"jobs_parked"`
	DeliveriesQuarantined int64       `json:"deliveries_quarantined"`
	RSSBytes              int64       `json:"rss_bytes" doc:"Memory of the process; 0 where the system does not tell."`
	Orgs                  []OrgStatus `json:"orgs"`
	Problems              []string    `json:"problems" doc:"What somebody should see to, in plain words, such as a law file that cannot be read."`
	Bucket                string      `json:"bucket,omitempty" doc:"Where files are kept, when that is not the data folder; backups do not hold them."`
	Actor                 string      `json:"actor" doc:"Who the daemon takes the caller for, such as user:meena or os:root."`
}

// OrgStatus is how one organisation's work stands.
type OrgStatus struct {
	Org                   string     `json:"org"`
	JobsPending           int64      `json:"jobs_pending"`
	JobsParked            int64      `json:"jobs_parked"`
	DeliveriesQuarantined int64      `json:"deliveries_quarantined"`
	LastProbe             *time.Time `json:"last_probe_at,omitempty"`
	Problems              []string   `json:"problems" doc:"What stands in the way of its receipts, in plain words."`
}

// Credentials log a user in.
type Credentials struct {
	Name     string `json:"name" minLength:"1" maxLength:"100"`
	Password string `json:"password" minLength:"1" maxLength:"1000"`
	Label    string `json:"label,omitempty" maxLength:"100" doc:"What to call the token, such as the name of the computer."`
}

// IssuedToken is a new token. Secret is shown this once; the daemon keeps only its digest.
type IssuedToken struct {
	ngo.Token
	Secret string `json:"secret"`
}

// NewToken asks for a token.
type NewToken struct {
	Label      string `json:"label,omitempty" maxLength:"100"`
	TTLSeconds int64  `json:"ttl_seconds,omitempty" minimum:"0" maximum:"315576000" doc:"How long it is good for; 0 is until it is revoked."`
}

// Org is an organisation with what its receipts say of it.
type Org struct {
	ngo.Org
	Profile ngo.Profile `json:"profile"`
}

// NewOrg asks for an organisation.
type NewOrg struct {
	Slug    string      `json:"slug" pattern:"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$" doc:"Short name in addresses and commands: small letters, digits, hyphens." example:"sevai"`
	Name    string      `json:"name" minLength:"1" maxLength:"200"`
	Zone    string      `json:"zone,omitempty" maxLength:"64" doc:"IANA time zone whose days date gifts; Asia/Kolkata when empty."`
	Profile ProfileEdit `json:"profile,omitzero"`
}

// ProfileEdit changes the fields that are not nil.
type ProfileEdit struct {
	LegalName      *string   `json:"legal_name,omitempty" maxLength:"200"`
	Address        *string   `json:"address,omitempty" maxLength:"500"`
	PAN            *string   `json:"pan,omitempty" maxLength:"10"`
	ApprovalNumber *string   `json:"approval_number,omitempty" maxLength:"50"`
	ApprovalFrom   *ngo.Date `json:"approval_from,omitempty" maxLength:"10"`
	ApprovalUntil  *ngo.Date `json:"approval_until,omitempty" maxLength:"10"`
	Signatory      *string   `json:"signatory,omitempty" maxLength:"200"`
	SignatoryTitle *string   `json:"signatory_title,omitempty" maxLength:"200"`
	Language       *string   `json:"language,omitempty" maxLength:"35"`
	ReceiptPrefix  *string   `json:"receipt_prefix,omitempty" maxLength:"16"`

	ReceiptPassword *ngo.PasswordKind `json:"receipt_password,omitempty" enum:"pan,born," doc:"What opens the receipts that go out by mail, where it is known of the donor: the PAN, or the day of birth as DDMMYYYY. Empty is none."`
}

// Apply gives p with the edit made.
func (e ProfileEdit) Apply(p ngo.Profile) ngo.Profile {
	change(&p.LegalName, e.LegalName)
	change(&p.Address, e.Address)
	change(&p.PAN, e.PAN)
	change(&p.ApprovalNumber, e.ApprovalNumber)
	change(&p.ApprovalFrom, e.ApprovalFrom)
	change(&p.ApprovalUntil, e.ApprovalUntil)
	change(&p.Signatory, e.Signatory)
	change(&p.SignatoryTitle, e.SignatoryTitle)
	change(&p.Language, e.Language)
	change(&p.ReceiptPrefix, e.ReceiptPrefix)
	change(&p.ReceiptPassword, e.ReceiptPassword)
	return p
}

func change[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Total is money and how many gifts it came in, per currency.
type Total struct {
	Money ngo.Money `json:"money"`
	Count int64     `json:"count"`
}

// Summary is an organisation at a glance. Sums are of received gifts, one Total per currency.
type Summary struct {
	Day            ngo.Date `json:"day" doc:"The day in the organisation's zone that today means."`
	Today          []Total  `json:"today"`
	Month          []Total  `json:"month"`
	Year           []Total  `json:"year" doc:"The financial year, from 1 April."`
	Waiting        int64    `json:"waiting" doc:"Gifts that wait for facts."`
	Held           int64    `json:"held" doc:"Gifts that a person must look at."`
	ReceiptsIssued int64    `json:"receipts_issued"`
	MailQueued     int64    `json:"mail_queued"`
	MailFailed     int64    `json:"mail_failed"`
	JobsReady      int64    `json:"jobs_ready"`
	JobsParked     int64    `json:"jobs_parked"`
	Quarantined    int64    `json:"quarantined" doc:"Deliveries that were signed but not understood."`
	Flagged        int64    `json:"flagged" doc:"Gifts that are likely slips: the donor gave the same minutes before."`
	Recovered      int64    `json:"recovered" doc:"Gifts that were missed and found by asking, and nobody has looked at yet."`
	Reversed       int64    `json:"reversed" doc:"Gifts that went back to the donor."`
	GatewayAlarms  int64    `json:"gateway_alarms" doc:"Gateways with which something is wrong."`
}

// NewUser asks for a user.
type NewUser struct {
	Name    string       `json:"name" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"What the user logs in with: small letters, digits, dot, hyphen, underscore."`
	OSUser  string       `json:"os_user,omitempty" maxLength:"64" doc:"The system account whose connections on the Unix socket are this user's."`
	Members []ngo.Member `json:"members,omitempty" maxItems:"500"`
}

// Password is a new password of a user.
type Password struct {
	Password string `json:"password" minLength:"10" maxLength:"1000"`
}

// MemberRole is a user's role in one organisation; empty takes the role away.
type MemberRole struct {
	Role ngo.Role `json:"role" enum:"admin,finance,agent,caseworker,reviewer,auditor,volunteer,"`
}

// Driver is a gateway or channel that can be added, with the form of its settings.
type Driver struct {
	Name     string       `json:"name"`
	Settings setting.Form `json:"settings"`
}

// Drivers are what this daemon was built with.
type Drivers struct {
	Gateways []Driver `json:"gateways"`
	Channels []Driver `json:"channels"`
}

// AddAccount connects an organisation to a provider.
type AddAccount struct {
	Driver string         `json:"driver" minLength:"1" maxLength:"40"`
	Name   string         `json:"name,omitempty" pattern:"^([a-z0-9][a-z0-9-]{0,39})?$" doc:"Needed for a second account of one driver; else the driver's name."`
	Values setting.Values `json:"values" doc:"Settings by name, secrets included."`
}

// Account is a connection to a provider. Its secrets never leave the daemon. Everything but the account itself is of
// gateways only.
type Account struct {
	ngo.Account
	URL       string      `json:"url,omitempty" doc:"The address to enter at the provider, which sends there what happens."`
	Health    *ngo.Health `json:"health,omitempty" doc:"How the connection is, for a gateway."`
	Problem   string      `json:"problem,omitempty" doc:"Why it cannot be used, if it cannot."`
	Doubt     string      `json:"doubt,omitempty" doc:"What of its events is believed unconfirmed; empty when nothing is."`
	CanPoll   bool        `json:"can_poll" doc:"Whether it can be asked what happened."`
	CanRefund bool        `json:"can_refund" doc:"Whether it can be asked to pay back."`
}

// SetAccount changes settings of a connection; those not named stay. An empty value takes a setting back to its default.
type SetAccount struct {
	Values setting.Values `json:"values" doc:"Settings by name, secrets included."`
}

// Rotate gives a secret a new value. The old one counts for 15 days more.
type Rotate struct {
	Field string `json:"field,omitempty" maxLength:"40" doc:"Which secret; not needed where only one can be rotated."`
	Value string `json:"value" minLength:"1" maxLength:"16384"`
}

// GatewayTest is what came of trying a gateway: the credentials, and a signed delivery by way of the public address.
type GatewayTest struct {
	OK    bool       `json:"ok"`
	Steps []TestStep `json:"steps"`
}

// TestStep is one thing that was tried.
type TestStep struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Text string `json:"text" doc:"What was seen."`
	Hint string `json:"hint,omitempty"`
}

// CatchUpRequest asks to have a gateway asked for what was missed.
type CatchUpRequest struct {
	Since time.Time `json:"since" doc:"From when on; at most 90 days ago."`
}

// CatchUpReport is what came of asking a gateway. What was found takes the way of every delivery from then on.
type CatchUpReport struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to" doc:"Up to when everything was asked for."`
	Seen    int64     `json:"seen" doc:"What the gateway told of."`
	Found   int64     `json:"found" doc:"And what of it was missing here."`
	Problem string    `json:"problem,omitempty" doc:"Why it ended early; what came before it counts."`
}

// Check is what came of connecting to a provider.
type Check struct {
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty" doc:"What the provider said against it."`
	Hint    string `json:"hint,omitempty"`
}

// Donation is a gift with all that became of it.
type Donation struct {
	ngo.Donation
	Payment  *ngo.Payment  `json:"payment,omitempty"`
	Receipt  *ngo.Receipt  `json:"receipt,omitempty" doc:"The one that stands."`
	Receipts []ngo.Receipt `json:"receipts" doc:"All, oldest first, those void and replaced included."`
	Refunds  []ngo.Refund  `json:"refunds"`
	Disputes []ngo.Dispute `json:"disputes"`
	Messages []ngo.Message `json:"messages"`
	Timeline []Moment      `json:"timeline" doc:"What happened, oldest first."`
}

// DonationEdit puts the facts of a gift's donor right: the fields that are not nil. An empty text takes a fact away.
type DonationEdit struct {
	Name        *string          `json:"name,omitempty" maxLength:"200"`
	Address     *string          `json:"address,omitempty" maxLength:"500"`
	EMail       *string          `json:"email,omitempty" maxLength:"254"`
	Phone       *string          `json:"phone,omitempty" maxLength:"32"`
	PAN         *string          `json:"pan,omitempty" maxLength:"20"`
	IDKind      *ngo.IDKind      `json:"id_kind,omitempty" enum:"tin,passport,epic,licence,ration," doc:"Of a donor without a PAN."`
	IDNumber    *string          `json:"id_number,omitempty" maxLength:"40" doc:"Never an Aadhaar number: it is refused."`
	Language    *string          `json:"language,omitempty" enum:"en,ta,hi," doc:"Empty is the organisation's own."`
	Citizenship *ngo.Citizenship `json:"citizenship,omitempty" enum:"indian,foreign," doc:"Empty is unknown."`
	Purpose     *string          `json:"purpose,omitempty" maxLength:"200"`
	Campaign    *string          `json:"campaign,omitempty" maxLength:"200"`
	Declined    *bool            `json:"declined,omitempty" doc:"The donor wants no tax receipt: a plain one does."`
	Born        *string          `json:"birth_date,omitempty" maxLength:"10" doc:"Day of birth, such as 1970-12-31."`
}

// NewDonation enters a gift that came by hand.
type NewDonation struct {
	AmountMinor int64           `json:"amount_minor" minimum:"1" maximum:"100000000000000" doc:"In paise; of a gift in kind, what it is worth."`
	Method      string          `json:"method" enum:"cash,cheque,kind,bank_transfer"`
	Given       string          `json:"given,omitempty" maxLength:"10" doc:"Day on which it was given, such as 2026-11-22; today when empty."`
	Reference   string          `json:"reference,omitempty" maxLength:"60" doc:"The number of the cheque, or the bank's of the transfer."`
	Description string          `json:"description,omitempty" maxLength:"200" doc:"Of a gift in kind, and needed there: what it is. The receipt says so."`
	Key         string          `json:"key,omitempty" maxLength:"100" doc:"The caller's own: what is sent twice with the same key is entered once."`
	Name        string          `json:"name,omitempty" maxLength:"200"`
	Address     string          `json:"address,omitempty" maxLength:"500"`
	EMail       string          `json:"email,omitempty" maxLength:"254"`
	Phone       string          `json:"phone,omitempty" maxLength:"32"`
	PAN         string          `json:"pan,omitempty" maxLength:"20"`
	IDKind      ngo.IDKind      `json:"id_kind,omitempty" enum:"tin,passport,epic,licence,ration," doc:"Of a donor without a PAN."`
	IDNumber    string          `json:"id_number,omitempty" maxLength:"40" doc:"Never an Aadhaar number: it is refused."`
	Language    string          `json:"language,omitempty" enum:"en,ta,hi," doc:"Empty is the organisation's own."`
	Citizenship ngo.Citizenship `json:"citizenship,omitempty" enum:"indian,foreign," doc:"Empty is unknown."`
	Purpose     string          `json:"purpose,omitempty" maxLength:"200"`
	Campaign    string          `json:"campaign,omitempty" maxLength:"200"`
	Born        string          `json:"birth_date,omitempty" maxLength:"10" doc:"Day of birth, such as 1970-12-31."`
	DryRun      bool            `json:"dry_run,omitempty" doc:"Check it, and enter nothing."`
}

// Entered is a gift that came by hand, as it was entered.
type Entered struct {
	Delivery  ngo.DeliveryID `json:"delivery_id,omitempty" doc:"The delivery that the gift is made from; none at a dry run."`
	Ref       ngo.Ref        `json:"ref,omitempty" doc:"What its payment is called."`
	Amount    ngo.Money      `json:"amount"`
	Method    string         `json:"method"`
	Given     ngo.Date       `json:"given"`
	Reference string         `json:"reference,omitempty" doc:"Number of the cheque or of the transfer; of a gift in kind, what it is."`
	Donor     ngo.Donor      `json:"donor" doc:"Masked."`
	DryRun    bool           `json:"dry_run"`
	Again     bool           `json:"again" doc:"Whether it was entered before with this key."`
	Problem   string         `json:"problem,omitempty" doc:"Why the ledger could not take it, if it could not."`
	Donation  *Donation      `json:"donation,omitempty" doc:"The gift, once the ledger has it."`
}

// Why says why something is done.
type Why struct {
	Reason string `json:"reason,omitempty" maxLength:"500"`
}

// Changed is a gift after a change, and the act by which that can be undone.
type Changed struct {
	Act      ngo.Act      `json:"act"`
	Donation ngo.Donation `json:"donation"`
}

// RefundRequest asks to pay a gift back.
type RefundRequest struct {
	AmountMinor int64  `json:"amount_minor,omitempty" minimum:"0" doc:"How much; 0 is all that remains."`
	Reason      string `json:"reason" minLength:"1" maxLength:"500"`
	ByHand      bool   `json:"by_hand,omitempty" doc:"Of a gift that was entered by hand, and needed there: staff give the money back, or the entry was a mistake."`
}

// Payment is a payment with all that was told of it.
type Payment struct {
	ngo.Payment
	Sightings []ngo.Sighting `json:"sightings" doc:"The states in which it was seen, by the provider's own time."`
	Refunds   []ngo.Refund   `json:"refunds"`
	Disputes  []ngo.Dispute  `json:"disputes"`
	Donation  ngo.DonationID `json:"donation_id,omitempty" doc:"The gift it made, if it made one."`
}

// Person is a person with what they gave.
type Person struct {
	ngo.Person
	Totals    []Total        `json:"totals" doc:"What is left of what they gave, one total per currency."`
	First     ngo.Date       `json:"first,omitempty" doc:"Day of the first gift."`
	Last      ngo.Date       `json:"last,omitempty" doc:"Day of the latest gift."`
	Donations []ngo.Donation `json:"donations" doc:"Their gifts, newest first, as many as were asked for."`
	Next      string         `json:"next,omitempty" doc:"The after of the query for the gifts that follow."`

	Conversations []Conversation `json:"conversations,omitempty" doc:"Their threads, newest first, at most fifty."`
	Receipts      []ngo.Receipt  `json:"receipts,omitempty" doc:"Their newest receipts, at most fifty."`
	Consents      []ngo.Consent  `json:"consents,omitempty" doc:"What they said about what they wish to get, newest first."`
	Joinings      []ngo.Joining  `json:"joinings,omitempty" doc:"Who was joined to them, or they to whom, newest first."`
	Stopped       bool           `json:"stopped" doc:"They asked for no more than answers."`
}

// NewPurpose asks for a purpose.
type NewPurpose struct {
	Name    string       `json:"name" pattern:"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$" doc:"Short name for commands and notes: small letters, digits, hyphens." example:"school-lunch"`
	Title   string       `json:"title" minLength:"1" maxLength:"200" doc:"As it is printed."`
	Kind    ngo.FundKind `json:"kind,omitempty" enum:"general,specific,corpus," doc:"What gifts to it may be used for; specific when empty."`
	Aliases []string     `json:"aliases,omitempty" maxItems:"50" doc:"What payment forms call it; compared without case, spaces and punctuation."`
}

// PurposeEdit changes the fields of a purpose that are not nil.
type PurposeEdit struct {
	Title   *string       `json:"title,omitempty" minLength:"1" maxLength:"200"`
	Kind    *ngo.FundKind `json:"kind,omitempty" enum:"general,specific,corpus"`
	Aliases *[]string     `json:"aliases,omitempty" maxItems:"50"`
}

// Apply gives p with the edit made.
func (e PurposeEdit) Apply(p ngo.Purpose) ngo.Purpose {
	change(&p.Title, e.Title)
	change(&p.Kind, e.Kind)
	change(&p.Aliases, e.Aliases)
	return p
}

// Moment is a line of a timeline.
type Moment struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Receipt is a receipt with what is printed on it and the mails it went out with.
type Receipt struct {
	ngo.Receipt
	Facts    json.RawMessage `json:"facts" doc:"What is printed on it, fixed at issue; the donor's PAN is masked."`
	Messages []ngo.Message   `json:"messages"`
}

// AuditReport is what came of checking a trail.
type AuditReport struct {
	OK      bool   `json:"ok"`
	Entries int64  `json:"entries"`
	Head    string `json:"head" doc:"Hash of the last line; write it down elsewhere to prove later that none was cut off."`
	Broken  int64  `json:"broken,omitempty" doc:"Number of the first line that was touched."`
	Reason  string `json:"reason,omitempty"`
}

// BackupRequest asks for a backup of the whole data folder, for age recipients or for a passphrase.
type BackupRequest struct {
	Recipients []string `json:"recipients,omitempty" maxItems:"20" doc:"age recipients (age1…) that can open it."`
	Passphrase string   `json:"passphrase,omitempty" maxLength:"1000" doc:"Opens it, instead of recipients."`
}

// Event tells that something changed, by name only: ask for it to see it.
type Event struct {
	ID      string `json:"id"`      // of the event, to go on from
	Kind    string `json:"kind"`    // donation, receipt, message, job, delivery, …; Resync: anything may have changed
	Subject string `json:"subject"` // id of what changed
}

// Resync is the kind of an event that says that events were missed: read everything anew.
const Resync = "resync"
