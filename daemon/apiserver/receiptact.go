package apiserver

import (
	"context"
	"slices"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// issueReceipt has a receipt issued by the job that it leaves, and gives the gift as it is then.
func (s *Server) issueReceipt(ctx context.Context, in *idBody[api.Why]) (*answer[ngo.Donation], error) {
	return s.changeReceipt(ctx, in, func(tx *store.Tx) (ngo.DonationID, error) {
		id := ngo.DonationID(in.ID)
		return id, tx.WantReceipt(id, in.Body.Reason)
	})
}

// replaceReceipt has a receipt replaced by the job that it leaves.
func (s *Server) replaceReceipt(ctx context.Context, in *idBody[api.Why]) (*answer[ngo.Donation], error) {
	return s.changeReceipt(ctx, in, func(tx *store.Tx) (ngo.DonationID, error) {
		r, err := findReceipt(&tx.Rx, in.ID)
		if err != nil {
			return "", err
		}
		return r.Donation, tx.ReplaceByHand(r.ID, in.Body.Reason)
	})
}

// changeReceipt runs what a person does, with a reason, to the receipt of a gift.
func (s *Server) changeReceipt(ctx context.Context, in *idBody[api.Why], do func(*store.Tx) (ngo.DonationID, error)) (*answer[ngo.Donation], error) {
	if err := checkReason(in.Body.Reason, true); err != nil {
		return nil, err
	}
	var out answer[ngo.Donation]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		id, err := do(tx)
		if err != nil {
			return err
		}
		out.Body, err = tx.Donation(id)
		out.Body.Donor = masked(out.Body.Donor)
		return err
	})
	return &out, err
}

func (s *Server) voidReceipt(ctx context.Context, in *idBody[api.Why]) (*answer[ngo.Receipt], error) {
	if err := checkReason(in.Body.Reason, true); err != nil {
		return nil, err
	}
	var out answer[ngo.Receipt]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		r, err := findReceipt(&tx.Rx, in.ID)
		if err != nil {
			return err
		}
		if err := tx.VoidByHand(r.ID, in.Body.Reason); err != nil {
			return err
		}
		out.Body, err = tx.Receipt(r.ID)
		return err
	})
	return &out, err
}

func (s *Server) receiptGaps(ctx context.Context, in *OrgPath) (*page[api.SeriesReport], error) {
	return list(ctx, s, *in, func(rx *store.Rx) ([]api.SeriesReport, string, error) {
		all, err := rx.Gaps()
		out := make([]api.SeriesReport, 0, len(all))
		for _, r := range all {
			out = append(out, api.SeriesReport(r))
		}
		return out, "", err
	})
}

// bulk is one kind of work on many receipts: what to work on, and how.
type bulk struct {
	list func(*store.Rx, store.BulkQuery) ([]store.Candidate, string, error)
	able func(store.Candidate) error // why it cannot be done for one
	do   func(*store.Tx, store.Candidate, string) error
}

func (s *Server) bulkIssue(ctx context.Context, in *orgBody[api.BulkReceipts]) (*answer[api.BulkReport], error) {
	return s.bulk(ctx, in, bulk{
		list: (*store.Rx).Unreceipted,
		able: func(store.Candidate) error { return nil },
		do:   func(tx *store.Tx, c store.Candidate, reason string) error { return tx.WantReceipt(c.Donation, reason) },
	})
}

func (s *Server) bulkSend(ctx context.Context, in *orgBody[api.BulkReceipts]) (*answer[api.BulkReport], error) {
	return s.bulk(ctx, in, bulk{
		list: (*store.Rx).Unmailed,
		able: func(c store.Candidate) error {
			_, err := mailAddress(c.EMail, c.Number)
			return err
		},
		do: func(tx *store.Tx, c store.Candidate, reason string) error {
			if _, err := queueMail(tx, string(c.Receipt)); err != nil {
				return err
			}
			return tx.Because("receipt.send", string(c.Receipt), reason)
		},
	})
}

// bulkAtOnce is how many one transaction works on: few enough that others who write wait only briefly.
const bulkAtOnce = 25

func (s *Server) bulk(ctx context.Context, in *orgBody[api.BulkReceipts], b bulk) (*answer[api.BulkReport], error) {
	q := in.Body
	if err := checkBulk(q); err != nil {
		return nil, err
	}
	var found []store.Candidate
	out := api.BulkReport{Touched: []api.Touched{}}
	err := s.read(ctx, in.OrgPath, func(rx *store.Rx) (err error) {
		found, out.Next, err = b.list(rx, store.BulkQuery{
			ListQuery: store.ListQuery{Limit: q.Limit, After: q.After}, From: q.From, To: q.To, Series: q.Series, Again: q.Again,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(found, bulkAtOnce) {
		done, err := s.bulkPart(ctx, in, b, part)
		if err != nil {
			return nil, err
		}
		out.Touched = append(out.Touched, done...)
	}
	for _, t := range out.Touched {
		if t.Problem == "" {
			out.Count++
		} else {
			out.Failed++
		}
	}
	return &answer[api.BulkReport]{out}, nil
}

func checkBulk(q api.BulkReceipts) error {
	if !isDay(q.From) || !isDay(q.To) {
		return &ngo.Error{Code: ngo.Invalid, Message: "from and to are days such as 2026-04-01"}
	}
	return checkReason(q.Reason, !q.DryRun)
}

// bulkPart works on some in one transaction, or only tells what it would do. What cannot be done for one is no error.
func (s *Server) bulkPart(ctx context.Context, in *orgBody[api.BulkReceipts], b bulk, part []store.Candidate) (out []api.Touched, err error) {
	each := func(tx *store.Tx) error {
		out = out[:0] // a closure may run again
		for _, c := range part {
			err := b.able(c)
			if err == nil && tx != nil {
				err = b.do(tx, c, in.Body.Reason)
			}
			touched := api.Touched{Donation: c.Donation, Receipt: c.Receipt, Number: c.Number}
			switch ngo.CodeOf(err) {
			case "":
			case ngo.Conflict, ngo.Invalid, ngo.NotFound: // refused before anything of it was written
				touched.Problem = problemOf(err).Detail
			default:
				return err
			}
			out = append(out, touched)
		}
		return nil
	}
	if in.Body.DryRun {
		err = each(nil)
		return out, err
	}
	err = s.write(ctx, in.OrgPath, each)
	return out, err
}
