package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	placeLife = 5 * time.Minute // of the address of a file
	mediaLife = 7 * 24 * time.Hour
	freeTime  = 24 * time.Hour
)

func (w *WhatsApp) what(req *http.Request) string {
	path := strings.TrimPrefix(req.URL.Path, "/v26.0")
	if req.Method == http.MethodPost && strings.HasSuffix(path, "/messages") {
		var m struct {
			Status string `json:"status"`
		}
		if json.NewDecoder(req.Body).Decode(&m) == nil && m.Status == "read" {
			return "MARK " + path
		}
	}
	return req.Method + " " + path
}

func (w *WhatsApp) trouble(status int) reply {
	code := map[int]int{401: 190, 403: 10, 404: 100, 429: 130429, 500: 131000, 503: 131016}[status]
	if code == 0 {
		code = 100
	}
	return reply{status: status, body: []byte(graphError(code, "the double has this trouble"))}
}

func refused(code int, details string) reply {
	status := graphStatus[code]
	if status == 0 {
		status = 400
	}
	return reply{status: status, body: []byte(graphError(code, details))}
}

func (w *WhatsApp) answer(req *http.Request, pass func()) reply {
	pass()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return refused(131000, "the request cannot be read")
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	defer w.mu.Unlock()
	if req.Header.Get("Authorization") != "Bearer "+w.options.Token {
		return refused(190, "Invalid OAuth access token")
	}
	path := strings.Trim(strings.TrimPrefix(req.URL.Path, "/v26.0"), "/")
	id, rest, _ := strings.Cut(path, "/")
	ours := slices.ContainsFunc(w.numbers, func(n whatsAppNumber) bool { return n.id == id })
	switch {
	case req.Method == http.MethodPost && ours && rest == "messages":
		return w.take(id, body)
	case req.Method == http.MethodPost && ours && rest == "media":
		return w.takeFile(req)
	case req.Method != http.MethodGet:
	case id == "download":
		return w.download(rest)
	case id == w.options.WABA && rest == "message_templates":
		return w.templatePage(req)
	case (ours || id == w.options.WABA) && rest == "":
		return answered(dict{"id": id})
	case rest == "":
		return w.whereIs(id)
	}
	return refused(100, "Unsupported request")
}

func answered(v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values always have a JSON form
	}
	return reply{status: http.StatusOK, body: body}
}

// keep stores a file and gives its id.
func (w *WhatsApp) keep(f *whatsAppFile) string {
	w.made++
	id := digitsOf(w.options.Seed^0x9f, w.made, 16)
	w.media[id] = f
	return id
}

func (w *WhatsApp) takeFile(req *http.Request) reply {
	file, head, err := req.FormFile("file")
	if err != nil || req.FormValue("messaging_product") != "whatsapp" {
		return refused(100, "file and messaging_product are required")
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return refused(131000, "the file cannot be read")
	}
	return answered(dict{"id": w.keep(&whatsAppFile{kind: head.Header.Get("Content-Type"), data: data})})
}

func (w *WhatsApp) whereIs(id string) reply {
	f := w.media[id]
	if f == nil || !f.came.IsZero() && w.now().After(f.came.Add(mediaLife)) {
		return refused(100, "Unsupported get request. Object with ID '"+id+"' does not exist")
	}
	w.made++
	place := identifier(w.options.Seed^0xd0, w.made)
	w.places[place] = whatsAppPlace{id, w.now().Add(placeLife)}
	sum := sha256.Sum256(f.data)
	return answered(dict{
		"messaging_product": "whatsapp", "id": id, "url": strings.TrimSuffix(w.url, "/v26.0") + "/download/" + place, "mime_type": f.kind,
		"sha256": hex.EncodeToString(sum[:]), "file_size": strconv.Itoa(len(f.data)),
	})
}

func (w *WhatsApp) download(place string) reply {
	p, ok := w.places[place]
	f := w.media[p.media]
	if !ok || f == nil || w.now().After(p.until) {
		return reply{status: http.StatusNotFound, body: []byte("URL signature expired")}
	}
	return reply{status: http.StatusOK, header: http.Header{"Content-Type": {f.kind}}, body: f.data}
}

