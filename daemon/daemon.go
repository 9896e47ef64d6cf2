// Package daemon puts the parts together and keeps them running: one folder, one process, one errgroup. It holds the
// folder's lock from start to end, opens everything in order, and closes it in reverse.
//
// It promises that a second process on the same folder is refused, that the listeners answer before slow work begins, and
// that a stop lasts at most ten seconds and forgets nothing that was acknowledged.
package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/flow"
	"github.com/ngoctl/ngoctl/daemon/indexer"
	"github.com/ngoctl/ngoctl/daemon/ingress"
	"github.com/ngoctl/ngoctl/daemon/public"
	"github.com/ngoctl/ngoctl/daemon/worker"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options is what New needs. Dir and Config are required.
type Options struct {
	Dir     string // the data folder
	Config  Config
	Version string       // of the program
	NoCache bool         // read everything anew each time; nothing else changes
	Log     *slog.Logger // nil discards
	Now     func() time.Time
}

func (o *Options) setDefaults() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Daemon is the appliance on one data folder. Make one with New.
type Daemon struct {
	o         Options
	listening chan struct{}
	addr      net.Addr
}

// New makes a daemon that touches nothing until Run. It fails with Invalid, naming every setting that cannot be.
func New(o Options) (*Daemon, error) {
	if o.Dir == "" {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a daemon needs a data folder", Hint: "name it with --data"}
	}
	if err := o.Config.Check(); err != nil {
		return nil, err
	}
	o.setDefaults()
	return &Daemon{o: o, listening: make(chan struct{})}, nil
}

// Listening is closed once the listeners are open; Addr is known from then on.
func (d *Daemon) Listening() <-chan struct{} { return d.listening }

// Addr gives the address of the main listener.
func (d *Daemon) Addr() net.Addr { return d.addr }

// startPatience is how long a daemon that starts waits for a command that has the folder for a moment.
const startPatience = 2 * time.Second

// Run works until ctx ends, and then stops within ten seconds: no more work is begun, what is under way is finished or
// handed back. A Daemon runs once. It fails with Conflict when another process keeps the folder for more than two seconds.
func (d *Daemon) Run(ctx context.Context) (err error) {
	begun := d.o.Now()
	if os.Getenv("GOGC") == "" {
		// Garbage may grow to twice what is in use: a gift then costs a tenth less of the processor.
		defer debug.SetGCPercent(debug.SetGCPercent(200))
	}
	b, err := openBase(ctx, d.o, startPatience)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, fault := range b.lawFaults {
		d.o.Log.Error("files of laws or rates are at fault", "err", fault)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	health := &pulse{base: b}
	work, steps, err := d.work(b, registry)
	if err != nil {
		return err
	}
	door, api, err := d.door(b, steps, health, registry)
	if err != nil {
		return err
	}
	defer api.Close()
	search, err := indexer.New(indexer.Options{Store: b.store, Log: d.o.Log})
	if err != nil {
		return err
	}
	if err := door.Listen(); err != nil {
		return err
	}
	d.addr = door.Addr()
	close(d.listening)
	d.o.Log.Info("started", "version", d.o.Version, "listen", d.addr.String(), "dir", d.o.Dir, "took", d.o.Now().Sub(begun))
	defer func() { d.o.Log.Info("stopped") }()
	farewell := func(ctx context.Context) error {
		<-ctx.Done()
		d.o.Log.Info("stopping")
		api.Close() // ends the streams, which would else be waited for
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{door.Run, work.Run, steps.Run, search.Run, b.pull.Run, health.run, b.tidy, b.watch.run, farewell} {
		group.Go(func() error { return part(ctx) })
	}
	return group.Wait()
}

// work makes the worker and the steps that it runs.
func (d *Daemon) work(b *base, registry *prometheus.Registry) (*worker.Worker, *flow.Flow, error) {
	steps, err := flow.New(flow.Options{Feed: b.store.Feed(), Book: b.book, Blobs: b.blobs, Laws: b.laws, Fonts: b.fonts, Files: b.files,
		BaseURL: d.o.Config.donorURL(), Log: d.o.Log, Now: d.o.Now})
	if err != nil {
		return nil, nil, err
	}
	w, err := worker.New(worker.Options{
		Store: b.store, Handlers: steps.Handlers(), Parked: steps.Parked, Lanes: lanes(d.o.Config.Lanes), Grace: jobGrace, Registry: registry, Log: d.o.Log, Now: d.o.Now,
	})
	return w, steps, err
}

// jobGrace leaves room, within the ten seconds of a stop, for what a cancelled job still has to say and to record.
const jobGrace = 5 * time.Second

// sideBySide is how many organisations one worker serves at once where it mostly waits, for a disk or a stranger's server.
// With a hundred organisations, a file to make durable for each, one at a time hardly got on beside acknowledgements; four
// took a third of those away.
const sideBySide = 2

// lanes says how much runs at once. Where a job is a few statements, a batch is large and shares a commit; where it takes
// the processor or somebody else's time it is small, and money goes first. No organisation takes all workers of a lane.
func lanes(c Lanes) map[ngo.Lane]worker.Lane {
	half := func(n int) int { return (n + 1) / 2 }
	return map[ngo.Lane]worker.Lane{
		ngo.LanePayment:  {Workers: c.Payment * sideBySide, PerOrg: c.Payment, Batch: 64},
		ngo.LaneMessage:  {Workers: c.Message * sideBySide, PerOrg: c.Message, Batch: 64},
		ngo.LaneDocument: {Workers: c.Document, PerOrg: half(c.Document), Batch: 2, Yield: 20},
		ngo.LaneOutbound: {Workers: c.Outbound * sideBySide, PerOrg: c.Outbound, Batch: 4, Yield: 4},
		ngo.LaneBulk:     {Workers: c.Bulk, PerOrg: half(c.Bulk), Batch: 1, Yield: 8},
	}
}

// door makes the listeners with all that stands behind them.
func (d *Daemon) door(b *base, steps *flow.Flow, health *pulse, registry *prometheus.Registry) (*ingress.Server, *apiserver.Server, error) {
	staff := b.serverOptions(health.last)
	staff.Answers = steps.Mended
	api, err := b.server(staff)
	if err != nil {
		return nil, nil, err
	}
	o := d.o.Config.door(d.o.Dir)
	o.API, o.Probe, o.Registry, o.Log, o.Now = api, health.last, registry, d.o.Log, d.o.Now
	door, err := d.listener(o, b, registry)
	if err != nil {
		api.Close()
	}
	return door, api, err
}

// listener adds what strangers may reach.
func (d *Daemon) listener(o ingress.Options, b *base, registry *prometheus.Registry) (*ingress.Server, error) {
	var err error
	if o.Hooks, err = d.hooks(b, registry); err != nil {
		return nil, err
	}
	if o.Public, err = public.New(public.Options{Book: b.book, Blobs: b.blobs, Log: d.o.Log, Now: d.o.Now}); err != nil {
		return nil, err
	}
	return ingress.New(o)
}
