package apiserver

import (
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// permission is what a route asks for. Reading and writing are never the same one.
type permission string

// Permissions that do not depend on a role.
const (
	open      permission = "open"      // anybody, without logging in
	self      permission = "self"      // everybody who is logged in
	own       permission = "own"       // the user named in the path, and the appliance's own people
	appliance permission = "appliance" // the appliance's own people: on the socket or in process, never over a network
)

// Permissions in one organisation.
const (
	orgRead        permission = "org.read"
	orgWrite       permission = "org.write"
	summaryRead    permission = "summary.read"
	eventRead      permission = "event.read"
	accountRead    permission = "account.read"
	accountWrite   permission = "account.write"
	gatewayRun     permission = "gateway.run"
	donationRead   permission = "donation.read" // payments included
	donationWrite  permission = "donation.write"
	donationRefund permission = "donation.refund"
	personRead     permission = "person.read"
	receiptRead    permission = "receipt.read"
	receiptSend    permission = "receipt.send"
	receiptWrite   permission = "receipt.write"
	deliveryRead   permission = "delivery.read"
	deliveryRun    permission = "delivery.run"
	jobRead        permission = "job.read"
	jobRun         permission = "job.run"
	auditRead      permission = "audit.read"
	actRead        permission = "act.read"
	actUndo        permission = "act.undo"

	conversationRead  permission = "conversation.read"  // messages, attachments and templates included
	conversationOpen  permission = "conversation.open"  // to get an address that shows a file or a thread, which the trail keeps
	conversationWrite permission = "conversation.write" // replies, notes, templates, and where a thread stands
	templateSync      permission = "template.sync"
	personWrite       permission = "person.write" // who is the same, and what they wish to get
	searchRead        permission = "search.read"  // of what else may be read: see searching
)

// grants is the one table of who may do what in an organisation. What is not in it is denied. It is never written to.
var grants = map[permission][]ngo.Role{
	orgRead:        ngo.Roles[:],
	orgWrite:       {ngo.Admin},
	summaryRead:    {ngo.Admin, ngo.Finance, ngo.Agent, ngo.Auditor},
	eventRead:      {ngo.Admin, ngo.Finance, ngo.Agent, ngo.Caseworker, ngo.Auditor},
	accountRead:    {ngo.Admin, ngo.Finance, ngo.Auditor},
	accountWrite:   {ngo.Admin},
	gatewayRun:     {ngo.Admin, ngo.Finance},
	donationRead:   {ngo.Admin, ngo.Finance, ngo.Agent, ngo.Auditor},
	donationWrite:  {ngo.Admin, ngo.Finance},
	donationRefund: {ngo.Admin, ngo.Finance},
	personRead:     {ngo.Admin, ngo.Finance, ngo.Agent, ngo.Auditor},
	receiptRead:    {ngo.Admin, ngo.Finance, ngo.Agent, ngo.Auditor},
	receiptSend:    {ngo.Admin, ngo.Finance, ngo.Agent},
	receiptWrite:   {ngo.Admin, ngo.Finance},
	deliveryRead:   {ngo.Admin, ngo.Finance, ngo.Auditor},
	deliveryRun:    {ngo.Admin, ngo.Finance},
	jobRead:        {ngo.Admin, ngo.Finance, ngo.Auditor},
	jobRun:         {ngo.Admin, ngo.Finance},
	auditRead:      {ngo.Admin, ngo.Auditor},
	actRead:        {ngo.Admin, ngo.Finance, ngo.Auditor},
	actUndo:        {ngo.Admin, ngo.Finance, ngo.Agent, ngo.Caseworker}, // and what undoing asks for besides

	conversationRead:  {ngo.Admin, ngo.Agent, ngo.Caseworker, ngo.Auditor},
	conversationOpen:  {ngo.Admin, ngo.Agent, ngo.Caseworker, ngo.Auditor},
	conversationWrite: {ngo.Admin, ngo.Agent, ngo.Caseworker},
	templateSync:      {ngo.Admin, ngo.Agent},
	personWrite:       {ngo.Admin, ngo.Agent},
	searchRead:        {ngo.Admin, ngo.Finance, ngo.Agent, ngo.Caseworker, ngo.Auditor},
}

// undoing is what undoing an act asks for besides act.undo: whoever may not do a thing may not undo it. It is never written
// to.
var undoing = map[ngo.ActKind]permission{
	ngo.ActProfile: orgWrite,
	ngo.ActPurpose: orgWrite,
	ngo.ActAccount: accountWrite,
	ngo.ActSetting: accountWrite,
	ngo.ActGift:    donationWrite,

	ngo.ActConversation: conversationWrite,
}

// searching is what finding a thing of a kind asks for besides search.read: whoever may not read it does not find it. It is
// never written to.
var searching = map[string]permission{
	"person":       personRead,
	"conversation": conversationRead,
	"message":      conversationRead,
	"receipt":      receiptRead,
	"payment":      donationRead,
	"donation":     donationRead,
}

// place is where in the appliance a request wants to do something: the names in its path.
type place struct{ org, user string }

// allow tells whether p may do what perm stands for at the place. It fails with Unauthenticated when nobody is logged in,
// with NotFound for an organisation p has no role in, whether it exists or not, and else with Denied.
func (p *principal) allow(perm permission, at place) error {
	switch {
	case perm == open:
		return nil
	case p == nil:
		return errLogin()
	case p.appliance, perm == self, perm == own && at.user == p.user.Name:
		return nil
	case perm == own, perm == appliance:
		return errSocketOnly()
	}
	role, ok := p.roles[at.org]
	if !ok {
		return errNoOrg()
	}
	if !slices.Contains(grants[perm], role) {
		return errRole(role)
	}
	return nil
}

func errLogin() error {
	return &ngo.Error{Code: ngo.Unauthenticated, Message: "you are not logged in", Hint: "run ngoctl login, or give a token"}
}

func errSocketOnly() error {
	return &ngo.Error{
		Code: ngo.Denied, Message: "only the appliance's own administrator may do this, on the machine itself",
		Hint: "run the command on the server as the owner of the data folder, without --server and without a token",
	}
}

func errNoOrg() error {
	return &ngo.Error{Code: ngo.NotFound, Message: "there is no such organisation", Hint: "see which there are: ngoctl org list"}
}

func errRole(role ngo.Role) error {
	return &ngo.Error{Code: ngo.Denied, Message: "your role, " + string(role) + ", does not allow this", Hint: "ask the administrator for another role"}
}
