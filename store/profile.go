package store

import (
	"encoding/json"
	"fmt"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const selectProfile = `
select facts
from profile
where id = 1`

// Profile gives what receipts and mail say of the organisation.
func (r *Rx) Profile() (ngo.Profile, error) {
	var p ngo.Profile
	text, err := get(r.conn, "profile of", r.org.info.Slug, scanOne[string], selectProfile)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("read profile: %w", err)
	}
	return p, nil
}

const writeProfile = `
insert into profile (id, facts, act_id)
values (1, $1, $2)
on conflict (id) do update
set facts = excluded.facts,
    act_id = excluded.act_id`

// SetProfile changes the profile, and leaves an act by which the one before can be brought back.
func (t *Tx) SetProfile(p ngo.Profile) (ngo.Act, error) {
	before, err := t.Profile()
	if err != nil {
		return ngo.Act{}, err
	}
	return t.replaceProfile(before, p, ngo.Act{Kind: ngo.ActProfile, Title: "changed the organisation's profile"})
}

func (t *Tx) replaceProfile(before, after ngo.Profile, act ngo.Act) (ngo.Act, error) {
	act.Before = profileText(before)
	act, err := t.addAct(act)
	if err != nil {
		return act, err
	}
	return act, t.writeProfile(&before, after, act.ID)
}

func (t *Tx) writeProfile(before *ngo.Profile, after ngo.Profile, act ngo.ActID) error {
	if _, err := t.exec("write profile", writeProfile, string(profileText(after)), string(act)); err != nil {
		return err
	}
	var was facts
	if before != nil {
		was = facts{{"profile", string(profileText(*before))}}
	}
	t.audit("profile.set", t.slug, was, facts{{"profile", string(profileText(after))}})
	t.changed("profile", t.slug)
	return nil
}

func profileText(p ngo.Profile) []byte {
	out, _ := json.Marshal(p) // texts always have a JSON form
	return out
}

const selectProfileAct = `
select act_id
from profile
where id = 1`

func (t *Tx) undoProfile(done ngo.Act) (ngo.Act, error) {
	last, err := get(t.w, "profile of", t.slug, scanOne[ngo.ActID], selectProfileAct)
	if err != nil {
		return ngo.Act{}, err
	}
	if last != done.ID {
		return ngo.Act{}, changedSince("the organisation's profile")
	}
	var p ngo.Profile
	if err := json.Unmarshal(done.Before, &p); err != nil {
		return ngo.Act{}, fmt.Errorf("read act %s: %w", done.ID, err)
	}
	now, err := t.Profile()
	if err != nil {
		return ngo.Act{}, err
	}
	return t.replaceProfile(now, p, ngo.Act{Kind: ngo.ActProfile, Title: "brought back the organisation's profile", Undoes: done.ID})
}
