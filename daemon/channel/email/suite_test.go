package email_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// mailbox is the simulated mail server as the suite wants it.
type mailbox struct{ *sim.SMTP }

func (m mailbox) Taken() map[string]int { return m.Counts() }

func (m mailbox) Lose() { m.Fail(sim.Fault{Step: sim.End, Drop: true, Times: 1}) }

func (m mailbox) Refuse(forGood bool) {
	f := sim.Fault{Step: sim.Recipient, Code: 451, Text: "4.3.0 later", Times: 1}
	if forGood {
		f.Code, f.Text = 550, "5.1.1 no such user"
	}
	m.Fail(f)
}

func TestSuite(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Suite{
		Driver: email.New(email.Options{}),
		To:     ngo.Identity{Kind: ngo.EMail, Value: "meena@example.org"},
		Start: func(t *testing.T) (setting.Values, channeltest.Double) {
			s := server(t, sim.SMTPOptions{})
			return setting.Values{"smtp": s.Addr(), "from": "Sevai <office@sevai.example>"}, mailbox{s}
		},
	})
}
