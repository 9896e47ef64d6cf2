package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/worker"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/sqlite"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// dyingIn names the folder in which the test binary, started again, works until it dies.
const dyingIn = "NGOCTL_TEST_DYING_IN"

// atWork is how many other jobs are under way when the program dies first.
const atWork = 20

// diedAt is the exit code of a program that died at the poison.
const diedAt = 9

// die is the main of that second program: it works until a job takes it down, or nothing is left to do.
func die(dir string) {
	ctx := context.Background()
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	s, err := store.Open(ctx, store.Options{Dir: dir, Engine: sqlite.Open, Keys: storetest.Keys()})
	fail(err)
	changed := make(chan struct{}, 1)
	s.Feed().Subscribe(func([]store.Change) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	var bystanders sync.WaitGroup
	bystanders.Add(atWork)
	w, err := worker.New(worker.Options{
		Store: s, Lease: time.Second, Lanes: map[ngo.Lane]worker.Lane{ngo.LanePayment: {Workers: 2, Batch: 16}},
		Handlers: map[ngo.JobKind]worker.Handler{kind: func(ctx context.Context, o *store.Org, job ngo.Job) error {
			switch {
			case job.Subject == "poison" && job.Crashes == 0:
				bystanders.Wait()
				os.Exit(diedAt)
			case job.Subject == "poison":
				os.Exit(diedAt)
			case job.Crashes == 0:
				bystanders.Done()
				<-ctx.Done() // under way when the program dies
			}
			return finish(ctx, o, job)
		}},
	})
	fail(err)
	go func() { fail(w.Run(ctx)) }()
	o, err := s.Org(ctx, "sevai")
	fail(err)
	for ready := 1; ready > 0; {
		<-changed
		fail(o.Read(ctx, func(rx *store.Rx) error {
			left, _, err := rx.Jobs(store.JobQuery{State: ngo.JobReady})
			ready = len(left)
			return err
		}))
	}
	os.Exit(0)
}

// A job at which the program dies each time ends parked, where people see it; those that were under way with it get done.
func TestCrashesEndParked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Engine: sqlite.Open, Keys: storetest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	subjects := []string{"poison"}
	for i := range atWork {
		subjects = append(subjects, fmt.Sprint("bystander ", i))
	}
	enqueue(t, storetest.AddOrg(t, s, "sevai"), kind, 0, subjects...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	deaths := 0
	for ; deaths < 10; deaths++ {
		if died := runToDeath(t, dir); !died {
			break
		}
	}
	if deaths != 4 {
		t.Errorf("the program died %d times; want 4", deaths)
	}
	o, err := storetest.Open(t, storetest.In(dir)).Org(t.Context(), "sevai")
	if err != nil {
		t.Fatal(err)
	}
	left := jobs(t, o)
	if len(left) != 1 || left[0].Subject != "poison" || left[0].State != ngo.JobParked || left[0].Error == "" {
		t.Errorf("jobs = %+v; want the poison alone, parked with a reason", left)
	}
}

func runToDeath(t *testing.T, dir string) (died bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), dyingIn+"="+dir)
	out, err := cmd.CombinedOutput()
	exit, _ := errors.AsType[*exec.ExitError](err)
	if err != nil && (exit == nil || exit.ExitCode() != diedAt) {
		t.Fatalf("program: %v\n%s", err, out)
	}
	return err != nil
}
