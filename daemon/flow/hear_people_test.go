package flow_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const meenaID = "IN.13491208655302741918"

// byID is a message of somebody who has no phone number, as far as WhatsApp tells.
func (h *house) byID(user, id, words string) string {
	return fmt.Sprintf(`{"from_user_id":%q,"id":%q,"timestamp":"%d","type":"text","text":{"body":%q}}`, user, id, h.now().Unix(), words)
}

func (h *house) person(id ngo.PersonID) (p ngo.Person) {
	h.t.Helper()
	h.read(func(rx *store.Rx) (err error) { p, err = rx.Person(id); return err })
	return p
}

func (h *house) root(id ngo.PersonID) (root ngo.PersonID) {
	h.t.Helper()
	h.read(func(rx *store.Rx) (err error) { root, err = rx.RootOf(id); return err })
	return root
}

func TestPersonWithoutAPhone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	g.hears(messages(h.byID(meenaID, "wamid.1", "hello")))
	c := h.thread()
	if c.Address != (ngo.Identity{Kind: ngo.WhatsAppUser, Value: meenaID}) || len(h.person(c.Person).Identities) != 1 {
		t.Fatalf("conversation %+v of %+v", c.Conversation, h.person(c.Person))
	}
	m := h.reply(c.ID, "good morning")
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageSent || g.taken()[0]["recipient"] != meenaID || g.taken()[0]["to"] != nil {
		t.Errorf("message %+v went to %v", got, g.taken()[0])
	}
	// Later the number is told along.
	g.hears(messages(strings.Replace(h.byID(meenaID, "wamid.2", "it is me"), `{"from_user_id"`, `{"from":"`+meena+`","from_user_id"`, 1)))
	g.hears(messages(h.text("wamid.3", "and again")))
	if got := h.thread(); got.ID != c.ID || len(got.messages) != 4 {
		t.Errorf("conversation %+v; want it to go on", got)
	}
}

func system(h *house, id, content string) string {
	return fmt.Sprintf(`{"id":%q,"timestamp":"%d","type":"system",%s}`, id, h.now().Unix(), content)
}

func TestChangesKeepThePersonAndTheConversation(t *testing.T) {
	t.Parallel()
	const newNumber, newID = "919840099999", "IN.99991208655302741918"
	for _, tt := range []struct {
		name          string
		first, change string
		next          func(*house) string
		address       ngo.Identity
	}{
		{
			"number", "", `"from":"` + meena + `","system":{"type":"user_changed_number","body":"Meena changed","wa_id":"` + newNumber + `"}`,
			func(h *house) string { return h.textFrom(newNumber, "wamid.9", "from the new one") },
			ngo.Identity{Kind: ngo.WhatsApp, Value: newNumber},
		},
		{
			"id", meenaID, `"from_user_id":"` + newID + `","system":{"type":"user_changed_user_id","body":"changed","user_id":"` + newID + `","previous_user_id":"` + meenaID + `"}`,
			func(h *house) string { return h.byID(newID, "wamid.9", "from the new one") },
			ngo.Identity{Kind: ngo.WhatsAppUser, Value: newID},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			g := h.whatsApp()
			first := h.text("wamid.1", "from the old one")
			if tt.first != "" {
				first = h.byID(tt.first, "wamid.1", "from the old one")
			}
			g.hears(messages(first))
			was := h.thread()
			g.hears(messages(system(h, "wamid.2", tt.change)))
			if got := h.thread(); got.Address != tt.address || got.Waiting == nil || len(got.messages) != 2 {
				t.Errorf("conversation %+v; want answers to go to %+v, and the change shown", got, tt.address)
			}
			g.hears(messages(tt.next(h)))
			got := h.thread()
			if got.ID != was.ID || got.Person != was.Person || len(got.messages) != 3 || got.messages[2].Person != was.Person {
				t.Errorf("conversation %+v; want the same person in the same thread", got)
			}
		})
	}
}

func TestAnotherDeviceIsADoubt(t *testing.T) {
	t.Parallel()
	h, g, _ := greeted(t)
	g.hears(messages(system(h, "wamid.2", `"from":"`+meena+`","system":{"type":"customer_identity_changed","body":"changed"},"identity":{"hash":"h2"}`)))
	if c := h.thread(); !strings.Contains(c.Doubt, "somebody else") {
		t.Errorf("conversation %+v; want a doubt", c.Conversation)
	}
}

