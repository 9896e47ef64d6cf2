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

// beside is a message from a number, with the id that WhatsApp tells beside it.
func (h *house) beside(number, user, id, words string) string {
	return strings.Replace(h.textFrom(number, id, words), `{"from"`, `{"from_user_id":"`+user+`","from"`, 1)
}

// threadOf gives the thread of whoever wrote a message.
func (h *house) threadOf(ref ngo.Ref) thread {
	h.t.Helper()
	for _, c := range h.threads() {
		for _, m := range c.messages {
			if m.Ref == ref {
				return c
			}
		}
	}
	h.t.Fatalf("nobody has the message %s", ref)
	return thread{}
}

// A number that WhatsApp tells with another id than before is somebody else's by now, or may be: what they write is theirs, the thread
// of who had it goes on with their id, and neither's wish is the other's.
func TestANumberThatWasPassedOn(t *testing.T) {
	t.Parallel()
	const newID = "IN.99991208655302741918"
	h := newHouse(t)
	g := h.whatsApp()
	var donor ngo.PersonID
	h.write(func(tx *store.Tx) (err error) {
		donor, err = tx.JoinPerson(ngo.Donor{Name: "Meena Raman", EMail: "meena@example.org", Phone: "+" + meena})
		return err
	})
	g.hears(messages(h.text("wamid.1", "before there were ids")))
	g.hears(messages(h.beside(meena, meenaID, "wamid.2", "hello")))
	if c := h.thread(); c.Doubt != "" || h.root(c.Person) != donor {
		t.Fatalf("conversation %+v; want no doubt about a first id", c.Conversation)
	}
	h.later(time.Minute)
	g.hears(messages(h.beside(meena, meenaID, "wamid.3", "stop")))
	h.later(time.Minute)
	late := h.beside(meena, meenaID, "wamid.9", "sent before, told after")
	g.hears(messages(h.beside(meena, newID, "wamid.4", "who are you?"), h.beside(meena, newID, "wamid.5", "start")))
	was, now := h.threadOf("wamid.1"), h.threadOf("wamid.4")
	if was.ID == now.ID || h.root(was.Person) != donor || h.root(now.Person) == donor {
		t.Fatalf("%s writes in the thread of %s; want two people", now.Person, was.Person)
	}
	if !strings.Contains(was.Doubt, "+"+meena) || was.Address != (ngo.Identity{Kind: ngo.WhatsAppUser, Value: meenaID}) {
		t.Errorf("the thread of who had the number %+v; want a doubt, and that answers go to their id", was.Conversation)
	}
	if now.Doubt != was.Doubt || now.Address.Value != meena || len(now.messages) != 2 {
		t.Errorf("the thread of who has it now %+v; want the same doubt", now.Conversation)
	}
	if !h.stopped(donor) || h.stopped(now.Person) || len(h.consents(now.Person)) != 0 {
		t.Errorf("stopped: %v, and of who has the number now %v", h.stopped(donor), h.stopped(now.Person))
	}
	g.hears(messages(late))
	g.hears(messages(h.beside(meena, newID, "wamid.6", "still here")))
	if c := h.threadOf("wamid.9"); c.ID != was.ID || h.threadOf("wamid.6").ID != now.ID {
		t.Errorf("what was told late is in %+v", c.Conversation)
	}
	var likely []ngo.Likeness
	h.read(func(rx *store.Rx) (err error) { likely, err = rx.Likely(now.Person); return err })
	if len(likely) != 1 || likely[0].Person.ID != donor {
		t.Errorf("likely %+v; want who had the number offered, as they are called alike", likely)
	}
	h.write(func(tx *store.Tx) error { _, err := tx.Join(donor, now.Person, "a new phone"); return err })
	for _, c := range h.threads() {
		if c.Doubt != "" {
			t.Errorf("conversation %+v; want no doubt once somebody said that they are one", c.Conversation)
		}
	}
}

// What WhatsApp says of an id that changed holds, also when somebody wrote with the new one before it said so.
func TestAnIdThatChangesAfterAMessage(t *testing.T) {
	t.Parallel()
	const newID = "IN.99991208655302741918"
	h := newHouse(t)
	g := h.whatsApp()
	g.hears(messages(h.beside(meena, meenaID, "wamid.1", "hello")))
	changed := system(h, "wamid.3", `"from":"`+meena+`","from_user_id":"`+newID+`","system":{"type":"user_changed_user_id","body":"changed","user_id":"`+newID+`","previous_user_id":"`+meenaID+`"}`)
	g.hears(messages(h.beside(meena, newID, "wamid.2", "me again")))
	g.hears(messages(changed))
	g.hears(messages(h.beside(meena, newID, "wamid.4", "and again")))
	was := h.threadOf("wamid.1")
	for _, c := range h.threads() {
		if h.root(c.Person) != h.root(was.Person) || c.Doubt != "" {
			t.Errorf("conversation %+v beside %+v; want one person, and no doubt", c.Conversation, was.Conversation)
		}
	}
}

// Who changes their number may be told with the id of before or with a new one.
func TestANumberThatChangesWithTheId(t *testing.T) {
	t.Parallel()
	const newNumber, newID = "919840099999", "IN.99991208655302741918"
	h := newHouse(t)
	g := h.whatsApp()
	g.hears(messages(h.beside(meena, meenaID, "wamid.1", "hello")))
	g.hears(messages(system(h, "wamid.2", `"from":"`+meena+`","from_user_id":"`+newID+`","system":{"type":"user_changed_number","body":"changed","wa_id":"`+newNumber+`"}`)))
	g.hears(messages(h.beside(newNumber, newID, "wamid.3", "from the new one")))
	g.hears(messages(h.beside(newNumber, newID, "wamid.4", "and again")))
	if c := h.thread(); c.Doubt != "" || len(c.messages) != 4 {
		t.Errorf("conversation %+v; want it to go on without a doubt", c.Conversation)
	}
}

// Who tells no name is shown by their user name, and nobody is called so.
func TestAUserNameIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	body := strings.ReplaceAll(messages(h.byID(meenaID, "wamid.1", "hello")), `{"profile":{"name":"Meena"},"wa_id":"`+meena+`"}`, `{"profile":{"username":"@ravi.k"},"user_id":"`+meenaID+`"}`)
	g.hears(body)
	if c := h.thread(); c.Name != "@ravi.k" || h.person(c.Person).Name != "" {
		t.Errorf("conversation %+v of %+v", c.Conversation, h.person(c.Person))
	}
}
