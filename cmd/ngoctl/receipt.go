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
				UsageText: "ngoctl receipt save SVT/2026-27/D/000123\nngoctl receipt save SVT/2026-27/D/000123 meena.pdf\nngoctl receipt save rcp_01k9v3m5w8x2y4z6a7b9c1d3e5 - | lpr",
				Description: "Without FILE it is named after the receipt. A file that is there already is kept unless you add --yes. The original leaves\n" +
					"once, by mail or here; every later copy says DUPLICATE, and the trail keeps who took it.",
			},
			{
				Name: "open", Usage: "show the document in this computer's own viewer", ArgsUsage: "RECEIPT", Action: inOrg(t, receiptOpen),
				UsageText: "ngoctl receipt open SVT/2026-27/D/000123",
			},
			{
				Name: "send", Usage: "mail it to the donor again, or mail many", ArgsUsage: "[RECEIPT]", Action: inOrg(t, receiptSend),
				UsageText: "ngoctl receipt send SVT/2026-27/D/000123\n" +
					`ngoctl receipt send --all --from 2026-04-01 --dry-run` + "\n" + `ngoctl receipt send --all --from 2026-04-01 --again --reason "the mail server lost a day"`,
				Description: "With --all it mails those that were never mailed; with --again the others too.",
				Flags: append(bulkFlags("mail many: all that are not out yet"),
					&cli.StringFlag{Name: "series", Usage: "with --all: only those of the `SERIES`, such as SVT/2026-27/D"},
					&cli.BoolFlag{Name: "again", Usage: "with --all: those too that were mailed before"}),
			},
			{
				Name: "issue", Usage: "issue a receipt for a gift that has none, or for many", ArgsUsage: "[DONATION]", Action: inOrg(t, receiptIssue),
				UsageText: `ngoctl receipt issue don_01k9v3m5w8x2y4z6a7b9c1d3e5 --reason "voided by mistake"` + "\n" +
					`ngoctl receipt issue --all --dry-run` + "\n" + `ngoctl receipt issue --all --from 2026-04-01 --reason "the approval came late"`,
				Description: "Gifts get their receipts by themselves; this is for those whose receipt was voided by hand, or got stuck.",
				Flags: append(bulkFlags("issue for all gifts that were received and have none"),
					&cli.BoolFlag{Name: "again", Usage: "with --all: those too whose receipt was voided by hand"}),
			},
			{
				Name: "void", Usage: "end a receipt that was a mistake", ArgsUsage: "RECEIPT", Action: inOrg(t, receiptVoid),
				UsageText:   `ngoctl receipt void SVT/2026-27/D/000123 --reason "issued to the wrong donor"`,
				Description: "Its number stays used. A donor who may have seen it is told by mail. The gift has no receipt until: receipt issue. It cannot be taken back. For money that goes back use\ndonation refund: its receipt is voided by itself.",
				Flags:       []cli.Flag{reasonFlag()},
			},
			{
				Name: "replace", Usage: "issue another in its place, after the donor's facts were put right", ArgsUsage: "RECEIPT", Action: inOrg(t, receiptReplace),
				UsageText: `ngoctl donation edit don_01k9v3m5w8x2y4z6a7b9c1d3e5 --name "Meena Sundaram"` + "\n" +
					`ngoctl receipt replace SVT/2026-27/D/000123 --reason "name misspelt"`,
				Description: "The new one names the old, whose number stays used. It cannot be taken back.",
				Flags:       []cli.Flag{reasonFlag()},
			},
			{
				Name: "verify", Usage: "tell whether a receipt is real and still stands, by its number or the code on it", ArgsUsage: "RECEIPT", Action: inOrg(t, receiptVerify),
				UsageText:   "ngoctl receipt verify SVT/2026-27/D/000123\nngoctl receipt verify \"01k9 v3m5 w8x2 y4z6 a7b9 c1d3 e5\"",
				Description: "It ends with code 8 when the receipt is void or replaced, and 3 when there is none.",
			},
			{
				Name: "gaps", Usage: "explain the numbers of every series", Action: inOrg(t, receiptGaps),
				UsageText: "ngoctl receipt gaps", Description: "It ends with code 8 when a number is missing or was given twice.",
			},
			previewCommand(t),
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
		{name: "issued_at", spare: 1, value: func(r ngo.Receipt) any { return r.Issued }},
		{name: "id", pipes: true, value: func(r ngo.Receipt) any { return r.ID }},
		{name: "donation_id", pipes: true, value: func(r ngo.Receipt) any { return r.Donation }},
	}
}

func receiptShow(ctx context.Context, c *call, s session) error {
	r, err := s.Receipt(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	return c.record(r, record{title: "Receipt " + r.Number, fields: receiptFields(r.Receipt), sections: []section{messageSection(r.Messages)}})
}

// saved tells where a document went.
type saved struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
}

func receiptSave(ctx context.Context, c *call, s session) error {
	path := c.arg(1)
	if path == "" {
		path = "receipt-" + fileName(c.arg(0)) + ".pdf"
	}
	if path == "-" {
		if err := c.mayPour(); err != nil {
			return err
		}
	} else if err := c.mayReplace(path); err != nil { // before the copy is counted
		return err
	}
	pdf, err := s.ReceiptCopy(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	return c.keep(path, pdf)
}

// keep writes a document to a file, or to standard output, and says where it went.
func (c *call) keep(path string, pdf []byte) error {
	if path == "-" {
		_, err := c.term.out.Write(pdf)
		return err
	}
	if err := replaceFile(path, pdf); err != nil {
		return err
	}
	out := saved{Path: path, Bytes: len(pdf)}
	return c.record(out, record{fields: []field{{"path", out.Path}, {"size", size(out.Bytes)}}})
}

// mayPour refuses to write a document to standard output where people read, or beside JSON.
func (c *call) mayPour() error {
	if c.term.outTTY {
		return usage("a PDF on a terminal is unreadable", "give a FILE, or pipe it: … - | lpr")
	}
	if c.format == forMachines {
		return usage("the document and JSON cannot share one output", "give a FILE, or leave --json out")
	}
	return nil
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
