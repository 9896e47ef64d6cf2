package apiserver

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

type receiptsIn struct {
	OrgPath
	PageQuery
	DayQuery
	State  string `query:"state" enum:"issued,void,replaced"`
	Series string `query:"series" maxLength:"100" doc:"Such as SVT/2026-27/D."`
}

func (s *Server) receipts(ctx context.Context, in *receiptsIn) (*page[ngo.Receipt], error) {
	q := store.ReceiptQuery{ListQuery: in.list(), Series: in.Series, State: ngo.ReceiptState(in.State), From: ngo.Date(in.From), To: ngo.Date(in.To)}
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Receipt, string, error) { return rx.Receipts(q) })
}

// findReceipt takes an id or a number: no number looks like an id.
func findReceipt(rx *store.Rx, idOrNumber string) (ngo.Receipt, error) {
	if id, err := ngo.ParseID[ngo.ReceiptID](idOrNumber); err == nil {
		return rx.Receipt(id)
	}
	return rx.ReceiptByNumber(idOrNumber)
}

// zone gives where the organisation's days begin.
func zone(o *org.Org) (*time.Location, error) {
	z, err := time.LoadLocation(o.Info().Zone)
	if err != nil {
		return nil, fmt.Errorf("load time zone of %s: %w", o.Info().Slug, err)
	}
	return z, nil
}

// paper is a receipt with what is printed on it.
type paper struct {
	row             ngo.Receipt
	facts           receipt.Facts
	document        *store.Blob // nil until it is rendered
	logo, signature *store.Blob // nil where there is none
	messages        []ngo.Message
}

func (s *Server) paper(ctx context.Context, in IDPath) (p paper, o *org.Org, err error) {
	if o, err = s.open(ctx, in.OrgPath); err != nil {
		return p, nil, err
	}
	z, err := zone(o)
	if err != nil {
		return p, nil, err
	}
	err = o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		p, err = readPaper(rx, in.ID, o.Info().Slug, s.o.DonorURL, z)
		return err
	})
	return p, o, err
}

func readPaper(rx *store.Rx, idOrNumber, slug, base string, z *time.Location) (p paper, err error) {
	if p.row, err = findReceipt(rx, idOrNumber); err != nil {
		return p, err
	}
	sealed, err := rx.ReceiptFacts(p.row.ID)
	if err != nil {
		return p, err
	}
	facts, err := receipt.Read(sealed)
	if err != nil {
		return p, err
	}
	p.facts = facts.For(p.row, z, slug, base)
	for _, one := range []struct {
		to **store.Blob
		id ngo.BlobID
	}{{&p.document, p.row.Document}, {&p.logo, p.facts.Logo}, {&p.signature, p.facts.Signature}} {
		if one.id == "" {
			continue
		}
		b, err := rx.Blob(one.id)
		if err != nil {
			return p, err
		}
		*one.to = &b
	}
	p.messages, err = rx.MessagesOf(p.row.ID)
	return p, err
}

func (s *Server) receipt(ctx context.Context, in *IDPath) (*answer[api.Receipt], error) {
	p, _, err := s.paper(ctx, *in)
	if err != nil {
		return nil, err
	}
	facts, err := p.facts.Masked().JSON()
	return &answer[api.Receipt]{api.Receipt{Receipt: p.row, Facts: facts, Messages: append([]ngo.Message{}, p.messages...)}}, err
}

type pdfOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// receiptPDF gives the original where it has not left yet, as it was drawn when it was issued, else a copy that says so, and
// notes who took it. The PAN on it is in full: it is the donor's own paper.
func (s *Server) receiptPDF(ctx context.Context, in *IDPath) (*pdfOut, error) {
	for {
		p, o, err := s.paper(ctx, *in)
		if err != nil {
			return nil, err
		}
		mark := p.mark()
		data, err := s.document(ctx, o, p, mark)
		if err != nil {
			return nil, err
		}
		noted, err := s.noteCopy(ctx, in.OrgPath, p.row.ID, mark)
		if err != nil {
			return nil, err
		}
		if noted {
			name := strings.ReplaceAll(p.row.Number, "/", "-") + ".pdf" // a number is of capitals, digits, hyphens and slashes
			return &pdfOut{ContentType: "application/pdf", Disposition: `attachment; filename="` + name + `"`, Body: data}, nil
		}
	}
}

// mark says what a print of the receipt is that is made now.
func (p paper) mark() receipt.Mark {
	switch {
	case p.row.State == ngo.ReceiptVoid:
		return receipt.Void
	case p.row.State == ngo.ReceiptReplaced:
		return receipt.Replaced
	case p.row.Given != nil:
		return receipt.Duplicate
	}
	return receipt.Original
}

