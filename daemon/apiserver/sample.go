package apiserver

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// sendSample mails a made-up receipt, so that an organisation sees what its donors will get before the first of them does. It
// stands in no ledger and takes no number. What the mail server says is an answer, not an error: its "log in" is not ours.
func (s *Server) sendSample(ctx context.Context, in *orgBody[api.SampleRequest]) (*answer[api.Check], error) {
	to, err := ngo.NormaliseEMail(in.Body.To)
	if err != nil {
		return nil, err
	}
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	profile, err := o.Profile(ctx)
	if err != nil {
		return nil, err
	}
	facts := receipt.SampleFor(s.o.Laws, o.Info(), profile, s.o.Now().In(o.Zone()), s.o.DonorURL)
	pdf, err := receipt.PDF(s.o.Fonts, facts, receipt.Paper{Mark: receipt.Specimen, Printed: facts.Issued})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	err = o.Mail(ctx, org.Letter{
		To: to, Subject: "A made-up receipt of " + ngo.Printable(o.Info().Name),
		Text: "Attached is a made-up receipt: this is what your donors will get. Nobody in it exists, and it says SAMPLE.\n\n" +
			"If you can read this, your mail account works.\n",
		Name: "receipt-sample.pdf", PDF: pdf,
	})
	if ngo.CodeOf(err) == ngo.NotFound {
		return nil, err
	}
	return &answer[api.Check]{checked(err)}, nil
}
