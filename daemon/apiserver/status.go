package apiserver

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
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