// noteCopy notes that somebody takes a print with this mark, and tells false, noting nothing, when it would be another by now.
func (s *Server) noteCopy(ctx context.Context, in OrgPath, id ngo.ReceiptID, mark receipt.Mark) (noted bool, err error) {
	err = s.write(ctx, in, func(tx *store.Tx) error {
		row, err := tx.Receipt(id)
		if err != nil {
			return err
		}
		if noted = (paper{row: row}).mark() == mark; !noted {
			return nil
		}
		_, err = tx.CopyGiven(id)
		return err
	})
	return noted, err
}

// document gives the original as it was drawn, if it was, and draws every other print.
func (s *Server) document(ctx context.Context, o *org.Org, p paper, mark receipt.Mark) ([]byte, error) {
	if mark == receipt.Original && p.document != nil {
		return s.file(ctx, o, *p.document)
	}
	out := receipt.Paper{Mark: mark, Printed: s.o.Now().In(o.Zone())}
	for _, one := range []struct {
		to   *[]byte
		from *store.Blob
	}{{&out.Logo, p.logo}, {&out.Signature, p.signature}} {
		if one.from == nil {
			continue
		}
		data, err := s.file(ctx, o, *one.from)
		if err != nil {
			return nil, err
		}
		*one.to = data
	}
	return receipt.PDF(s.o.Fonts, p.facts, out)
}

// file reads a file of the organisation's.
func (s *Server) file(ctx context.Context, o *org.Org, b store.Blob) ([]byte, error) {
	shelf, err := s.o.Blobs.Of(o.Info())
	if err != nil {
		return nil, err
	}
	return shelf.Get(ctx, blob.Blob{ID: b.ID, Size: b.Size, SHA: b.SHA, Key: b.Key})
}

// sendReceipt queues the mail once more: the same one when its fate is unknown, so that a reader's program recognises it,
// else a new one. The trail keeps why, if that is told.
func (s *Server) sendReceipt(ctx context.Context, in *idBody[*api.Why]) (*answer[ngo.Message], error) {
	var why string
	if in.Body != nil {
		why = in.Body.Reason
	}
	if err := checkReason(why, false); err != nil {
		return nil, err
	}
	var out answer[ngo.Message]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) (err error) {
		if out.Body, err = queueMail(tx, in.ID); err != nil || strings.TrimSpace(why) == "" {
			return err
		}
		return tx.Because("receipt.send", string(out.Body.Receipt), why)
	})
	return &out, err
}

func queueMail(tx *store.Tx, idOrNumber string) (ngo.Message, error) {
	r, err := findReceipt(&tx.Rx, idOrNumber)
	if err != nil {
		return ngo.Message{}, err
	}
	if r.State != ngo.ReceiptIssued {
		return ngo.Message{}, &ngo.Error{Code: ngo.Conflict, Message: "the receipt is no longer valid, so it is not sent"}
	}
	before, err := tx.MessagesOf(r.ID)
	if err != nil {
		return ngo.Message{}, err
	}
	if len(before) > 0 {
		switch last := before[len(before)-1]; last.State {
		case ngo.MessageQueued, ngo.MessageSending:
			return last, &ngo.Error{Code: ngo.Conflict, Message: "the mail with this receipt is on its way already", Hint: "see what it waits for: ngoctl receipt show " + r.Number}
		case ngo.MessageUncertain:
			return sendAgain(tx, last)
		}
	}
	return sendNew(tx, r)
}

func sendAgain(tx *store.Tx, m ngo.Message) (ngo.Message, error) {
	if err := tx.MoveMessage(m.ID, ngo.MessageQueued, "", "", ""); err != nil {
		return m, err
	}
	m.State, m.Reason = ngo.MessageQueued, ""
	return m, tx.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(m.ID), 0)
}

func sendNew(tx *store.Tx, r ngo.Receipt) (ngo.Message, error) {
	d, err := tx.Donation(r.Donation)
	if err != nil {
		return ngo.Message{}, err
	}
	address, err := mailAddress(d.Donor.EMail, r.Number)
	if err != nil {
		return ngo.Message{}, err
	}
	m := ngo.Message{
		ID: ngo.NewID[ngo.MessageID](tx.Now()), Receipt: r.ID, Person: d.Person, Recipient: address,
		State: ngo.MessageQueued, Created: tx.Now(),
	}
	if err := tx.AddMessage(m); err != nil {
		return m, err
	}
	return m, tx.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(m.ID), 0)
}

// mailAddress gives where the donor of a receipt can be written to. It fails with Invalid where nowhere is.
func mailAddress(known, number string) (string, error) {
	address, err := ngo.NormaliseEMail(known)
	if err != nil {
		return "", &ngo.Error{Code: ngo.Invalid, Message: "no e-mail address of the donor is known that mail can reach", Hint: "fetch the document and hand it over: ngoctl receipt save " + number}
	}
	return address, nil
}
