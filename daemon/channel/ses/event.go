package ses

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The errands that events ask for.
const (
	errandConfirm = "confirm" // a subscription, at More url
	errandObject  = "object"  // a mail in the bucket, at More key
)

// moment is a time as SES writes it; zero for one that cannot be read.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.Year() >= 1970 && t.Year() <= 2200 {
		m.Time = t.UTC()
	}
	return nil
}

// told is what SES tells of a mail, in either of its two forms.
type told struct {
	NotificationType string        `json:"notificationType"`
	EventType        string        `json:"eventType"`
	Mail             mailObject    `json:"mail"`
	Receipt          receipt       `json:"receipt"`
	Content          *string       `json:"content"`
	Bounce           bounce        `json:"bounce"`
	Complaint        complaint     `json:"complaint"`
	Delivery         delivery      `json:"delivery"`
	Delay            deliveryDelay `json:"deliveryDelay"`
	Reject           struct {
		Reason string `json:"reason"`
	} `json:"reject"`
	Failure struct {
		ErrorMessage string `json:"errorMessage"`
	} `json:"failure"`
	Subscription struct {
		NewTopicPreferences struct {
			UnsubscribeAll bool `json:"unsubscribeAll"`
		} `json:"newTopicPreferences"`
	} `json:"subscription"`
}

