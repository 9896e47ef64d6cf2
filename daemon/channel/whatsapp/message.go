package whatsapp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"mime"
	"path"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	maxName  = 200      // signs
	maxLine  = 1000     // signs
	maxHeard = 65536    // signs: WhatsApp's apps take no more, and we may send 4,096
	maxWords = 64 << 10 // bytes of what ngoctl itself or Meta wrote, such as a template
	maxList  = 200
)

// content is what a message says, and what an edit makes of it.
type content struct {
	Type        meta.Text             `json:"type"`
	Text        meta.Maybe[body]      `json:"text"`
	Image       meta.Maybe[media]     `json:"image"`
	Video       meta.Maybe[media]     `json:"video"`
	Audio       meta.Maybe[media]     `json:"audio"`
	Document    meta.Maybe[media]     `json:"document"`
	Sticker     meta.Maybe[media]     `json:"sticker"`
	Location    meta.Maybe[location]  `json:"location"`
	Contacts    meta.List[card]       `json:"contacts"`
	Button      meta.Maybe[button]    `json:"button"`
	Interactive meta.Maybe[interact]  `json:"interactive"`
	Order       meta.Maybe[order]     `json:"order"`
	Unsupported meta.Maybe[kind]      `json:"unsupported"`
	Errors      meta.List[meta.Error] `json:"errors"`
}

type message struct {
	content
	ID        meta.Text `json:"id"`
	From      meta.Text `json:"from"`
	FromUser  meta.Text `json:"from_user_id"`
	FromPar   meta.Text `json:"from_parent_user_id"`
	To        meta.Text `json:"to"`
	ToUser    meta.Text `json:"to_user_id"`
	ToPar     meta.Text `json:"to_parent_user_id"`
	Timestamp meta.Text `json:"timestamp"`
	Group     meta.Text `json:"group_id"`
	Context   meta.Maybe[struct {
		ID        meta.Text `json:"id"`
		Forwarded meta.Flag `json:"forwarded"`
		Often     meta.Flag `json:"frequently_forwarded"`
		Product   meta.Maybe[struct {
			Catalog meta.Text `json:"catalog_id"`
			Product meta.Text `json:"product_retailer_id"`
		}] `json:"referred_product"`
	}] `json:"context"`
	Referral meta.Maybe[referral] `json:"referral"`
	Reaction meta.Maybe[struct {
		Message meta.Text `json:"message_id"`
		Emoji   meta.Text `json:"emoji"`
	}] `json:"reaction"`
	Edit meta.Maybe[struct {
		Original meta.Text           `json:"original_message_id"`
		Message  meta.Maybe[content] `json:"message"`
	}] `json:"edit"`
	Revoke meta.Maybe[struct {
		Original meta.Text `json:"original_message_id"`
	}] `json:"revoke"`
	System   meta.Maybe[system] `json:"system"`
	Identity meta.Maybe[struct {
		Hash meta.Text `json:"hash"`
	}] `json:"identity"`
}

type (
	body struct {
		Body meta.Text `json:"body"`
	}
	kind struct {
		Type meta.Text `json:"type"`
	}
	button struct {
		Payload meta.Text `json:"payload"`
		Text    meta.Text `json:"text"`
	}
	referral struct {
		URL    meta.Text `json:"source_url"`
		ID     meta.Text `json:"source_id"`
		Source meta.Text `json:"source_type"`
		Title  meta.Text `json:"headline"`
		Body   meta.Text `json:"body"`
		Click  meta.Text `json:"ctwa_clid"`
	}
	system struct {
		Type       meta.Text `json:"type"`
		Body       meta.Text `json:"body"`
		WAID       meta.Text `json:"wa_id"`
		NewWAID    meta.Text `json:"new_wa_id"`
		Customer   meta.Text `json:"customer"`
		User       meta.Text `json:"user_id"`
		Parent     meta.Text `json:"parent_user_id"`
		PrevUser   meta.Text `json:"previous_user_id"`
		PrevParent meta.Text `json:"previous_parent_user_id"`
	}
	location struct {
		Latitude  meta.Number `json:"latitude"`
		Longitude meta.Number `json:"longitude"`
		Name      meta.Text   `json:"name"`
		Address   meta.Text   `json:"address"`
		URL       meta.Text   `json:"url"`
	}
	order struct {
		Catalog meta.Text       `json:"catalog_id"`
		Text    meta.Text       `json:"text"`
		Items   meta.List[item] `json:"product_items"`
	}
	item struct {
		Product  meta.Text `json:"product_retailer_id"`
		Quantity meta.Text `json:"quantity"`
		Price    meta.Text `json:"item_price"`
		Currency meta.Text `json:"currency"`
	}
	media struct {
		ID       meta.Text `json:"id"`
		Type     meta.Text `json:"mime_type"`
		SHA256   meta.Text `json:"sha256"`
		URL      meta.Text `json:"url"`
		Caption  meta.Text `json:"caption"`
		Name     meta.Text `json:"filename"`
		Voice    meta.Flag `json:"voice"`
		Animated meta.Flag `json:"animated"`
	}
)

