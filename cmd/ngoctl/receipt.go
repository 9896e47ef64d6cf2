package main

import (
	"context"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func receiptCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "receipt", Aliases: []string{"receipts"}, Category: categoryWork, Usage: "receipts, their documents and mails",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "receipts, newest first", Action: inOrg(t, receiptList),
				UsageText: "ngoctl receipt list\nngoctl receipt list --from 2026-04-01 --to 2027-03-31 --all > receipts.tsv",
				Flags:     listFlags(append(dayFlags(), choiceFlag("state", "only those in", ngo.ReceiptIssued, ngo.ReceiptVoid, ngo.ReceiptReplaced))...),
			},
			{
				Name: "show", Usage: "one receipt, by its id or number", ArgsUsage: "RECEIPT", Action: inOrg(t, receiptShow),
				UsageText: "ngoctl receipt show SVT/2026-27/D/000123",
			},
			{
				Name: "save", Usage: "write the document to a file (PDF)", ArgsUsage: "RECEIPT [FILE]", Action: inOrg(t, receiptSave),
				UsageText:   "ngoctl receipt save SVT/2026-27/D/000123\nngoctl receipt save SVT/2026-27/D/000123 meena.pdf\nngoctl receipt save rcp_01k9v3m5w8x2y4z6a7b9c1d3e5 - | lpr",
				Description: "Without FILE it is named after the receipt. A file that is there already is kept unless you add --yes.",
			},
			{
				Name: "send", Usage: "mail it to the donor again", ArgsUsage: "RECEIPT", Action: inOrg(t, receiptSend),
				UsageText: "ngoctl receipt send SVT/2026-27/D/000123",
			},
		},
	})
}

func receiptList(ctx context.Context, c *call, s session) error {
	state := ngo.ReceiptState(c.flags.String("state"))
	from, to := c.days()
	return printPages(ctx, c, receiptColumns(), func(ctx context.Context, q api.ListQuery) (api.Page[ngo.Receipt], error) {
		return s.Receipts(ctx, s.org, api.ReceiptQuery{ListQuery: q, State: state, From: from, To: to})
	})
}

func receiptColumns() []column[ngo.Receipt] {
	return []column[ngo.Receipt]{
		{name: "number", value: func(r ngo.Receipt) any { return r.Number }},
		{name: "day", value: func(r ngo.Receipt) any { return r.Day }},
		{name: "state", value: func(r ngo.Receipt) any { return r.State }},
		{name: "amount", value: func(r ngo.Receipt) any { return r.Amount }},
		{name: "deductible", value: func(r ngo.Receipt) any { return r.Tax }},
		{name: "issued_at", value: func(r ngo.Receipt) any { return r.Issued }},
		{name: "id", pipes: true, value: func(r ngo.Receipt) any { return r.ID }},
		{name: "donation_id", pipes: true, value: func(r ngo.Receipt) any { return r.Donation }},
	}
}

func receiptShow(ctx context.Context, c *call, s session) error {
	r, err := s.Receipt(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	return c.record(r, record{
		title: "Receipt " + r.Number,
		fields: []field{
			{"number", r.Number}, {"state", r.State}, {"amount", r.Amount}, {"day", r.Day}, {"deductible", r.Tax}, {"law", r.Law},
			{"issued_at", r.Issued}, {"id", r.ID}, {"donation_id", r.Donation}, {"document_id", r.Document},
		},
		sections: []section{messageSection(r.Messages)},
	})
}

// saved tells where a document went.
type saved struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
}

func receiptSave(ctx context.Context, c *call, s session) error {
	pdf, err := s.ReceiptCopy(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	path := c.arg(1)
	if path == "-" {
		return c.pour(pdf)
	}
	if path == "" {
		path = "receipt-" + fileName(c.arg(0)) + ".pdf"
	}
	if err := c.mayReplace(path); err != nil {
		return err
	}
	if err := replaceFile(path, pdf); err != nil {
		return err
	}
	out := saved{Path: path, Bytes: len(pdf)}
	return c.record(out, record{fields: []field{{"path", out.Path}, {"size", size(out.Bytes)}}})
}

// pour writes a document to standard output, unless that is where people read.
func (c *call) pour(document []byte) error {
	if c.term.outTTY {
		return usage("a PDF on a terminal is unreadable", "give a FILE, or pipe it: … - | lpr")
	}
	if c.format == forMachines {
		return usage("the document and JSON cannot share one output", "give a FILE, or leave --json out")
	}
	_, err := c.term.out.Write(document)
	return err
}

// fileName makes one path element of a receipt's number.
func fileName(number string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '-'
	}, number)
}

// mayReplace refuses a file that is there already, unless the person said yes.
func (c *call) mayReplace(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil // there is none, or writing will tell what is in the way
	}
	name := ngo.Printable(path)
	return c.confirm("Replace "+name+"?", &ngo.Error{
		Code: ngo.Conflict, Message: name + " is there already", Hint: "name another file, or add --yes to replace it",
	})
}

func receiptSend(ctx context.Context, c *call, s session) error {
	m, err := s.SendReceipt(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	return c.record(m, record{title: "The mail is queued", fields: []field{
		{"id", m.ID}, {"recipient", m.Recipient}, {"state", m.State}, {"reason", m.Reason},
	}})
}
