package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// ProblemType is the media type of an error's body.
const ProblemType = "application/problem+json"

// maxProblem is how much of an error's body is read.
const maxProblem = 64 << 10

// Problem is the body of an error: problem details (RFC 9457) with our code and a hint.
type Problem struct {
	Title  string   `json:"title" doc:"The status in words." example:"Not Found"`
	Status int      `json:"status" doc:"The HTTP status, repeated." example:"404"`
	Detail string   `json:"detail" doc:"What is wrong, in a sentence for the person who hits it."`
	Code   ngo.Code `json:"code" doc:"What kind of error it is; programs decide by this." enum:"invalid,not_found,conflict,unauthenticated,denied,too_large,limited,unavailable,internal"`
	Hint   string   `json:"hint,omitempty" doc:"What to do next, usually a command."`
	Faults []Fault  `json:"faults,omitempty" doc:"Every field that is wrong, when there are several to tell."`
}

// Fault is one thing wrong with a request.
type Fault struct {
	Field   string `json:"field" doc:"Where it is, such as body.donor.email."`
	Message string `json:"message"`
}

// StatusOf gives the HTTP status of a code.
func StatusOf(code ngo.Code) int {
	switch code {
	case ngo.Invalid:
		return http.StatusUnprocessableEntity
	case ngo.NotFound:
		return http.StatusNotFound
	case ngo.Conflict:
		return http.StatusConflict
	case ngo.Unauthenticated:
		return http.StatusUnauthorized
	case ngo.Denied:
		return http.StatusForbidden
	case ngo.TooLarge:
		return http.StatusRequestEntityTooLarge
	case ngo.Limited:
		return http.StatusTooManyRequests
	case ngo.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// CodeOfStatus gives the code that a status stands for, for bodies that carry none.
func CodeOfStatus(status int) ngo.Code {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		return ngo.Invalid
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return ngo.NotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return ngo.Conflict
	case http.StatusUnauthorized:
		return ngo.Unauthenticated
	case http.StatusForbidden, http.StatusMisdirectedRequest:
		return ngo.Denied
	case http.StatusRequestEntityTooLarge:
		return ngo.TooLarge
	case http.StatusTooManyRequests:
		return ngo.Limited
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return ngo.Unavailable
	}
	return ngo.Internal
}

// readProblem turns the answer to a failed call into an *ngo.Error.
func readProblem(res *http.Response) error {
	data, _ := io.ReadAll(io.LimitReader(res.Body, maxProblem)) // what is missing of it is told by the status
	var p Problem
	if json.Unmarshal(data, &p) != nil || p.Detail == "" {
		return &ngo.Error{Code: CodeOfStatus(res.StatusCode), Message: fmt.Sprintf("the daemon answered with status %d", res.StatusCode)}
	}
	if p.Code == "" {
		p.Code = CodeOfStatus(res.StatusCode)
	}
	return &ngo.Error{Code: p.Code, Message: p.Detail, Hint: p.Hint}
}
