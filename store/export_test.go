package store

import (
	"context"
	"path/filepath"
	"time"

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
