package pull

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Step is one thing that was tried of a gateway.
type Step struct {
	Name string
	OK   bool
	Text string // what was seen
	Hint string
}

const (
	tryTimeout = 10 * time.Second
	tooSlow    = 5 * time.Second // then a gateway has given up
)

// Try finds out whether a gateway works: whether it takes our key, and whether a signed delivery that means nothing comes in by
// way of the public address, as the gateway's own would. It fails with NotFound when there is no such gateway, and with Invalid
// when its settings make no account; what does not work is told in the steps.
func (p *Puller) Try(ctx context.Context, o *org.Org, gateway string) ([]Step, error) {
	info, account, err := o.Gateway(ctx, gateway)
	if err != nil {
		return nil, err
	}
	if _, asked := account.(payment.Poller); !asked && !hooked(info) {
		return []Step{{Name: "webhook", OK: true, Text: "Gifts are entered by hand: nothing is asked, and nothing is sent."}}, nil
	}
	steps := []Step{credentials(ctx, info, account)}
	if !hooked(info) {
		return append(steps, Step{Name: "webhook", OK: true, Text: "It is asked every few minutes; nothing needs to reach this box."}), nil
	}
	prober, ok := account.(payment.Prober)
	if !ok {
		return append(steps, Step{Name: "webhook", Text: "There is no secret to sign a trial with.", Hint: setHint(info)}), nil
	}
	base, err := url.Parse(p.o.BaseURL)
	if err != nil || base.Hostname() == "" {
		return append(steps, Step{Name: "address", Text: "The address under which the world finds this box is not known.", Hint: "set base_url in config.toml in the data folder"}), nil
	}
	address, reached := p.address(ctx, base, info)
	steps = append(steps, address)
	if !reached {
		return steps, nil
	}
	header, body := prober.Probe(p.o.Now(), rand.Text())
	to := strings.TrimSuffix(p.o.BaseURL, "/") + "/hooks/" + o.Info().Slug + "/" + info.Name
	sent := p.send(ctx, to, header, body)
	steps = append(steps, sent)
	if !sent.OK {
		return steps, nil
	}
	return append(steps, stored(ctx, o, info, body)), nil
}

func setHint(a ngo.Account) string { return "see: ngoctl gateway set " + a.Name + " --help" }

// credentials tries the key of the gateway's API.
func credentials(ctx context.Context, info ngo.Account, account payment.Account) Step {
	s := Step{Name: "key", OK: true, Text: "The gateway takes the key of its API."}
	if doubter, ok := account.(payment.Doubter); ok && doubter.Doubt() != "" {
		s.Hint = doubter.Doubt()
	}
	checker, ok := account.(payment.Checker)
	if !ok {
		s.Text = "There is no key for the gateway's API: what its webhooks miss is not found, and refunds are made in its dashboard."
		s.Hint = setHint(info)
		return s
	}
	if err := checker.Check(ctx); err != nil {
		s.OK, s.Text, s.Hint = false, "The gateway was asked, but: "+message(err)+".", hint(err, "try it again in a while")
		if code := ngo.CodeOf(err); code == ngo.Unauthenticated || code == ngo.Denied {
			s.Hint = hint(err, setHint(info))
		}
	}
	return s
}

// address tells where the public address leads, and whether it can be tried at all.
func (p *Puller) address(ctx context.Context, base *url.URL, info ngo.Account) (s Step, reached bool) {
	s.Name = "address"
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", base.Hostname())
	if err != nil || len(found) == 0 {
		s.Text = "The name " + ngo.Printable(base.Hostname()) + " leads nowhere."
		s.Hint = "look at the name's DNS entry, and at base_url in config.toml"
		return s, false
	}
	list := make([]string, len(found))
	for i, a := range found {
		list[i] = a.Unmap().String()
	}
	s.OK, s.Text = true, fmt.Sprintf("%s leads to %s.", ngo.Printable(base.Hostname()), strings.Join(list, ", "))
	switch {
	case !slices.ContainsFunc(found, onInternet):
		s.OK, s.Text = false, s.Text+" That is this box or its own network, which a gateway cannot reach."
		s.Hint = "set base_url in config.toml to the public address, or have the gateway asked instead: ngoctl gateway set " + info.Name + " --webhook no"
	case base.Scheme != "https":
		s.OK, s.Text = false, s.Text+" It is not served over HTTPS, to which alone a gateway sends."
		s.Hint = "set tls.mode in config.toml to acme, or let a proxy in front of this box do it"
	}
	return s, true
}