// outMessage is a message as it is asked for.
type outMessage struct {
	To, Recipient, Type, Status string
	MessageID                   ngo.Ref               `json:"message_id"`
	Text                        struct{ Body string } `json:"text"`
	Image                       outMedia              `json:"image"`
	Video                       outMedia              `json:"video"`
	Audio                       outMedia              `json:"audio"`
	Document                    outMedia              `json:"document"`
	Reaction                    outReaction           `json:"reaction"`
	Template                    outTemplate           `json:"template"`
	Context                     struct {
		MessageID ngo.Ref `json:"message_id"`
	} `json:"context"`
	Token string `json:"biz_opaque_callback_data"`
}

type outMedia struct{ ID, Caption, Filename string }

type outReaction struct {
	MessageID ngo.Ref `json:"message_id"`
	Emoji     string  `json:"emoji"`
}

type outTemplate struct {
	Name       string                `json:"name"`
	Language   struct{ Code string } `json:"language"`
	Components []outComponent        `json:"components"`
}

type outComponent struct {
	Type       string
	Parameters []struct {
		Type, Text             string
		Name                   string `json:"parameter_name"`
		Image, Video, Document outMedia
	}
}

func (w *WhatsApp) take(number string, body []byte) reply {
	var m outMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return refused(100, "the body is no message")
	}
	if m.Status == "read" {
		return w.mark(m.MessageID)
	}
	to := m.To
	if to == "" {
		to = m.Recipient
	}
	c := w.to(to)
	if c == nil {
		return refused(131009, "nobody is known by "+to)
	}
	out := SentMessage{From: number, To: to, Type: m.Type, Quotes: m.Context.MessageID, Token: m.Token, At: w.now(), State: "accepted", to: c}
	if no := w.fill(&out, m); no != nil {
		return *no
	}
	out.Ref = w.ref(c)
	w.sent = append(w.sent, out)
	w.goOn(&w.sent[len(w.sent)-1])
	contact := dict{"input": to}
	putPerson(contact, c, "wa_id", "user_id")
	answer := dict{"id": out.Ref}
	if m.Type == "template" {
		answer["message_status"] = "accepted"
	}
	return answered(dict{"messaging_product": "whatsapp", "contacts": []dict{contact}, "messages": []dict{answer}})
}

// goOn tells what becomes of a message by itself.
func (w *WhatsApp) goOn(m *SentMessage) {
	late := m.Type != "template" && !w.options.Open && w.now().Sub(m.to.last) > freeTime
	switch {
	case late:
		w.told(m, "failed", 131047)
	case w.options.Slow:
	default:
		w.told(m, "sent", 0)
		w.told(m, "delivered", 0)
	}
}

func (w *WhatsApp) mark(ref ngo.Ref) reply {
	if w.said[ref] == nil {
		return refused(131009, "there is no such message")
	}
	w.marked = append(w.marked, ref)
	return answered(dict{"success": true})
}

// fill reads what a message says; it gives the refusal when it says nothing that can be sent.
func (w *WhatsApp) fill(out *SentMessage, m outMessage) *reply {
	no := func(code int, details string) *reply { r := refused(code, details); return &r }
	switch m.Type {
	case "text":
		if out.Text = m.Text.Body; out.Text == "" || len([]rune(out.Text)) > 4096 {
			return no(100, "text.body must have 1 to 4096 characters")
		}
	case "image", "video", "audio", "document":
		f := map[string]outMedia{"image": m.Image, "video": m.Video, "audio": m.Audio, "document": m.Document}[m.Type]
		return w.put(out, f)
	case "reaction":
		out.About, out.Text = m.Reaction.MessageID, m.Reaction.Emoji
	case "template":
		return w.fillTemplate(out, m.Template)
	default:
		return no(131009, "no such type")
	}
	return nil
}

func (w *WhatsApp) put(out *SentMessage, f outMedia) *reply {
	kept := w.media[f.ID]
	if kept == nil {
		r := refused(131009, "no such media")
		return &r
	}
	out.Text, out.File, out.FileName, out.FileType = f.Caption, kept.data, f.Filename, kept.kind
	return nil
}