// message reads one message, or one that the organisation's own people sent from the phone app.
func (r reading) message(raw json.RawMessage, echo bool) channel.Event {
	var m message
	if json.Unmarshal(raw, &m) != nil {
		return r.unknown("", "a message that cannot be read", raw)
	}
	what := m.Type.Line(40)
	e := r.event(what)
	e.At = m.Timestamp.Instant()
	if m.Type == "system" {
		if e.Change = r.change(m); e.Change == nil {
			return r.unknown(what, "a change of a person that ngoctl does not know", raw)
		}
		return e
	}
	in := &channel.Incoming{Ref: m.ID.Ref(), Person: r.person(r.partner(m, echo)), Group: m.Group.Ref(), Echo: echo}
	switch {
	case m.ID == "":
		return r.unknown(what, "a message without an id", raw)
	case in.Ref == "":
		return r.unknown(what, "a message whose id is too long, or has signs in it that no id has", raw)
	case len(in.Person.Identities) == 0 && !(echo && in.Group != ""):
		return r.unknown(what, "a message that does not say whose it is", raw)
	}
	if echo {
		in.By = "the WhatsApp app"
	}
	m.frame(in)
	m.fill(in)
	e.Incoming = in
	return e
}

// partner is who is at the other end. An echo goes to them; in some of Meta's samples it comes from them to the number.
func (r reading) partner(m message, echo bool) who {
	from := who{m.From, m.FromUser, m.FromPar}
	to := who{m.To, m.ToUser, m.ToPar}
	own := r.value.Metadata.V.Display
	if !echo || to.number != "" && to.number == own && from.number != "" && from.number != own {
		return from
	}
	return to
}

// frame reads what a message of any kind may have around it.
func (m message) frame(in *channel.Incoming) {
	c := m.Context.V
	if id := c.ID.Ref(); id != "" {
		in.ReplyTo = []ngo.Ref{id}
	}
	switch {
	case bool(c.Often):
		in.Forwarded = channel.ForwardedMuch
	case bool(c.Forwarded):
		in.Forwarded = channel.ForwardedOnce
	}
	if m.Referral.OK {
		x := m.Referral.V
		in.Referral = &channel.Referral{
			Source: x.Source.Line(40), Ref: string(x.ID.Ref()), URL: x.URL.Line(maxLine), Title: x.Title.Line(maxName), Text: x.Body.Line(maxLine),
			Click: string(x.Click.Ref()), Free: true,
		}
	}
	if c.Product.OK {
		in.Referral = &channel.Referral{Source: "product", Ref: c.Product.V.Product.Line(maxName)}
	}
}

// fill reads what a message says, or does to another.
func (m message) fill(in *channel.Incoming) {
	switch m.Type {
	case "reaction":
		in.Kind, in.About, in.Emoji = channel.KindReaction, m.Reaction.V.Message.Ref(), m.Reaction.V.Emoji.Words(maxName)
	case "edit":
		m.Edit.V.Message.V.fill(in)
		in.Kind, in.About = channel.KindEdit, m.Edit.V.Original.Ref()
	case "revoke":
		in.Kind, in.About = channel.KindRevoke, m.Revoke.V.Original.Ref()
	default:
		m.content.fill(in)
		return
	}
	if in.About == "" {
		in.Kind, in.Problem = channel.KindOther, "It changes another message, and does not say which."
	}
}

// fill reads what is said.
func (c content) fill(in *channel.Incoming) {
	switch c.Type {
	case "text":
		in.Kind = channel.KindText
		write(in, c.Text.V.Body)
		if in.Text == "" {
			in.Problem = "WhatsApp did not pass on its text."
		}
	case "image":
		c.Image.V.fill(in, channel.MediaImage)
	case "video":
		c.Video.V.fill(in, channel.MediaVideo)
	case "audio":
		c.Audio.V.fill(in, channel.MediaAudio)
	case "document":
		c.Document.V.fill(in, channel.MediaFile)
	case "sticker":
		c.Sticker.V.fill(in, channel.MediaSticker)
	case "location":
		c.Location.V.fill(in)
	case "contacts":
		in.Kind, in.Cards = channel.KindCards, cards(c.Contacts)
	case "button":
		choose(in, c.Button.V.Payload, c.Button.V.Text, "")
	case "interactive":
		c.Interactive.V.fill(in)
	case "order":
		c.Order.V.fill(in)
	case "request_welcome":
		in.Kind = channel.KindOpened
	default:
		c.other(in)
	}
	c.problem(in)
}

// write puts in what somebody wrote, and says so where it is not all of it.
func write(in *channel.Incoming, t meta.Text) {
	text, whole := t.Signs(maxHeard)
	in.Text = text
	if !whole {
		in.Text += "… (cut)"
		in.Problem = "Its text is longer than WhatsApp takes: what stands here is its beginning."
	}
}

// other is a message whose content Meta keeps to itself, or whose kind is new.
func (c content) other(in *channel.Incoming) {
	in.Kind = channel.KindOther
	what := c.Type.Line(40)
	if c.Type == "unsupported" {
		what = c.Unsupported.V.Type.Line(40)
	}
	in.Problem = "A message of a kind that WhatsApp does not pass on."
	if what != "" {
		in.Problem = "A message of a kind that WhatsApp does not pass on or ngoctl does not know: " + what + "."
	}
}

