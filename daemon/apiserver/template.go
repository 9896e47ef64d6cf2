package apiserver

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	marketing = "marketing"
	english   = "en"
)

// languages ranks templates: the person's own language first, then the organisation's, then English.
type languages []string

func (l languages) rank(t ngo.Template) int {
	base, _, _ := strings.Cut(t.Language, "_")
	if i := slices.Index(l, base); i >= 0 {
		return i
	}
	return len(l)
}

func wishes(p store.Persona, own string) languages {
	return slices.DeleteFunc(languages{p.Language, own, english}, func(s string) bool { return s == "" })
}

// order sorts templates as they are offered: by language, then by name.
func (l languages) order(all []ngo.Template) {
	slices.SortStableFunc(all, func(a, b ngo.Template) int {
		return cmp.Or(cmp.Compare(l.rank(a), l.rank(b)), strings.Compare(a.Name, b.Name), strings.Compare(a.Language, b.Language))
	})
}

// choose finds the template that is meant: in the language that is named, else in the best one in which it can be sent.
func choose(rx *store.Rx, account ngo.AccountID, u api.TemplateUse, l languages) (ngo.Template, error) {
	missing := &ngo.Error{Code: ngo.NotFound, Message: "there is no template " + ngo.Printable(strings.TrimSpace(u.Name+" "+u.Language)), Hint: "ask the provider for its templates: ngoctl template sync"}
	if u.Language != "" {
		t, err := rx.Template(account, u.Name, u.Language)
		if ngo.CodeOf(err) == ngo.NotFound {
			err = missing
		}
		return t, err
	}
	all, err := rx.Templates(account)
	if err != nil {
		return ngo.Template{}, err
	}
	all = slices.DeleteFunc(all, func(t ngo.Template) bool { return t.Name != u.Name })
	l.order(all)
	for _, t := range all {
		if unsendable(t) == "" {
			return t, nil
		}
	}
	if len(all) > 0 {
		return all[0], nil // whatever stands against it is told
	}
	return ngo.Template{}, missing
}

// unsendable tells why nobody can be sent a template; empty when somebody can.
func unsendable(t ngo.Template) string {
	if t.Problem != "" {
		return t.Problem
	}
	switch channel.TemplateState(t.State) {
	case channel.TemplateApproved:
		return ""
	case channel.TemplatePending:
		return "It is not approved yet."
	case channel.TemplateRejected:
		return reasoned("It was rejected", t.Reason)
	case channel.TemplatePaused:
		return reasoned("It is paused, because people complained about it", t.Reason)
	case channel.TemplateDisabled:
		return reasoned("It was disabled", t.Reason)
	case channel.TemplateDeleted:
		return "It was deleted."
	}
	return reasoned("It cannot be sent: it is "+t.State, t.Reason)
}

func reasoned(what, why string) string {
	if why == "" {
		return what + "."
	}
	return what + ": " + strings.TrimSuffix(why, ".") + "."
}

// refusal tells why a person cannot be sent a template of a category; empty when they can. Who has not said that they wish to
// get appeals gets none. What nobody can be sent comes first: no word of theirs would help.
func refusal(t ngo.Template, p reader) string {
	why := unsendable(t)
	switch {
	case why != "":
	case p.Stopped:
		return "They asked for no more than answers."
	case strings.EqualFold(t.Category, marketing) && !p.marketing:
		return "It is an appeal, and they have not said that they wish to get any."
	}
	return why
}

// reader is a person as far as it decides what they may be sent.
type reader struct {
	store.Persona
	marketing bool // they said that they wish to get appeals
}

func readerOf(rx *store.Rx, id ngo.PersonID) (r reader, err error) {
	if id == "" {
		return r, nil
	}
	people, err := rx.Personas([]ngo.PersonID{id})
	if err != nil {
		return r, err
	}
	r.Persona = people[id]
	r.marketing, err = rx.Allows(r.Root, ngo.TopicMarketing)
	return r, err
}

// errRefused is refusal as an error, with the way out.
func errRefused(t ngo.Template, r reader) error {
	why := refusal(t, r)
	switch {
	case why == "":
		return nil
	case unsendable(t) != "":
		return &ngo.Error{Code: ngo.Conflict, Message: "the template " + t.Name + " cannot be sent: " + why, Hint: "see which can: ngoctl template list"}
	case r.Stopped:
		return errStopped(r.Root)
	}
	return &ngo.Error{
		Code: ngo.Conflict, Message: "the template " + t.Name + " cannot be sent to them: " + why,
		Hint: "once they have, record it: ngoctl person consent " + string(r.Root) + " --give marketing",
	}
}

