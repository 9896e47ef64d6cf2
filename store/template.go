package store

import (
	"cmp"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	templateColumns = `account_id, ref, name, language, standing, category, quality, reason, problem, parts, synced`

	listTemplates = `
select ` + templateColumns + `
from template
where account_id = $1
order by name, language`

	selectTemplate = `
select ` + templateColumns + `
from template
where account_id = $1 and name = $2 and language = $3`

	putTemplate = `
insert into template (account_id, ref, name, language, standing, category, quality, reason, problem, parts, synced)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (account_id, name, language) do update
set ref = excluded.ref,
    standing = excluded.standing,
    category = excluded.category,
    quality = case when excluded.quality = '' then template.quality else excluded.quality end,
    reason = excluded.reason,
    problem = excluded.problem,
    parts = excluded.parts,
    synced = excluded.synced`

	// goneTemplates keeps those that the provider lists no more: what was sent with them names them.
	goneTemplates = `
update template
set standing = 'deleted'
where account_id = $1`

	newsOfTemplate = `
update template
set standing = case when $4 = '' then standing else $4 end,
    category = case when $5 = '' then category else $5 end,
    quality = case when $6 = '' then quality else $6 end,
    reason = case when $4 = '' and $7 = '' then reason else $7 end
where account_id = $1 and (($2 <> '' and ref = $2) or ($2 = '' and name = $3 and ($8 = '' or language = $8)))`
)

func scanTemplate(s scanner) (p ngo.Template, err error) {
	var parts string
	err = s.Scan(&p.Account, &p.Ref, &p.Name, &p.Language, &p.State, &p.Category, &p.Quality, &p.Reason, &p.Problem, &parts, at(&p.Synced))
	p.Parts = []byte(parts)
	return p, err
}

// Templates gives the templates of an account, as last heard, by name and language.
func (r *Rx) Templates(account ngo.AccountID) ([]ngo.Template, error) {
	return all(r.conn, "templates", scanTemplate, listTemplates, string(account))
}

// Template gives one template.
func (r *Rx) Template(account ngo.AccountID, name, language string) (ngo.Template, error) {
	return get(r.conn, "template", name+" in "+language, scanTemplate, selectTemplate, string(account), name, language)
}

// PutTemplates keeps all the templates that an account has now; others that it had are deleted ones from then on.
func (t *Tx) PutTemplates(account ngo.AccountID, list []ngo.Template) error {
	if _, err := t.exec("delete templates", goneTemplates, string(account)); err != nil {
		return err
	}
	for _, p := range list {
		_, err := t.exec("put template", putTemplate, string(account), string(p.Ref), p.Name, p.Language, p.State, p.Category, p.Quality, p.Reason, p.Problem,
			cmp.Or(string(p.Parts), "null"), t.stamp())
		if err != nil {
			return err
		}
	}
	t.audit("template.sync", string(account), nil, facts{{"templates", int64(len(list))}})
	t.changed("template", string(account))
	return nil
}

// TemplateNews is what became of a template. What is empty it does not speak of.
type TemplateNews struct {
	Ref            ngo.Ref
	Name, Language string // for a provider that gives no Ref
	State          string
	Category       string
	Quality        string
	Reason         string
}

// NewsOfTemplate notes what became of a template. It says false for one that is not known: the list is then to be asked for.
func (t *Tx) NewsOfTemplate(account ngo.AccountID, n TemplateNews) (found bool, err error) {
	rows, err := t.exec("change template", newsOfTemplate, string(account), string(n.Ref), n.Name, n.State, n.Category, n.Quality, n.Reason, n.Language)
	if err != nil || rows == 0 {
		return false, err
	}
	t.audit("template.news", string(account), nil, facts{{"template", n.Name}, {"ref", string(n.Ref)}, {"state", n.State}, {"category", n.Category}, {"quality", n.Quality}})
	t.changed("template", string(account))
	return true, nil
}
