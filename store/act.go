package store

import (
	"fmt"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const insertAct = `
insert into act (id, kind, title, actor, at, undoes, before)
values ($1, $2, $3, $4, $5, $6, $7)`

// addAct records a change that can be undone. What was changed keeps the id of the act that changed it last, so that an
// older act cannot be undone over a newer one.
func (t *Tx) addAct(a ngo.Act) (ngo.Act, error) {
	a.ID, a.Actor, a.At = ngo.NewID[ngo.ActID](t.now), t.actor, t.now
	_, err := t.exec("add act", insertAct, string(a.ID), string(a.Kind), a.Title, a.Actor, t.stamp(), orNull(a.Undoes), string(a.Before))
	if err != nil {
		return a, err
	}
	t.changed("act", string(a.ID))
	return a, nil
}

const actColumns = `id, kind, title, actor, at, coalesce(undoes, ''), undone, before`

func scanAct(s scanner) (a ngo.Act, err error) {
	return a, s.Scan(&a.ID, &a.Kind, &a.Title, &a.Actor, at(&a.At), &a.Undoes, maybeAt(&a.Undone), &a.Before)
}

const (
	selectAct = `
select ` + actColumns + `
from act
where id = $1`

	listActs = `
select ` + actColumns + `
from act
where id < $1
order by id desc
limit $2`

	setUndone = `
update act
set undone = $2
where id = $1`
)

// Act gives one act.
func (r *Rx) Act(id ngo.ActID) (ngo.Act, error) {
	return get(r.conn, "act", string(id), scanAct, selectAct, string(id))
}

// Acts lists what can be, or was, undone, newest first.
func (r *Rx) Acts(q ListQuery) (items []ngo.Act, next string, err error) {
	return page(r.conn, "acts", q, scanAct, func(a ngo.Act) string { return string(a.ID) }, listActs, q.before())
}

// Undo turns an act around by one more act, which it gives and which can itself be undone. It fails with Conflict when
// the act was undone before, or when what it changed was changed again since.
func (t *Tx) Undo(id ngo.ActID) (ngo.Act, error) {
	done, err := t.Act(id)
	if err != nil {
		return done, err
	}
	if done.Undone != nil {
		return done, &ngo.Error{Code: ngo.Conflict, Message: "act " + string(id) + " was undone already", Hint: "undo the act that undid it, if it should stand again"}
	}
	act, err := t.inverse(done)
	if err != nil {
		return act, err
	}
	return act, t.must("act", string(id), setUndone, string(id), t.stamp())
}

func (t *Tx) inverse(done ngo.Act) (ngo.Act, error) {
	switch done.Kind {
	case ngo.ActProfile:
		return t.undoProfile(done)
	case ngo.ActAccount:
		return t.undoAccount(done)
	case ngo.ActGift:
		return t.undoGift(done)
	case ngo.ActSetting:
		return t.undoSetting(done)
	case ngo.ActPurpose:
		return t.undoPurpose(done)
	case ngo.ActConversation:
		return t.undoConversation(done)
	}
	return ngo.Act{}, fmt.Errorf("undo act %s: nothing undoes a %s", done.ID, done.Kind)
}

func changedSince(what string) error {
	return &ngo.Error{Code: ngo.Conflict, Message: what + " was changed again since", Hint: "undo the later change first"}
}
