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
)

const programName = "ngoctl"

func main() {
	// The first signal asks to stop; whoever sends a second one wants the program gone.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], systemTerminal()))
}
