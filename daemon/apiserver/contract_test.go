package apiserver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func (f *fixture) get(path string) (*http.Response, []byte) {
	f.t.Helper()
	res, err := http.Get(f.http.URL + path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res, body
}

// TestDescription holds the OpenAPI description to its golden file, and its operations to the table of routes.
func TestDescription(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	res, body := f.get("/api/v1/openapi.json")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("answer = %d %s", res.StatusCode, res.Header)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "openapi.golden.json", append(pretty.Bytes(), '\n'))
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		}
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	var described, registered []string
	for _, methods := range doc.Paths {
		for _, op := range methods {
			described = append(described, op.OperationID)
		}
	}
	for _, rt := range apiserver.Routes() {
		if rt.ID != "openapi" {
			registered = append(registered, rt.ID)
		}
	}
	slices.Sort(described)
	slices.Sort(registered)
	if !slices.Equal(described, registered) {
		t.Errorf("described %v\nregistered %v", described, registered)
	}
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		if _, ok := doc.Components.Schemas[name]; ok {
			t.Errorf("the description still has huma's %s", name)
		}
	}
}

func TestVersionsAreCheckedAndSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	res, _ := f.get("/api/v1/nothing")
	if res.StatusCode != 404 || res.Header.Get(api.HeaderVersion) != api.Version || res.Header.Get(api.HeaderProgram) != "1.2.3" {
		t.Errorf("answer = %d %v", res.StatusCode, res.Header)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "GET", f.http.URL+"/api/v1/openapi.json", nil)
	req.Header.Set(api.HeaderVersion, "2")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 409 {
		t.Errorf("another version: status %d, want 409", res.StatusCode)
	}
}

// send posts a body as the owner on the socket.
func (f *fixture) send(method, path, contentType, body string) (int, api.Problem) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.http.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Host = api.LocalHost
	req.Header.Set("Test-Uid", "4001")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	var p api.Problem
	if res.StatusCode >= 400 {
		if err := json.Unmarshal(data, &p); err != nil || res.Header.Get("Content-Type") != api.ProblemType {
			f.t.Errorf("%s %s: %d %q is not a problem", method, path, res.StatusCode, data)
		}
	}
	return res.StatusCode, p
}

func TestBadBodiesAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const js = "application/json"
	for _, tt := range []struct {
		name, contentType, body string
		status                  int
		detail                  string
	}{
		{"good", js, `{"name":"a1"}`, 201, ""},
		{"with a charset", "application/json; charset=utf-8", `{"name":"a2"}`, 201, ""},
		{"key twice", js, `{"name":"a3","name":"a4"}`, 422, `"name" comes twice`},
		{"key twice, further down", js, `{"name":"a3","members":[{"org":"sevai","org":"other","role":"admin"}]}`, 422, `"org" comes twice`},
		{"key in other case", js, `{"name":"a3","Name":"a4"}`, 422, `"Name" is not one of its fields`},
		{"long s folds to s", js, `{"name":"a3","member\u017f":[]}`, 422, "is not one of its fields"},
		{"unknown key", js, `{"name":"a3","admin":true}`, 422, "admin: unexpected property"},
		{"missing key", js, `{}`, 422, "name"},
		{"wrong type", js, `{"name":5}`, 422, "name: expected string"},
		{"wrong form", js, `{"name":"A B"}`, 422, "name: expected string to match pattern"},
		{"null", js, `null`, 422, ""},
		{"not JSON", js, `{"name":`, 422, "incomplete or wrong"},
		{"two values", js, `{"name":"a3"} {}`, 422, "something follows"},
		{"empty", js, ``, 422, "incomplete or wrong"},
		{"broken UTF-8", js, "{\"name\":\"a\xff\"}", 422, "not UTF-8"},
		{"deep", js, `{"name":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, 422, "nested"},
		{"form", "application/x-www-form-urlencoded", `name=a3`, 422, "must be JSON"},
		{"text", "text/plain", `{"name":"a3"}`, 422, "must be JSON"},
		{"no type", "", `{"name":"a3"}`, 422, "must be JSON"},
		{"too large", js, `{"name":"` + strings.Repeat("a", 70<<10) + `"}`, 413, "larger than 64 KiB"},
		{"unknown role", js, `{"name":"a3","members":[{"org":"sevai","role":"king"}]}`, 422, "king"},
	} {
		status, p := f.send("POST", "/users", tt.contentType, tt.body)
		if status != tt.status || !strings.Contains(p.Detail, tt.detail) {
			t.Errorf("%s: %d %+v, want %d with %q", tt.name, status, p, tt.status, tt.detail)
		}
		if status == 422 && p.Code != ngo.Invalid || status == 413 && p.Code != ngo.TooLarge {
			t.Errorf("%s: code %q does not fit status %d", tt.name, p.Code, status)
		}
	}
	users, err := f.local.Users(t.Context())
	if err != nil || len(users) != 2 {
		t.Errorf("users = %v, %v; want only the two good ones", users, err)
	}
}

func TestProblemsDoNotRepeatSecrets(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, p := f.send("POST", "/login", "application/json", `{"name":"meena","password":"hunter2-hunter2","extra":"hunter3"}`)
	data, err := json.Marshal(p)
	if err != nil || p.Code != ngo.Invalid || bytes.Contains(data, []byte("hunter")) {
		t.Errorf("problem = %s, %v", data, err)
	}
}

func TestBadQueriesAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, q := range []string{"limit=0", "limit=501", "limit=x", "limit=1&limit=2", "unknown=1", "state=nonsense", "from=2026-13-01", "after=" + strings.Repeat("x", 300)} {
		status, p := f.send("GET", "/orgs/sevai/donations?"+q, "", "")
		if status != 422 || p.Code != ngo.Invalid {
			t.Errorf("%s: %d %+v, want 422", q, status, p)
		}
	}
}

func TestUnknownPlacesAndMethodsAreNotFound(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, tt := range []struct{ method, path string }{
		{"GET", "/nothing"}, {"DELETE", "/status"}, {"PUT", "/orgs/sevai/summary"}, {"TRACE", "/status"}, {"GET", "/"},
	} {
		if status, p := f.send(tt.method, tt.path, "", ""); status != 404 || p.Code != ngo.NotFound {
			t.Errorf("%s %s: %d %+v, want 404", tt.method, tt.path, status, p)
		}
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := apiserver.New(apiserver.Options{}); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("New = %v, want Invalid", err)
	}
}

func TestSummaryIsWhatTheClientReads(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if err := seed.Fill(t.Context(), f.org, seed.Options{Gifts: 5}); err != nil {
		t.Fatal(err)
	}
	_, token := f.user("meena", storetest.Slug, ngo.Finance)
	raw := f.raw("GET", token, "summary", "")
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(raw, "200 ")))
	d.DisallowUnknownFields()
	var sum api.Summary
	if err := d.Decode(&sum); err != nil || sum.ReceiptsIssued != 5 || sum.Day == "" {
		t.Errorf("summary %s = %+v, %v", raw, sum, err)
	}
}
