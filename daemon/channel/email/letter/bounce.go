package letter

import (
	"regexp"
	"slices"
	"strings"
)

// Bounce is what a mail server says of one recipient of a mail of ours. Anybody can write one: it may be believed when
// Letter.About is a mail that we did send to that recipient.
type Bounce struct {
	Recipient string // as we wrote it, where the server still knows that; empty when it does not say
	Status    string // RFC 3463, as 5.1.1; empty when it does not say
	Permanent bool   // sending the same again is of no use
	Delayed   bool   // it has not failed: the server goes on trying
	Cause     Cause
	Said      string // the server's own words, cut
}

// Cause is why a mail did not arrive.
type Cause string

// The causes.
const (
	NoAddress  Cause = "no_address" // the address, or its domain, does not exist
	Full       Cause = "full"
	TooLarge   Cause = "too_large"
	Spam       Cause = "spam"       // it was taken for spam, or our server is on a list
	Refused    Cause = "refused"    // by a rule, or our sender's proofs (SPF, DKIM, DMARC) fail
	Suppressed Cause = "suppressed" // our own provider no longer sends there
	Unreached  Cause = "unreached"  // the other server cannot be reached, or has trouble
	Disabled   Cause = "disabled"   // the mailbox is there, and takes no mail
	Unknown    Cause = "unknown"
)

// Reason says it in plain words.
func (b Bounce) Reason() string {
	if b.Delayed {
		return "It has not arrived yet; the mail server goes on trying."
	}
	reason := map[Cause]string{
		NoAddress:  "The address does not exist.",
		Full:       "The mailbox is full.",
		TooLarge:   "The mail is too large for the mailbox.",
		Spam:       "The other mail server took it for spam.",
		Refused:    "The other mail server refused it by a rule of its own.",
		Suppressed: "Our mail provider no longer sends to this address, because earlier mails came back.",
		Unreached:  "The other mail server could not be reached.",
		Disabled:   "The mailbox is closed.",
	}[b.Cause]
	if reason == "" {
		return "The other mail server did not take it."
	}
	return reason
}

const longestSaid = 300 // bytes

// bounced reads reports of what did not arrive: those of the standard, and those that only look so to people.
func (w *walk) bounced(l *Letter, h header) bool {
	original := w.original(l)
	if w.report.delivery != "" {
		l.Bounces = standard(w.report.delivery)
	}
	told := len(l.Bounces) > 0
	if !told && w.report.delivery == "" && looksBounced(l, h, w.report.kind) {
		l.Bounces = inWords(l, h, w.o)
	}
	switch {
	case slices.ContainsFunc(l.Bounces, func(b Bounce) bool { return !b.Delayed }):
		l.Kind = Bounced
	case len(l.Bounces) > 0:
		l.Kind = Delayed
	case w.report.delivery != "":
		l.Kind = Automatic // it says that a mail did arrive
	default:
		return false
	}
	l.About = original
	return true
}

// standard reads message/delivery-status (RFC 3464). Recipients whose mail went well are left out.
func standard(report string) []Bounce {
	var all []Bounce
	for _, f := range fields(report) {
		recipient := recipientOf(f["original-recipient"])
		if recipient == "" {
			recipient = recipientOf(f["final-recipient"])
		}
		action := firstWord(f["action"])
		if recipient == "" && action == "" || !slices.Contains([]string{"failed", "delayed", ""}, action) {
			continue
		}
		if action == "" && f["status"] == "" || len(all) >= maxAddresses {
			continue
		}
		said := f["diagnostic-code"]
		if kind, text, ok := strings.Cut(said, ";"); ok && !strings.Contains(strings.TrimSpace(kind), " ") {
			said = text
		}
		b := explained(enhanced.FindString(f["status"]), said)
		b.Recipient, b.Delayed = recipient, action == "delayed"
		if b.Delayed {
			b.Permanent = false
		}
		all = append(all, b)
	}
	return all
}

// recipientOf reads rfc822;address.
func recipientOf(v string) string {
	_, address, ok := strings.Cut(v, ";")
	if !ok {
		address = v
	}
	if a := addresses([]string{address}); len(a) > 0 {
		return a[0].Address
	}
	return ""
}

var (
	enhanced = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	smtpCode = regexp.MustCompile(`(?:^|[\s#:'"(])([45]\d\d)(?:[\s\-#:]|$)`)
	verdict  = regexp.MustCompile(`\b[45]\d\d[ \-#]+[45]\.\d{1,3}\.\d{1,3}\b`)
	mailAddr = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	idField  = regexp.MustCompile(`(?im)^[> ]*message-id:\s*(<[^<>\s]+>)`)
)

