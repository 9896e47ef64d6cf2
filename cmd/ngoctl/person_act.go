package main

import (
	"context"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// partOf names whom a person is shown as a part of.
func partOf(p ngo.Person) ngo.PersonID {
	if p.Root == p.ID {
		return ""
	}
	return p.Root
}

func stopped(is bool) string {
	if !is {
		return ""
	}
	return "They asked for no more than answers."
}

// personSections are the lists on a person's page besides the gifts.
func personSections(p api.Person) []section {
	parts, threads, receipts := section{title: "merged"}, section{title: "threads"}, section{title: "receipts"}
	consents, joinings := section{title: "consents"}, section{title: "merges"}
	for _, part := range p.Parts {
		parts.rows = append(parts.rows, []any{part.Called(), identities(part), part.ID})
	}
	for _, v := range p.Conversations {
		threads.rows = append(threads.rows, []any{v.Last, v.Channel, v.State, countdown(v.Window, time.Now()), v.Snippet, v.ID})
	}
	for _, r := range p.Receipts {
		receipts.rows = append(receipts.rows, []any{r.Day, r.Number, r.State, r.Amount})
	}
	for _, v := range p.Consents {
		consents.rows = append(consents.rows, consentRow(v))
	}
	for _, j := range p.Joinings {
		joinings.rows = append(joinings.rows, []any{j.At, j.Gone, j.Reason, j.Actor, j.Parted})
	}
	return []section{parts, threads, receipts, consents, joinings}
}

func consentRow(v ngo.Consent) []any {
	return []any{v.At, v.Topic, consentWord(v), v.Words, v.Source, v.Actor}
}

func consentWord(v ngo.Consent) string {
	if v.Given {
		return "given"
	}
	return "stopped"
}

func personLikely(ctx context.Context, c *call, s session) error {
	likely, err := s.Likely(ctx, s.org, ngo.PersonID(c.arg(0)))
	if err != nil {
		return err
	}
	err = printItems(c, likelyColumns(), likely)
	if err == nil && len(likely) > 0 {
		c.next("ngoctl person merge "+c.arg(0)+" ID", "ngoctl person differ "+c.arg(0)+" ID")
	}
	return err
}

func likelyColumns() []column[ngo.Likeness] {
	return []column[ngo.Likeness]{
		{name: "score", value: func(l ngo.Likeness) any { return l.Score }},
		{name: "name", wide: true, value: func(l ngo.Likeness) any { return l.Person.Called() }},
		{name: "identities", wide: true, spare: 1, value: func(l ngo.Likeness) any { return identities(l.Person) }},
		{name: "for_it", wide: true, value: func(l ngo.Likeness) any { return strings.Join(l.Reasons, " ") }},
		{name: "against_it", wide: true, value: func(l ngo.Likeness) any { return strings.Join(l.Doubts, " ") }},
		{name: "id", value: func(l ngo.Likeness) any { return l.Person.ID }},
	}
}

func personMerge(ctx context.Context, c *call, s session) error {
	j, err := s.JoinPersons(ctx, s.org, ngo.PersonID(c.arg(0)), api.Join{With: ngo.PersonID(c.arg(1)), Reason: c.flags.String("reason")})
	if err != nil {
		return err
	}
	if err := c.record(j, record{title: "They are shown as one", fields: joiningFields(j)}); err != nil {
		return err
	}
	c.note("\nTo take them apart, also years from now: ngoctl person unmerge %s", j.Gone)
	return nil
}

func joiningFields(j ngo.Joining) []field {
	return []field{{"id", j.ID}, {"kept", j.Kept}, {"gone", j.Gone}, {"reason", j.Reason}, {"at", j.At}, {"parted_at", j.Parted}}
}

func personUnmerge(ctx context.Context, c *call, s session) error {
	j, err := s.PartPersons(ctx, s.org, ngo.PersonID(c.arg(0)), c.flags.String("reason"))
	if err != nil {
		return err
	}
	return c.record(j, record{title: "They are two again", fields: joiningFields(j)})
}

func personDiffer(ctx context.Context, c *call, s session) error {
	id, other := ngo.PersonID(c.arg(0)), ngo.PersonID(c.arg(1))
	if err := s.NotTheSame(ctx, s.org, id, other); err != nil {
		return err
	}
	return c.record(done{ID: string(id), Done: "told apart"}, record{fields: []field{{"id", id}, {"other", other}, {"done", "told apart"}}})
}

func personShare(ctx context.Context, c *call, s session) error {
	i, err := identityOf(c.arg(1))
	if err != nil {
		return err
	}
	i.Shared = !c.flags.Bool("off")
	if err := s.ShareIdentity(ctx, s.org, ngo.PersonID(c.arg(0)), i); err != nil {
		return err
	}
	word := "shared"
	if !i.Shared {
		word = "not shared"
	}
	return c.record(done{ID: c.arg(0), Done: word}, record{fields: []field{{"id", c.arg(0)}, {"address", i.Value}, {"done", word}}})
}

// identityOf reads what people call an address: an e-mail address or a phone number.
func identityOf(given string) (ngo.Identity, error) {
	if strings.Contains(given, "@") {
		v, err := ngo.NormaliseEMail(given)
		return ngo.Identity{Kind: ngo.EMail, Value: v}, err
	}
	v, err := ngo.NormalisePhone(given)
	return ngo.Identity{Kind: ngo.Phone, Value: v}, err
}

func personConsent(ctx context.Context, c *call, s session) error {
	id, give, stop := ngo.PersonID(c.arg(0)), c.flags.String("give"), c.flags.String("stop")
	if give == "" && stop == "" {
		consents, err := s.Consents(ctx, s.org, id)
		if err != nil {
			return err
		}
		return printItems(c, consentColumns(), consents)
	}
	if give != "" && stop != "" {
		return usage("say one thing at a time", "give --give or --stop")
	}
	r := api.ConsentRecord{Topic: ngo.Topic(give + stop), Given: give != "", Words: c.flags.String("words"), Source: c.flags.String("source"), Language: c.flags.String("language")}
	if strings.TrimSpace(r.Words) == "" || strings.TrimSpace(r.Source) == "" {
		return usage("a consent is proved by its words and how they were heard", `add: --words "WORDS" --source "HOW"`)
	}
	v, err := s.RecordConsent(ctx, s.org, id, r)
	if err != nil {
		return err
	}
	return c.record(v, record{title: "It is recorded", fields: []field{
		{"id", v.ID}, {"topic", v.Topic}, {"word", consentWord(v)}, {"words", v.Words}, {"source", v.Source}, {"at", v.At},
	}})
}

func consentColumns() []column[ngo.Consent] {
	return []column[ngo.Consent]{
		{name: "at", value: func(v ngo.Consent) any { return v.At }},
		{name: "topic", value: func(v ngo.Consent) any { return v.Topic }},
		{name: "word", value: func(v ngo.Consent) any { return consentWord(v) }},
		{name: "words", wide: true, value: func(v ngo.Consent) any { return v.Words }},
		{name: "source", wide: true, value: func(v ngo.Consent) any { return v.Source }},
		{name: "actor", value: func(v ngo.Consent) any { return v.Actor }},
		{name: "id", pipes: true, value: func(v ngo.Consent) any { return v.ID }},
	}
}
