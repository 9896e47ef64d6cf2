package apiserver_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// outcome is how the permission check ended for a request.
type outcome string

const (
	allowed outcome = "yes"    // it reached the handler
	login   outcome = "log in" // 401
	denied  outcome = "no"     // 403
	unseen  outcome = "unseen" // 404: there is no such organisation
)

// caller is a kind of person who sends a request.
type caller struct {
	name string
	role ngo.Role // in sevai; empty: none
	kind string   // token, expired, revoked, disabled, garbage, none, uid
	uid  int
}

func callers() []caller {
	var out []caller
	for _, r := range ngo.Roles {
		out = append(out, caller{name: string(r), role: r, kind: "token"})
	}
	return append(out,
		caller{name: "nobody", kind: "none"},
		caller{name: "expired", role: ngo.Admin, kind: "expired"},
		caller{name: "revoked", role: ngo.Admin, kind: "revoked"},
		caller{name: "disabled", role: ngo.Admin, kind: "disabled"},
		caller{name: "garbage", kind: "garbage"},
		caller{name: "no roles", kind: "token"},
		caller{name: "socket unknown", kind: "uid", uid: otherUID},
		caller{name: "socket finance", role: ngo.Finance, kind: "uid", uid: meenaUID},
		caller{name: "socket owner", kind: "uid", uid: ownerUID},
		caller{name: "socket root", kind: "uid", uid: 0},
	)
}

// expect is what the table says of a caller's request.
func expect(rt apiserver.Route, c caller, slug string) outcome {
	operator := c.kind == "uid" && (c.uid == 0 || c.uid == ownerUID)
	known := c.kind == "token" || operator || c.uid == meenaUID
	switch {
	case rt.Permission == "open", operator:
		return allowed
	case !known:
		return login
	case rt.Permission == "self":
		return allowed
	case rt.Permission == "own", rt.Permission == "appliance":
		return denied // the walk never asks for the caller's own name
	case slug != storetest.Slug || c.role == "":
		return unseen
	case apiserver.Granted(rt.Permission, c.role):
		return allowed
	}
	return denied
}

type walker struct {
	*fixture
	users map[string]ngo.User
}

