package letter

import (
	"slices"
	"strings"
	"unicode"
)

// wrote are the words that end the line before what is quoted, in the languages of those who write to us and of the mail
// programs they may have.
var wrote = []string{
	"wrote", "writes", "schrieb", "a écrit", "escribió", "scrisse", "ha scritto", "escreveu",
	"ने लिखा", "ने लिखा है", "लिखा", "लिखा है", "लिखते हैं", "ने कहा", "यांनी लिहिले", "लिहिले", "ले लेख्नुभयो",
	"எழுதியது", "எழுதினார்", "எழுதினார்கள்", "எழுதியுள்ளார்", "எழுதியதாவது", "எழுதியவை",
	"రాశారు", "వ్రాశారు", "వ్రాసారు", "ಬರೆದಿದ್ದಾರೆ", "ಬರೆದರು", "എഴുതി", "എഴുതിയത്", "লিখেছেন", "લખ્યું", "ਨੇ ਲਿਖਿਆ", "ଲେଖିଛନ୍ତି",
}

// openers begin such a line in languages whose verb alone says too little.
var openers = []string{"on ", "at ", "am ", "le ", "el ", "il ", "em "}

// divider words stand between dashes above an older mail.
var dividers = []string{
	"original message", "forwarded message", "original-nachricht", "ursprüngliche nachricht", "weitergeleitete nachricht", "reply message",
	"मूल संदेश", "मूल सन्देश", "अग्रेषित संदेश", "फ़ॉरवर्ड किया गया संदेश", "फॉरवर्ड किया गया संदेश", "अग्रेषित मेल",
	"அசல் செய்தி", "மூல செய்தி", "முன்னனுப்பிய செய்தி", "முன்னனுப்பப்பட்ட செய்தி", "அனுப்பப்பட்ட செய்தி", "பகிரப்பட்ட செய்தி",
}

// labels are the fields which Outlook and others write above an older mail: who, and what must follow.
var (
	whoLabels  = []string{"from", "von", "de", "प्रेषक", "द्वारा", "से", "அனுப்புநர்", "அனுப்பியவர்", "இருந்து", "பெறப்பட்டது"}
	moreLabels = []string{
		"sent", "date", "to", "cc", "subject", "reply-to", "gesendet", "datum", "an", "betreff",
		"भेजा गया", "भेजा", "प्रेषित", "भेजने का समय", "दिनांक", "तारीख", "तिथि", "प्रति", "प्राप्तकर्ता", "को", "प्रतिलिपि", "विषय",
		"அனுப்பப்பட்டது", "அனுப்பிய தேதி", "தேதி", "பெறுநர்", "நகல்", "பொருள்", "தலைப்பு",
	}
)

// advertisements are lines which phones and programs add.
var advertisements = struct{ begin, end, within []string }{
	begin: []string{"sent from my ", "sent from yahoo", "sent from outlook", "sent from mail for", "sent from samsung", "sent from gmail", "get outlook for ", "sent using ", "sent via ", "sent with ", "virus-free."},
	end: []string{
		"से भेजा गया", "से भेजा गया।", "द्वारा भेजा गया", "இலிருந்து அனுப்பப்பட்டது", "லிருந்து அனுப்பப்பட்டது", "இருந்து அனுப்பப்பட்டது",
		"மூலம் அனுப்பப்பட்டது", "வழியாக அனுப்பப்பட்டது",
	},
	within: []string{"मेरे iphone से", "எனது iphone"},
}

const (
	longestLine   = 1000
	attributionOf = 4 // lines at most
	signatureOf   = 15
)

// separate tells what its writer wrote from what is quoted. In doubt it leaves out nothing.
func separate(text string) (reply, quote, signature string) {
	c := newCut(strings.Split(text, "\n"))
	c.older()
	c.attributions()
	c.blocks()
	reply = c.lines(own)
	reply, signature = unsigned(reply)
	if reply == "" {
		return text, "", ""
	}
	return reply, c.lines(old), signature
}

type mark byte

const (
	empty mark = iota
	own
	marked // with >
	old    // not the writer's
	credit // who wrote what follows
)

