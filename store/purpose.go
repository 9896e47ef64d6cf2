package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	mostTitle   = 200 // signs
	mostAliases = 50
	mostForm    = 200 // bytes of a folded name: no form asks in more
)

const purposeColumns = `id, name, title, kind, aliases, created, closed`

func scanPurpose(s scanner) (ngo.Purpose, error) {
	var p ngo.Purpose
	var aliases string
	err := s.Scan(&p.ID, &p.Name, &p.Title, &p.Kind, &aliases, at(&p.Created), maybeAt(&p.Closed))
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(aliases), &p.Aliases)
}

const (
	listPurposes = `
select ` + purposeColumns + `
from purpose
order by case when closed is null then 0 else 1 end, name`

	selectPurpose = `
select ` + purposeColumns + `
from purpose
where name = $1`

	// selectPurposeNamed reads the whole table, which has a few dozen rows at most. A folded name has no sign in it that
	// means something to like.
	selectPurposeNamed = `
select ` + purposeColumns + `
from purpose
where forms like $1
order by case when closed is null then 0 else 1 end, id
limit 1`
)

// Purposes lists what gifts are asked for, those closed last.
func (r *Rx) Purposes() ([]ngo.Purpose, error) {
	return all(r.conn, "purposes", scanPurpose, listPurposes)
}

// Purpose gives the purpose of this name, also a closed one.
func (r *Rx) Purpose(name string) (ngo.Purpose, error) {
	return get(r.conn, "purpose", name, scanPurpose, selectPurpose, name)
}

// PurposeNamed gives the purpose whose name, title or alias the text is, without regard to case, spaces and punctuation.
// An open one comes before a closed one; but what was given for a purpose stays so when it was closed meanwhile.
func (r *Rx) PurposeNamed(text string) (p ngo.Purpose, found bool, err error) {
	form := fold(text)
	if form == "" || len(form) > mostForm {
		return p, false, nil
	}
	p, err = scanPurpose(r.conn.QueryRow(selectPurposeNamed, "% "+form+" %"))
	if errors.Is(err, sql.ErrNoRows) {
		return ngo.Purpose{}, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("read the purpose of a gift: %w", err)
	}
	return p, true, nil
}

// fold makes names equal that differ in case, spaces and punctuation only. Letters, vowel signs and digits of every script
// stay.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// formsOf gives every folded name of a purpose once.
func formsOf(p ngo.Purpose) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, name := range append([]string{p.Name, p.Title}, p.Aliases...) {
		if form := fold(name); !seen[form] {
			seen[form] = true
			out = append(out, form)
		}
	}
	return out
}

func checkPurpose(p ngo.Purpose) error {
	bad := func(message, hint string) error { return &ngo.Error{Code: ngo.Invalid, Message: message, Hint: hint} }
	if strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || fold(p.Name) == "" || len(p.Name) > 40 {
		return bad(fmt.Sprintf("%q cannot be the name of a purpose", ngo.Printable(p.Name)), "at most 40 small letters, digits and hyphens, such as school-lunch")
	}
	if p.Title == "" || p.Title != ngo.Printable(p.Title) || utf8.RuneCountInString(p.Title) > mostTitle {
		return bad("a purpose needs a title of one line", "it is printed on receipts: at most 200 signs")
	}
	switch p.Kind {
	case ngo.FundGeneral, ngo.FundSpecific, ngo.FundCorpus:
	default:
		return bad(fmt.Sprintf("%q is no kind of fund", ngo.Printable(string(p.Kind))), "general, specific or corpus")
	}
	if len(p.Aliases) > mostAliases {
		return bad(fmt.Sprintf("a purpose with %d other names is too much", len(p.Aliases)), fmt.Sprintf("at most %d", mostAliases))
	}
	for _, a := range p.Aliases {
		if form := fold(a); form == "" || len(form) > mostForm || a != ngo.Printable(a) {
			return bad(fmt.Sprintf("%q cannot be another name of a purpose", ngo.Printable(a)), "write it as the payment form has it, in one line with letters or digits")
		}
	}
	return nil
}

// purposeFree makes sure that nothing which a purpose is called names another one that is open: else a gift could be for
// either.
func (t *Tx) purposeFree(p ngo.Purpose) error {
	others, err := t.Purposes()
	if err != nil {
		return err
	}
	forms := map[string]bool{}
	for _, form := range formsOf(p) {
		forms[form] = true
	}
	for _, o := range others {
		if o.ID == p.ID || o.Closed != nil {
			continue
		}
		for _, form := range formsOf(o) {
			if forms[form] {
				return &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("the purpose %s is called %q too", o.Name, form), Hint: "a name, title or alias can belong to one open purpose only"}
			}
		}
	}
	return nil
}

const insertPurpose = `
insert into purpose (id, name, title, kind, aliases, forms, created, closed)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (name) do nothing`