func newWalker(t *testing.T) *walker {
	w := &walker{fixture: newFixture(t), users: map[string]ngo.User{}}
	for _, c := range callers() {
		u := api.NewUser{Name: strings.ReplaceAll(c.name, " ", "-")}
		if c.role != "" {
			u.Members = []ngo.Member{{Org: storetest.Slug, Role: c.role}}
		}
		if c.uid == meenaUID {
			u.OSUser = "meena-os"
		}
		made, err := w.local.AddUser(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		w.users[c.name] = made
	}
	return w
}

// token makes a fresh one for each request: some routes revoke the one they are called with.
func (w *walker) token(c caller) string {
	w.t.Helper()
	ctx, u := w.t.Context(), w.users[c.name]
	expires := time.Now().Add(time.Hour)
	if c.kind == "expired" {
		expires = time.Now().Add(-time.Second)
	}
	tok, secret, err := w.store.AddToken(ctx, "test", u.ID, "walk", &expires)
	if err == nil && c.kind == "revoked" {
		err = w.store.RevokeToken(ctx, "test", tok.ID)
	}
	if err == nil && c.kind == "disabled" {
		err = w.store.SetDisabled(ctx, "test", u.ID, true)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}

func (w *walker) request(rt apiserver.Route, c caller, slug string) *http.Request {
	w.t.Helper()
	path := strings.NewReplacer("{org}", slug, "{user}", "nemo", "{id}", "x", "{name}", "x").Replace(rt.Path)
	req, err := http.NewRequestWithContext(w.t.Context(), rt.Method, w.http.URL+api.Prefix+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	switch c.kind {
	case "none":
	case "garbage":
		req.Header.Set("Authorization", "Bearer ngo_"+strings.Repeat("A", 43))
	case "uid":
		req.Header.Set("Test-Uid", fmt.Sprint(c.uid))
		req.Host = api.LocalHost
	default:
		req.Header.Set("Authorization", "Bearer "+w.token(c))
	}
	return req
}

// answerOf sends a request and reads how the permission check ended. A stream is left at its first byte.
func answerOf(t testing.TB, req *http.Request) (outcome, api.Problem) {
	t.Helper()
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	res, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode < 400 {
		return allowed, api.Problem{}
	}
	body, _ := io.ReadAll(res.Body)
	var p api.Problem
	if err := json.Unmarshal(body, &p); err != nil || p.Detail == "" || p.Code == "" || p.Status != res.StatusCode || res.Header.Get("Content-Type") != api.ProblemType {
		t.Errorf("%s %s: answer %d %q is not a problem (%v)", req.Method, req.URL.Path, res.StatusCode, body, err)
	}
	switch {
	case p.Code == ngo.Unauthenticated:
		return login, p
	case p.Code == ngo.Denied:
		return denied, p
	case p.Code == ngo.NotFound && p.Detail == "there is no such organisation":
		return unseen, p
	}
	return allowed, p
}

// TestEveryRouteForEveryCaller sends each route of the binary for each kind of caller, in the own organisation, another
// and one that does not exist, and compares the answers with the permission table. The golden file is for people.
func TestEveryRouteForEveryCaller(t *testing.T) {
	t.Parallel()
	w := newWalker(t)
	var matrix strings.Builder
	fmt.Fprintf(&matrix, "%-44s", "route")
	for _, c := range callers() {
		fmt.Fprintf(&matrix, " %-14s", c.name)
	}
	matrix.WriteString("\n")
	for _, rt := range apiserver.Routes() {
		fmt.Fprintf(&matrix, "%-44s", rt.Method+" "+rt.Path)
		for _, c := range callers() {
			got, _ := answerOf(t, w.request(rt, c, storetest.Slug))
			if rt.Permission == "open" && got == login {
				got = allowed // it asks for credentials by itself
			}
			if want := expect(rt, c, storetest.Slug); got != want {
				t.Errorf("%s by %s: %q, want %q", rt.ID, c.name, got, want)
			}
			fmt.Fprintf(&matrix, " %-14s", got)
			w.compareForeign(rt, c)
		}
		matrix.WriteString("\n")
	}
	golden(t, "permissions.golden", []byte(tidy(matrix.String())))
}

// compareForeign asks for another organisation and for one that does not exist: the answers must be the same.
func (w *walker) compareForeign(rt apiserver.Route, c caller) {
	w.t.Helper()
	if !strings.Contains(rt.Path, "{org}") {
		return
	}
	foreign, p1 := answerOf(w.t, w.request(rt, c, "other"))
	missing, p2 := answerOf(w.t, w.request(rt, c, "missing"))
	want := expect(rt, c, "other")
	if foreign != want {
		w.t.Errorf("%s by %s in another organisation: %q, want %q", rt.ID, c.name, foreign, want)
	}
	if want == allowed {
		return
	}
	if d := cmp.Diff(p1, p2); foreign != missing || d != "" {
		w.t.Errorf("%s by %s: another organisation and a missing one differ: %s", rt.ID, c.name, d)
	}
}

func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (rewrite with -update): %s", name, d)
	}
}

func TestEveryPermissionIsInTheTable(t *testing.T) {
	t.Parallel()
	ids, places := map[string]bool{}, map[string]bool{}
	for _, rt := range apiserver.Routes() {
		special := rt.Permission == "open" || rt.Permission == "self" || rt.Permission == "own" || rt.Permission == "appliance"
		if !special && !apiserver.Known(rt.Permission) {
			t.Errorf("%s: nobody has the permission %q", rt.ID, rt.Permission)
		}
		if !special && !strings.HasPrefix(rt.Path, "/orgs/{org}") {
			t.Errorf("%s: a role counts in an organisation, and the path names none", rt.ID)
		}
		if ids[rt.ID] || places[rt.Method+rt.Path] {
			t.Errorf("%s: it is there twice", rt.ID)
		}
		ids[rt.ID], places[rt.Method+rt.Path] = true, true
		reads := strings.HasSuffix(rt.Permission, ".read") || special
		if rt.Method != http.MethodGet && reads && !special && rt.ID != "verify-audit" {
			t.Errorf("%s writes with a permission to read", rt.ID)
		}
		if rt.Method == http.MethodGet && !reads {
			t.Errorf("%s reads with a permission to write", rt.ID)
		}
	}
}

func TestTokenOverridesTheSystemUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, token := f.user("vani", storetest.Slug, ngo.Volunteer)
	req, _ := http.NewRequestWithContext(t.Context(), "GET", f.http.URL+"/api/v1/users", nil)
	req.Header.Set("Test-Uid", fmt.Sprint(ownerUID))
	req.Host = api.LocalHost
	if got, _ := answerOf(t, req); got != allowed {
		t.Errorf("the owner may list users: got %q", got)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if got, _ := answerOf(t, req); got != denied {
		t.Errorf("with a volunteer's token: got %q, want %q", got, denied)
	}
}

func TestLocalAuthorityIsNotForWebPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, tt := range []struct {
		name, host, origin string
		want               outcome
	}{
		{"a client", api.LocalHost, "", allowed},
		{"localhost", "localhost", "", allowed},
		{"foreign host", "attacker.example", "", denied},
		{"rebound name", "127.0.0.1:80", "", denied},
		{"origin", api.LocalHost, "https://attacker.example", denied},
		{"null origin", api.LocalHost, "null", denied},
	} {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", f.http.URL+"/api/v1/status", nil)
		req.Header.Set("Test-Uid", fmt.Sprint(ownerUID))
		req.Host = tt.host
		if tt.origin != "" {
			req.Header.Set("Origin", tt.origin)
		}
		if got, _ := answerOf(t, req); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestOwnTokensAreOnesOwn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, mine := f.user("meena", storetest.Slug, ngo.Volunteer)
	f.user("ravi", storetest.Slug, ngo.Admin)
	c := f.with(mine)
	tokens, err := c.Tokens(ctx, "meena")
	if err != nil || len(tokens) != 1 {
		t.Fatalf("Tokens = %v, %v", tokens, err)
	}
	_, err = c.Tokens(ctx, "ravi")
	wantCode(t, err, ngo.Denied)
	theirs, err := f.local.Tokens(ctx, "ravi")
	if err != nil {
		t.Fatal(err)
	}
	foreign := c.RevokeToken(ctx, theirs[0].ID)
	missing := c.RevokeToken(ctx, "tok_00000000000000000000000000")
	wantCode(t, foreign, ngo.NotFound)
	if foreign.Error() != missing.Error() {
		t.Errorf("somebody else's token: %v; a missing one: %v", foreign, missing)
	}
	if err := c.RevokeToken(ctx, tokens[0].ID); err != nil {
		t.Fatal(err)
	}
	_, err = c.Status(ctx)
	wantCode(t, err, ngo.Unauthenticated)
}