type mailObject struct {
	Timestamp   moment   `json:"timestamp"`
	MessageID   string   `json:"messageId"`
	Source      string   `json:"source"`
	Destination []string `json:"destination"`
	Headers     []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"headers"`
}

type verdict struct {
	Status string `json:"status"`
}

type receipt struct {
	Timestamp  moment   `json:"timestamp"`
	Recipients []string `json:"recipients"`
	Spam       verdict  `json:"spamVerdict"`
	Virus      verdict  `json:"virusVerdict"`
	SPF        verdict  `json:"spfVerdict"`
	DKIM       verdict  `json:"dkimVerdict"`
	DMARC      verdict  `json:"dmarcVerdict"`
	Action     struct {
		Type       string `json:"type"`
		Encoding   string `json:"encoding"`
		BucketName string `json:"bucketName"`
		ObjectKey  string `json:"objectKey"`
	} `json:"action"`
}

type recipient struct {
	Address    string `json:"emailAddress"`
	Status     string `json:"status"`
	Diagnostic string `json:"diagnosticCode"`
}

type bounce struct {
	Type       string      `json:"bounceType"`
	SubType    string      `json:"bounceSubType"`
	Recipients []recipient `json:"bouncedRecipients"`
	Timestamp  moment      `json:"timestamp"`
}

type complaint struct {
	Recipients []recipient `json:"complainedRecipients"`
	Timestamp  moment      `json:"timestamp"`
	SubType    string      `json:"complaintSubType"`
	Kind       string      `json:"complaintFeedbackType"`
}

type delivery struct {
	Timestamp  moment   `json:"timestamp"`
	Recipients []string `json:"recipients"`
}

type deliveryDelay struct {
	Timestamp  moment      `json:"timestamp"`
	Recipients []recipient `json:"delayedRecipients"`
}

// Normalise reads a notification, or a mail that was fetched. It fails with Invalid.
func (a *account) Normalise(body []byte) ([]channel.Event, error) {
	if bytes.HasPrefix(body, []byte("{")) {
		return a.read(body, a.reader.ReadAll)
	}
	return a.object(bytes.NewReader(body), a.reader.ReadAll)
}

// NormaliseFrom is Normalise for a mail that may be large.
func (a *account) NormaliseFrom(r io.Reader, sink func(channel.Media) (io.WriteCloser, error)) ([]channel.Event, error) {
	read := func(r io.Reader, f email.Facts) ([]channel.Event, error) { return a.reader.Read(r, f, sink) }
	cover, rest, err := email.Uncovered(r)
	if err != nil {
		return nil, err
	}
	first, err := rest.Peek(1)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if cover != nil || len(first) == 0 || first[0] != '{' {
		return a.mail(cover, rest, read)
	}
	body, err := io.ReadAll(io.LimitReader(rest, maxNotification+1))
	if err != nil {
		return nil, err
	}
	return a.read(body, read)
}

type reading func(io.Reader, email.Facts) ([]channel.Event, error)

// object reads a mail that was fetched from the bucket.
func (a *account) object(r io.Reader, read reading) ([]channel.Event, error) {
	cover, rest, err := email.Uncovered(r)
	if err != nil {
		return nil, err
	}
	return a.mail(cover, rest, read)
}

// mail reads a mail that was fetched. Without a cover it is none: whoever fetches gives it one.
func (a *account) mail(cover *email.Cover, r interface {
	io.Reader
	Peek(int) ([]byte, error)
}, read reading) ([]channel.Event, error) {
	switch {
	case cover == nil:
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "this is neither what SNS delivers nor a mail from the bucket"}
	case cover.Skipped != "":
		return []channel.Event{a.reader.Skipped(cover)}, nil
	}
	events, err := read(r, verdictsIn(r))
	if ngo.CodeOf(err) == ngo.TooLarge {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the mail has more than %d MB", email.MostMail>>20), Err: err}
	}
	return events, err
}

// verdictsIn reads what SES has written at the head of a mail in the bucket. A sender can write the same, and only to their own
// harm.
func verdictsIn(r interface{ Peek(int) ([]byte, error) }) email.Facts {
	head, _ := r.Peek(4 << 10) // what there is; an error comes again
	head, _, _ = bytes.Cut(head, []byte("\r\n\r\n"))
	head = bytes.ToLower(head)
	says := func(name string) bool { return bytes.Contains(head, []byte("\n"+name+": fail")) }
	return email.Facts{Junk: says("x-ses-spam-verdict"), Infected: says("x-ses-virus-verdict")}
}

// read reads a notification.
func (a *account) read(body []byte, read reading) ([]channel.Event, error) {
	n, err := parse(body)
	if err != nil {
		return nil, err
	}
	e := channel.Event{Name: "sns." + n["Type"], At: at(n)}
	switch {
	case !a.believes(n["TopicArn"]):
		e.Refused = &channel.Refused{ID: ngo.Ref(ngo.Printable(n["MessageId"])), Why: "a topic that is not one of this account's"}
	case n["Type"] == typeSubscribe:
		a.subscribe(n, &e)
	case n["Type"] == typeUnsubscribe:
		e.Problem = &channel.Problem{
			Text: "The subscription to the topic " + ngo.Printable(n["TopicArn"]) + " was ended at Amazon: nothing more will be heard of it.", Grave: true,
		}
	default:
		return a.notified(n, read)
	}
	return []channel.Event{e}, nil
}

func (a *account) believes(topic string) bool {
	for _, t := range a.topics {
		if t == topic {
			return true
		}
	}
	return false
}

func at(n notification) time.Time {
	var m moment
	if text, err := json.Marshal(n["Timestamp"]); err == nil {
		_ = m.UnmarshalJSON(text) // never fails
	}
	return m.Time
}

// subscribe asks for a subscription to be confirmed, at Amazon's own address and for the topic that it is about.
func (a *account) subscribe(n notification, e *channel.Event) {
	if !confirmation(n["SubscribeURL"], n["TopicArn"]) {
		e.Unknown = &channel.Unknown{Why: "a subscription that is to be confirmed somewhere else than at Amazon"}
		return
	}
	e.Errand = &channel.Errand{Kind: errandConfirm, Ref: ngo.Ref(ngo.Printable(n["MessageId"])), More: map[string]string{"url": n["SubscribeURL"], "topic": n["TopicArn"]}}
}

// confirmation tells an address that confirms a subscription to this topic and does nothing else.
func confirmation(address, topic string) bool {
	u, ok := amazons(address)
	if !ok || u.Path != "/" && u.Path != "" || u.Fragment != "" {
		return false
	}
	q := u.Query()
	return q.Get("Action") == "ConfirmSubscription" && q.Get("TopicArn") == topic && len(q["Action"]) == 1 && len(q["TopicArn"]) == 1
}

const validated = "Successfully validated SNS topic for Amazon SES"

// notified reads what SES tells.
func (a *account) notified(n notification, read reading) ([]channel.Event, error) {
	e := channel.Event{Name: "ses", At: at(n)}
	if strings.HasPrefix(n["Message"], validated) {
		e.Name, e.Problem = "ses.test", &channel.Problem{Text: "Amazon SES has tried the topic: it works."}
		return []channel.Event{e}, nil
	}
	var x told
	if err := json.Unmarshal([]byte(n["Message"]), &x); err != nil {
		e.Unknown = &channel.Unknown{Why: "a notification that is not one of SES", Raw: []byte(n["Message"])}
		return []channel.Event{e}, nil
	}
	kind := cmp.Or(x.NotificationType, x.EventType)
	if name := ngo.Printable(kind); name != "" {
		e.Name = "ses." + strings.ReplaceAll(name, " ", "")
	}
	if kind == "Received" {
		return a.received(e, x, read)
	}
	return a.event(e, kind, x), nil
}

// received reads a notification of a mail that came.
func (a *account) received(e channel.Event, x told, read reading) ([]channel.Event, error) {
	one := func() ([]channel.Event, error) { return []channel.Event{e}, nil }
	f := facts(x.Receipt)
	if !f.At.IsZero() {
		e.At = f.At
	}
	action := x.Receipt.Action
	switch {
	case !a.forUs(f.Recipients):
		e.Refused = &channel.Refused{ID: ngo.Ref(ngo.Printable(x.Mail.MessageID)), Why: "a mailbox of another domain"}
	case x.Content != nil:
		raw, err := content(*x.Content, action.Encoding)
		if err != nil {
			e.Unknown = &channel.Unknown{Why: "a mail whose content cannot be decoded"}
			return one()
		}
		return read(raw, f)
	case action.Type == "S3":
		a.lies(&e, action.BucketName, action.ObjectKey, x.Mail.MessageID)
	default:
		e.Unknown = &channel.Unknown{Why: "a mail that came without its content: let SES put mail into a bucket"}
	}
	return one()
}

// forUs tells whether a mail was brought to one of our mailboxes.
func (a *account) forUs(recipients []string) bool {
	for _, r := range recipients {
		if a.ours(r) {
			return true
		}
	}
	return false
}

// facts are what SES found out about a mail.
func facts(r receipt) email.Facts {
	word := func(v verdict) string {
		switch v.Status {
		case "PASS", "FAIL":
			return strings.ToLower(v.Status)
		case "GRAY":
			return "none"
		case "PROCESSING_FAILED":
			return "temperror"
		}
		return ""
	}
	f := email.Facts{At: r.Timestamp.Time, Junk: r.Spam.Status == "FAIL", Infected: r.Virus.Status == "FAIL", Recipients: r.Recipients}
	if p := (letter.Proof{SPF: word(r.SPF), DKIM: word(r.DKIM), DMARC: word(r.DMARC)}); p.DMARC != "" {
		f.Proof = &p
	}
	return f
}

// content decodes a mail that came along.
func content(text, encoding string) (io.Reader, error) {
	if encoding != "BASE64" {
		return strings.NewReader(text), nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return bytes.NewReader(raw), err
}

// lies asks for a mail that lies in the bucket.
func (a *account) lies(e *channel.Event, bucket, key, id string) {
	switch {
	case a.bucket == nil || bucket != a.bucket.name:
		e.Problem = &channel.Problem{Grave: true, Text: fmt.Sprintf("A mail lies in the bucket %q, which is not set up here: see the setting bucket.", ngo.Printable(bucket))}
	case key == "" || !strings.HasPrefix(key, a.bucket.prefix):
		e.Refused = &channel.Refused{ID: ngo.Ref(ngo.Printable(id)), Why: "a mail that lies outside of our part of the bucket"}
	default:
		e.Errand = &channel.Errand{Kind: errandObject, Ref: ngo.Ref(ngo.Printable(id)), More: map[string]string{"key": key}}
	}
}

// event reads what became of a mail of ours.
func (a *account) event(e channel.Event, kind string, x told) []channel.Event {
	source, ok := email.Identity(x.Mail.Source)
	if !ok {
		e.Unknown = &channel.Unknown{Why: "a notification that does not say of which mail"}
		return []channel.Event{e}
	}
	if !a.ours(source.Value) {
		e.Refused = &channel.Refused{ID: ngo.Ref(ngo.Printable(x.Mail.MessageID)), Why: "a mail that another domain sent"}
		return []channel.Event{e}
	}
	w := news{account: a, event: e, mail: x.Mail}
	w.event.Line = ngo.Ref(source.Value)
	switch kind {
	case "Bounce":
		w.bounced(x.Bounce)
	case "Complaint":
		w.complained(x.Complaint)
	case "Delivery":
		w.each(x.Delivery.Timestamp, x.Delivery.Recipients, ngo.MessageDelivered, nil)
	case "DeliveryDelay":
		for _, r := range x.Delay.Recipients {
			b := letter.Explained(r.Status, r.Diagnostic)
			b.Delayed, b.Permanent = true, false
			w.status(x.Delay.Timestamp, r.Address, channel.Status{State: ngo.MessageSent, Soft: true, Fault: email.FaultOf(b)})
		}
	case "Send":
		w.each(x.Mail.Timestamp, x.Mail.Destination, ngo.MessageSent, nil)
	case "Reject":
		w.each(x.Mail.Timestamp, x.Mail.Destination, ngo.MessageFailed, &channel.Fault{
			Code: "Reject", Class: channel.FaultMessage, Message: "Amazon does not send it: it thinks that there is a virus in it.", Words: words(x.Reject.Reason),
		})
	case "Rendering Failure":
		w.each(x.Mail.Timestamp, x.Mail.Destination, ngo.MessageFailed, &channel.Fault{
			Code: "RenderingFailure", Class: channel.FaultTemplate, Message: "Amazon could not fill in the template.", Words: words(x.Failure.ErrorMessage),
		})
	case "Subscription":
		w.unsubscribed(x.Subscription.NewTopicPreferences.UnsubscribeAll)
	case "Open", "Click": // who reads is not followed
		w.event.Refused = &channel.Refused{ID: ngo.Ref(ngo.Printable(x.Mail.MessageID)), Why: "word of who opened a mail, which is not kept"}
		return []channel.Event{w.event}
	}
	if len(w.all) == 0 {
		w.event.Unknown = &channel.Unknown{Why: "a notification that means nothing here"}
		return []channel.Event{w.event}
	}
	return w.all
}

func words(s string) string {
	const most = 300
	r := []rune(ngo.Printable(s))
	return string(r[:min(len(r), most)])
}

// news makes events of what became of one mail.
type news struct {
	*account
	event channel.Event // what all have in common
	mail  mailObject
	all   []channel.Event
}

func (w *news) add(when moment, change func(*channel.Event)) {
	e := w.event
	if !when.IsZero() {
		e.At = when.Time
	}
	change(&e)
	w.all = append(w.all, e)
}

// status adds what became of the mail for one recipient.
func (w *news) status(when moment, address string, s channel.Status) {
	s.Ref, s.Token = w.ref()
	if i, ok := email.Identity(address); ok {
		s.Person.Identities = []ngo.Identity{i}
	}
	if s.Ref == "" && s.Token == "" {
		return
	}
	w.add(when, func(e *channel.Event) { e.Status = &s })
}

func (w *news) each(when moment, addresses []string, state ngo.MessageState, f *channel.Fault) {
	for _, address := range addresses {
		w.status(when, address, channel.Status{State: state, Fault: f})
	}
}

// ref gives SES's name of the mail, and our own where it is told.
func (w *news) ref() (ref ngo.Ref, token string) {
	if id := w.mail.MessageID; id != "" && ngo.Printable(id) == id {
		ref = w.alias(id)
	}
	for _, h := range w.mail.Headers {
		if !strings.EqualFold(h.Name, "Message-ID") {
			continue
		}
		local, domain, _ := strings.Cut(strings.Trim(h.Value, "<> "), "@")
		if id, err := ngo.ParseID[ngo.MessageID](local); err == nil && w.ours("x@"+domain) {
			token = string(id)
		}
	}
	return ref, token
}

func (w *news) bounced(b bounce) {
	for _, r := range b.Recipients {
		why, soft := bounceOf(b, r)
		s := channel.Status{State: ngo.MessageFailed, Fault: email.FaultOf(why)}
		if soft {
			s.State, s.Soft = ngo.MessageSent, true
		}
		w.status(b.Timestamp, r.Address, s)
	}
}

// bounceOf says why a mail came back. Of the passing ones without a reason some are but answers of somebody who is away: soft.
func bounceOf(b bounce, r recipient) (why letter.Bounce, soft bool) {
	why = letter.Explained(r.Status, r.Diagnostic)
	why.Permanent = b.Type == "Permanent"
	cause := map[string]letter.Cause{
		"NoEmail": letter.NoAddress, "Suppressed": letter.Suppressed, "OnAccountSuppressionList": letter.Suppressed, "MailboxFull": letter.Full,
		"MessageTooLarge": letter.TooLarge, "ContentRejected": letter.Refused, "AttachmentRejected": letter.Refused,
	}[b.SubType]
	switch {
	case cause != "":
		why.Cause = cause
	case why.Permanent && why.Cause == letter.Unknown:
		why.Cause = letter.NoAddress // what SES takes for permanent it does not send to again
	case b.Type == "Transient" && why.Cause == letter.Unknown:
		why.Delayed, soft = true, true
	}
	if why.Status == "" {
		why.Status = ngo.Printable(b.Type + "/" + b.SubType)
	}
	return why, soft
}

// complained says who wants no more mail. Which of several recipients it was nobody knows: all of them are asked nothing more.
func (w *news) complained(c complaint) {
	for _, r := range c.Recipients {
		i, ok := email.Identity(r.Address)
		switch {
		case c.SubType == "OnAccountSuppressionList":
			w.status(c.Timestamp, r.Address, channel.Status{State: ngo.MessageFailed, Fault: email.FaultOf(letter.Bounce{Permanent: true, Cause: letter.Suppressed})})
		case c.Kind == "not-spam":
			w.add(c.Timestamp, func(e *channel.Event) {
				e.Problem = &channel.Problem{Text: "A recipient says that a mail of ours is not spam."}
			})
		case ok:
			w.add(c.Timestamp, func(e *channel.Event) {
				e.Preference = &channel.Preference{
					Person: channel.Person{Identities: []ngo.Identity{i}}, Topic: channel.TopicAll, Stop: true, Words: "They called a mail of ours spam.",
				}
			})
		}
	}
}

// unsubscribed says who has left all lists at SES, or come back.
func (w *news) unsubscribed(all bool) {
	for _, address := range w.mail.Destination {
		if i, ok := email.Identity(address); ok {
			w.add(w.mail.Timestamp, func(e *channel.Event) {
				e.Preference = &channel.Preference{Person: channel.Person{Identities: []ngo.Identity{i}}, Topic: channel.TopicMarketing, Stop: all, Words: "They changed it at Amazon's page for that."}
			})
		}
	}
}