// AddPurpose adds a purpose. Gifts recorded before keep what they have. It fails with Invalid, and with Conflict when
// another has its name, or an open one is called the same.
func (t *Tx) AddPurpose(p ngo.Purpose) error {
	if p.ID == "" {
		p.ID = ngo.NewID[ngo.PurposeID](t.now)
	}
	if p.Created.IsZero() {
		p.Created = t.now
	}
	if err := checkPurpose(p); err != nil {
		return err
	}
	if err := t.purposeFree(p); err != nil {
		return err
	}
	n, err := t.exec("add purpose", insertPurpose, string(p.ID), p.Name, p.Title, string(p.Kind), aliasText(p), formText(p), ngo.Stamp(p.Created), stampOf(p.Closed))
	if err != nil {
		return err
	}
	if n == 0 {
		return &ngo.Error{Code: ngo.Conflict, Message: "there is a purpose called " + p.Name + " already", Hint: "choose another name; one that was closed can be opened again by undoing that"}
	}
	t.audit("purpose.add", string(p.ID), nil, purposeFacts(p))
	t.changed("purpose", string(p.ID))
	return nil
}

func aliasText(p ngo.Purpose) string {
	if p.Aliases == nil {
		return "[]"
	}
	out, _ := json.Marshal(p.Aliases) // texts always have a JSON form
	return string(out)
}

// formText has a space before and behind each folded name, so that one can be looked for whole.
func formText(p ngo.Purpose) string { return " " + strings.Join(formsOf(p), " ") + " " }

func purposeFacts(p ngo.Purpose) facts {
	return facts{{"name", p.Name}, {"title", p.Title}, {"kind", string(p.Kind)}, {"aliases", aliasText(p)}, {"closed", p.Closed != nil}}
}

// SetPurpose gives the purpose of p's name the title, kind and aliases of p, and leaves an act by which that can be undone.
// Whether it is open stays as it is. It fails with NotFound, Invalid and Conflict.
func (t *Tx) SetPurpose(p ngo.Purpose) (ngo.Act, error) {
	before, err := t.Purpose(p.Name)
	if err != nil {
		return ngo.Act{}, err
	}
	p.ID, p.Created, p.Closed = before.ID, before.Created, before.Closed
	return t.replacePurpose(before, p, ngo.Act{Title: "changed the purpose " + p.Name})
}

// ClosePurpose ends a purpose: its names may then be another's. Gifts that still come for it are found to be so as long as
// they are not. It leaves an act by which it is opened again, and fails with Conflict when it is closed.
func (t *Tx) ClosePurpose(name string) (ngo.Act, error) {
	before, err := t.Purpose(name)
	if err != nil {
		return ngo.Act{}, err
	}
	if before.Closed != nil {
		return ngo.Act{}, &ngo.Error{Code: ngo.Conflict, Message: "the purpose " + name + " was closed before"}
	}
	after, now := before, t.now
	after.Closed = &now
	return t.replacePurpose(before, after, ngo.Act{Title: "closed the purpose " + name})
}

const writePurpose = `
update purpose
set title = $2,
    kind = $3,
    aliases = $4,
    forms = $5,
    closed = $6,
    act_id = $7
where id = $1`

func (t *Tx) replacePurpose(before, after ngo.Purpose, act ngo.Act) (ngo.Act, error) {
	if err := checkPurpose(after); err != nil {
		return act, err
	}
	if after.Closed == nil {
		if err := t.purposeFree(after); err != nil {
			return act, err
		}
	}
	act.Kind = ngo.ActPurpose
	act.Before, _ = json.Marshal(before) // texts and times always have a JSON form
	act, err := t.addAct(act)
	if err != nil {
		return act, err
	}
	if err := t.must("purpose", after.Name, writePurpose, string(after.ID), after.Title, string(after.Kind), aliasText(after), formText(after), stampOf(after.Closed), string(act.ID)); err != nil {
		return act, err
	}
	t.audit("purpose.set", string(after.ID), purposeFacts(before), purposeFacts(after))
	t.changed("purpose", string(after.ID))
	return act, nil
}

const selectPurposeAct = `
select act_id
from purpose
where id = $1`

// undoPurpose brings a purpose back to what it was before an act.
func (t *Tx) undoPurpose(done ngo.Act) (ngo.Act, error) {
	var was ngo.Purpose
	if err := json.Unmarshal(done.Before, &was); err != nil {
		return ngo.Act{}, fmt.Errorf("read act %s: %w", done.ID, err)
	}
	last, err := get(t.w, "purpose", was.Name, scanOne[ngo.ActID], selectPurposeAct, string(was.ID))
	if err != nil {
		return ngo.Act{}, err
	}
	if last != done.ID {
		return ngo.Act{}, changedSince("the purpose " + was.Name)
	}
	now, err := t.Purpose(was.Name)
	if err != nil {
		return ngo.Act{}, err
	}
	return t.replacePurpose(now, was, ngo.Act{Title: "brought back the purpose " + was.Name, Undoes: done.ID})
}
