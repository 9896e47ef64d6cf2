package apiserver_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestPeopleAreJoinedAndParted(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	_, agent := in.user("ravi", storetest.Slug, ngo.Agent)
	_, worker := in.user("vani", storetest.Slug, ngo.Caseworker)
	_, finance := in.user("uma", storetest.Slug, ngo.Finance)
	c := in.with(agent)
	chat := in.hears("919840012345", "மீனா", "வணக்கம்", time.Hour)
	mail := in.hear(in.mail, ngo.Mail, ngo.Identity{Kind: ngo.EMail, Value: "meena@donor.example"}, "Meena", "A letter.", 2*time.Hour)
	one, other := chat.Conversation.Person, mail.Conversation.Person
	_, err := in.with(worker).JoinPersons(ctx, storetest.Slug, one, api.Join{With: other})
	wantCode(t, err, ngo.Denied)
	j, err := c.JoinPersons(ctx, storetest.Slug, one, api.Join{With: other, Reason: "she told us"})
	if err != nil || j.Kept != one || j.Gone != other || j.Actor != "user:ravi" || j.Reason != "she told us" {
		t.Fatalf("JoinPersons = %+v, %v", j, err)
	}
	_, err = c.JoinPersons(ctx, storetest.Slug, one, api.Join{With: other})
	wantCode(t, err, ngo.Conflict)
	th, err := c.Thread(ctx, storetest.Slug, mail.Conversation.ID, api.ListQuery{})
	if err != nil || th.Root != one || th.PersonName != "மீனா" || th.Person != other || len(th.Others) != 1 || th.Others[0].ID != chat.Conversation.ID {
		t.Errorf("Thread = %+v, %v", th, err)
	}
	p, err := c.Person(ctx, storetest.Slug, one, api.ListQuery{})
	if err != nil || len(p.Conversations) != 2 || len(p.Joinings) != 1 || len(p.Parts) != 1 || p.Stopped {
		t.Errorf("Person = %+v, %v", p, err)
	}
	if p, err = in.with(finance).Person(ctx, storetest.Slug, one, api.ListQuery{}); err != nil || len(p.Conversations) > 0 {
		t.Errorf("finance is shown threads: %+v, %v", p.Conversations, err)
	}
	if _, err := c.PartPersons(ctx, storetest.Slug, other, "mother and daughter"); err != nil {
		t.Fatal(err)
	}
	_, err = c.PartPersons(ctx, storetest.Slug, other, "")
	wantCode(t, err, ngo.Conflict)
	if err := c.NotTheSame(ctx, storetest.Slug, one, other); err != nil {
		t.Error(err)
	}
	_, err = c.JoinPersons(ctx, storetest.Slug, one, api.Join{With: "per_00000000000000000000000000"})
	wantCode(t, err, ngo.NotFound)
}

func TestConsentsAreRecordedAndNeverChanged(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	_, agent := in.user("ravi", storetest.Slug, ngo.Agent)
	c := in.with(agent)
	h := in.hears("919840012345", "Meena", "Hello", time.Hour)
	who := h.Conversation.Person
	said, err := c.RecordConsent(ctx, storetest.Slug, who, api.ConsentRecord{Topic: ngo.TopicAll, Words: "please stop", Language: "en", Source: "by phone"})
	if err != nil || said.Given || said.Actor != "user:ravi" || said.Person != who {
		t.Fatalf("RecordConsent = %+v, %v", said, err)
	}
	if th, err := c.Thread(ctx, storetest.Slug, h.Conversation.ID, api.ListQuery{}); err != nil || !th.Stopped {
		t.Errorf("Thread = %+v, %v", th, err)
	}
	in.consents(who, ngo.TopicAll, true)
	all, err := c.Consents(ctx, storetest.Slug, who)
	if err != nil || len(all) != 2 || !all[0].Given || all[1].ID != said.ID {
		t.Errorf("Consents = %+v, %v", all, err)
	}
	for name, r := range map[string]api.ConsentRecord{
		"no words":  {Topic: ngo.TopicAll, Words: " ", Source: "x"},
		"no source": {Topic: ngo.TopicAll, Words: "x", Source: ""},
		"no topic":  {Topic: "everything", Words: "x", Source: "x"},
	} {
		if _, err := c.RecordConsent(ctx, storetest.Slug, who, r); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}

func TestPhonesAreShared(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	var who ngo.PersonID
	storetest.Write(t, in.org, func(tx *store.Tx) (err error) {
		who, err = tx.JoinPerson(ngo.Donor{Name: "Meena", Phone: "+919840012345"})
		return err
	})
	if err := in.local.ShareIdentity(ctx, storetest.Slug, who, ngo.Identity{Kind: ngo.Phone, Value: "+919840012345", Shared: true}); err != nil {
		t.Fatal(err)
	}
	p, err := in.local.Person(ctx, storetest.Slug, who, api.ListQuery{})
	if err != nil || len(p.Identities) != 1 || !p.Identities[0].Shared {
		t.Errorf("Person = %+v, %v", p, err)
	}
	err = in.local.ShareIdentity(ctx, storetest.Slug, who, ngo.Identity{Kind: ngo.Phone, Value: "+919840099999", Shared: true})
	wantCode(t, err, ngo.NotFound)
}
