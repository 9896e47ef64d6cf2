package webhook

import (
	"net/http"
	"strconv"
)

// An answer is one of the few things that a provider hears, made once and shared: header values are never written to.
type answer struct {
	status int
	body   []byte
	header []headerLine
}

type headerLine struct {
	name  string
	value []string
}

// The answers. Strangers learn no more from them than they must: an unknown organisation and an unknown account are one.
var (
	accepted = newAnswer(http.StatusOK, "application/json", `{"status":"accepted"}`)

	notAllowed = newProblem(http.StatusMethodNotAllowed, "invalid", "deliveries come by POST", "Allow", http.MethodPost)
	encoded    = newProblem(http.StatusUnsupportedMediaType, "invalid", "compressed bodies are not taken")
	unknown    = newProblem(http.StatusNotFound, "not_found", "there is nothing here")
	unsigned   = newProblem(http.StatusUnauthorized, "unauthenticated", "the signature does not match")
	limited    = newProblem(http.StatusTooManyRequests, "limited", "too many deliveries from here could not be accepted", "Retry-After", "60")
	tooLarge   = newProblem(http.StatusRequestEntityTooLarge, "too_large", "the body is too large", "Connection", "close")
	incomplete = newProblem(http.StatusBadRequest, "invalid", "the body did not come to its end", "Connection", "close")

	unavailable = newProblem(http.StatusServiceUnavailable, "unavailable", "this cannot be stored now", "Retry-After", "5")

	// With a long body still on its way: net/http would first read it, unless the connection is to be closed.
	limitedUnread = newProblem(http.StatusTooManyRequests, "limited", "too many deliveries from here could not be accepted", "Retry-After", "60", "Connection", "close")
	busyUnread    = newProblem(http.StatusServiceUnavailable, "unavailable", "too many long bodies come in now", "Retry-After", "5", "Connection", "close")
)

func newProblem(status int, code, detail string, header ...string) *answer {
	text := `{"title":"` + http.StatusText(status) + `","status":` + strconv.Itoa(status) + `,"detail":"` + detail + `","code":"` + code + `"}`
	return newAnswer(status, "application/problem+json", text, header...)
}

func newAnswer(status int, media, body string, header ...string) *answer {
	a := &answer{status: status, body: []byte(body), header: []headerLine{
		{"Content-Type", []string{media}}, {"Content-Length", []string{strconv.Itoa(len(body))}},
	}}
	for i := 0; i < len(header); i += 2 {
		a.header = append(a.header, headerLine{header[i], header[i+1 : i+2 : i+2]})
	}
	return a
}

func (a *answer) write(w http.ResponseWriter) {
	h := w.Header()
	for _, line := range a.header {
		h[line.name] = line.value
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the provider has gone: it will send again
}