var carrier = netip.MustParsePrefix("100.64.0.0/10") // addresses that many customers of a provider share

func onInternet(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate() && !carrier.Contains(a)
}

// send delivers the trial as a gateway would.
func (p *Puller) send(ctx context.Context, to string, header http.Header, body []byte) Step {
	s := Step{Name: "delivery"}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		s.Text = "The address cannot be written: " + ngo.Printable(to)
		return s
	}
	req.Header = header
	begun := p.o.Now()
	answer, err := p.o.HTTP.Do(req)
	took := p.o.Now().Sub(begun)
	if answer.Status == 0 {
		s.Text, s.Hint = unanswered(to, err)
		return s
	}
	s.Text = fmt.Sprintf("%s answered %d after %s.", to, answer.Status, took.Round(time.Millisecond))
	switch {
	case answer.Status == http.StatusOK && took > tooSlow:
		s.Hint = "a gateway gives up after five seconds: see what keeps this box busy with ngoctl status"
	case answer.Status == http.StatusOK:
		s.OK = true
	case answer.Status == http.StatusUnauthorized:
		s.Hint = "the signature was refused: another ngoctl may answer there, or something on the way changes what is sent"
	case answer.Status == http.StatusNotFound:
		s.Hint = "another program, or another ngoctl, answers there: look at base_url in config.toml and at the proxy"
	default:
		s.Hint = "the log of the daemon, or of the proxy in front of it, says why"
	}
	return s
}

// unanswered says why there was no answer.
func unanswered(to string, err error) (text, hint string) {
	_, untrusted := errors.AsType[x509.UnknownAuthorityError](err)
	_, misnamed := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	if untrusted || misnamed || invalid {
		return "The certificate of " + to + " is not one that a gateway trusts.",
			"set tls.mode in config.toml to acme, or give it a certificate of a public authority"
	}
	return "Nothing answers at " + to + ".",
		"look whether the daemon runs (ngoctl status) and the router passes the port on to this box; some routers do not let a box reach itself by its public address, then try it from outside"
}

// stored looks whether the trial has arrived in the organisation's own database.
func stored(ctx context.Context, o *org.Org, info ngo.Account, body []byte) Step {
	digest := sha256.Sum256(body)
	var here bool
	err := o.Store.Read(ctx, func(rx *store.Rx) error {
		latest, _, err := rx.Deliveries(store.DeliveryQuery{ListQuery: store.ListQuery{Limit: 100}, Account: info.ID})
		here = slices.ContainsFunc(latest, func(d ngo.Delivery) bool { return d.Digest == digest })
		return err
	})
	switch {
	case err != nil:
		return Step{Name: "stored", Text: "The deliveries cannot be read: " + message(err) + "."}
	case !here:
		return Step{Name: "stored", Text: "It was answered, but not stored here: another program answers at that address.", Hint: "look at base_url in config.toml and at the proxy"}
	}
	return Step{Name: "stored", OK: true, Text: "The delivery is stored here."}
}

// message says what is wrong in words for people.
func message(err error) string {
	if e, ok := errors.AsType[*ngo.Error](err); ok {
		return e.Message
	}
	return "something went wrong here"
}

func hint(err error, otherwise string) string {
	if e, ok := errors.AsType[*ngo.Error](err); ok && e.Hint != "" {
		return e.Hint
	}
	return otherwise
}
