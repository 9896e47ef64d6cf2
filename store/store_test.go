package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for missing, o := range map[string]store.Options{
		"Dir":    {Engine: storetest.Engine, Keys: storetest.Keys()},
		"Engine": {Dir: t.TempDir(), Keys: storetest.Keys()},
		"Keys":   {Dir: t.TempDir(), Engine: storetest.Engine},
	} {
		if _, err := store.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("Open without %s = %v; want an error that names it", missing, err)
		}
	}
}

func TestCreateOrg(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := storetest.Open(t, storetest.In(dir))
	made, err := s.CreateOrg(t.Context(), "os:root", store.NewOrg{Slug: "sevai", Name: "Sevai Trust", Profile: storetest.Profile()})
	if err != nil {
		t.Fatal(err)
	}
	if made.Zone != "Asia/Kolkata" {
		t.Errorf("zone = %q; want Asia/Kolkata", made.Zone)
	}
	if _, err := s.CreateOrg(t.Context(), "os:root", store.NewOrg{Slug: "sevai", Name: "Another"}); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a second organisation of the name = %v; want Conflict", err)
	}
	for _, bad := range []store.NewOrg{{Slug: "../x", Name: "x"}, {Slug: "Sevai", Name: "x"}, {Slug: "-", Name: "x"}, {Slug: "", Name: "x"},
		{Slug: strings.Repeat("a", 41), Name: "x"}, {Slug: "a", Name: ""}, {Slug: "b", Name: "x", Zone: "Nowhere/Land"}} {
		if _, err := s.CreateOrg(t.Context(), "os:root", bad); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("CreateOrg(%+v) = %v; want Invalid", bad, err)
		}
	}
	if _, err := s.Org(t.Context(), "other"); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("Org of no slug = %v; want NotFound", err)
	}
	orgs, err := s.Orgs(t.Context())
	if err != nil || len(orgs) != 1 || orgs[0] != made {
		t.Errorf("Orgs = %v, %v; want %v", orgs, err, made)
	}
	if names, _ := os.ReadDir(filepath.Join(dir, "orgs")); len(names) != 1 {
		t.Errorf("left in orgs: %v", names)
	}
	if report, err := s.VerifyAudit(t.Context()); err != nil || !report.Whole() {
		t.Errorf("VerifyAudit = %+v, %v", report, err)
	}
}

// A crash between the rename and the entry leaves a folder that was never entered. It does not stand in the way, and
// nothing of it is thrown away.
func TestFolderThatWasNeverEntered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left := filepath.Join(dir, "orgs", "sevai")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, "org.db"), []byte("half a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := storetest.AddOrg(t, storetest.Open(t, storetest.In(dir)), "sevai")
	storetest.Read(t, o, func(r *store.Rx) error {
		p, err := r.Profile()
		if p != storetest.Profile() {
			t.Errorf("Profile = %+v", p)
		}
		return err
	})
	kept, _ := filepath.Glob(filepath.Join(dir, "orgs", ".left-sevai-*", "org.db"))
	if len(kept) != 1 {
		t.Errorf("the folder that was there is gone; kept %v", kept)
	}
}

func TestStoreOutlivesAReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Engine: storetest.Engine, Keys: storetest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	o := storetest.AddOrg(t, s, "sevai")
	want := gift(t, o, "pay_1", nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = storetest.Open(t, storetest.In(dir))
	again, err := s.Org(t.Context(), "sevai")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Read(t, again, func(r *store.Rx) error {
		got, err := r.Donation(want.ID)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Donation = %+v; want %+v", got, want)
		}
		return err
	})
	checkWhole(t, again)
}

