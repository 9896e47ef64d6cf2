package sim

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// WhatsAppOptions say what an app at Meta is like. What is empty is made up from the seed.
type WhatsAppOptions struct {
	Seed        uint64
	Number      string // the phone number id, which is not the number
	Display     string // the number's digits
	WABA        string // the id of the WhatsApp Business account
	Token       string
	AppSecret   string
	VerifyToken string
	Now         func() time.Time // time.Now when nil
	Slow        bool             // no status by itself: Deliver, Read and Fail make them; else what is taken is sent and delivered at once
	Open        bool             // free text is delivered whenever they last wrote; else it fails a day after that
}

// WhatsApp is the double of the WhatsApp Cloud API for one app: its API on loopback, media included, and the webhooks of what
// people and Meta do there, to be taken with Webhooks. It keeps everything, and tells it to who asks with the right token:
//
//	POST /{number}/messages           text, files, templates, reactions, marks that something was read
//	POST /{number}/media              a file, for a message
//	GET  /{media}, /download/{place}  a file that somebody sent: where it lies for five minutes, and what it is
//	GET  /{account}/message_templates a page of templates
//	GET  /{number}, /{account}        that it is there
//
// For Trouble.At requests are called by method and path, as "POST /200300400500600/messages"; a mark that something was read is
// "MARK /200300400500600/messages". Methods panic when they name what does not exist: the script is then wrong.
type WhatsApp struct {
	double
	options WhatsAppOptions

	mu        sync.Mutex
	made      uint64
	numbers   []whatsAppNumber
	contacts  []*Contact
	sent      []SentMessage
	said      map[ngo.Ref]*Contact // who wrote each message that came
	marked    []ngo.Ref
	media     map[string]*whatsAppFile
	places    map[string]whatsAppPlace
	templates []WhatsAppTemplate
}

type whatsAppNumber struct{ id, display string }

// Contact is somebody on WhatsApp. Phone is empty of those who hide it behind a user name.
type Contact struct {
	Name     string
	Phone    string // digits with the country, without +
	User     string // the business-scoped id
	Parent   string // the same across linked portfolios; empty for most
	UserName string
	Number   string // the phone number id of ours that they write to

	last time.Time // when they last wrote
}

// SentMessage is a message that the API took.
type SentMessage struct {
	Ref      ngo.Ref
	From     string // the phone number id
	To       string // as it was addressed: +919876543210, or a business-scoped id
	Type     string // text, image, video, audio, document, template, reaction
	Text     string // or caption, or emoji
	About    ngo.Ref
	Quotes   ngo.Ref
	Template string // its name
	Language string
	Values   []string // of the template's body, in their order
	File     []byte   // of the message, or of the template's header
	FileName string
	FileType string
	Token    string // our own id of it
	At       time.Time
	State    string // the last that was told: accepted, sent, delivered, read, failed

	to *Contact
}

// WhatsAppTemplate is a template at Meta.
type WhatsAppTemplate struct {
	Name, Language string
	Status         string // APPROVED when empty
	Category       string // UTILITY when empty
	Header         string // its text, or IMAGE, VIDEO, DOCUMENT; empty for none
	Body           string // with {{1}} or {{name}}
	Footer         string
	Buttons        []string // quick replies
	Reason         string   // why it was rejected
}

type whatsAppFile struct {
	kind, name string
	data       []byte
	came       time.Time // zero of one that was handed over to be sent
}

type whatsAppPlace struct {
	media string
	until time.Time
}

// NewWhatsApp starts the double on a free port of 127.0.0.1. Close ends it.
func NewWhatsApp(o WhatsAppOptions) (*WhatsApp, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	for i, f := range []struct {
		field  *string
		digits int
	}{{&o.Number, 15}, {&o.WABA, 15}, {&o.Token, 0}, {&o.AppSecret, 0}, {&o.VerifyToken, 0}} {
		switch {
		case *f.field != "":
		case f.digits > 0:
			*f.field = digitsOf(o.Seed^0x3a, uint64(i), f.digits)
		default:
			*f.field = identifier(o.Seed^0x3a, uint64(i))
		}
	}
	if o.Display == "" {
		o.Display = "915550010001"
	}
	w := &WhatsApp{
		options: o, numbers: []whatsAppNumber{{o.Number, o.Display}}, said: map[ngo.Ref]*Contact{}, media: map[string]*whatsAppFile{},
		places: map[string]whatsAppPlace{},
	}
	w.most = 101 << 20
	if err := w.start(w, "/v26.0"); err != nil {
		return nil, err
	}
	return w, nil
}

// digitsOf makes a number up that does not begin with 0.
func digitsOf(seed, n uint64, length int) string {
	x := mix(n + mix(seed))
	out := []byte{byte('1' + x%9)}
	for len(out) < length {
		x = mix(x)
		out = append(out, byte('0'+x%10))
	}
	return string(out)
}

