package pull

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// TryChannel finds out whether what people write comes in by a channel: whether the handshake is answered at the public address,
// and whether a signed delivery that means nothing is stored. It fails as Try does.
func (p *Puller) TryChannel(ctx context.Context, o *org.Org, name string) ([]Step, error) {
	info, account, err := o.Channel(ctx, name)
	if err != nil {
		return nil, err
	}
	if _, listens := account.(channel.Listener); listens {
		return []Step{{Name: "way in", OK: true, Text: "This box fetches what comes by itself; nothing needs to reach it."}}, nil
	}
	if !org.Hooked(account) {
		return nil, nil
	}
	base, err := url.Parse(p.o.BaseURL)
	if err != nil || base.Hostname() == "" {
		return []Step{{Name: "address", Text: "The address under which the world finds this box is not known.", Hint: "set base_url in config.toml in the data folder"}}, nil
	}
	address, reached := p.address(ctx, base, info)
	if !address.OK {
		address.Hint = "set base_url in config.toml to the public address; the provider sends there, over HTTPS"
	}
	steps := []Step{address}
	prober, probes := account.(channel.Prober)
	if !reached || !probes {
		return steps, nil
	}
	to := strings.TrimSuffix(p.o.BaseURL, "/") + "/hooks/" + o.Info().Slug + "/" + info.Name
	knocked := p.knock(ctx, to, prober)
	steps = append(steps, knocked)
	if !knocked.OK {
		return steps, nil
	}
	header, body := prober.Probe(p.o.Now(), rand.Text())
	sent := p.send(ctx, to, header, body)
	steps = append(steps, sent)
	if !sent.OK {
		return steps, nil
	}
	return append(steps, stored(ctx, o, info, body)), nil
}

// knock asks at the address as the provider does before it sends anything there.
func (p *Puller) knock(ctx context.Context, to string, prober channel.Prober) Step {
	s := Step{Name: "handshake"}
	query, want := prober.Knock(rand.Text())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to+"?"+query.Encode(), nil)
	if err != nil {
		s.Text = "The address cannot be written: " + ngo.Printable(to)
		return s
	}
	answer, err := p.o.HTTP.Do(req)
	switch {
	case answer.Status == 0:
		s.Text, s.Hint = unanswered(to, err)
	case answer.Status == http.StatusOK && string(answer.Body) == want:
		s.OK, s.Text = true, "The handshake is answered at "+to+"."
	case answer.Status == http.StatusForbidden:
		s.Text, s.Hint = to+" refused the handshake.", "another ngoctl may answer there: look at base_url in config.toml and at the proxy"
	default:
		s.Text = fmt.Sprintf("%s answered the handshake with %d and something else than it should.", to, answer.Status)
		s.Hint = "another program answers there: look at base_url in config.toml and at the proxy"
	}
	return s
}
