package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/bench"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// TestDocsNameEveryField holds docs/api.md to the types that --json prints: who adds a field writes it down there.
func TestDocsNameEveryField(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	for word, v := range map[string][]any{
		"status": {api.Status{}, api.OrgStatus{}}, "build": {build{}}, "organisation": {api.Org{}}, "profile": {ngo.Profile{}},
		"summary": {api.Summary{}, api.Total{}}, "act": {ngo.Act{}}, "entered": {api.Entered{}}, "changed": {api.Changed{}}, "user": {userShown{}}, "member": {ngo.Member{}},
		"token": {api.IssuedToken{}}, "account": {api.Account{}}, "health": {ngo.Health{}}, "test": {api.GatewayTest{}, api.TestStep{}}, "catch-up": {api.CatchUpReport{}},
		"check": {api.Check{}}, "donation": {api.Donation{}, api.Moment{}},
		"donor": {ngo.Donor{}}, "payment": {api.Payment{}}, "sighting": {ngo.Sighting{}}, "refund": {ngo.Refund{}}, "dispute": {ngo.Dispute{}},
		"person": {api.Person{}, ngo.Identity{}}, "purpose": {ngo.Purpose{}}, "receipt": {api.Receipt{}}, "message": {ngo.Message{}}, "saved": {saved{}},
		"delivery": {ngo.Delivery{}}, "job": {ngo.Job{}}, "entry": {ngo.AuditEntry{}}, "report": {api.AuditReport{}}, "backup": {backedUp{}}, "restored": {daemon.Restored{}},
		"login": {loggedIn{}}, "made": {made{}}, "done": {done{}}, "attachment": {ngo.Attachment{}}, "extra": {ngo.Extra{}, ngo.ExtraPlace{}, ngo.ExtraCard{}, ngo.ExtraPair{}}, "conversation": {api.Conversation{}},
		"window": {api.Window{}}, "free-replies": {api.FreeReplies{}}, "price": {api.Price{}}, "written": {api.Written{}}, "moved": {api.Moved{}}, "offer": {api.TemplateOffer{}},
		"hit": {api.Hit{}}, "link": {api.Link{}}, "consent": {ngo.Consent{}}, "joining": {ngo.Joining{}}, "likeness": {ngo.Likeness{}},
		"measurement": {bench.Report{}, bench.Machine{}}, "played": {played{}},
	} {
		entry := regexp.MustCompile(`(?s)- \*\*` + word + `\*\*:(.*?)\n(?:- \*\*|$)`).FindString(string(text) + "\n- **")
		if entry == "" {
			t.Errorf("docs/api.md has no entry %s", word)
		}
		for _, one := range v {
			for _, name := range jsonNames(reflect.TypeOf(one)) {
				if !strings.Contains(entry, "`"+name+"`") {
					t.Errorf("docs/api.md: %s does not name `%s`", word, name)
				}
			}
		}
	}
}

// jsonNames lists the fields that a struct's JSON has, those of embedded structs included.
func jsonNames(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "":
			names = append(names, jsonNames(f.Type)...)
		default:
			names = append(names, name)
		}
	}
	return names
}
