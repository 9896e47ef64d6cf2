package ngo

// messengers are the ids that messengers make of people, which tell a reader nothing.
var messengers = map[IdentityKind]string{WhatsAppUser: "WhatsApp", WhatsAppParent: "WhatsApp", Messenger: "Messenger", Instagram: "Instagram"}

// tailSigns is how much of such an id tells two strangers apart.
const tailSigns = 4

// Stranger says in words who has an id that nobody can read; empty for an address that people know others by.
func (i Identity) Stranger() string {
	where := messengers[i.Kind]
	if where == "" || i.Value == "" {
		return ""
	}
	signs := []rune(i.Value)
	return "somebody on " + where + " (…" + string(signs[max(0, len(signs)-tailSigns):]) + ")"
}

// Called is what a person is called in lists. Who has neither a name nor an address that people can read is called in words.
func (p Person) Called() string {
	if p.Name != "" {
		return p.Name
	}
	words := ""
	for _, i := range p.Identities {
		if words = i.Stranger(); words == "" {
			return ""
		}
	}
	return words
}