func TestSnapshotIsACopyThatOpens(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	gift(t, o, "pay_1", nil)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := o.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var gifts int
	if err := db.QueryRow("select count(*) from donation").Scan(&gifts); err != nil || gifts != 1 {
		t.Errorf("gifts in the copy = %d, %v; want 1", gifts, err)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	ctx := t.Context()
	meena, err := s.AddUser(ctx, "os:root", store.NewUser{Name: "meena", OSUser: "mr", Members: []ngo.Member{{Org: "sevai", Role: ngo.Finance}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddUser(ctx, "os:root", store.NewUser{Name: "meena"}); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a second meena = %v; want Conflict", err)
	}
	if _, err := s.AddUser(ctx, "os:root", store.NewUser{Name: "other", OSUser: "mr"}); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a second mr = %v; want Conflict", err)
	}
	if _, err := s.AddUser(ctx, "os:root", store.NewUser{Name: "x", Members: []ngo.Member{{Org: "sevai", Role: "king"}}}); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("an unknown role = %v; want Invalid", err)
	}
	if _, err := s.User(ctx, "x"); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("a user whose role was refused = %v; want NotFound", err)
	}
	for _, change := range []error{
		s.SetMember(ctx, "os:root", meena.ID, ngo.Member{Org: "sevai", Role: ngo.Admin}),
		s.SetMember(ctx, "os:root", meena.ID, ngo.Member{Org: "karuna", Role: ngo.Auditor}),
		s.SetPassword(ctx, "os:root", meena.ID, "$argon2id$x"),
		s.SetDisabled(ctx, "os:root", meena.ID, true),
	} {
		if change != nil {
			t.Error(change)
		}
	}
	if err := s.SetMember(ctx, "os:root", "usr_none", ngo.Member{Org: "sevai", Role: ngo.Admin}); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("a role for nobody = %v; want NotFound", err)
	}
	checkMeena(t, s)
	if err := s.SetMember(ctx, "os:root", meena.ID, ngo.Member{Org: "karuna"}); err != nil {
		t.Error(err)
	}
	if u, _ := s.User(ctx, "meena"); len(u.Members) != 1 {
		t.Errorf("members after one was taken away = %v", u.Members)
	}
}

func checkMeena(t *testing.T, s *store.Store) {
	t.Helper()
	u, phc, err := s.PasswordOf(t.Context(), "meena")
	if err != nil || phc != "$argon2id$x" || !u.Disabled {
		t.Errorf("PasswordOf = %+v, %q, %v", u, phc, err)
	}
	byOS, err := s.UserByOS(t.Context(), "mr")
	if err != nil || byOS.ID != u.ID || len(byOS.Members) != 2 || byOS.Members[1] != (ngo.Member{Org: "sevai", Role: ngo.Admin}) {
		t.Errorf("UserByOS = %+v, %v", byOS, err)
	}
	users, err := s.Users(t.Context())
	if err != nil || len(users) != 1 || len(users[0].Members) != 2 {
		t.Errorf("Users = %+v, %v", users, err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := storetest.Open(t, storetest.At(c.Now))
	ctx := t.Context()
	user, err := s.AddUser(ctx, "os:root", store.NewUser{Name: "meena"})
	if err != nil {
		t.Fatal(err)
	}
	add := func(label string, expires *time.Time) (ngo.Token, [32]byte) {
		t.Helper()
		tok, secret, err := s.AddToken(ctx, "os:root", user.ID, label, expires)
		if err != nil || !strings.HasPrefix(secret, "ngo_") || len(secret) != 47 {
			t.Fatalf("AddToken = %q, %v", secret, err)
		}
		return tok, store.TokenDigest(secret)
	}
	good := func(name string, digest [32]byte, want bool) {
		t.Helper()
		_, u, err := s.TokenByDigest(ctx, digest)
		if want != (err == nil) || (want && u.ID != user.ID) || (!want && ngo.CodeOf(err) != ngo.Unauthenticated) {
			t.Errorf("%s: %v, %v; want good %v", name, u.Name, err, want)
		}
	}
	soon := c.Now().Add(time.Hour)
	short, shortDigest := add("short", &soon)
	c.pass(time.Millisecond) // ids of one moment have no order
	long, longDigest := add("long", nil)
	good("a token that never was", [32]byte{1}, false)
	good("before it expires", shortDigest, true)
	c.pass(time.Hour - time.Millisecond)
	good("when it expires", shortDigest, false)
	good("without an end", longDigest, true)
	if err := s.SetDisabled(ctx, "os:root", user.ID, true); err != nil {
		t.Fatal(err)
	}
	good("of a user locked out", longDigest, false)
	if err := s.SetDisabled(ctx, "os:root", user.ID, false); err != nil {
		t.Fatal(err)
	}
	good("of a user let in again", longDigest, true)
	if err := s.RevokeToken(ctx, "os:root", long.ID); err != nil {
		t.Fatal(err)
	}
	good("after it was revoked", longDigest, false)
	if err := s.RevokeToken(ctx, "os:root", long.ID); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("revoking it again = %v; want NotFound", err)
	}
	tokens, err := s.Tokens(ctx, user.ID)
	if err != nil || len(tokens) != 2 || tokens[0].ID != long.ID || tokens[0].Revoked == nil || tokens[1].ID != short.ID || !tokens[1].Expires.Equal(soon) {
		t.Errorf("Tokens = %+v, %v", tokens, err)
	}
}

// A log-in whose password was right when it was checked may come after the change that was to end it.
func TestNoSessionOutlivesItsPassword(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.Open(t), t.Context()
	user, err := s.AddUser(ctx, "os:root", store.NewUser{Name: "meena"})
	if err != nil {
		t.Fatal(err)
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	begin := func(name, phc string, want ngo.Code) {
		t.Helper()
		if _, _, err := s.AddSession(ctx, "user:meena", user.ID, phc, "login", nil); ngo.CodeOf(err) != want {
			t.Errorf("%s: %v, want code %q", name, err, want)
		}
	}
	do(s.SetPassword(ctx, "os:root", user.ID, "old"))
	begin("with the password", "old", "")
	do(s.SetPassword(ctx, "os:root", user.ID, "new"))
	begin("with the password before", "old", ngo.Unauthenticated)
	do(s.SetDisabled(ctx, "os:root", user.ID, true))
	begin("of a user locked out", "new", ngo.Unauthenticated)
	if tokens, err := s.Tokens(ctx, user.ID); err != nil || len(tokens) != 1 {
		t.Errorf("Tokens = %+v, %v; want the first alone", tokens, err)
	}
}

// Whoever is woken by a write finds that the feed told of it already.
func TestFeedComesBeforeTheWriterWakes(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var told atomic.Int64
	var last atomic.Value
	cancel := s.Feed().Subscribe(func(changes []store.Change) {
		for _, c := range changes {
			if c.Kind == "donation" {
				told.Add(1)
				last.Store(c)
			}
		}
	})
	o := storetest.AddOrg(t, s, "sevai")
	for i := range 50 {
		d := gift(t, o, string(rune('A'+i)), nil)
		if c, _ := last.Load().(store.Change); told.Load() != int64(i+1) || c.ID != string(d.ID) || c.Org != "sevai" {
			t.Fatalf("after gift %d the feed has told of %d, last %+v", i+1, told.Load(), c)
		}
	}
	cancel()
	gift(t, o, "after", nil)
	if told.Load() != 50 {
		t.Error("a cancelled subscription was called")
	}
}

func TestFeedTellsOfJobsAndTheirTime(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := storetest.Open(t, storetest.At(c.Now))
	o := storetest.AddOrg(t, s, "sevai")
	var jobs []store.Change
	cancel := s.Feed().Subscribe(func(changes []store.Change) {
		for _, c := range changes {
			if c.Kind == "job" {
				jobs = append(jobs, c)
			}
		}
	})
	defer cancel()
	err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
		return tx.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, "m", time.Hour)
	})
	if err != nil || len(jobs) != 1 || jobs[0].Lane != ngo.LaneOutbound || !jobs[0].Due.Equal(c.Now().Add(time.Hour)) {
		t.Errorf("told of %+v, %v; want one outbound job in an hour", jobs, err)
	}
}

