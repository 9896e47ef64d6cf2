package apiserver

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

type deliveriesIn struct {
	OrgPath
	PageQuery
	GatewayQuery
	State  string `query:"state" enum:"accepted,processed,quarantined"`
	Source string `query:"source" enum:"webhook,poll" doc:"Whether the gateway sent it or was asked."`
}

func (s *Server) deliveries(ctx context.Context, in *deliveriesIn) (*page[ngo.Delivery], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Delivery, string, error) {
		account, err := in.account(rx)
		if err != nil {
			return nil, "", err
		}
		return rx.Deliveries(store.DeliveryQuery{ListQuery: in.list(), State: ngo.DeliveryState(in.State), Account: account, Source: ngo.DeliverySource(in.Source)})
	})
}

// list reads one page.
func list[T any](ctx context.Context, s *Server, in OrgPath, read func(*store.Rx) ([]T, string, error)) (*page[T], error) {
	var items []T
	var next string
	err := s.read(ctx, in, func(rx *store.Rx) (err error) {
		items, next, err = read(rx)
		return err
	})
	return newPage(items, next), err
}

// one reads one row.
func one[T any](ctx context.Context, s *Server, in OrgPath, read func(*store.Rx) (T, error)) (*answer[T], error) {
	var out answer[T]
	err := s.read(ctx, in, func(rx *store.Rx) (err error) {
		out.Body, err = read(rx)
		return err
	})
	return &out, err
}

func (s *Server) delivery(ctx context.Context, in *IDPath) (*answer[ngo.Delivery], error) {
	return one(ctx, s, in.OrgPath, func(rx *store.Rx) (ngo.Delivery, error) { return rx.Delivery(ngo.DeliveryID(in.ID)) })
}

// replayDelivery leaves the job that reads a delivery once more. The step is harmless when run twice.
func (s *Server) replayDelivery(ctx context.Context, in *IDPath) (*struct{}, error) {
	return nil, s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		d, err := tx.Delivery(ngo.DeliveryID(in.ID))
		if err != nil {
			return err
		}
		if d.State == ngo.DeliveryAccepted {
			return &ngo.Error{Code: ngo.Conflict, Message: "this delivery still waits for its first turn", Hint: "see what holds it up: ngoctl job list"}
		}
		if _, _, _, err := tx.DeliveryBody(d.ID); err != nil {
			return err
		}
		return tx.ReadAgain(d)
	})
}

type jobsIn struct {
	OrgPath
	PageQuery
	Lane  string `query:"lane" enum:"payment,message,document,outbound,bulk"`
	State string `query:"state" enum:"ready,parked"`
	Kind  string `query:"kind" maxLength:"40"`
}

func (s *Server) jobs(ctx context.Context, in *jobsIn) (*page[ngo.Job], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Job, string, error) {
		return rx.Jobs(store.JobQuery{ListQuery: in.list(), Lane: ngo.Lane(in.Lane), State: ngo.JobState(in.State), Kind: ngo.JobKind(in.Kind)})
	})
}

func (s *Server) job(ctx context.Context, in *IDPath) (*answer[ngo.Job], error) {
	return one(ctx, s, in.OrgPath, func(rx *store.Rx) (ngo.Job, error) { return rx.Job(ngo.JobID(in.ID)) })
}

func (s *Server) retryJob(ctx context.Context, in *IDPath) (*struct{}, error) {
	return nil, s.write(ctx, in.OrgPath, func(tx *store.Tx) error { return tx.RetryParked(ngo.JobID(in.ID)) })
}

type auditIn struct {
	OrgPath
	PageQuery
}

func (s *Server) audit(ctx context.Context, in *auditIn) (*page[ngo.AuditEntry], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.AuditEntry, string, error) { return rx.Audit(in.list()) })
}

func (s *Server) verifyAudit(ctx context.Context, in *OrgPath) (*answer[api.AuditReport], error) {
	o, err := s.open(ctx, *in)
	if err != nil {
		return nil, err
	}
	r, err := o.Store.VerifyAudit(ctx)
	return &answer[api.AuditReport]{report(r)}, err
}

func (s *Server) applianceAudit(ctx context.Context, in *PageQuery) (*page[ngo.AuditEntry], error) {
	items, next, err := s.o.Store.Audit(ctx, in.list())
	return newPage(items, next), err
}

func (s *Server) verifyApplianceAudit(ctx context.Context, _ *struct{}) (*answer[api.AuditReport], error) {
	r, err := s.o.Store.VerifyAudit(ctx)
	return &answer[api.AuditReport]{report(r)}, err
}

func report(r store.AuditReport) api.AuditReport {
	return api.AuditReport{OK: r.Whole(), Entries: r.Entries, Head: r.Head, Broken: r.Seq, Reason: r.Reason}
}

func (s *Server) acts(ctx context.Context, in *auditIn) (*page[ngo.Act], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Act, string, error) { return rx.Acts(in.list()) })
}

func (s *Server) undo(ctx context.Context, in *IDPath) (*answer[ngo.Act], error) {
	var out answer[ngo.Act]
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	err = s.connect(ctx, o, func(tx *store.Tx) error {
		done, err := tx.Act(ngo.ActID(in.ID))
		if err != nil {
			return err
		}
		if err := callOf(ctx).who.allow(undoing[done.Kind], place{org: in.Org}); err != nil {
			return err
		}
		out.Body, err = tx.Undo(done.ID)
		return err
	})
	return &out, err
}
