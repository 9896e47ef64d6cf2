package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func donationCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "donation", Aliases: []string{"donations"}, Category: categoryWork, Usage: "gifts and what became of them",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "gifts, newest first", Action: inOrg(t, donationList),
				UsageText: "ngoctl donation list\nngoctl donation list --state waiting\nngoctl donation list --marked slip\n" +
					"ngoctl donation list --from 2026-04-01 --all --json\nngoctl donation list --donor meena@example.org --least 5000",
				Flags: listFlags(append(dayFlags(), donationFilters()...)...),
			},
			{
				Name: "show", Usage: "one gift: its money, donor, receipt, mails and history", ArgsUsage: "ID", Action: inOrg(t, donationShow),
				UsageText: "ngoctl donation show don_01k9v3m5w8x2y4z6a7b9c1d3e5",
			},
			donationAddCommand(t),
			{
				Name: "edit", Usage: "put the donor's facts right; what waited for them goes on", ArgsUsage: "ID", Action: inOrg(t, donationEdit), Flags: editFlags(),
				UsageText: `ngoctl donation edit don_01k9v3m5w8x2y4z6a7b9c1d3e5 --address "12 Car Street, Madurai 625001" --pan ABCPE1234F` + "\n" +
					"ngoctl donation edit don_01k9v3m5w8x2y4z6a7b9c1d3e5 --citizenship indian",
				Description: "Only what is given changes; an empty value takes a fact away. Events of the gateway change the facts no more. It can be\n" +
					"taken back until a receipt is issued. An Aadhaar number is refused.",
			},
			{
				Name: "hold", Usage: "keep a gift back until somebody has looked at it", ArgsUsage: "ID", Action: inOrg(t, donationHold),
				Flags:     []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "`WHY` it is done, for whoever looks at it"}},
				UsageText: `ngoctl donation hold don_01k9v3m5w8x2y4z6a7b9c1d3e5 --reason "the donor asked us to wait"`,
			},
			{
				Name: "release", Usage: "say that a gift was looked at and may go on", ArgsUsage: "ID", Action: inOrg(t, donationRelease),
				Flags:     []cli.Flag{&cli.StringFlag{Name: "note", Usage: "`WHAT` was found, for the trail"}},
				UsageText: `ngoctl donation release don_01k9v3m5w8x2y4z6a7b9c1d3e5 --note "spoke to the donor"`,
				Description: "What it is held for counts no more. The marks of likely slips and of gifts found by asking are\n" +
					"taken off. A gift without a mark that waits for facts gets a plain receipt without them. The receipt leaves ten seconds later, so that it can be taken back.",
			},
			{
				Name: "refund", Usage: "pay a gift back, all of it or a part", ArgsUsage: "ID", Action: inOrg(t, donationRefund),
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "amount", Usage: "`AMOUNT` to pay back, in the gift's currency, such as 250 or 250.50 (default: all that remains)"},
					&cli.StringFlag{Name: "reason", Usage: "`WHY` it is done, for the trail and the gateway (required)"},
					&cli.BoolFlag{Name: "by-hand", Usage: "of a gift that was entered by hand: you give the money back, or it was entered by mistake"},
				},
				UsageText: `ngoctl donation refund don_01k9v3m5w8x2y4z6a7b9c1d3e5 --reason "paid twice by mistake"` + "\n" +
					`ngoctl donation refund don_01k9v3m5w8x2y4z6a7b9c1d3e5 --amount 250 --reason "meant 250, gave 500" --yes` + "\n" +
					`ngoctl donation refund don_01k9v3m5w8x2y4z6a7b9c1d3e5 --by-hand --reason "entered twice by mistake"`,
				Description: "The gateway is asked soon after and never pays twice for one asking. It cannot be taken back. When the money is on its\n" +
					"way the receipt is voided, or replaced by one for what remains, and the donor is told. With --by-hand no gateway is asked.",
			},
		},
	})
}

