package org

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// donorLinkFor is how long the link in a mail to a donor can be used: past the second reminder, with a month to spare.
const donorLinkFor = 75 * 24 * time.Hour

// The place that a sealed link is bound to: it opens nothing else, and nothing of another organisation's.
const linkTable, linkColumn = "link", "donor"

// DonorLink gives the address of the page on which a donor tells what the receipt needs. Who has it may do so for this one
// gift; it shows nothing that its holder does not know from the mail.
func (o *Org) DonorLink(base string, id ngo.DonationID) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(o.book.now().Add(donorLinkFor).Unix()))
	sealed := o.Store.Box().Seal(append(plain, id...), linkTable, linkColumn, "")
	return strings.TrimSuffix(base, "/") + "/o/" + o.Info().Slug + "/donor/" + base64.RawURLEncoding.EncodeToString(sealed)
}

// OpenDonorLink gives the gift that the last part of a link is for. It fails with NotFound for one that was not made here, and
// with Denied for one that is too old.
func (o *Org) OpenDonorLink(token string) (ngo.DonationID, error) {
	unknown := &ngo.Error{Code: ngo.NotFound, Message: "this link is not one of ours"}
	if len(token) > 400 {
		return "", unknown
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return "", unknown
	}
	plain, err := o.Store.Box().Open(sealed, linkTable, linkColumn, "")
	if err != nil || len(plain) < 8 {
		return "", unknown
	}
	if o.book.now().Unix() > int64(binary.BigEndian.Uint64(plain)) {
		return "", &ngo.Error{Code: ngo.Denied, Message: "this link is too old"}
	}
	return ngo.ParseID[ngo.DonationID](string(plain[8:]))
}