// Who writes from the number of a donor is shown as one with them, and can be parted.
func TestDonorWritesFromTheirPhone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	var donor ngo.PersonID
	h.write(func(tx *store.Tx) (err error) {
		donor, err = tx.JoinPerson(ngo.Donor{Name: "Meena Raman", EMail: "meena@example.org", Phone: "+" + meena})
		return err
	})
	g.hears(messages(h.text("wamid.1", "hello")))
	c := h.thread()
	if c.Person == donor || h.root(c.Person) != donor {
		t.Errorf("%s is shown as %s; want them to be a part of %s", c.Person, h.root(c.Person), donor)
	}
}

// A number that somebody gives as theirs joins nobody: it is only offered.
func TestOwnCardIsOffered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	var donor ngo.PersonID
	h.write(func(tx *store.Tx) (err error) {
		donor, err = tx.JoinPerson(ngo.Donor{Name: "Meena Raman", Phone: "+" + meena})
		return err
	})
	g.hears(messages(strings.Replace(h.byID(meenaID, "wamid.1", ""), `"type":"text","text":{"body":""}`,
		`"type":"contacts","contacts":[{"name":{"formatted_name":"Meena"},"phones":[{"phone":"+`+meena+`"}],"origin":"contact_request"}]`, 1)))
	c := h.thread()
	if h.root(c.Person) == donor {
		t.Fatal("they were joined by what anybody can say")
	}
	var likely []ngo.Likeness
	h.read(func(rx *store.Rx) (err error) { likely, err = rx.Likely(c.Person); return err })
	if len(likely) != 1 || likely[0].Person.ID != donor || len(likely[0].Reasons) == 0 {
		t.Errorf("likely %+v; want the donor offered", likely)
	}
}

// What another program answers is shown and waits for nobody; it renews no window.
func TestWindowFollowsWhatTheyWrite(t *testing.T) {
	t.Parallel()
	h, g, _ := greeted(t)
	was := *h.thread().LastIn
	h.later(time.Hour)
	echo := fmt.Sprintf(`{"from":"914440000000","to":%q,"id":"wamid.app","timestamp":"%d","type":"text","text":{"body":"x"}}`, meena, h.now().Unix())
	g.hears(batch("smb_message_echoes", "message_echoes", echo))
	if got := h.thread(); !got.LastIn.Equal(was) {
		t.Errorf("an echo renews the window: %v, was %v", got.LastIn, was)
	}
	g.hears(messages(h.item(meena, "wamid.2", "reaction", `{"message_id":"wamid.app","emoji":"🙏"}`)))
	if got := h.thread(); !got.LastIn.After(was) {
		t.Errorf("a reaction does not renew the window: %v", got.LastIn)
	}
}

// Their letters tell in which language they are written to, as long as nobody has said so: the first that tell count.
func TestTheirLettersTellTheirLanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	for i, step := range []struct{ text, want string }{{"hello", ""}, {"என் ரசீது எப்போது வரும்?", "ta"}, {"नमस्ते", "ta"}} {
		g.hears(messages(h.byID(meenaID, fmt.Sprintf("wamid.%d", i), step.text)))
		if got := h.person(h.thread().Person).Language; got != step.want {
			t.Errorf("after %q the language is %q, want %q", step.text, got, step.want)
		}
	}
}

// A change of number that is told again, in another delivery, changes nothing: the former number may be somebody else's by then.
func TestAChangeThatIsToldAgain(t *testing.T) {
	t.Parallel()
	const newNumber = "919840099999"
	h := newHouse(t)
	g := h.whatsApp()
	moved := system(h, "wamid.2", `"from":"`+meena+`","system":{"type":"user_changed_number","body":"Meena changed","wa_id":"`+newNumber+`"}`)
	g.hears(messages(h.text("wamid.1", "from the old one"), moved))
	first := h.thread()
	g.hears(messages(h.textFrom(meena, "wamid.3", "I have this number now")))
	g.hears(messages(moved, h.textFrom(newNumber, "wamid.4", "still me")))
	var people int
	var owner ngo.PersonID
	h.read(func(rx *store.Rx) error {
		all, _, err := rx.Persons(store.PersonQuery{})
		people = len(all)
		if err != nil {
			return err
		}
		m, err := rx.MessageByRef(g.account.ID, "wamid.3")
		owner = m.Person
		return err
	})
	if people != 2 || h.root(owner) == h.root(first.Person) {
		t.Errorf("%d people, whoever has the old number now is %s beside %s; want two who are two", people, owner, first.Person)
	}
}