// Explained says what a mail server meant, by its status (RFC 3463), which may be empty, and its words.
func Explained(status, said string) Bounce { return explained(enhanced.FindString(status), said) }

// explained makes a bounce of a status and a server's words. Where the status says nothing in detail, the words may.
func explained(status, said string) Bounce {
	said = oneLine(said)
	if inside := enhanced.FindAllString(said, 20); (status == "" || strings.HasSuffix(status, ".0.0")) && len(inside) > 0 {
		for _, s := range inside {
			if s[0] != '2' && !strings.HasSuffix(s, ".0.0") && (status == "" || s[0] == status[0]) {
				status = s
				break
			}
		}
		if status == "" && inside[0][0] != '2' {
			status = inside[0]
		}
	}
	class := byte(0)
	if status != "" {
		class = status[0]
	} else if m := smtpCode.FindStringSubmatch(said); m != nil {
		class = m[1][0]
	}
	b := Bounce{Status: status, Permanent: class != '4', Cause: cause(status, said)}
	b.Said, _ = shortened(said, longestSaid)
	return b
}

// words by which servers give a cause; the first that is found counts. The words say more than the status, which many
// servers take from a short list.
var causes = []struct {
	cause Cause
	words []string
}{
	{Suppressed, []string{"suppression list", "suppressed"}},
	{Spam, []string{"spam", "blacklist", "blocklist", "block list", "spamhaus", "reputation", "barracuda", "spamcop", "listed at", "listed in", "junk", "unsolicited"}},
	{Full, []string{"mailbox full", "mailbox is full", "over quota", "quota exceeded", "exceeded storage", "overquota", "insufficient storage", "out of storage", "not enough disk", "mailfolder is full", "inbox is full", "quotaexceeded"}},
	{TooLarge, []string{"message size", "too large", "too big", "size limit", "message length exceeds"}},
	{Disabled, []string{"disabled", "inactive", "suspended", "deactivated", "not active", "account closed", "is locked"}},
	{NoAddress, []string{
		"user unknown", "unknown user", "no such user", "does not exist", "doesn't exist", "not found", "recipientnotfound", "recipnotfound", "unknown address", "invalid recipient", "no mailbox",
		"unknown recipient", "recipient unknown", "unrouteable address", "no such recipient", "no such address", "mailbox unavailable", "address rejected", "unknown or illegal alias", "invalid address",
		"domain not found", "host unknown", "nxdomain", "couldn't find any host", "host or domain name not found", "is not a registered", "no such person", "doesn't have a", "invalid mailbox",
	}},
	{Unreached, []string{"timed out", "timeout", "connection refused", "network is unreachable", "no route to host", "lookup failure", "temporarily", "try again later", "could not connect", "greylist"}},
	{Refused, []string{"policy", "dmarc", "spf", "dkim", "access denied", "relay", "not permitted", "not allowed", "rejected", "blocked", "unauthenticated", "not authorized"}},
}

func cause(status, said string) Cause {
	said = strings.ToLower(said)
	for _, c := range causes {
		if slices.ContainsFunc(c.words, func(w string) bool { return strings.Contains(said, w) }) {
			return c.cause
		}
	}
	if len(status) < 5 {
		return Unknown
	}
	switch detail := status[2:]; {
	case detail == "2.1":
		return Disabled
	case detail == "2.2":
		return Full
	case detail == "2.3", detail == "3.4":
		return TooLarge
	case detail == "1.7", detail == "1.8": // it is our address that they do not like
		return Refused
	case strings.HasPrefix(detail, "1."), detail == "4.3" && status[0] == '5':
		return NoAddress
	case strings.HasPrefix(detail, "3."), strings.HasPrefix(detail, "4."):
		return Unreached
	case strings.HasPrefix(detail, "7."), strings.HasPrefix(detail, "6."):
		return Refused
	}
	return Unknown
}

// failureWords stand in subjects of mails that came back.
var failureWords = []string{
	"undeliver", "delivery status", "delivery failure", "delivery has failed", "failure notice", "mail delivery failed", "returned mail", "returned to sender", "could not be delivered",
	"delivery notification", "message delayed", "delayed mail", "mail delivery problem", "non-delivery", "nondeliverable", "delivery incomplete", "mail system error", "could not send message", "rejected:",
}

// looksBounced tells a bounce in words from other mail of machines. It takes both a sender that is none and words that say so.
func looksBounced(l *Letter, h header, report string) bool {
	if h.has("x-failed-recipients") || report == "delivery-status" {
		return true
	}
	local := ""
	if len(l.From) > 0 {
		local, _, _ = strings.Cut(strings.ToLower(l.From[0].Address), "@")
	}
	system := l.NullSender || slices.Contains([]string{"mailer-daemon", "postmaster", "mailerdaemon", "mdaemon"}, local)
	subject := strings.ToLower(l.Subject)
	return system && slices.ContainsFunc(failureWords, func(w string) bool { return strings.Contains(subject, w) })
}

