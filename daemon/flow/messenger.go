package flow

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// receiptTemplate is the setting of a channel that names the template by which receipts go: one that begins with a document.
const receiptTemplate = "receipt-template"

// messenger is a channel by which receipts go to those who agreed to that.
type messenger struct {
	org.Channel
	template string
	line     ngo.Ref
}

// messengersOf gives the channels by which receipts can go.
func messengersOf(ctx context.Context, o *org.Org) (out []messenger, err error) {
	all, err := o.Channels(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		name := c.Info.Settings[receiptTemplate]
		lines, ok := c.Account.(channel.Liner)
		if name == "" || !ok || len(lines.Lines()) == 0 {
			continue
		}
		out = append(out, messenger{c, name, lines.Lines()[0]})
	}
	return out, nil
}

// byMessenger queues a receipt for a messenger, where the donor agreed to that, can be reached there, and there is an approved template
// that it fits. It says false where mail is the way.
func (s situation) byMessenger(tx *store.Tx, r ngo.Receipt) (queued bool, err error) {
	if len(s.messengers) == 0 || s.Donation.Person == "" {
		return false, nil
	}
	root, err := tx.RootOf(s.Donation.Person)
	if err != nil {
		return false, err
	}
	if allowed, err := tx.Allows(root, ngo.TopicReceipt); err != nil || !allowed {
		return false, err
	}
	who, err := everybody(tx, root)
	if err != nil {
		return false, err
	}
	for _, via := range s.messengers {
		address, ok := via.reaches(who)
		if !ok {
			continue
		}
		if queued, err := s.queueAt(tx, via, address, r, who[0].Language); err != nil || queued {
			return queued, err
		}
	}
	return false, nil
}

// everybody gives all who are shown as one, the root first.
func everybody(tx *store.Tx, root ngo.PersonID) (out []ngo.Person, err error) {
	ids, err := tx.Group(root)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		p, err := tx.Person(id)
		if err != nil {
			return nil, err
		}
		if id == root {
			out = append([]ngo.Person{p}, out...)
			continue
		}
		out = append(out, p)
	}
	return out, nil
}

// reaches gives the address by which a messenger reaches somebody: one of its own before a phone number, which several may use.
func (m messenger) reaches(who []ngo.Person) (found ngo.Identity, ok bool) {
	for _, p := range who {
		for _, i := range p.Identities {
			if !m.Account.Reaches(i.Kind) || i.Shared || ok && i.Kind == ngo.Phone {
				continue
			}
			if !ok || found.Kind == ngo.Phone {
				found, ok = i, true
			}
		}
	}
	return found, ok
}

// queueAt writes the receipt into the donor's conversation with the messenger; false when no template fits.
func (s situation) queueAt(tx *store.Tx, via messenger, address ngo.Identity, r ngo.Receipt, language string) (bool, error) {
	all, err := tx.Templates(via.Info.ID)
	if err != nil {
		return false, err
	}
	t, ok := choose(all, via.template, s.Donation.Donor.Language, language, s.Profile.Language)
	if !ok {
		return false, nil
	}
	kept, err := channel.Kept(t)
	if err != nil || kept.Header.Kind != "document" || kept.Values() > 0 {
		return false, err
	}
	body, ok := s.values(kept.Body.Parameters, r, t.Language)
	_, reads, unfit := kept.Fill(nil, body, nil)
	if !ok || unfit != nil {
		return false, nil //nolint:nilerr // the mail goes
	}
	person, _, _, err := tx.PersonFor(via.Info.ID, told(address), s.Donation.Donor.Name, "")
	if err != nil {
		return false, err
	}
	c, _, err := tx.OpenConversation(store.NewConversation{
		Account: via.Info.ID, Line: via.line, Kind: ngo.Chat, Person: person, Address: told(address)[0], Name: s.Donation.Donor.Name,
	})
	if err != nil {
		return false, err
	}
	_, _, err = tx.AddReply(store.NewReply{
		Conversation: c.ID, Kind: ngo.MessageReceipt, Receipt: r.ID, Text: reads, Key: "receipt " + string(r.ID),
		More: ngo.Extra{Template: t.Name, Language: t.Language, Category: t.Category, Body: body},
	})
	return err == nil, err
}

// told gives an address as the messenger itself would tell it, so that whoever answers from there is known again.
func told(i ngo.Identity) []ngo.Identity {
	if digits, ok := strings.CutPrefix(i.Value, "+"); i.Kind == ngo.Phone && ok {
		return []ngo.Identity{{Kind: ngo.WhatsApp, Value: digits}, i}
	}
	return []ngo.Identity{i}
}

// choose gives the approved template of a name in the first of the languages that there is one in, else in any.
func choose(all []ngo.Template, name string, languages ...string) (found ngo.Template, ok bool) {
	all = slices.DeleteFunc(slices.Clone(all), func(t ngo.Template) bool {
		return t.Name != name || t.State != string(channel.TemplateApproved) || t.Problem != ""
	})
	for _, lang := range append(languages, ngo.Languages[0]) {
		for _, t := range all {
			if plain, _, _ := strings.Cut(t.Language, "_"); lang != "" && plain == lang {
				return t, true
			}
		}
	}
	if len(all) == 0 {
		return found, false
	}
	return all[0], true
}

// values gives what stands in a template for receipts: the donor's name, the amount, the receipt's number, the day, the organisation, by
// these names or in this order. It says false for a parameter that is none of them.
func (s situation) values(parameters []string, r ngo.Receipt, language string) (map[string]string, bool) {
	lang, _, _ := strings.Cut(language, "_")
	all := []struct{ name, value string }{
		{"name", s.Donation.Donor.Name}, {"amount", r.Amount.Format()}, {"number", r.Number}, {"day", ngo.FormatDate(r.Day, ngo.Language(lang))},
		{"organisation", s.Profile.LegalName},
	}
	out := map[string]string{}
	for _, p := range parameters {
		at := slices.IndexFunc(all, func(v struct{ name, value string }) bool { return v.name == p })
		if n, err := strconv.Atoi(p); err == nil {
			at = n - 1
		}
		if at < 0 || at >= len(all) {
			return nil, false
		}
		out[p] = ngo.Printable(all[at].value)
	}
	return out, true
}

// instead mails a receipt that a messenger did not take, unless mail of it went or goes.
func instead(tx *store.Tx, m ngo.Message) error {
	if m.Kind != ngo.MessageReceipt || m.Conversation == "" || m.Receipt == "" {
		return nil
	}
	r, err := tx.Receipt(m.Receipt)
	if err != nil || r.State != ngo.ReceiptIssued {
		return err
	}
	d, err := tx.Donation(r.Donation)
	if err != nil {
		return err
	}
	before, err := tx.MessagesOf(r.ID)
	address := addressOf(d)
	if err != nil || address == "" || slices.ContainsFunc(before, byMail) {
		return err
	}
	mail := ngo.Message{ID: ngo.NewID[ngo.MessageID](tx.Now()), Receipt: r.ID, Person: d.Person, Recipient: address}
	if err := tx.AddMessage(mail); err != nil {
		return err
	}
	return tx.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(mail.ID), 0)
}

// byMail tells whether a message about a receipt goes by mail.
func byMail(m ngo.Message) bool { return strings.Contains(m.Recipient, "@") }
