package apiserver

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// probeAge is how old the last probe row may be while the daemon counts as ready.
const probeAge = 10 * time.Second

func (s *Server) status(ctx context.Context, _ *struct{}) (*answer[api.Status], error) {
	now := s.o.Now()
	out := api.Status{
		Version: s.o.Version, Started: s.started, UptimeSeconds: int64(now.Sub(s.started) / time.Second),
		RSSBytes: rss(), Orgs: []api.OrgStatus{}, Actor: actor(ctx), Ready: now.Sub(s.o.Probe()) <= probeAge,
		Problems: append([]string{}, s.o.Problems...),
	}
	if b := s.o.Blobs.Bucket(); b != nil {
		out.Bucket = b.String()
	}
	if s.o.Troubles != nil {
		out.Problems = append(out.Problems, s.o.Troubles()...)
	}
	orgs, err := s.visible(ctx, jobRead)
	if err != nil {
		return nil, err
	}
	for _, o := range orgs {
		st, err := s.orgStatus(ctx, o)
		if err != nil {
			return nil, err
		}
		out.Orgs = append(out.Orgs, st)
		out.JobsPending += st.JobsPending
		out.JobsParked += st.JobsParked
		out.DeliveriesQuarantined += st.DeliveriesQuarantined
	}
	return &answer[api.Status]{out}, nil
}

func (s *Server) orgStatus(ctx context.Context, info ngo.Org) (api.OrgStatus, error) {
	o, err := s.o.Book.Org(ctx, info.Slug)
	if err != nil {
		return api.OrgStatus{}, err
	}
	st := api.OrgStatus{Org: info.Slug}
	if st.Problems, err = s.problems(ctx, o); err != nil {
		return st, err
	}
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		sum, err := rx.Summary(o.Day(s.o.Now()))
		if err != nil {
			return err
		}
		st.JobsPending, st.JobsParked, st.DeliveriesQuarantined = sum.JobsReady, sum.JobsParked, sum.Quarantined
		last, err := rx.LastProbe()
		if !last.IsZero() {
			st.LastProbe = &last
		}
		return err
	})
	return st, err
}

// endsSoon is how long before an approval ends that is said: renewing one takes weeks.
const endsSoon = 60 * 24 * time.Hour

// problems tells what stands in the way of an organisation's receipts and messages.
func (s *Server) problems(ctx context.Context, o *org.Org) ([]string, error) {
	p, err := o.Profile(ctx)
	if err != nil {
		return nil, err
	}
	channels, err := o.Channels(ctx)
	if err != nil {
		return nil, err
	}
	out := []string{}
	if text := approvalProblem(p, o.Day(s.o.Now()), o.Day(s.o.Now().Add(endsSoon))); text != "" {
		out = append(out, text)
	}
	if !slices.ContainsFunc(channels, func(c org.Channel) bool { return c.Account.Reaches(ngo.EMail) }) {
		out = append(out, "There is no mail account: receipts wait to be sent. Add one with: ngoctl channel add email")
	}
	troubled, err := s.troubled(ctx, o)
	return append(out, troubled...), err
}

// troubled names the connections that raised an alarm, and those at which something that their secret did not sign was refused
// within a day.
func (s *Server) troubled(ctx context.Context, o *org.Org) (out []string, err error) {
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		for _, kind := range []ngo.AccountKind{ngo.Gateway, ngo.Channel} {
			accounts, err := rx.Accounts(kind)
			if err != nil {
				return err
			}
			for _, a := range accounts {
				h, err := rx.Health(a.ID)
				if err != nil {
					return err
				}
				if h.Alarm != "" {
					see := "gateway show " + a.Name
					if kind == ngo.Channel {
						see = "channel health"
					}
					out = append(out, fmt.Sprintf("The %s %s: %s. See: ngoctl %s", a.Kind, a.Name, strings.TrimSuffix(h.Alarm, "."), see))
				}
				if h.LastRefused == nil || s.o.Now().Sub(*h.LastRefused) > 24*time.Hour {
					continue
				}
				out = append(out, fmt.Sprintf("Deliveries for the %s %s were refused: their signature is not ours (%s in all). Strangers try that; if it is the provider, "+
					"the secret differs. See: ngoctl %s show %s", a.Kind, a.Name, ngo.FormatNumber(h.Refused), a.Kind, a.Name))
			}
		}
		return nil
	})
	return out, err
}

// approvalProblem tells what is wrong with an organisation's approval today, or soon; empty when nothing is.
func approvalProblem(p ngo.Profile, today, soon ngo.Date) string {
	const plain = " Receipts are plain acknowledgements, without deduction. Enter it with: ngoctl org set"
	switch {
	case p.ApprovalNumber == "" || p.ApprovalFrom == "" || p.ApprovalUntil == "":
		return "No approval for tax deduction is on record, or not for which days it is valid." + plain
	case p.PAN == "":
		return "The organisation's own PAN is not on record." + plain
	case today < p.ApprovalFrom:
		return "The approval for tax deduction is valid from " + ngo.FormatDate(p.ApprovalFrom, "en") + " only." + plain
	case today > p.ApprovalUntil:
		return "The approval for tax deduction ended on " + ngo.FormatDate(p.ApprovalUntil, "en") + "." + plain
	case soon > p.ApprovalUntil:
		return "The approval for tax deduction ends on " + ngo.FormatDate(p.ApprovalUntil, "en") + ". Enter the next one with: ngoctl org set"
	}
	return ""
}

// rss gives the memory of the process, 0 where there is no /proc.
func rss() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