// problem says what Meta says went wrong with a message; of one that is of no known kind that is known already.
func (c content) problem(in *channel.Incoming) {
	if len(c.Errors) == 0 || in.Kind == channel.KindOther && c.Errors[0].Code == "131051" {
		return
	}
	f := codes.Fault(c.Errors[0])
	in.Problem = f.Message
	for i := range in.Media {
		in.Media[i].Problem = f.Message
	}
}

func (m media) fill(in *channel.Incoming, k channel.MediaKind) {
	in.Kind = channel.KindMedia
	write(in, m.Caption)
	out := channel.Media{
		Kind: k, Name: fileName(m.Name), Type: mediaType(m.Type), SHA256: digest(m.SHA256), Ref: string(m.ID.Ref()), URL: m.URL.Line(4 * maxLine),
		Animated: bool(m.Animated),
	}
	if m.Voice {
		out.Kind = channel.MediaVoice
	}
	if out.Ref == "" && out.URL == "" {
		out.Problem = "WhatsApp did not say where the file is."
		in.Problem = out.Problem
	}
	in.Media = []channel.Media{out}
}

// fileName takes the last part of a name that may have been made to look like a path.
func fileName(t meta.Text) string {
	s := path.Base(strings.ReplaceAll(t.Line(maxName), `\`, "/"))
	if s == "." || s == ".." || s == "/" {
		return ""
	}
	return s
}

func mediaType(t meta.Text) string {
	s, _, err := mime.ParseMediaType(string(t))
	if err != nil && s == "" || ngo.Printable(s) != s || len(s) > maxName {
		return ""
	}
	return s
}

// digest reads a SHA-256 in Base64, as deliveries have it, or in hex, as the API has it.
func digest(t meta.Text) []byte {
	s := string(t)
	if b, err := hex.DecodeString(s); err == nil && len(b) == 32 {
		return b
	}
	if b, err := base64.StdEncoding.DecodeString(s); err == nil && len(b) == 32 {
		return b
	}
	return nil
}

func (l location) fill(in *channel.Incoming) {
	lat, long := l.Latitude, l.Longitude
	if !lat.OK || !long.OK || lat.Value < -90 || lat.Value > 90 || long.Value < -180 || long.Value > 180 {
		in.Kind, in.Problem = channel.KindOther, "A place that is not on the earth."
		return
	}
	in.Kind = channel.KindPlace
	in.Place = &channel.Place{
		Latitude: lat.Value, Longitude: long.Value, Name: l.Name.Line(maxName), Address: l.Address.Line(maxLine), URL: l.URL.Line(maxLine),
	}
}

// choose reads what was pressed. Its title is also the text: who presses Stop says stop.
func choose(in *channel.Incoming, payload, title, detail meta.Text) {
	in.Kind = channel.KindChoice
	write(in, title)
	in.Choice = &channel.Choice{Payload: payload.Words(maxLine), Title: title.Line(maxName), Detail: detail.Line(maxLine)}
}

func (o order) fill(in *channel.Incoming) {
	in.Kind = channel.KindOrder
	write(in, o.Text)
	in.Order = &channel.Order{Catalog: o.Catalog.Line(maxName)}
	for _, i := range o.Items[:min(len(o.Items), maxList)] {
		in.Order.Items = append(in.Order.Items, i.read())
	}
}

func (i item) read() channel.Item {
	out := channel.Item{Product: i.Product.Line(maxName), Count: whole(i.Quantity)}
	if m, err := ngo.ParseMoney(string(i.Price), ngo.Currency(i.Currency)); err == nil && m.Minor >= 0 && !strings.Contains(string(i.Price), ",") {
		out.Price = m
	}
	return out
}

// change reads how a person is known by something else now; nil when it says nothing of that.
func (r reading) change(m message) *channel.Change {
	s := m.System.V
	c := &channel.Change{Ref: m.ID.Ref(), Text: s.Body.Line(maxLine)}
	was := who{or(m.From, s.Customer), m.FromUser, m.FromPar}
	var now who
	switch s.Type {
	case "user_changed_number":
		c.Kind, now.number = channel.ChangedNumber, or(s.WAID, s.NewWAID)
	case "user_changed_user_id":
		// Whether from_user_id is the old or the new one is not written anywhere.
		c.Kind, was.user, was.parent = channel.ChangedID, s.PrevUser, s.PrevParent
		now.user, now.parent = s.User, s.Parent
	case "customer_identity_changed":
		c.Kind, now = channel.ChangedKey, was
	default:
		return nil
	}
	c.Was, c.Now = r.person(was), r.person(now)
	if c.Kind == channel.ChangedKey {
		c.Now.Key = string(or(m.Identity.V.Hash, meta.Text(c.Now.Key)).Ref())
	}
	if len(c.Was.Identities) == 0 || len(c.Now.Identities) == 0 {
		return nil
	}
	return c
}
