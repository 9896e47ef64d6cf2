package letter

import (
	"slices"
	"strings"
)

// classify says what sort of mail it is. Reports come first, then what the sender declares, then what only the words say.
func (w *walk) classify(l *Letter, h header) {
	switch {
	case w.cameBack(l, h):
		l.Kind = Own
	case w.report.feedback != "" || w.report.kind == "feedback-report":
		l.Kind = Complaint
		l.About, l.Recipients = w.complaint()
	case w.report.reading != "" || w.report.kind == "disposition-notification":
		l.Kind = Seen
		l.About = w.wasRead(l)
	case w.bounced(l, h):
	case automatic(l, h):
		l.Kind = Automatic
	default:
		l.Kind = declared(l, h)
	}
}

// cameBack tells a mail that we sent ourselves, by its id or by our mark in it.
func (w *walk) cameBack(l *Letter, h header) bool {
	if !w.fromUs(l) {
		return false
	}
	if l.ID != "" && w.o.Sent(l.ID) {
		return true
	}
	return slices.ContainsFunc(addresses(h.all("x-loop")), func(a Address) bool { return w.o.Ours(a.Address) })
}

func (w *walk) fromUs(l *Letter) bool {
	return slices.ContainsFunc(l.From, func(a Address) bool { return w.o.Ours(a.Address) })
}

// marksOfMachines are fields that only automatic replies have.
var marksOfMachines = []string{
	"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply", "x-vacation",
	"x-ms-exchange-inbox-rules-loop", "x-ms-exchange-generated-message-source", "x-fc-machinegenerated", "auto-response",
}

func automatic(l *Letter, h header) bool {
	if word := firstWord(h.get("auto-submitted")); word != "" && word != "no" {
		return true
	}
	if p := firstWord(h.get("precedence")); p == "auto_reply" || p == "auto-reply" || l.NullSender {
		return true
	}
	if strings.EqualFold(h.get("x-apple-action"), "vacation") {
		return true
	}
	for _, name := range marksOfMachines {
		if v, ok := h.find(name); ok && !strings.EqualFold(v, "no") {
			return true
		}
	}
	return machine(l)
}

// machine tells an address behind which nobody reads.
func machine(l *Letter) bool {
	if len(l.From) == 0 {
		return false
	}
	local, _, _ := strings.Cut(strings.ToLower(l.From[0].Address), "@")
	local, _, _ = strings.Cut(local, "+")
	local = strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	return slices.Contains([]string{"mailerdaemon", "postmaster", "noreply", "donotreply", "noresponse", "autoreply", "bounce", "bounces"}, local)
}

// firstWord gives a field's word without the comments and parameters that may follow.
func firstWord(v string) string {
	v = strings.ToLower(strings.TrimSpace(v))
	if end := strings.IndexAny(v, " ;(\t"); end >= 0 {
		v = v[:end]
	}
	return v
}

func declared(l *Letter, h header) Kind {
	precedence := firstWord(h.get("precedence"))
	leave := h.has("list-unsubscribe")
	switch {
	case h.has("list-post"), precedence == "list", h.has("list-id") && !leave, h.has("mailing-list"):
		return List
	case leave, precedence == "bulk", precedence == "junk", h.has("list-id"), h.has("feedback-id"), h.has("x-campaign"), h.has("x-campaignid"):
		return Bulk
	case awayWords(l.Subject):
		return Perhaps
	}
	return Person
}

// away are the words of automatic replies in a subject.
var away = []string{
	"automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "autoresponse", "out of office", "out of the office", "ooo:", "on vacation",
	"vacation response", "away from my", "i am away", "on leave",
	"स्वचालित उत्तर", "स्वचालित प्रतिक्रिया", "स्वचालित जवाब", "स्वतः उत्तर", "स्वत: उत्तर", "कार्यालय से बाहर", "दफ़्तर से बाहर", "ऑफ़िस से बाहर", "छुट्टी पर",
	"தானியங்கு பதில்", "தானியங்கி பதில்", "தன்னியக்க பதில்", "தானாக அனுப்பப்படும்", "அலுவலகத்தில் இல்லை", "அலுவலகத்திற்கு வெளியே", "விடுப்பில்", "விடுமுறையில்",
}

func awayWords(subject string) bool {
	s := strings.ToLower(subject)
	return slices.ContainsFunc(away, func(w string) bool { return strings.Contains(s, w) })
}

// Answerable tells whether a machine may answer it (RFC 3834). What a person answers is his own affair.
func (l *Letter) Answerable(ours func(address string) bool) bool {
	if l.Kind != Person || l.NullSender || len(l.From) == 0 {
		return false
	}
	return !slices.ContainsFunc(l.From, func(a Address) bool { return ours(a.Address) })
}