// originalMarks stand above the mail that came back.
var originalMarks = []string{"original message", "below this line is a copy", "this is a copy of the message", "copy of your message", "original headers", "message headers follow", "unsent message", "returned message"}

// inWords reads a bounce that is only text: qmail's, Exim's, Gmail's old one, and whatever is like them.
func inWords(l *Letter, h header, o Options) []Bounce {
	text := strings.Join(strings.Split(l.Text, "\n> "), "\n")
	lower := strings.ToLower(text)
	end := len(text)
	if len(lower) == len(text) {
		for _, m := range originalMarks {
			if at := strings.Index(lower, m); at >= 0 {
				end = min(end, at)
			}
		}
	}
	text = text[:end]
	delayed := delays(l.Subject + "\n" + text)
	var all []Bounce
	for _, r := range failedRecipients(l, h, text, o) {
		b := explained("", about(text, r))
		b.Recipient, b.Delayed = r, delayed
		b.Permanent = b.Permanent && !delayed
		all = append(all, b)
	}
	return all
}

func delays(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"delayed", "will be retried", "will retry", "will continue to try", "still trying", "not yet been delivered", "warning message only", "no action is required"},
		func(w string) bool { return strings.Contains(text, w) })
}

// failedRecipients are those of the field that some servers write, else the first address in the text that is not ours or the server's own.
func failedRecipients(l *Letter, h header, text string, o Options) []string {
	var all []string
	for _, a := range addresses(h.all("x-failed-recipients")) {
		all = append(all, a.Address)
	}
	if len(all) > 0 {
		return all[:min(len(all), maxAddresses)]
	}
	mine := func(s string) bool {
		same := func(a Address) bool { return strings.EqualFold(a.Address, s) }
		return o.Ours(s) || slices.ContainsFunc(l.To, same) || slices.ContainsFunc(l.From, same) || strings.HasPrefix(strings.ToLower(s), "postmaster@")
	}
	for _, s := range mailAddr.FindAllString(text, 50) {
		if a := cleanAddress(strings.Trim(s, ".'")); a != "" && !mine(a) {
			return []string{a}
		}
	}
	return []string{""} // it did not arrive, and it does not say where
}

// about gives the words on one recipient: where the other server's answer stands, else from its address on, else all.
func about(text, recipient string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if verdict.MatchString(l) {
			return strings.Join(lines[i:min(i+3, len(lines))], " ")
		}
	}
	for i, l := range lines {
		if recipient != "" && strings.Contains(strings.ToLower(l), strings.ToLower(recipient)) {
			return strings.Join(lines[i:min(i+12, len(lines))], " ")
		}
	}
	return text
}

// original finds the Message-ID of the mail that came back: in its header, in the text, or in what the bounce answers.
func (w *walk) original(l *Letter) string {
	if id := idIn(w.report.original); id != "" {
		return id
	}
	if all := idField.FindAllStringSubmatch(l.Text, 10); len(all) > 0 {
		return messageID([]string{all[0][1]})
	}
	for _, ids := range [][]string{l.InReplyTo, l.References} {
		if len(ids) > 0 {
			return ids[len(ids)-1]
		}
	}
	return ""
}

// idIn reads the Message-ID of a header that lies within a mail.
func idIn(original string) string {
	head, _, _ := strings.Cut(strings.TrimLeft(original, "\n"), "\n\n")
	for _, f := range fields(head) {
		if id := messageID([]string{f["message-id"]}); id != "" {
			return id
		}
	}
	return ""
}

// wasRead gives the mail that a read receipt is about.
func (w *walk) wasRead(l *Letter) string {
	for _, f := range fields(w.report.reading) {
		if id := messageID([]string{f["original-message-id"]}); id != "" {
			return id
		}
	}
	return w.original(l)
}

// complaint gives the mail that somebody calls spam, and who does. Where the report does not name them, to save their name,
// the mail itself may.
func (w *walk) complaint() (about string, recipients []string) {
	add := func(value string) {
		for _, a := range addresses([]string{value}) {
			if !slices.Contains(recipients, a.Address) && len(recipients) < maxAddresses {
				recipients = append(recipients, a.Address)
			}
		}
	}
	for _, f := range fields(w.report.feedback) {
		add(f["original-rcpt-to"])
	}
	if len(recipients) == 0 {
		head, _, _ := strings.Cut(strings.TrimLeft(w.report.original, "\n"), "\n\n")
		for _, f := range fields(head) {
			add(f["to"])
		}
	}
	return idIn(w.report.original), recipients
}
