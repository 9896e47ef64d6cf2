package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func reasonFlag() cli.Flag {
	return &cli.StringFlag{Name: "reason", Usage: "`WHY` it is done, for the trail (required)"}
}

// bulkFlags are those of an act on many receipts.
func bulkFlags(all string) []cli.Flag {
	return append([]cli.Flag{
		&cli.BoolFlag{Name: "all", Usage: all},
		&cli.BoolFlag{Name: "dry-run", Usage: "with --all: tell what would be done, and do nothing"},
		&cli.StringFlag{Name: "reason", Usage: "`WHY` it is done, for the trail"},
	}, dayFlags()...)
}

// reason gives the reason of an act that needs one.
func (c *call) reason() (string, error) {
	reason := strings.TrimSpace(c.flags.String("reason"))
	if reason == "" {
		return "", usage("say why", `add: --reason "WHY"`)
	}
	return reason, nil
}

func receiptSend(ctx context.Context, c *call, s session) error {
	if c.flags.Bool("all") {
		return c.bulk(ctx, s, "mailed", s.BulkSend)
	}
	if c.arg(0) == "" {
		return usage("say which receipt", "write: ngoctl receipt send RECEIPT, or --all")
	}
	m, err := s.SendReceipt(ctx, s.org, c.arg(0), c.flags.String("reason"))
	if err != nil {
		return err
	}
	return c.record(m, record{title: "The mail is queued", fields: []field{
		{"id", m.ID}, {"recipient", m.Recipient}, {"state", m.State}, {"reason", m.Reason},
	}})
}

func receiptIssue(ctx context.Context, c *call, s session) error {
	if c.flags.Bool("all") {
		return c.bulk(ctx, s, "issued", s.BulkIssue)
	}
	if c.arg(0) == "" {
		return usage("say for which gift", "write: ngoctl receipt issue DONATION, or --all")
	}
	reason, err := c.reason()
	if err != nil {
		return err
	}
	d, err := s.IssueReceipt(ctx, s.org, ngo.DonationID(c.arg(0)), reason)
	if err != nil {
		return err
	}
	if err := c.record(d, record{title: "A receipt is being issued", fields: donationFields(d)}); err != nil {
		return err
	}
	c.next("ngoctl donation show " + string(d.ID))
	return nil
}

// bulkDone is what an act on many did.
type bulkDone struct {
	DryRun bool          `json:"dry_run"`
	Count  int           `json:"count"`
	Failed int           `json:"failed"`
	Items  []api.Touched `json:"items"`
}

// bulk goes through all parts of an act on many, and tells how far it is. What cannot be done for one keeps no other back.
func (c *call) bulk(ctx context.Context, s session, done string, part func(context.Context, string, api.BulkReceipts) (api.BulkReport, error)) error {
	if c.arg(0) != "" {
		return usage("either one, or --all", "leave one of them out")
	}
	from, to := c.days()
	q := api.BulkReceipts{
		From: from, To: to, Series: c.flags.String("series"), Again: c.flags.Bool("again"), Reason: strings.TrimSpace(c.flags.String("reason")),
		DryRun: c.flags.Bool("dry-run"), Limit: api.MaxLimit,
	}
	if !q.DryRun && q.Reason == "" {
		return usage("say why", `add: --reason "WHY"; or look first: --dry-run`)
	}
	total := bulkDone{DryRun: q.DryRun, Items: []api.Touched{}}
	p := c.progress()
	for {
		r, err := part(ctx, s.org, q)
		if err != nil {
			p.end()
			if c.format == forMachines { // which take one answer
				return err
			}
			return errors.Join(err, c.bulkAnswer(total, done))
		}
		total.Count, total.Failed, total.Items = total.Count+r.Count, total.Failed+r.Failed, append(total.Items, r.Touched...)
		if r.Next == "" {
			break
		}
		q.After = r.Next
		p.sometimes(func() string { return fmt.Sprintf("%s %s …", ngo.FormatNumber(int64(total.Count)), done) })
	}
	p.end()
	if err := c.bulkAnswer(total, done); err != nil {
		return err
	}
	if total.Failed > 0 {
		return outcome(exitPartly)
	}
	return nil
}

func (c *call) bulkAnswer(b bulkDone, done string) error {
	title := fmt.Sprintf("%s will be %s", ngo.FormatNumber(int64(b.Count)), done)
	if b.DryRun {
		title = fmt.Sprintf("%s would be %s", ngo.FormatNumber(int64(b.Count)), done)
	}
	r := record{title: title, fields: []field{{"count", b.Count}, {"failed", b.Failed}, {"dry_run", b.DryRun}}}
	items := section{title: "items"}
	for _, t := range b.Items {
		items.rows = append(items.rows, []any{t.Donation, t.Number, t.Problem})
	}
	r.sections = []section{items}
	return c.record(b, r)
}

