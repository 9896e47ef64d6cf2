package org

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// fileLinkFor is how long a link to a file can be opened: long enough to reach a browser, too short to be passed on.
const fileLinkFor = 10 * time.Minute

const fileColumn = "file"

// FileGrant lets one person look at one attachment, or at one thread as a page, for some minutes.
type FileGrant struct {
	Attachment   ngo.AttachmentID   `json:"a,omitempty"`
	Conversation ngo.ConversationID `json:"c,omitempty"`
	Actor        string             `json:"u"` // who asked, as in the trail: user:meena
	Until        int64              `json:"t"` // in seconds; set by FileLink
}

// FileLink gives the address at which what is granted can be looked at, and until when. Whoever has the address is taken for who asked
// for it, and each look stands in the trail under that name.
func (o *Org) FileLink(base string, g FileGrant) (address string, until time.Time) {
	until = o.book.now().Add(fileLinkFor).Truncate(time.Second)
	g.Until = until.Unix()
	plain, err := json.Marshal(g)
	if err != nil {
		panic(err) // four plain values always marshal
	}
	sealed := o.Store.Box().Seal(plain, linkTable, fileColumn, "")
	return strings.TrimSuffix(base, "/") + "/files/" + o.Info().Slug + "." + base64.RawURLEncoding.EncodeToString(sealed), until
}

// OpenFileLink gives what a link grants; token is what follows the organisation's name and a point. It fails with NotFound for a link
// that was not made here, and for one that is too old: a guess and an old link are told nothing that differs.
func (o *Org) OpenFileLink(token string) (FileGrant, error) {
	unknown := &ngo.Error{Code: ngo.NotFound, Message: "this link is not one of ours, or too old"}
	if len(token) > 1000 {
		return FileGrant{}, unknown
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return FileGrant{}, unknown
	}
	plain, err := o.Store.Box().Open(sealed, linkTable, fileColumn, "")
	if err != nil {
		return FileGrant{}, unknown
	}
	var g FileGrant
	if json.Unmarshal(plain, &g) != nil || o.book.now().Unix() >= g.Until {
		return FileGrant{}, unknown
	}
	return g, nil
}