var placeholders = regexp.MustCompile(`\{\{\s*([a-z0-9_]+)\s*\}\}`)

func (w *WhatsApp) fillTemplate(out *SentMessage, t outTemplate) *reply {
	no := func(code int, details string) *reply { r := refused(code, details); return &r }
	known := w.template(t.Name, t.Language.Code)
	switch {
	case known == nil || known.Status != "APPROVED" && known.Status != "PAUSED":
		return no(132001, "the template does not exist in "+t.Language.Code)
	case known.Status == "PAUSED":
		return no(132015, "the template is paused")
	}
	out.Template, out.Language, out.Text = t.Name, t.Language.Code, known.Body
	headed := false
	for _, c := range t.Components {
		for _, p := range c.Parameters {
			switch {
			case c.Type == "body":
				out.Values = append(out.Values, p.Text)
			case c.Type == "header" && p.Type != "text":
				headed = true
				if bad := w.put(out, map[string]outMedia{"image": p.Image, "video": p.Video, "document": p.Document}[p.Type]); bad != nil {
					return bad
				}
				out.Text = known.Body
			}
		}
	}
	wanted := map[string]bool{}
	for _, p := range placeholders.FindAllStringSubmatch(known.Body, -1) {
		wanted[p[1]] = true
	}
	if len(out.Values) != len(wanted) {
		return no(132000, fmt.Sprintf("body: number of localizable_params (%d) does not match the expected number of params (%d)", len(out.Values), len(wanted)))
	}
	if file := slices.Contains([]string{"IMAGE", "VIDEO", "DOCUMENT"}, known.Header); file != headed {
		return no(132012, "header: Format mismatch, expected "+known.Header)
	}
	return nil
}

func (w *WhatsApp) template(name, language string) *WhatsAppTemplate {
	for i := range w.templates {
		if w.templates[i].Name == name && w.templates[i].Language == language {
			return &w.templates[i]
		}
	}
	return nil
}

func templateID(name, language string) string {
	sum := sha256.Sum256([]byte(name + " " + language))
	return digitsOf(uint64(sum[0])<<8|uint64(sum[1]), uint64(sum[2]), 16)
}

// templatePage answers with a page of the templates, after the cursor that the last page told.
func (w *WhatsApp) templatePage(req *http.Request) reply {
	limit, err := strconv.Atoi(req.URL.Query().Get("limit"))
	if err != nil || limit < 1 {
		limit = 25
	}
	from, err := strconv.Atoi(req.URL.Query().Get("after"))
	if err != nil || from < 0 || from > len(w.templates) {
		from = 0
	}
	to := min(from+limit, len(w.templates))
	data := []dict{}
	for _, t := range w.templates[from:to] {
		data = append(data, t.listed())
	}
	paging := dict{"cursors": dict{"before": strconv.Itoa(from), "after": strconv.Itoa(to)}}
	if to < len(w.templates) {
		paging["next"] = "https://graph.facebook.com/v26.0/next?access_token=not-for-you"
	}
	return answered(dict{"data": data, "paging": paging})
}

func (t WhatsAppTemplate) listed() dict {
	var parts []dict
	switch t.Header {
	case "":
	case "IMAGE", "VIDEO", "DOCUMENT":
		parts = append(parts, dict{"type": "HEADER", "format": t.Header})
	default:
		parts = append(parts, dict{"type": "HEADER", "format": "TEXT", "text": t.Header})
	}
	parts = append(parts, dict{"type": "BODY", "text": t.Body})
	if t.Footer != "" {
		parts = append(parts, dict{"type": "FOOTER", "text": t.Footer})
	}
	var buttons []dict
	for _, b := range t.Buttons {
		buttons = append(buttons, dict{"type": "QUICK_REPLY", "text": b})
	}
	if buttons != nil {
		parts = append(parts, dict{"type": "BUTTONS", "buttons": buttons})
	}
	out := dict{
		"id": templateID(t.Name, t.Language), "name": t.Name, "language": t.Language, "status": t.Status, "category": t.Category,
		"components": parts, "quality_score": dict{"score": "GREEN"},
	}
	if t.Reason != "" {
		out["rejected_reason"] = t.Reason
	}
	return out
}