func receiptVoid(ctx context.Context, c *call, s session) error {
	reason, err := c.reason()
	if err != nil {
		return err
	}
	err = c.confirm("Void "+ngo.Printable(c.arg(0))+"?", usage("voiding cannot be undone", "add --yes to do it without being asked"))
	if err != nil {
		return err
	}
	r, err := s.VoidReceipt(ctx, s.org, c.arg(0), reason)
	if err != nil {
		return err
	}
	if err := c.record(r, record{title: "Receipt " + r.Number, fields: receiptFields(r)}); err != nil {
		return err
	}
	c.next("ngoctl receipt issue " + string(r.Donation) + ` --reason "…"`)
	return nil
}

func receiptReplace(ctx context.Context, c *call, s session) error {
	reason, err := c.reason()
	if err != nil {
		return err
	}
	err = c.confirm("Replace "+ngo.Printable(c.arg(0))+" by a new one?", usage("replacing cannot be undone", "add --yes to do it without being asked"))
	if err != nil {
		return err
	}
	d, err := s.ReplaceReceipt(ctx, s.org, c.arg(0), reason)
	if err != nil {
		return err
	}
	if err := c.record(d, record{title: "Another receipt is being issued", fields: donationFields(d)}); err != nil {
		return err
	}
	c.next("ngoctl donation show " + string(d.ID))
	return nil
}

func receiptFields(r ngo.Receipt) []field {
	return []field{
		{"number", r.Number}, {"state", r.State}, {"reason", r.Reason}, {"amount", r.Amount}, {"day", r.Day}, {"deductible", r.Tax}, {"law", r.Law},
		{"issued_at", r.Issued}, {"ended_at", r.Ended}, {"id", r.ID}, {"donation_id", r.Donation}, {"replaces_id", r.Replaces}, {"document_id", r.Document},
	}
}

func receiptVerify(ctx context.Context, c *call, s session) error {
	r, err := s.Receipt(ctx, s.org, byCode(c.arg(0)))
	if err != nil {
		return err
	}
	if err := c.record(r, record{title: "Receipt " + r.Number, fields: receiptFields(r.Receipt)}); err != nil {
		return err
	}
	if r.State != ngo.ReceiptIssued {
		return outcome(exitFindings)
	}
	return nil
}

// byCode makes the receipt's id of the code on its paper, as people type it: with gaps, in capitals, behind the organisation's
// name. Anything else stays as it is.
func byCode(s string) string {
	code := strings.ToLower(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, s))
	if _, behind, ok := strings.Cut(code, "."); ok {
		code = behind
	}
	if id, err := ngo.ParseID[ngo.ReceiptID]("rcp_" + code); err == nil {
		return string(id)
	}
	return s
}

func receiptGaps(ctx context.Context, c *call, s session) error {
	series, err := s.ReceiptGaps(ctx, s.org)
	if err != nil {
		return err
	}
	if c.format == forMachines {
		err = printItems(c, seriesColumns(), series)
	} else {
		err = c.explainSeries(series)
	}
	if err != nil {
		return err
	}
	for _, r := range series {
		if len(r.Findings) > 0 {
			return outcome(exitFindings)
		}
	}
	return nil
}

func seriesColumns() []column[api.SeriesReport] {
	return []column[api.SeriesReport]{
		{name: "series", value: func(r api.SeriesReport) any { return r.Series }},
		{name: "first", value: func(r api.SeriesReport) any { return r.First }},
		{name: "last", value: func(r api.SeriesReport) any { return r.Last }},
		{name: "issued", value: func(r api.SeriesReport) any { return r.Issued }},
		{name: "void", value: func(r api.SeriesReport) any { return r.Void }},
		{name: "replaced", value: func(r api.SeriesReport) any { return r.Replaced }},
		{name: "findings", wide: true, value: func(r api.SeriesReport) any { return strings.Join(r.Findings, "; ") }},
	}
}

// explainSeries prints the series, then every number that stands no more.
func (c *call) explainSeries(series []api.SeriesReport) error {
	if err := printItems(c, seriesColumns(), series); err != nil {
		return err
	}
	r := record{sections: []section{{title: "ended"}}}
	for _, s := range series {
		for _, e := range s.Ended {
			r.sections[0].rows = append(r.sections[0].rows, []any{e.Number, e.State, e.Ended, e.By, e.Reason})
		}
	}
	return c.record(nil, r)
}

func receiptOpen(ctx context.Context, c *call, s session) error {
	if _, err := viewer(); err != nil { // before the copy is counted
		return err
	}
	pdf, err := s.ReceiptCopy(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	path, err := showDocument(c.arg(0), pdf)
	if err != nil {
		return err
	}
	out := saved{Path: path, Bytes: len(pdf)}
	return c.record(out, record{fields: []field{{"path", out.Path}, {"size", size(out.Bytes)}}})
}