// donationFilters restrict the list of gifts.
func donationFilters() []cli.Flag {
	return []cli.Flag{
		choiceFlag("state", "only those in", ngo.DonationWaiting, ngo.DonationHeld, ngo.DonationReceived, ngo.DonationReversed),
		gatewayFlag(),
		&cli.StringFlag{Name: "least", Usage: "only gifts of `RUPEES` or more"},
		&cli.StringFlag{Name: "most", Usage: "only gifts of `RUPEES` or less"},
		&cli.StringFlag{Name: "donor", Usage: "only those of `WHO`: an e-mail address, a phone number, or a part of the name"},
		&cli.StringFlag{Name: "purpose", Usage: "only those for `WHAT`: a purpose, or a part of what the donor wrote"},
		choiceFlag("pot", "only those in the books for", ngo.Domestic, ngo.Foreign),
		choiceFlag("marked", "only those marked", api.MarkSlip, api.MarkRecovered, api.MarkAny),
	}
}

func donationList(ctx context.Context, c *call, s session) error {
	least, err := c.rupees("least")
	if err != nil {
		return err
	}
	most, err := c.rupees("most")
	if err != nil {
		return err
	}
	from, to := c.days()
	q := api.DonationQuery{
		State: ngo.DonationState(c.flags.String("state")), From: from, To: to, Gateway: c.flags.String("gateway"), Least: least.Minor, Most: most.Minor,
		Donor: c.flags.String("donor"), Purpose: c.flags.String("purpose"), Pot: ngo.Pot(c.flags.String("pot")), Mark: api.Mark(c.flags.String("marked")),
	}
	return printPages(ctx, c, donationColumns(), func(ctx context.Context, page api.ListQuery) (api.Page[ngo.Donation], error) {
		q.ListQuery = page
		return s.Donations(ctx, s.org, q)
	})
}

// rupees reads an amount from a flag; nothing is zero.
func (c *call) rupees(name string) (ngo.Money, error) {
	return amountIn(name, c.flags.String(name), ngo.INR)
}

// amountIn reads what was given to a flag as money of a currency; nothing is zero.
func amountIn(flag, given string, in ngo.Currency) (ngo.Money, error) {
	if given == "" {
		return ngo.Money{Currency: in}, nil
	}
	m, err := ngo.ParseMoney(given, in)
	if err != nil || m.Minor <= 0 {
		what := "rupees, such as 500 or 1,250.50"
		if in != ngo.INR {
			what = "an amount of " + string(in)
		}
		return m, usage(fmt.Sprintf("--%s cannot be %q", flag, ngo.Printable(given)), "write "+what)
	}
	return m, nil
}

func donationColumns() []column[ngo.Donation] {
	return []column[ngo.Donation]{
		{name: "id", value: func(d ngo.Donation) any { return d.ID }},
		{name: "given", spare: 2, value: func(d ngo.Donation) any { return d.Given }},
		{name: "state", value: func(d ngo.Donation) any { return d.State }},
		{name: "amount", value: func(d ngo.Donation) any { return d.Amount }},
		{name: "donor", wide: true, value: func(d ngo.Donation) any { return donorName(d.Donor) }},
		{name: "purpose", wide: true, spare: 1, value: func(d ngo.Donation) any { return d.Purpose }},
		{name: "reason", wide: true, value: func(d ngo.Donation) any { return note(d) }},
	}
}

// note is what a person should know of a gift: why it stands where it stands, and its marks.
func note(d ngo.Donation) string {
	var out []string
	if d.Reason != "" {
		out = append(out, d.Reason)
	}
	if d.Slip != "" {
		out = append(out, "likely a slip: equal to "+string(d.Slip)+" minutes before")
	}
	if d.Recovered {
		out = append(out, "recovered")
	}
	return strings.Join(out, " · ")
}

// donorName is what to call a donor whose name may be missing.
func donorName(d ngo.Donor) string {
	for _, name := range []string{d.Name, d.EMail, d.Phone} {
		if name != "" {
			return name
		}
	}
	return ""
}

