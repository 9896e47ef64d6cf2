// Command ngoctl is the whole back office of a small organisation in one program: the daemon, the command line that
// steers it and the desk for its staff. This package holds flags, printing and exit codes, a file per noun; what a
// command does is asked of the daemon through api.Client.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a receipt's day needs the organisation's zone, also on a machine without a zone database

	"github.com/ngoctl/ngoctl/tui/hush"
)

const programName = "ngoctl"

func main() {
	hush.End()
	lookAtFile()
	// The first signal asks to stop; whoever sends a second one wants the program gone.
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup asked for that
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], systemTerminal()))
}
