package store

import (
	"context"
	"path/filepath"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// What a worker asks the queue with each turn.
const (
	ClaimJobs    = claimJobs
	ClaimCrashed = claimCrashed
	NextDue      = nextDue
	CountWaiting = selectSummary
)

// SelectEntered finds what was entered by hand.
const SelectEntered = selectEntered

// Inbox has what a desk asks of conversations again and again, and what hearing a message asks.
var Inbox = map[string]string{
	"active": listActive, "closed": listClosed, "snoozed": listSnoozed, "any": listAny, "of a person": listOfPerson, "waiting": listWaiting, "window": listWindow,
	"few": listFew, "few that wait": listFewWaitLongest, "who waits": listFewWait, "of an account": ofAccount, "that wait": thatWait,
	"one": showOne, "by token": showByToken, "chat": selectChat, "group": selectGroupThread, "by topic": selectByTopic, "relatives": selectRelatives,
	"thread": listThread, "by ref": selectByRef, "quoted": listQuoted, "by alias": listByAlias, "names": listAliases, "ripples": listRipples,
	"attachments": listAttachments, "attachments of one": selectSources, "newest": newestOf, "answered": answeredOf, "waits": waitingOf, "by key": selectByKey,
	"backlog": selectBacklog, "through": sentThrough, "counts": selectCounts, "messages": listMessages, "open messages": listOpenMessages,
	"readdress": readdress, "renew": renewChat, "early": takeEarly, "early by token": takeEarlyByToken, "old early": oldEarly, "templates": listTemplates,
	"of a receipt": messagesOf, "of a gift": messagesFor, "rippled": rippled, "next in line": nextInLine, "news": listNews,
}

// Erasures has the statements that erase a person.
var Erasures = func() map[string]string {
	out := map[string]string{"messages": eraseMessages, "conversations": eraseConversations}
	for _, e := range erasures {
		out[e.what] = e.query
	}
	return out
}()

// MigrationSteps gives the steps of both kinds of database.
func MigrationSteps() (map[string][]string, error) {
	out := map[string][]string{}
	for _, m := range []migrations{applianceMigrations, orgMigrations} {
		steps, err := m.texts()
		if err != nil {
			return nil, err
		}
		out[filepath.Base(string(m))] = steps
	}
	return out, nil
}

// Migrate brings the database at path through these steps.
func Migrate(ctx context.Context, open OpenEngine, path string, steps []string, now func() time.Time) (Engine, error) {
	box := seal.NewRing([32]byte{}).Org("test")
	engine, err := open(ctx, path, EngineOptions{Now: now, Flush: (&ledger{box: box}).flush})
	if err != nil {
		return nil, err
	}
	m := migrator{engine: engine, steps: steps, path: path, now: now, box: box}
	return engine, m.run(ctx)
}

// Salted counts the lines of the trail about a person whose personal facts can be tested.
func (r *Rx) Salted(id ngo.PersonID, action string) (int, error) {
	return scanOne[int](r.conn.QueryRow("select count(*) from audit where subject = $1 and action = $2 and salt is not null", string(id), action))
}
