package egress

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// maxWait is the longest wait that is taken from a provider's word.
const maxWait = time.Hour

// statusError is the cause of an error that came of a status.
type statusError struct {
	status int
	wait   time.Duration
}

func (e *statusError) Error() string {
	return fmt.Sprintf("status %d %s", e.status, http.StatusText(e.status))
}

// RetryAfter gives how long the provider asked to wait before the next call, at most an hour; 0 when it said nothing.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*statusError](err); ok {
		return e.wait
	}
	return 0
}

// fault gives the error that the status stands for, nil for a success.
func (a Answer) fault(host string) error {
	if a.Status >= 200 && a.Status <= 299 {
		return nil
	}
	code, says := meaning(a.Status)
	return &ngo.Error{Code: code, Message: host + " " + says, Err: &statusError{status: a.Status, wait: a.wait()}}
}

func meaning(status int) (code ngo.Code, says string) {
	switch {
	case status == http.StatusTooManyRequests:
		return ngo.Limited, "asks for fewer calls"
	case status == http.StatusUnauthorized:
		return ngo.Unauthenticated, "does not accept the credentials"
	case status == http.StatusForbidden:
		return ngo.Denied, "does not allow this"
	case status == http.StatusNotFound:
		return ngo.NotFound, "does not know this"
	case status == http.StatusConflict:
		return ngo.Conflict, "says that this is in conflict with something else"
	case status >= 500, status == http.StatusRequestTimeout:
		return ngo.Unavailable, "has trouble of its own"
	case status >= 400:
		return ngo.Invalid, "refuses this"
	}
	return ngo.Internal, "gave an answer that makes no sense here"
}

// wait reads Retry-After: seconds, or an instant, which is taken against the answer's own clock.
func (a Answer) wait() time.Duration {
	text := a.Header.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(n)*time.Second, maxWait)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxWait)
}
