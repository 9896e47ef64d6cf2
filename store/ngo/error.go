package ngo

import "errors"

// Code classifies an Error. It decides the HTTP status, the exit code and whether a job is tried again.
type Code string

// The codes. An error without one counts as Internal and is retried.
const (
	Invalid         Code = "invalid"
	NotFound        Code = "not_found"
	Conflict        Code = "conflict"
	Unauthenticated Code = "unauthenticated"
	Denied          Code = "denied"
	TooLarge        Code = "too_large"
	Limited         Code = "limited"
	Unavailable     Code = "unavailable"
	Internal        Code = "internal"
)

// Error is the one error type that carries meaning across packages. Message says what is wrong in words for the person
// who hits it; Hint says what to do next, usually a command; Err is the cause, for the log only.
type Error struct {
	Code    Code
	Message string
	Hint    string
	Err     error
}

// Error gives the message, with the cause behind it when there is one.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf gives the code of the outermost Error in err's chain, Internal when there is none and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Permanent tells whether trying the same thing again cannot help.
func Permanent(err error) bool {
	switch CodeOf(err) {
	case Invalid, NotFound, Conflict, Unauthenticated, Denied, TooLarge:
		return true
	}
	return false
}
