package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The exit codes. Other programs decide by them, so they never change; "ngoctl help exit-codes" explains them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitDenied      = 4
	exitConflict    = 5
	exitUnreachable = 6
	exitPartly      = 7
	exitFindings    = 8
	exitLater       = 75
	exitInterrupted = 130
)

// An outcome ends a command with a code of its own after it has printed its answer.
type outcome int

func (o outcome) Error() string { return fmt.Sprintf("ended with code %d", int(o)) }

// exitCode is the one place where an error becomes an exit code.
func exitCode(err error) int {
	if o, ok := errors.AsType[outcome](err); ok {
		return int(o)
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, api.ErrUnreachable):
		return exitUnreachable
	}
	switch ngo.CodeOf(err) {
	case ngo.Invalid:
		return exitUsage
	case ngo.NotFound:
		return exitNotFound
	case ngo.Unauthenticated, ngo.Denied:
		return exitDenied
	case ngo.Conflict:
		return exitConflict
	case ngo.Limited, ngo.Unavailable:
		return exitLater
	}
	return exitFailed
}