// offer shows a template as it can be sent.
func offer(t ngo.Template, channelName string) (api.TemplateOffer, error) {
	full, err := channel.Kept(t)
	if err != nil {
		return api.TemplateOffer{}, err
	}
	return api.TemplateOffer{
		Template: t, Channel: channelName, Text: full.Text(), Header: full.Header.Parameters, Parameters: append([]string{}, full.Body.Parameters...),
		Examples: full.Body.Examples, Buttons: full.Values(),
	}, nil
}

// offers lists what a conversation could be sent, also what it cannot: whoever looks for a template learns why.
func (s *Server) offers(ctx context.Context, in *IDPath) (*page[api.TemplateOffer], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	profile, err := o.Profile(ctx)
	if err != nil {
		return nil, err
	}
	var c ngo.Conversation
	var all []ngo.Template
	var r reader
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		if c, err = rx.Conversation(ngo.ConversationID(in.ID)); err != nil {
			return err
		}
		if r, err = readerOf(rx, c.Person); err != nil {
			return err
		}
		all, err = rx.Templates(c.Account)
		return err
	})
	if err != nil {
		return nil, err
	}
	l, err := (lines{}).of(ctx, o, c.Account)
	if err != nil {
		return nil, err
	}
	wishes(r.Persona, profile.Language).order(all)
	out := make([]api.TemplateOffer, 0, len(all))
	for _, t := range all {
		one, err := offer(t, l.info.Name)
		if err != nil {
			return nil, err
		}
		one.Refused, one.Price = refusal(t, r), s.priceOfTemplate(l, c, t.Category, o.Zone())
		if err := l.usable(); err != nil {
			one.Refused = problemOf(err).Detail
		}
		out = append(out, one)
	}
	return newPage(out, ""), nil
}

// templates lists all there are, by channel.
func (s *Server) templates(ctx context.Context, in *OrgPath) (*page[api.TemplateOffer], error) {
	o, err := s.open(ctx, *in)
	if err != nil {
		return nil, err
	}
	return s.allTemplates(ctx, o)
}

func (s *Server) allTemplates(ctx context.Context, o *org.Org) (*page[api.TemplateOffer], error) {
	var out []api.TemplateOffer
	err := o.Store.Read(ctx, func(rx *store.Rx) error {
		accounts, err := rx.Accounts(ngo.Channel)
		if err != nil {
			return err
		}
		for _, a := range accounts { // a handful
			all, err := rx.Templates(a.ID)
			if err != nil {
				return err
			}
			for _, t := range all {
				one, err := offer(t, a.Name)
				if err != nil {
					return err
				}
				one.Refused = unsendable(t)
				out = append(out, one)
			}
		}
		return nil
	})
	return newPage(out, ""), err
}

// syncTemplates asks every provider. What one says counts also when another does not answer.
func (s *Server) syncTemplates(ctx context.Context, in *OrgPath) (*page[api.TemplateOffer], error) {
	o, err := s.open(ctx, *in)
	if err != nil {
		return nil, err
	}
	all, err := o.Channels(ctx)
	if err != nil {
		return nil, err
	}
	var failed error
	for _, c := range all {
		if _, err := s.syncOne(ctx, o, c); err != nil && failed == nil {
			failed = errAsked(c.Info, err)
		}
	}
	if failed != nil {
		return nil, failed
	}
	return s.allTemplates(ctx, o)
}

// errAsked is what a provider answered, as an error of ours: its "log in" is not ours.
func errAsked(a ngo.Account, err error) error {
	told := checked(err)
	return &ngo.Error{
		Code: ngo.Unavailable, Message: "the templates of " + a.Name + " could not be asked for: " + told.Problem,
		Hint: cmp.Or(told.Hint, "see what is wrong: ngoctl channel test "+a.Name), Err: err,
	}
}

// syncOne asks one provider and keeps what it says. It gives how many templates there are; -1 for a channel that has none.
func (s *Server) syncOne(ctx context.Context, o *org.Org, c org.Channel) (int, error) {
	t, ok := c.Account.(channel.Templater)
	if !ok {
		return -1, nil
	}
	asking, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	told, err := t.Templates(asking)
	if err != nil {
		return 0, err
	}
	rows := make([]ngo.Template, 0, len(told))
	for _, one := range told {
		row, err := one.Keep(c.Info.ID, s.o.Now())
		if err != nil {
			return 0, err
		}
		rows = append(rows, row)
	}
	err = o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) error { return tx.PutTemplates(c.Info.ID, rows) })
	return len(rows), err
}

// extraOf is what a message keeps of the template that it is.
func extraOf(f channel.Filled, u api.TemplateUse) ngo.Extra {
	return ngo.Extra{Template: f.Name, Language: f.Language, Category: f.Category, Header: f.Header, Body: f.Body, Buttons: u.Buttons}
}