// Values are the settings of a channel account of driver whatsapp that stands for this double.
func (w *WhatsApp) Values() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	numbers := ""
	for i, n := range w.numbers {
		if i > 0 {
			numbers += ","
		}
		numbers += n.id
	}
	return map[string]string{
		"app-secret": w.options.AppSecret, "verify-token": w.options.VerifyToken, "token": w.options.Token,
		"phone-number-id": numbers, "waba-id": w.options.WABA, "base-url": w.URL(),
	}
}

// SetToken ends the token, as when an administrator made another: what asks with the former one is refused.
func (w *WhatsApp) SetToken(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.options.Token = token
}

// AddNumber gives the organisation one more number, and tells its id.
func (w *WhatsApp) AddNumber(display string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := whatsAppNumber{digitsOf(w.options.Seed^0x6e, uint64(len(w.numbers)), 15), display}
	w.numbers = append(w.numbers, n)
	return n.id
}

// Person is somebody with a phone number, as all are that have no user name.
func (w *WhatsApp) Person(name, phone string) *Contact {
	return w.contact(&Contact{Name: name, Phone: phone})
}

// Hidden is somebody with a user name, whose phone number is not told.
func (w *WhatsApp) Hidden(name, userName string) *Contact {
	return w.contact(&Contact{Name: name, UserName: userName})
}

func (w *WhatsApp) contact(c *Contact) *Contact {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.User, c.Number = w.userID(), w.options.Number
	w.contacts = append(w.contacts, c)
	return c
}

func (w *WhatsApp) userID() string {
	w.made++
	return "IN." + digitsOf(w.options.Seed^0xb5, w.made, 20)
}

// ref makes the id of a message, which carries the person's number as the real ones do.
func (w *WhatsApp) ref(c *Contact) ngo.Ref {
	w.made++
	return ngo.Ref("wamid." + base64.StdEncoding.EncodeToString([]byte("\x1d\x01\x18\x0c"+c.Phone+"\x15\x02\x00\x11\x18\x12"+identifier(w.options.Seed^0x3d, w.made)+"\x00")))
}

func (w *WhatsApp) now() time.Time { return w.options.Now().UTC().Truncate(time.Second) }

func (w *WhatsApp) display(number string) string {
	for _, n := range w.numbers {
		if n.id == number {
			return n.display
		}
	}
	return "915559990000" // of somebody else's number
}

// to finds whom a message is addressed to; somebody nobody has heard of when it is a number.
func (w *WhatsApp) to(address string) *Contact {
	for _, c := range slices.Backward(w.contacts) {
		if address == c.User || c.Phone != "" && address == "+"+c.Phone {
			return c
		}
	}
	if address == "" || address[0] != '+' {
		return nil
	}
	c := &Contact{Phone: address[1:], User: w.userID(), Number: w.options.Number}
	w.contacts = append(w.contacts, c)
	return c
}

// Sent gives the messages that were taken, oldest first. One that came twice is there twice.
func (w *WhatsApp) Sent() []SentMessage {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// Taken tells how often each message was taken, by our own id of it.
func (w *WhatsApp) Taken() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]int{}
	for _, m := range w.sent {
		out[m.Token]++
	}
	return out
}

// MarkedRead gives the messages of people that were marked as read, in the order of the marks.
func (w *WhatsApp) MarkedRead() []ngo.Ref {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.marked)
}

// AddTemplate puts a template up, in the place of one of the same name and language.
func (w *WhatsApp) AddTemplate(t WhatsAppTemplate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.templates = slices.DeleteFunc(w.templates, func(o WhatsAppTemplate) bool { return o.Name == t.Name && o.Language == t.Language })
	if t.Status == "" {
		t.Status = "APPROVED"
	}
	if t.Category == "" {
		t.Category = "UTILITY"
	}
	w.templates = append(w.templates, t)
}

// Refuse makes the API refuse the next messages with a code of Meta's, so many of them; without end when times is 0.
func (w *WhatsApp) Refuse(code, times int) {
	status := graphStatus[code]
	if status == 0 {
		status = 400
	}
	w.Trouble(Trouble{At: "POST /" + w.options.Number + "/messages", Status: status, Body: graphError(code, "refused by the double"), Times: times})
}

// Lose makes the API take the next message and hang up instead of answering.
func (w *WhatsApp) Lose() {
	w.Trouble(Trouble{At: "POST /" + w.options.Number + "/messages", Lost: true, Times: 1})
}

// graphStatus is with which status a code comes, where that is not 400.
var graphStatus = map[int]int{
	0: 401, 190: 401, 3: 500, 10: 403, 200: 403, 299: 403, 131005: 403, 368: 403, 130497: 403, 131031: 403, 2: 503, 131000: 500, 131016: 500,
	131057: 500, 133004: 503, 132001: 404, 131045: 500,
}

func graphError(code int, details string) string {
	return `{"error":{"message":"(#` + strconv.Itoa(code) + `) ` + details + `","type":"OAuthException","code":` + strconv.Itoa(code) +
		`,"error_data":{"messaging_product":"whatsapp","details":"` + details + `"},"fbtrace_id":"A` + fmt.Sprint(code) + `"}}`
}