// A closure that fails leaves nothing: no row, no line, no sum, no word in the feed.
func TestFailedWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	o := storetest.AddOrg(t, s, "sevai")
	before, err := o.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cancel := s.Feed().Subscribe(func(changes []store.Change) { t.Errorf("told of %v", changes) })
	defer cancel()
	account := o.NewAccount(ngo.Gateway, "razorpay", "x", nil, nil)
	for _, end := range []func() error{
		func() error { return &ngo.Error{Code: ngo.Invalid, Message: "no"} },
		func() error { panic("no") },
	} {
		err := o.Write(t.Context(), store.Work, "test", func(tx *store.Tx) error {
			if err := tx.AddAccount(account); err != nil {
				return err
			}
			if _, err := tx.AddDelivery(o.NewDelivery(account.Account.ID, "", []byte("{}"))); err != nil {
				return err
			}
			return end()
		})
		if err == nil {
			t.Error("a failing closure was acknowledged")
		}
	}
	after, err := o.VerifyAudit(t.Context())
	if err != nil || after != before {
		t.Errorf("trail after = %+v, %v; want %+v", after, err, before)
	}
	checkWhole(t, o)
}

func TestProbe(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	for _, want := range []time.Time{{}, c.Now()} {
		storetest.Read(t, o, func(r *store.Rx) error {
			got, err := r.LastProbe()
			if !got.Equal(want) {
				t.Errorf("LastProbe = %v; want %v", got, want)
			}
			return err
		})
		storetest.Write(t, o, func(tx *store.Tx) error { return tx.Probe() })
	}
}
