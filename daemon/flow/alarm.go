package flow

import (
	"strings"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// notGoing begins an alarm that is raised here, and taken back when a message goes.
const notGoing = "Messages do not go out: "

// raise has somebody look at an account by which nothing goes.
func raise(tx *store.Tx, account ngo.AccountID, reason string) error {
	health, err := tx.Health(account)
	if err != nil || health.Alarm == notGoing+reason {
		return err
	}
	if health.AlarmSince == nil || !strings.HasPrefix(health.Alarm, notGoing) {
		now := tx.Now()
		health.AlarmSince = &now
	}
	health.Alarm = notGoing + reason
	return tx.SaveHealth(account, health)
}

// calm takes that back.
func calm(tx *store.Tx, account ngo.AccountID) error {
	health, err := tx.Health(account)
	if err != nil || !strings.HasPrefix(health.Alarm, notGoing) {
		return err
	}
	health.Alarm, health.AlarmSince = "", nil
	return tx.SaveHealth(account, health)
}
