package storetest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/store/sqlite"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSQLite(t *testing.T) { t.Parallel(); storetest.RunEngine(t, sqlite.Open) }
