package flow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/flow"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/sqlite"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// dyingIn names the folder in which the test binary, started again, works until it dies: after so many commits, or when it is killed.
const (
	dyingIn    = "NGOCTL_TEST_FLOW_DYING_IN"
	dyingAfter = "NGOCTL_TEST_FLOW_DYING_AFTER"
)

// diedAt is the exit code of a program that died after its commits.
const diedAt = 9

// workIn is the main of that second program: it does every job, one after the other, until nothing is left to do.
func workIn(dir string) (err error) {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: dir, Engine: sqlite.Open, Keys: storetest.Keys()})
	if err != nil {
		return err
	}
	defer s.Close()
	book, err := org.New(org.Options{Store: s, Channels: []channel.Driver{whatsapp.New()}})
	if err != nil {
		return err
	}
	defer book.Close()
	left, err := strconv.ParseInt(os.Getenv(dyingAfter), 10, 64)
	if err != nil {
		return err
	}
	var commits atomic.Int64
	s.Feed().Subscribe(func([]store.Change) {
		if commits.Add(1) == left {
			os.Exit(diedAt)
		}
	})
	laws, _, err := receipt.LoadLaws(nil)
	if err != nil {
		return err
	}
	steps, err := flow.New(flow.Options{Feed: s.Feed(), Book: book, Blobs: blob.NewShelves(dir, storetest.Keys()), Laws: laws, Fonts: typeset.New()})
	if err != nil {
		return err
	}
	o, err := s.Org(ctx, storetest.Slug)
	if err != nil {
		return err
	}
	if err := o.Write(ctx, store.Work, "test", func(tx *store.Tx) error { _, err := tx.ReleaseLeases(); return err }); err != nil {
		return err
	}
	for {
		left, err := workOnce(ctx, o, steps)
		if err != nil || left == 0 {
			return err
		}
	}
}

// workOnce does what is due, and tells how many jobs there are still.
func workOnce(ctx context.Context, o *store.Org, steps *flow.Flow) (left int, err error) {
	for _, lane := range ngo.Lanes {
		var jobs []ngo.Job
		err := o.Write(ctx, store.Work, "test", func(tx *store.Tx) (err error) {
			jobs, err = tx.Claim(lane, 1, time.Minute)
			return err
		})
		if err != nil {
			return 0, err
		}
		for _, j := range jobs {
			if err := steps.Handlers()[j.Kind](ctx, o, j); err != nil {
				return 0, err
			}
		}
	}
	err = o.Read(ctx, func(rx *store.Rx) error {
		all, _, err := rx.Jobs(store.JobQuery{State: ngo.JobReady})
		left = len(all)
		return err
	})
	return left, err
}

// runToDeath has the second program work until it has committed so often, or has sent so many messages of which the last is taken and
// not answered. It tells whether the work came to its end before.
func runToDeath(t *testing.T, dir string, g *graph, commits, sends int) (done bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), dyingIn+"="+dir, fmt.Sprintf("%s=%d", dyingAfter, commits))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	must(t, cmd.Start())
	g.killAt(sends, func() { _ = cmd.Process.Kill() }) // it may have ended by itself
	err := cmd.Wait()
	g.killAt(0, nil)
	exit, died := errors.AsType[*exec.ExitError](err)
	if died && exit.ExitCode() != diedAt && exit.ExitCode() != -1 {
		t.Fatalf("program: %v\n%s", err, out.Bytes())
	}
	return err == nil
}

// However often the program is killed: every message that came stands in its place, once; every file is fetched; and every reply went
// out once, or is shown as one of which nobody knows.
func TestKilledAtAnyTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := houseIn(t, dir)
	g := h.whatsApp()
	g.serve(fileID, picture(t))
	var want []string
	const batches, replies = 12, 12
	g.hears(messages(h.text("wamid.first", "hello")))
	c := h.thread().ID
	for n := range batches {
		var items []string
		for i := range 3 {
			words := fmt.Sprintf("message %d.%d", n, i)
			items, want = append(items, h.text(fmt.Sprintf("wamid.%d.%d", n, i), words)), append(want, words)
		}
		g.arrive(messages(items...))
	}
	g.arrive(messages(h.document("image", "image/png", "")))
	for n := range replies {
		h.reply(c, fmt.Sprintf("reply %d", n))
	}
	h.close()
	deaths := 0
	rng := rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano())))
	for ; deaths < 100; deaths++ {
		if runToDeath(t, dir, g, 3+rng.IntN(12), 1+rng.IntN(4)) {
			break
		}
	}
	h = houseIn(t, dir)
	g.h = h
	h.retryParked()
	for range 5 {
		h.later(time.Minute)
		h.works()
	}
	got := h.thread()
	var heard []string
	for _, m := range got.messages {
		if m.Direction == ngo.In && m.What == "text" && m.Text != "hello" {
			heard = append(heard, m.Text)
		}
	}
	slices.Sort(heard)
	slices.Sort(want)
	if !slices.Equal(heard, want) {
		t.Errorf("heard %v; want %v", heard, want)
	}
	taken := map[string]int{}
	for _, words := range g.texts() {
		taken[words]++
	}
	uncertain := 0
	for _, m := range got.messages {
		switch {
		case m.Direction == ngo.In && m.What == "media" && (len(m.Attachments) != 1 || m.Attachments[0].State != ngo.AttachmentKept):
			t.Errorf("file %+v", m.Attachments)
		case m.Direction == ngo.In:
		case m.State == ngo.MessageUncertain && taken[m.Text] <= 1:
			uncertain++
		case m.State != ngo.MessageSent || taken[m.Text] != 1:
			t.Errorf("%q is %s and was taken %d times", m.Text, m.State, taken[m.Text])
		}
	}
	if deaths < 3 {
		t.Errorf("the program died %d times; want it to be killed more often", deaths)
	}
	t.Logf("%d deaths, %d of %d replies are uncertain", deaths, uncertain, replies)
}

// retryParked has what was under way at too many deaths tried again, as a person would.
func (h *house) retryParked() {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		if _, err := tx.ReleaseLeases(); err != nil {
			return err
		}
		parked, _, err := tx.Jobs(store.JobQuery{State: ngo.JobParked})
		if err != nil {
			return err
		}
		for _, j := range parked {
			if err := tx.RetryParked(j.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