func donationShow(ctx context.Context, c *call, s session) error {
	d, err := s.Donation(ctx, s.org, ngo.DonationID(c.arg(0)))
	if err != nil {
		return err
	}
	r := record{title: "Gift " + string(d.ID), fields: slices.Concat(donationFields(d.Donation), paymentFields(d.Payment))}
	if d.Receipt != nil {
		r.fields = append(r.fields, field{"receipt_number", d.Receipt.Number}, field{"receipt_state", d.Receipt.State}, field{"receipt_id", d.Receipt.ID})
	}
	r.sections = []section{refundSection(d.Refunds), disputeSection(d.Disputes), messageSection(d.Messages), timelineSection(d.Timeline)}
	return c.record(d, r)
}

func donationFields(d ngo.Donation) []field {
	return []field{
		{"id", d.ID}, {"state", d.State}, {"reason", d.Reason}, {"amount", d.Amount}, {"returned", returned(d.Returned, d.Amount.Currency)}, {"given", d.Given},
		{"method", d.Method}, {"purpose", d.Purpose}, {"campaign", d.Campaign}, {"fund", d.Fund}, {"pot", d.Pot}, {"recorded_at", d.Recorded},
		{"slip_of", d.Slip}, {"recovered", d.Recovered}, {"declined", d.Declined}, {"no_receipt", d.NoReceipt}, {"edited", d.Edited}, {"asked_at", d.Asked},
		{"donor_name", d.Donor.Name}, {"donor_email", d.Donor.EMail}, {"donor_phone", d.Donor.Phone},
		{"donor_address", d.Donor.Address}, {"donor_pan", d.Donor.PAN}, {"donor_id_kind", d.Donor.IDKind}, {"donor_id_number", d.Donor.IDNumber}, {"donor_birth_date", d.Donor.Born},
		{"donor_language", d.Donor.Language}, {"donor_citizenship", d.Donor.Citizenship}, {"person_id", d.Person},
	}
}

// editFlags are what can be put right.
func editFlags() []cli.Flag {
	return append(donorFlags(), &cli.BoolFlag{Name: "declined", Usage: "the donor wants no tax receipt: a plain one does"})
}

// donorFlags are the facts of a donor, a flag each.
func donorFlags() []cli.Flag {
	text := func(name, about string) cli.Flag { return &cli.StringFlag{Name: name, Usage: about} }
	return []cli.Flag{
		text("name", "the donor's `NAME`"), text("address", "postal `ADDRESS`, in one line"), text("email", "`ADDRESS` for mail"),
		text("phone", "phone `NUMBER`"), text("pan", "the donor's `PAN`"),
		choiceFlag("id-kind", "another document, of a donor without a PAN,", ngo.IDTaxpayer, ngo.IDPassport, ngo.IDElector, ngo.IDDriving, ngo.IDRation, ""),
		text("id-number", "`NUMBER` of that document"), dayFlag("birth-date", "`DAY` of birth, as 1970-12-31", true),
		choiceFlag("language", "of the donor's mail and receipt,", "en", "ta", "hi", ""),
		choiceFlag("citizenship", "which books a gift belongs in follows from it:", ngo.CitizenIndian, ngo.CitizenForeign, ""),
		text("purpose", "`WHAT` the gift is for"), text("campaign", "the `CAMPAIGN` it answers"),
	}
}

func donationEdit(ctx context.Context, c *call, s session) error {
	e := api.DonationEdit{
		Name: c.given("name"), Address: c.given("address"), EMail: c.given("email"), Phone: c.given("phone"), PAN: c.given("pan"),
		IDKind: (*ngo.IDKind)(c.given("id-kind")), IDNumber: c.given("id-number"), Born: c.given("birth-date"), Language: c.given("language"),
		Citizenship: (*ngo.Citizenship)(c.given("citizenship")), Purpose: c.given("purpose"), Campaign: c.given("campaign"),
	}
	if c.flags.IsSet("declined") {
		declined := c.flags.Bool("declined")
		e.Declined = &declined
	}
	if e == (api.DonationEdit{}) {
		return usage("nothing to change was given", "see: ngoctl donation edit --help")
	}
	changed, err := s.EditDonation(ctx, s.org, ngo.DonationID(c.arg(0)), e)
	return c.giftChanged(s.org, changed, err)
}