// cut is the lines of a mail, each with what it is taken for.
type cut struct {
	line []string
	mark []mark
}

func newCut(lines []string) *cut {
	c := &cut{line: lines, mark: make([]mark, len(lines))}
	for i, l := range lines {
		switch l = strings.TrimSpace(l); {
		case l == "":
		case l[0] == '>':
			c.mark[i] = marked
		default:
			c.mark[i] = own
		}
	}
	return c
}

// set marks the lines from a up to b.
func (c *cut) set(a, b int, m mark) {
	for i := a; i < b; i++ {
		c.mark[i] = m
	}
}

// ownBefore tells whether the writer said something above.
func (c *cut) ownBefore(i int) bool { return slices.Contains(c.mark[:i], own) }

// after gives what stands in the next line that is not empty.
func (c *cut) after(i int) mark {
	for _, m := range c.mark[i+1:] {
		if m != empty {
			return m
		}
	}
	return empty
}

// lines gives the lines that are the writer's, with the quoted ones he answered in place, or those that are not.
func (c *cut) lines(which mark) string {
	var out []string
	for i, l := range c.line {
		m := c.mark[i]
		quoted := m == old || m == credit
		if m == empty || quoted == (which == old) {
			out = append(out, l)
		}
	}
	return tidyLines(out)
}

