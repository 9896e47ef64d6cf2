package apiserver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// setChannel changes the settings that are named.
func (s *Server) setChannel(ctx context.Context, in *nameBody[api.SetAccount]) (*answer[api.Account], error) {
	return s.setNamed(ctx, ngo.Channel, in)
}

// testChannel tells what did not work as an answer, not as an error.
func (s *Server) testChannel(ctx context.Context, in *NamePath) (*answer[api.GatewayTest], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	info, account, err := o.Channel(ctx, in.Name)
	if ngo.CodeOf(err) == ngo.NotFound {
		return nil, err
	}
	steps := []api.TestStep{settingsStep(info, err)}
	if err == nil {
		steps = append(steps, s.credentialsStep(ctx, o, info, account))
		if s.o.TryChannel != nil {
			way, err := s.o.TryChannel(ctx, o, in.Name)
			if err != nil {
				return nil, err
			}
			steps = append(steps, way...)
		}
		steps = append(steps, s.templatesStep(ctx, o, org.Channel{Info: info, Account: account})...)
	}
	failed := slices.ContainsFunc(steps, func(t api.TestStep) bool { return !t.OK })
	return &answer[api.GatewayTest]{api.GatewayTest{OK: !failed, Steps: steps}}, nil
}

func settingsStep(a ngo.Account, err error) api.TestStep {
	if err != nil {
		p := problemOf(err)
		return api.TestStep{Name: "settings", Text: "Its settings make no account: " + p.Detail + ".", Hint: "put them right: ngoctl channel set " + a.Name}
	}
	return api.TestStep{Name: "settings", OK: true, Text: "Its settings are complete."}
}

func (s *Server) credentialsStep(ctx context.Context, o *org.Org, a ngo.Account, account channel.Account) api.TestStep {
	told := s.asked(ctx, o, a.ID, account)
	if told.OK {
		return api.TestStep{Name: "log-in", OK: true, Text: "The provider takes its credentials."}
	}
	hint := told.Hint
	if hint == "" {
		hint = "look at its settings: ngoctl channel show " + a.Name
	}
	return api.TestStep{Name: "log-in", Text: "The provider was asked, but: " + told.Problem + ".", Hint: hint}
}

// templatesStep asks for the templates of a channel that can have some, and keeps them.
func (s *Server) templatesStep(ctx context.Context, o *org.Org, c org.Channel) []api.TestStep {
	n, err := s.syncOne(ctx, o, c)
	switch {
	case err != nil:
		told := checked(err)
		return []api.TestStep{{Name: "templates", Text: "Its templates were asked for, but: " + told.Problem + ".", Hint: told.Hint}}
	case n < 0:
		return nil
	case n == 0:
		return []api.TestStep{{Name: "templates", OK: true, Text: "It has no templates: nobody can be written to first.", Hint: "make one at the provider, then: ngoctl template sync"}}
	}
	return []api.TestStep{{Name: "templates", OK: true, Text: fmt.Sprintf("It has %d templates.", n)}}
}

// silence is how long a channel by which messages come may bring none before somebody should look. A small organisation's may
// be quiet over long holidays.
const silence = 14 * 24 * time.Hour

// channelHealths tells how each channel is, from what is stored alone: nobody is asked.
func (s *Server) channelHealths(ctx context.Context, in *OrgPath) (*page[api.ChannelHealth], error) {
	o, err := s.open(ctx, *in)
	if err != nil {
		return nil, err
	}
	var rows []ngo.Account
	var out []api.ChannelHealth
	var healths []ngo.Health
	var templates [][]ngo.Template
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		if rows, err = rx.Accounts(ngo.Channel); err != nil {
			return err
		}
		for _, a := range rows { // a handful
			h := api.ChannelHealth{Lines: []ngo.Ref{}}
			n, err := rx.ChannelCounts(a.ID)
			if err != nil {
				return err
			}
			h.Waiting, h.Failed, h.Uncertain, h.LastIn, h.LastOut = n.Waiting, n.Failed, n.Uncertain, n.LastIn, n.LastOut
			told, err := rx.Health(a.ID)
			if err != nil {
				return err
			}
			known, err := rx.Templates(a.ID)
			if err != nil {
				return err
			}
			out, healths, templates = append(out, h), append(healths, told), append(templates, known)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(ctx, o, rows)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Account = shown[i]
		if err := s.judge(ctx, o, &out[i], healths[i], templates[i]); err != nil {
			return nil, err
		}
	}
	return newPage(out, ""), nil
}

// judge says what is wrong with a channel, the gravest first, in plain words.
func (s *Server) judge(ctx context.Context, o *org.Org, h *api.ChannelHealth, told ngo.Health, templates []ngo.Template) error {
	l, err := (lines{}).of(ctx, o, h.ID)
	if err != nil {
		return err
	}
	_, receives := l.account.(channel.Receiver)
	_, listens := l.account.(channel.Listener)
	h.Hears = receives || listens
	if liner, ok := l.account.(channel.Liner); ok {
		h.Lines = append(h.Lines, liner.Lines()...)
	}
	_, templater := l.account.(channel.Templater)
	see := "try it: ngoctl channel test " + h.Name
	switch now := s.o.Now(); {
	case l.account == nil:
		h.Account.Problem = problemOf(l.err).Detail
		h.Problem, h.Hint = "It cannot be used as it is set up.", see
	case told.Alarm != "":
		h.Problem, h.Hint = told.Alarm, see
	case h.Failed > 0 && h.Waiting == 0 && h.LastOut == nil:
		h.Problem, h.Hint = "Nothing that was sent by it went.", see
	case h.Uncertain > 0:
		h.Problem, h.Hint = fmt.Sprintf("Of %d messages nobody knows whether they arrived.", h.Uncertain), "find out, and say so: ngoctl conversation retry"
	case h.Hears && h.LastIn == nil && now.Sub(h.Created) > silence, h.Hears && h.LastIn != nil && now.Sub(*h.LastIn) > silence:
		h.Problem, h.Hint = "Nothing has come by it for two weeks.", see
	case templater && !slices.ContainsFunc(templates, func(t ngo.Template) bool { return unsendable(t) == "" }):
		h.Problem, h.Hint = "It has no template that can be sent: nobody can be written to first, or once the window is shut.", "ask for them: ngoctl template sync"
	}
	return nil
}