func donationHold(ctx context.Context, c *call, s session) error {
	reason := strings.TrimSpace(c.flags.String("reason"))
	if reason == "" {
		return usage("say why it is held", `add: --reason "WHY"`)
	}
	changed, err := s.HoldDonation(ctx, s.org, ngo.DonationID(c.arg(0)), reason)
	return c.giftChanged(s.org, changed, err)
}

func donationRelease(ctx context.Context, c *call, s session) error {
	changed, err := s.ReleaseDonation(ctx, s.org, ngo.DonationID(c.arg(0)), c.flags.String("note"))
	return c.giftChanged(s.org, changed, err)
}

// giftChanged answers what was done to a gift, and says how to take it back.
func (c *call) giftChanged(org string, changed api.Changed, err error) error {
	if err != nil {
		return err
	}
	r := record{title: "Gift " + string(changed.Donation.ID), fields: append(donationFields(changed.Donation), field{"act_id", changed.Act.ID})}
	if err := c.record(changed, r); err != nil {
		return err
	}
	c.note("\nTo take it back: ngoctl org undo %s --org %s", changed.Act.ID, org)
	return nil
}

func donationRefund(ctx context.Context, c *call, s session) error {
	reason := strings.TrimSpace(c.flags.String("reason"))
	if reason == "" {
		return usage("say why it is paid back", `add: --reason "WHY"`)
	}
	d, err := s.Donation(ctx, s.org, ngo.DonationID(c.arg(0)))
	if err != nil {
		return err
	}
	amount, err := amountIn("amount", c.flags.String("amount"), d.Amount.Currency)
	if err != nil {
		return err
	}
	what := "all that remains of " + d.Amount.Format()
	if amount.Minor > 0 {
		what = amount.Format() + " of " + d.Amount.Format()
	}
	question, byHand := fmt.Sprintf("Pay back %s to %s?", what, ngo.Printable(donorName(d.Donor))), c.flags.Bool("by-hand")
	if byHand {
		question = fmt.Sprintf("Take %s out of the books? Nobody is paid back by this.", what)
	}
	err = c.confirm(question, usage("paying back cannot be undone", "add --yes to do it without being asked"))
	if err != nil {
		return err
	}
	f, err := s.RefundDonation(ctx, s.org, d.ID, api.RefundRequest{AmountMinor: amount.Minor, Reason: reason, ByHand: byHand})
	if err != nil {
		return err
	}
	if err := c.record(f, record{title: "Refund " + string(f.ID), fields: []field{
		{"id", f.ID}, {"state", f.State}, {"amount", f.Amount}, {"reason", f.Reason}, {"created_at", f.Created}, {"payment_id", f.Payment},
	}}); err != nil {
		return err
	}
	c.next("ngoctl donation show " + string(d.ID))
	return nil
}

func paymentFields(p *ngo.Payment) []field {
	if p == nil {
		return nil
	}
	return []field{
		{"payment_id", p.ID}, {"payment_state", p.State}, {"payment_ref", p.Ref}, {"payment_reference", p.Reference},
		{"paid_at", p.Created}, {"fee", ngo.Money{Minor: p.Fee, Currency: p.Amount.Currency}},
	}
}

func messageSection(messages []ngo.Message) section {
	s := section{title: "mail"}
	for _, m := range messages {
		s.rows = append(s.rows, []any{m.Created, m.Kind, m.State, m.Recipient, m.Reason, m.ID})
	}
	return s
}

func timelineSection(moments []api.Moment) section {
	s := section{title: "history"}
	for _, m := range moments {
		s.rows = append(s.rows, []any{m.At, m.Text})
	}
	return s
}