func tidyLines(lines []string) string {
	var out []string
	for _, l := range lines {
		if n := len(out); l == "" && (n == 0 || n > 1 && out[n-1] == "" && out[n-2] == "") {
			continue
		}
		out = append(out, l)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// older finds the older mail below: all from there on is not the writer's. A mail that begins with it is a forward without
// a word, and all of it is what he sent.
func (c *cut) older() {
	for i, m := range c.mark {
		if m != own || !divider(c.line[i]) && !c.headerBlock(i) {
			continue
		}
		begin := i
		for begin > 0 && (c.mark[begin-1] == empty || rule(c.line[begin-1])) {
			begin--
		}
		if c.ownBefore(begin) || slices.Contains(c.mark[:begin], marked) {
			c.set(begin, len(c.mark), old)
		}
		return
	}
}

// rule tells whether a line is only a line.
func rule(l string) bool {
	l = strings.TrimSpace(l)
	return len(l) >= 5 && strings.Trim(l, "_-=") == ""
}

func divider(l string) bool {
	l = strings.TrimSpace(l)
	if len(l) > 200 {
		return false
	}
	words := strings.ToLower(strings.Trim(l, "-_=* "))
	if words == "begin forwarded message:" {
		return true
	}
	return strings.HasPrefix(l, "--") && strings.HasSuffix(l, "--") && slices.Contains(dividers, words)
}

// headerBlock tells whether the fields of an older mail begin here: who it is from, and two more soon.
func (c *cut) headerBlock(i int) bool {
	if !labelled(c.line[i], whoLabels) {
		return false
	}
	more := 0
	for _, l := range c.line[i+1 : min(i+8, len(c.line))] {
		if labelled(l, moreLabels) {
			more++
		}
	}
	return more >= 2
}

func labelled(l string, labels []string) bool {
	l = strings.TrimLeft(strings.TrimSpace(l), "* ")
	name, _, ok := strings.Cut(l, ":")
	return ok && len(name) < 80 && slices.Contains(labels, strings.ToLower(strings.Trim(name, "* ")))
}

// attributions finds the lines that say who wrote what follows.
func (c *cut) attributions() {
	for i := range c.line {
		if c.mark[i] != own {
			continue
		}
		begin, sure := c.attribution(i)
		if begin < 0 {
			continue
		}
		switch next := c.after(i); {
		case next == marked || next == empty:
			c.set(begin, i+1, credit)
		case sure && (next == own || next == old) && c.ownBefore(begin): // quoted without a mark
			c.set(begin, len(c.mark), old)
			return
		}
	}
}

// attribution tells where the one that ends in line i begins; -1 for none. It is sure when it has an address.
func (c *cut) attribution(i int) (begin int, sure bool) {
	end := strings.TrimSpace(c.line[i])
	verb, ok := strings.CutSuffix(strings.ReplaceAll(end, "：", ":"), ":")
	if !ok || len(end) > longestLine || !saysWrote(verb) {
		return -1, false
	}
	native := strings.ContainsFunc(verb[max(0, len(verb)-3):], func(r rune) bool { return r > unicode.MaxLatin1 })
	begin = -1
	text := ""
	for k := 0; k < attributionOf && i-k >= 0 && c.mark[i-k] == own && len(c.line[i-k]) < longestLine; k++ {
		text = strings.TrimSpace(c.line[i-k]) + " " + text
		opened := slices.ContainsFunc(openers, func(o string) bool { return strings.HasPrefix(strings.ToLower(text), o) })
		address, dated := strings.Contains(text, "@"), strings.ContainsFunc(text, unicode.IsDigit)
		switch {
		case opened && dated:
			return i - k, address
		case begin < 0 && (address && addressed(text) || native && dated):
			begin, sure = i-k, address
		case begin >= 0 && begin == i-k+1 && dateLine(c.line[i-k]):
			begin = i - k
		}
	}
	return begin, sure
}

func saysWrote(s string) bool {
	s = strings.ToLower(strings.TrimRight(s, " "))
	return slices.ContainsFunc(wrote, func(w string) bool {
		before, ok := strings.CutSuffix(s, w)
		return ok && (before == "" || strings.ContainsAny(before[len(before)-1:], " >)]\"',") || w[0] >= 0x80)
	})
}

func addressed(s string) bool {
	_, after, ok := strings.Cut(s, "<")
	return ok && strings.Contains(after, "@") && strings.Contains(after, ">")
}

// dateLine tells whether a line has a year and a time or a comma, as the beginning of a wrapped attribution does.
func dateLine(l string) bool {
	digits := 0
	longest := 0
	for _, r := range l {
		if unicode.IsDigit(r) {
			digits++
			longest = max(longest, digits)
			continue
		}
		digits = 0
	}
	return longest == 4 && strings.ContainsAny(l, ",:")
}

// blocks decides about lines with >. Those at the end are left out, and those above the only answer, under who wrote them.
// Where somebody answered line by line they are what the answers are about.
func (c *cut) blocks() {
	for i := len(c.mark) - 1; i >= 0; i-- {
		m := c.mark[i]
		if m == own {
			break
		}
		if m == marked {
			c.mark[i] = old
		}
	}
	blocks, attributed, last := 0, false, empty
	for i, m := range c.mark {
		if m == marked && last != marked {
			blocks++
			attributed = last == credit
		}
		if m != empty {
			last = c.mark[i]
		}
	}
	if blocks != 1 || !attributed {
		return
	}
	for i, m := range c.mark {
		if m == marked {
			c.mark[i] = old
		}
	}
}

// unsigned takes the signature off.
func unsigned(reply string) (text, signature string) {
	lines := strings.Split(reply, "\n")
	end := len(lines)
	for i := len(lines) - 1; i >= max(0, len(lines)-signatureOf-1); i-- {
		if l := lines[i]; l == "--" || l == "-- " || l == "—" {
			end = i
			break
		}
	}
	if end == len(lines) {
		for end > 0 && (lines[end-1] == "" || advertisement(lines[end-1])) {
			end--
		}
	}
	text = tidyLines(lines[:end])
	if text == "" {
		return reply, ""
	}
	return text, tidyLines(lines[end:])
}

func advertisement(l string) bool {
	l = strings.ToLower(strings.TrimSpace(l))
	if len(l) > 120 {
		return false
	}
	return slices.ContainsFunc(advertisements.begin, func(s string) bool { return strings.HasPrefix(l, s) }) ||
		slices.ContainsFunc(advertisements.end, func(s string) bool {
			return strings.HasSuffix(strings.TrimRight(l, "।."), strings.TrimRight(s, "।"))
		}) ||
		slices.ContainsFunc(advertisements.within, func(s string) bool { return strings.Contains(l, s) })
}
