// Package ses sends mail through Amazon SES and hears what SES tells by Amazon SNS: mail that came, in the notification or in a
// bucket, and what became of mail that was sent. With a bucket it also looks there by itself, so that nothing is lost while
// this box is off: SNS gives up within the hour.
//
// A right signature proves only that Amazon sent a notification. That it is of a topic of ours is another check, and both are
// made before anything is believed. Certificates come from Amazon's own addresses and nowhere else. What touches no network is
// pure, but for the certificates that Verify remembers; all is safe for concurrent use.
package ses

import (
	"context"
	"crypto/x509"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/egress"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options are what a driver is made with; the zero value is right for use.
type Options struct {
	Mail email.Options
	// Get asks one of Amazon's addresses and gives the answer's body, as egress.Client.Do does; nil for that.
	Get   func(ctx context.Context, address string) ([]byte, error)
	Every time.Duration // between two looks into the bucket; 3 min when 0
	// Longest is how long one look may take, and the fetching of one mail; 10 min when 0.
	Longest time.Duration
}

// Driver makes accounts.
type Driver struct {
	o    Options
	mail *email.Driver
}

var _ channel.Driver = (*Driver)(nil)

const (
	getTimeout = 10 * time.Second
	mostGot    = 64 << 10 // bytes of a certificate, and of whatever else is asked for
	usualEvery = 3 * time.Minute

	usualLongest = 10 * time.Minute
)

// New makes the driver.
func New(o Options) *Driver {
	if o.Get == nil {
		client := egress.NewClient(egress.Options{Timeout: getTimeout, MaxBody: mostGot})
		o.Get = func(ctx context.Context, address string) ([]byte, error) { return get(ctx, client, address) }
	}
	if o.Every <= 0 {
		o.Every = usualEvery
	}
	if o.Longest <= 0 {
		o.Longest = usualLongest
	}
	if o.Mail.Now == nil {
		o.Mail.Now = time.Now
	}
	return &Driver{o: o, mail: email.New(o.Mail)}
}

// Name is ses.
func (d *Driver) Name() string { return "ses" }

const (
	yes = "yes"
	no  = "no"
)

// Settings are what an account needs.
func (d *Driver) Settings() setting.Form {
	return setting.Form{
		{
			Name: "smtp", Title: "SES mail server", Kind: setting.Address, Required: true,
			Help: "The SMTP endpoint of SES in your region, with its port, such as email-smtp.ap-south-1.amazonaws.com:587.",
		},
		{
			Name: "from", Title: "From", Kind: setting.Mail, Required: true,
			Help: "The address the mails come from, of a domain that SES has verified.",
		},
		{Name: "user", Title: "SMTP user", Kind: setting.Text, Required: true, Help: "The user of the SMTP credentials that SES made."},
		{Name: "password", Title: "SMTP password", Kind: setting.Text, Secret: true, Required: true, Help: "Their password. It is not the secret of an access key."},
		{Name: "region", Title: "Region", Kind: setting.Text, Help: "Such as ap-south-1. Empty: the one in the name of the mail server."},
		{
			Name: "topics", Title: "Topics", Kind: setting.Text,
			Help: "The ARNs of the SNS topics that are believed, separated by commas. Empty: nothing is heard from SNS.",
		},
		{
			Name: "strict", Title: "Newer signatures only", Kind: setting.Choice, Default: no, Choices: []string{yes, no},
			Help: "yes refuses notifications signed with SHA-1. Set SignatureVersion of the topics to 2 first.",
		},
		{Name: "domains", Title: "Other domains", Kind: setting.Text, Help: "Further domains whose mail comes in here, separated by commas."},
		{Name: "bucket", Title: "Bucket", Kind: setting.Text, Help: "The S3 bucket that SES puts mail into. Needed for mail over 150 KB."},
		{Name: "prefix", Title: "Prefix", Kind: setting.Text, Help: "How the names of mails in the bucket begin, such as mail/."},
		{Name: "access-key", Title: "Access key", Kind: setting.Text, Help: "The id of an access key that may list the bucket and read what lies in it, and nothing else."},
		{Name: "secret-key", Title: "Secret key", Kind: setting.Text, Secret: true, Help: "Its secret."},
		{Name: "s3", Title: "S3 endpoint", Kind: setting.URL, Help: "Where the bucket is, when elsewhere than at Amazon's own address."},
		{
			Name: "tls", Title: "Encryption", Kind: setting.Choice, Default: "auto", Choices: []string{"auto", "starttls", "tls", "none"},
			Help: "As for the channel email; auto is right.",
		},
	}
}

// Open checks the values and makes an account, which can do what is set up: send, be told, look. It fails with Invalid.
func (d *Driver) Open(v setting.Values) (channel.Account, error) {
	form := d.Settings()
	v, err := form.Check(v)
	if err != nil {
		return nil, err
	}
	own := setting.Values{}
	for _, name := range []string{"smtp", "from", "user", "password", "tls"} {
		own[name] = v[name]
	}
	mail, err := d.mail.Sender(own)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(v["smtp"])
	if err != nil {
		return nil, setting.Faulty(form, "smtp is not of the form HOST:PORT")
	}
	s := &sender{Sender: mail, region: v["region"]}
	if s.region == "" {
		s.region = regionOf(host)
	}
	if wrong := faults(v, s.region); len(wrong) > 0 {
		return nil, setting.Faulty(form, wrong...)
	}
	topics := list(v["topics"])
	if len(topics) == 0 && v["bucket"] == "" {
		return s, nil
	}
	a := &account{sender: s, driver: d, topics: topics, strict: v["strict"] == yes, certificates: map[string]*x509.Certificate{}, refused: map[string]time.Time{}}
	a.domains = append(list(strings.ToLower(v["domains"])), domainOf(s.Address()))
	a.reader = email.Reader{Line: s.Address(), Others: a.ours, Server: "amazonses.com", Within: inbound, Provider: "Amazon"}
	if v["bucket"] == "" {
		return a, nil
	}
	b, err := newBucket(v, s.region)
	if err != nil {
		return nil, err
	}
	a.bucket = b
	return &collector{account: a}, nil
}

var (
	regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	topicForm  = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$`)
	bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

func faults(v setting.Values, region string) []string {
	var out []string
	if !regionForm.MatchString(region) {
		out = append(out, "region is needed, such as ap-south-1: the mail server's name does not tell it")
	}
	for _, t := range list(v["topics"]) {
		if !topicForm.MatchString(t) {
			out = append(out, "topics has one that is no ARN of a topic, such as arn:aws:sns:ap-south-1:123456789012:mail-in")
		}
	}
	for _, domain := range list(v["domains"]) {
		if _, err := ngo.NormaliseEMail("x@" + domain); err != nil {
			out = append(out, "domains has one that is none")
		}
	}
	if v["bucket"] != "" && !bucketForm.MatchString(v["bucket"]) {
		out = append(out, "bucket is not the name of one")
	}
	if v["bucket"] != "" && (v["access-key"] == "" || v["secret-key"] == "") {
		out = append(out, "bucket needs an access-key and its secret-key")
	}
	return out
}

// list parts words that are separated by commas.
func list(s string) []string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	return slices.Compact(slices.Sorted(slices.Values(words)))
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

// regionOf reads the region in the name of an SMTP endpoint: email-smtp.REGION.amazonaws.com.
func regionOf(host string) string {
	parts := strings.Split(strings.ToLower(host), ".")
	if len(parts) >= 4 && strings.HasPrefix(parts[0], "email-smtp") && parts[2] == "amazonaws" {
		return parts[1]
	}
	return ""
}

// inbound tells the machines of SES that take mail.
func inbound(host string) bool {
	return strings.HasPrefix(host, "inbound-smtp.") && (strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn"))
}

// sender sends by SES.
type sender struct {
	*email.Sender
	region string
}

var (
	_ channel.Dispatcher = (*sender)(nil)
	_ channel.Returner   = (*sender)(nil)
)

// Send hands the mail to SES and returns the Message-ID that we gave it. Its codes are those of email.Sender.Send.
func (s *sender) Send(ctx context.Context, m channel.Message) (ngo.Ref, error) {
	d, err := s.Dispatch(ctx, m)
	return d.Ref, err
}

// Dispatch is Send. SES puts a Message-ID of its own in the place of ours: the alias.
func (s *sender) Dispatch(ctx context.Context, m channel.Message) (channel.Dispatched, error) {
	ref, said, err := s.Hand(ctx, m)
	if err != nil {
		return channel.Dispatched{}, err
	}
	out := channel.Dispatched{Ref: ref}
	if id := idIn(said); id != "" {
		out.Aliases = []ngo.Ref{s.alias(id)}
	}
	return out, nil
}

var idForm = regexp.MustCompile(`^[0-9A-Za-z]+(-[0-9A-Za-z]+)+$`)

// idIn reads SES's id of a mail in its answer: 250 Ok 0109019….
func idIn(said string) string {
	words := strings.Fields(said)
	if len(words) == 0 {
		return ""
	}
	if last := words[len(words)-1]; len(last) >= 20 && len(last) <= 200 && idForm.MatchString(last) {
		return last
	}
	return ""
}

// alias is the Message-ID that recipients see.
func (s *sender) alias(id string) ngo.Ref {
	if s.region == "us-east-1" {
		return ngo.Ref(id + "@email.amazonses.com")
	}
	return ngo.Ref(id + "@" + s.region + ".amazonses.com")
}

// account sends and hears.
type account struct {
	*sender
	driver  *Driver
	reader  email.Reader
	topics  []string
	domains []string
	strict  bool
	bucket  *bucket // nil for none

	mu           sync.Mutex
	certificates map[string]*x509.Certificate // by address
	refused      map[string]time.Time         // addresses that gave no certificate, and when
}

var (
	_ channel.Receiver = (*account)(nil)
	_ channel.Learner  = (*account)(nil)
	_ channel.Runner   = (*account)(nil)
	_ channel.Streamer = (*account)(nil)
	_ channel.Posted   = (*account)(nil)
	_ channel.Listener = (*collector)(nil)
)

// ours tells whether an address is of a domain whose mail comes in here.
func (a *account) ours(address string) bool { return slices.Contains(a.domains, domainOf(address)) }

// Check tries the way out and, where there is one, the bucket.
func (a *account) Check(ctx context.Context) error {
	if err := a.Sender.Check(ctx); err != nil || a.bucket == nil {
		return err
	}
	return a.bucket.check(ctx)
}

// collector is an account that looks into its bucket by itself.
type collector struct{ *account }
