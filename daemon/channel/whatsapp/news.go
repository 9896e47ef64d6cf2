package whatsapp

import (
	"cmp"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
)

// newsValue is what a change about templates, numbers or the account may carry.
type newsValue struct {
	Event            meta.Text              `json:"event"`
	TemplateID       meta.Text              `json:"message_template_id"`
	TemplateName     meta.Text              `json:"message_template_name"`
	TemplateLanguage meta.Text              `json:"message_template_language"`
	TemplateCategory meta.Text              `json:"message_template_category"`
	Reason           meta.Text              `json:"reason"`
	RejectionInfo    meta.Maybe[rejection]  `json:"rejection_info"`
	OtherInfo        meta.Maybe[otherInfo]  `json:"other_info"`
	NewQuality       meta.Text              `json:"new_quality_score"`
	NewCategory      meta.Text              `json:"new_category"`
	PreviousCategory meta.Text              `json:"previous_category"`
	Violation        meta.Maybe[violation]  `json:"violation_info"`
	Restrictions     meta.List[restriction] `json:"restriction_info"`
	Ban              meta.Maybe[ban]        `json:"ban_info"`
	Number           meta.Text              `json:"display_phone_number"`
	PhoneNumber      meta.Text              `json:"phone_number"`
	Limit            meta.Text              `json:"current_limit"`
	Decision         meta.Text              `json:"decision"`
	RejectionReason  meta.Text              `json:"rejection_reason"`
	AlertSeverity    meta.Text              `json:"alert_severity"`
	AlertDescription meta.Text              `json:"alert_description"`
	UserName         meta.Text              `json:"username"`
}

type (
	rejection struct {
		Reason         meta.Text `json:"reason"`
		Recommendation meta.Text `json:"recommendation"`
	}
	otherInfo struct {
		Title       meta.Text `json:"title"`
		Description meta.Text `json:"description"`
	}
	violation struct {
		Type meta.Text `json:"violation_type"`
	}
	restriction struct {
		Type  meta.Text `json:"restriction_type"`
		Until meta.Text `json:"expiration"`
	}
	ban struct {
		State meta.Text `json:"waba_ban_state"`
	}
)

// news says what the changes mean that are about no conversation.
var news = map[string]func(newsValue) channel.Event{
	"message_template_status_update":     newsValue.template,
	"message_template_quality_update":    newsValue.template,
	"message_template_components_update": newsValue.rewritten,
	"template_category_update":           newsValue.template,

	"account_update":               tell("about the account"),
	"account_review_update":        tell("about the review of the account"),
	"account_alerts":               tell("about the account"),
	"phone_number_quality_update":  tell("about the number's quality and limit"),
	"phone_number_name_update":     tell("about the number's display name"),
	"business_capability_update":   tell("about what the account may do"),
	"business_username_updates":    tell("about the organisation's user name"),
	"payment_configuration_update": tell("about payments in WhatsApp"),
	"security":                     tell("about the account's security"),
}

func (n newsValue) template() channel.Event {
	reasons := []meta.Text{n.RejectionInfo.V.Reason, n.RejectionInfo.V.Recommendation, n.OtherInfo.V.Description}
	if n.Reason != "NONE" {
		reasons = append([]meta.Text{n.Reason}, reasons...)
	}
	return channel.Event{Template: &channel.TemplateNews{
		Ref: n.TemplateID.Ref(), Name: n.TemplateName.Line(512), Language: n.TemplateLanguage.Line(20), State: state(n.Event),
		Category: strings.ToLower(cmp.Or(n.NewCategory, n.TemplateCategory).Line(40)), Former: strings.ToLower(n.PreviousCategory.Line(40)),
		Quality: n.NewQuality.Line(20), Reason: join(" ", reasons...),
	}}
}

func (n newsValue) rewritten() channel.Event {
	e := n.template()
	e.Template.Changed = true
	return e
}

// state reads where a template stands.
func state(t meta.Text) channel.TemplateState {
	switch t {
	case "PENDING_DELETION":
		return channel.TemplateDeleted
	case "IN_APPEAL":
		return channel.TemplatePending
	}
	return channel.TemplateState(strings.ToLower(t.Line(40)))
}

// grave are the words after which messages do not go, or soon will not.
var grave = map[meta.Text]bool{
	"ACCOUNT_VIOLATION": true, "ACCOUNT_RESTRICTION": true, "ACCOUNT_DELETED": true, "ACCOUNT_OFFBOARDED": true, "DISABLED_UPDATE": true,
	"PARTNER_REMOVED": true, "PARTNER_APP_UNINSTALLED": true, "FLAGGED": true, "DOWNGRADE": true, "REJECTED": true, "CRITICAL": true,
	"DISABLE": true, "REINSTATE": false,
}

// tell makes news for the administrator out of whatever of the known words is there.
func tell(about string) func(newsValue) channel.Event {
	return func(n newsValue) channel.Event {
		words := []meta.Text{n.Number, n.PhoneNumber, n.UserName, n.Event, n.Decision, n.Violation.V.Type, n.Ban.V.State, n.Limit, n.AlertDescription}
		if n.RejectionReason != "NONE" {
			words = append(words, n.RejectionReason)
		}
		var until time.Time
		for _, r := range n.Restrictions {
			words = append(words, r.Type)
			if at := r.Until.Instant(); at.After(until) {
				until = at
			}
		}
		text := "WhatsApp has news " + about
		if said := join(", ", words...); said != "" {
			text += ": " + said
		}
		return channel.Event{Problem: &channel.Problem{
			Text: text, Grave: grave[n.Event] || grave[n.Decision] || grave[n.AlertSeverity] || n.Ban.V.State == "DISABLE", Until: until,
		}}
	}
}
