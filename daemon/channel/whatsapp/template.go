package whatsapp

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	pageSize = "100"
	maxPages = 70 // 7,000 templates; an account may have 6,000
)

// template is one as the API lists it.
type template struct {
	ID         meta.Text            `json:"id"`
	Name       meta.Text            `json:"name"`
	Language   meta.Text            `json:"language"`
	Status     meta.Text            `json:"status"`
	Category   meta.Text            `json:"category"`
	Rejected   meta.Text            `json:"rejected_reason"`
	Components meta.List[component] `json:"components"`
	Quality    meta.Maybe[struct {
		Score meta.Text `json:"score"`
	}] `json:"quality_score"`
}

type component struct {
	Type    meta.Text                 `json:"type"`
	Format  meta.Text                 `json:"format"`
	Text    meta.Text                 `json:"text"`
	Buttons meta.List[templateButton] `json:"buttons"`
	Example meta.Maybe[example]       `json:"example"`
}

// Templates gives all templates of the accounts in the settings. It fails with Invalid when there are none.
func (a *account) Templates(ctx context.Context) ([]channel.Template, error) {
	if len(a.wabas) == 0 {
		return nil, &ngo.Error{
			Code: ngo.Invalid, Message: "templates belong to a WhatsApp Business account, and the setting waba-id does not say which",
			Hint: "WhatsApp Manager shows the account's id; give it to the channel: ngoctl channel set NAME --waba-id ID",
		}
	}
	var out []channel.Template
	for _, waba := range a.wabas {
		all, err := a.templates(ctx, waba)
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
	}
	return out, nil
}

// templates goes from page to page by the cursor alone: the next page's address comes with the answer, and with the token we
// go to no address that comes with an answer.
func (a *account) templates(ctx context.Context, waba ngo.Ref) ([]channel.Template, error) {
	query := url.Values{
		"limit":  {pageSize},
		"fields": {"id,name,language,status,category,parameter_format,components,quality_score,rejected_reason"},
	}
	var out []channel.Template
	for range maxPages {
		body, err := a.api.Get(ctx, "/"+string(waba)+"/message_templates", query)
		if err != nil {
			return nil, err
		}
		var page struct {
			Data   meta.List[template] `json:"data"`
			Paging meta.Maybe[struct {
				Next    meta.Text `json:"next"`
				Cursors meta.Maybe[struct {
					After meta.Text `json:"after"`
				}] `json:"cursors"`
			}] `json:"paging"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, &ngo.Error{Code: ngo.Unavailable, Message: "WhatsApp's list of templates cannot be read", Err: err}
		}
		for _, t := range page.Data {
			out = append(out, t.read())
		}
		after := string(page.Paging.V.Cursors.V.After)
		if page.Paging.V.Next == "" || after == "" {
			return out, nil
		}
		if after == query.Get("after") {
			break
		}
		query.Set("after", after)
	}
	return nil, &ngo.Error{Code: ngo.Unavailable, Message: "WhatsApp's list of templates has no end"}
}

func (t template) read() channel.Template {
	out := channel.Template{
		Ref: t.ID.Ref(), Name: t.Name.Line(512), Language: t.Language.Line(20), State: state(t.Status), Category: strings.ToLower(t.Category.Line(40)),
		Quality: t.Quality.V.Score.Line(20),
	}
	if t.Rejected != "NONE" {
		out.Reason = t.Rejected.Line(maxLine)
	}
	for _, c := range t.Components {
		c.read(&out)
	}
	return out
}

func (c component) read(out *channel.Template) {
	switch c.Type {
	case "HEADER":
		out.Header = c.part(strings.ToLower(c.Format.Line(20)))
		switch out.Header.Kind {
		case "text", image.name, video.name, document.name:
		default:
			out.Problem = "It begins with something that ngoctl does not send: " + out.Header.Kind + "."
		}
	case "BODY":
		out.Body = c.part("text")
	case "FOOTER":
		out.Footer = c.Text.Words(maxWords)
	case "BUTTONS":
		for _, b := range c.Buttons {
			out.Buttons = append(out.Buttons, b.read(out))
		}
	default:
		out.Problem = "It has a part that ngoctl does not know: " + c.Type.Line(40) + "."
	}
}

var placeholder = regexp.MustCompile(`\{\{\s*([a-z0-9_]+)\s*\}\}`)

func (c component) part(kind string) channel.Part {
	p := channel.Part{Kind: kind, Text: c.Text.Words(maxWords)}
	for _, m := range placeholder.FindAllStringSubmatch(p.Text, -1) {
		if !slices.Contains(p.Parameters, m[1]) {
			p.Parameters = append(p.Parameters, m[1])
		}
	}
	if all := c.Example.V.examples(p.Parameters); len(all) == len(p.Parameters) {
		p.Examples = all
	}
	return p
}

// example is what was written in the template's parameters when it was made.
type example struct {
	Header meta.Items           `json:"header_text"`
	Body   meta.Items           `json:"body_text"`
	Named  meta.List[namedText] `json:"header_text_named_params"`
	Bodies meta.List[namedText] `json:"body_text_named_params"`
}

type namedText struct {
	Name    meta.Text `json:"param_name"`
	Example meta.Text `json:"example"`
}

func (e example) examples(names []string) []string {
	var out []string
	for _, n := range slices.Concat(e.Named, e.Bodies) {
		if slices.Contains(names, string(n.Name)) {
			out = append(out, n.Example.Line(maxName))
		}
	}
	for _, raw := range slices.Concat(e.Header, e.Body) {
		var row []meta.Text
		var one meta.Text
		if json.Unmarshal(raw, &row) != nil && json.Unmarshal(raw, &one) == nil {
			row = []meta.Text{one}
		}
		for _, t := range row {
			out = append(out, t.Line(maxName))
		}
		if len(row) > 0 && len(out) == len(names) {
			break // further rows are further examples
		}
	}
	return out
}

type templateButton struct {
	Type meta.Text `json:"type"`
	Text meta.Text `json:"text"`
	URL  meta.Text `json:"url"`
}

func (b templateButton) read(t *channel.Template) channel.Button {
	out := channel.Button{Kind: strings.ToLower(b.Type.Line(40)), Text: b.Text.Line(maxName), URL: b.URL.Line(maxLine)}
	switch out.Kind {
	case "quick_reply", "phone_number":
	case "url":
		out.Parameter = placeholder.MatchString(out.URL)
	case "copy_code":
		out.Parameter = true
	default:
		t.Problem = "It has a button that ngoctl does not know: " + out.Kind + "."
	}
	return out
}
