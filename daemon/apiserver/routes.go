package apiserver

import (
	"net/http"

	"github.com/ngoctl/ngoctl/daemon/receipt"
)

// route is one line of the interface. Either add makes huma serve it, or raw serves it and huma only documents it.
type route struct {
	id, method, path string
	perm             permission
	title            string
	media            string // of the answer; JSON when empty
	slow             bool   // a provider is waited for, as long as that takes
	upload           int64  // the body is a picture of at most so many bytes, instead of JSON
	body             int64  // how large the JSON may be, where that is more than usual
	add              register
	raw              func(*Server, http.ResponseWriter, *http.Request)
}

const (
	get     = http.MethodGet
	post    = http.MethodPost
	put     = http.MethodPut
	patch   = http.MethodPatch
	deleted = http.MethodDelete
)

// routes is every route there is. A path is below api.Prefix; {org} is checked against the roles of whoever asks.
func routes() []route {
	return []route{
		{id: "openapi", method: get, path: "/openapi.json", perm: open, title: "This description", add: hidden, raw: (*Server).openapi},
		{id: "login", method: post, path: "/login", perm: open, title: "Exchange a name and password for a token", add: handle((*Server).login)},
		{id: "logout", method: post, path: "/logout", perm: self, title: "Revoke the token in use", add: handle((*Server).logout)},
		{id: "status", method: get, path: "/status", perm: self, title: "Tell how the daemon is", add: handle((*Server).status)},
		{id: "list-drivers", method: get, path: "/drivers", perm: self, title: "List the gateways and channels that can be added", add: handle((*Server).drivers)},

		{id: "list-orgs", method: get, path: "/orgs", perm: self, title: "List one's organisations", add: handle((*Server).orgs)},
		{id: "create-org", method: post, path: "/orgs", perm: appliance, title: "Enter an organisation", add: handle((*Server).createOrg)},
		{id: "list-users", method: get, path: "/users", perm: appliance, title: "List all users", add: handle((*Server).users)},
		{id: "add-user", method: post, path: "/users", perm: appliance, title: "Enter a user", add: handle((*Server).addUser)},
		{id: "set-member", method: put, path: "/users/{user}/members/{org}", perm: appliance, title: "Give a user a role, or take it away", add: handle((*Server).setMember)},
		{id: "set-password", method: put, path: "/users/{user}/password", perm: appliance, title: "Set a user's password and end the user's tokens", add: handle((*Server).setPassword)},
		{id: "disable-user", method: post, path: "/users/{user}/disable", perm: appliance, title: "Refuse a user from now on", add: handle((*Server).disableUser)},
		{id: "enable-user", method: post, path: "/users/{user}/enable", perm: appliance, title: "Let a user in again", add: handle((*Server).enableUser)},
		{id: "list-tokens", method: get, path: "/users/{user}/tokens", perm: own, title: "List a user's tokens", add: handle((*Server).listTokens)},
		{id: "add-token", method: post, path: "/users/{user}/tokens", perm: appliance, title: "Make a token for a user", add: handle((*Server).addToken)},
		{id: "revoke-token", method: deleted, path: "/tokens/{id}", perm: self, title: "End a token of one's own at once", add: handle((*Server).revokeToken)},
		{id: "list-appliance-audit", method: get, path: "/audit", perm: appliance, title: "List the appliance's own trail", add: handle((*Server).applianceAudit)},
		{id: "verify-appliance-audit", method: post, path: "/audit/verify", perm: appliance, title: "Check the appliance's own trail", add: handle((*Server).verifyApplianceAudit)},
		{id: "create-backup", method: post, path: "/backups", perm: appliance, title: "Write a sealed backup of the whole data folder", media: "application/octet-stream", add: handle((*Server).createBackup)},

		{id: "get-org", method: get, path: "/orgs/{org}", perm: orgRead, title: "Show an organisation", add: handle((*Server).org)},
		{id: "set-profile", method: patch, path: "/orgs/{org}", perm: orgWrite, title: "Change what receipts say of an organisation", add: handle((*Server).setProfile)},
		{id: "get-summary", method: get, path: "/orgs/{org}/summary", perm: summaryRead, title: "Show an organisation at a glance", add: handle((*Server).documentedSummary), raw: (*Server).summary},
		{id: "follow-events", method: get, path: "/orgs/{org}/events", perm: eventRead, title: "Follow what changes, as server-sent events", media: "text/event-stream", add: handle((*Server).documentedEvents), raw: (*Server).events},

		{id: "set-picture", method: put, path: "/orgs/{org}/pictures/{kind}", perm: orgWrite, upload: receipt.MaxPicture, title: "Give receipts a logo or a signature, from a PNG or JPEG", add: handle((*Server).setPicture)},
		{id: "get-picture", method: get, path: "/orgs/{org}/pictures/{kind}", perm: orgRead, title: "Fetch a picture on receipts as it is kept", media: "image/png", add: handle((*Server).picture)},
		{id: "drop-picture", method: deleted, path: "/orgs/{org}/pictures/{kind}", perm: orgWrite, title: "Take a picture off receipts to come", add: handle((*Server).dropPicture)},

		{id: "list-gateways", method: get, path: "/orgs/{org}/gateways", perm: accountRead, title: "List the connections to payment gateways", add: handle((*Server).gateways)},
		{id: "add-gateway", method: post, path: "/orgs/{org}/gateways", perm: accountWrite, title: "Connect to a payment gateway", add: handle((*Server).addGateway)},
		{id: "get-gateway", method: get, path: "/orgs/{org}/gateways/{name}", perm: accountRead, title: "Show a connection to a payment gateway", add: handle((*Server).gateway)},
		{id: "remove-gateway", method: deleted, path: "/orgs/{org}/gateways/{name}", perm: accountWrite, title: "End a connection to a payment gateway", add: handle((*Server).removeGateway)},
		{id: "set-gateway", method: patch, path: "/orgs/{org}/gateways/{name}", perm: accountWrite, title: "Change settings of a gateway, keeping the others", add: handle((*Server).setGateway)},
		{id: "rotate-secret", method: post, path: "/orgs/{org}/gateways/{name}/rotate", perm: accountWrite, title: "Give a secret a new value; the old one counts for 15 days more", add: handle((*Server).rotateGateway)},
		{id: "test-gateway", method: post, path: "/orgs/{org}/gateways/{name}/test", perm: gatewayRun, slow: true, title: "Try a gateway's credentials, and the way in by a signed delivery", add: handle((*Server).testGateway)},
		{id: "catch-up", method: post, path: "/orgs/{org}/gateways/{name}/catch-up", perm: gatewayRun, slow: true, title: "Ask a gateway for what was missed", add: handle((*Server).catchUp)},
		{id: "list-channels", method: get, path: "/orgs/{org}/channels", perm: accountRead, title: "List the connections to messaging channels", add: handle((*Server).channels)},
		{id: "add-channel", method: post, path: "/orgs/{org}/channels", perm: accountWrite, title: "Connect to a messaging channel", add: handle((*Server).addChannel)},
		{id: "get-channel", method: get, path: "/orgs/{org}/channels/{name}", perm: accountRead, title: "Show a connection to a messaging channel", add: handle((*Server).channel)},
		{id: "remove-channel", method: deleted, path: "/orgs/{org}/channels/{name}", perm: accountWrite, title: "End a connection to a messaging channel", add: handle((*Server).removeChannel)},
		{id: "channel-health", method: get, path: "/orgs/{org}/channels/health", perm: accountRead, title: "Tell how each channel is", add: handle((*Server).channelHealths)},
		{id: "set-channel", method: patch, path: "/orgs/{org}/channels/{name}", perm: accountWrite, title: "Change settings of a channel, keeping the others", add: handle((*Server).setChannel)},
		{id: "test-channel", method: post, path: "/orgs/{org}/channels/{name}/test", perm: accountWrite, slow: true, title: "Try a channel's credentials, the way in, and its templates", add: handle((*Server).testChannel)},
		{id: "check-channel", method: post, path: "/orgs/{org}/channels/{name}/check", perm: accountWrite, title: "Connect and log in to a channel, sending nothing", add: handle((*Server).checkChannel)},

		{id: "list-donations", method: get, path: "/orgs/{org}/donations", perm: donationRead, title: "List gifts, newest first", add: handle((*Server).donations)},
		{id: "get-donation", method: get, path: "/orgs/{org}/donations/{id}", perm: donationRead, title: "Show a gift and what became of it", add: handle((*Server).donation)},
		{id: "add-donation", method: post, path: "/orgs/{org}/donations", perm: donationWrite, title: "Enter a gift that came by hand", add: handle((*Server).addDonation)},
		{id: "edit-donation", method: patch, path: "/orgs/{org}/donations/{id}", perm: donationWrite, title: "Put a donor's facts of a gift right", add: handle((*Server).editDonation)},
		{id: "hold-donation", method: post, path: "/orgs/{org}/donations/{id}/hold", perm: donationWrite, title: "Keep a gift back for somebody to look at", add: handle((*Server).holdDonation)},
		{id: "release-donation", method: post, path: "/orgs/{org}/donations/{id}/release", perm: donationWrite, title: "Say that a gift was looked at", add: handle((*Server).releaseDonation)},
		{id: "refund-donation", method: post, path: "/orgs/{org}/donations/{id}/refund", perm: donationRefund, title: "Have a gift paid back, in full or in part", add: handle((*Server).refundDonation)},
		{id: "issue-receipt", method: post, path: "/orgs/{org}/donations/{id}/receipt", perm: receiptWrite, title: "Have a receipt issued for a gift that has none", add: handle((*Server).issueReceipt)},
		{id: "list-payments", method: get, path: "/orgs/{org}/payments", perm: donationRead, title: "List payments, those seen last first", add: handle((*Server).payments)},
		{id: "get-payment", method: get, path: "/orgs/{org}/payments/{id}", perm: donationRead, title: "Show a payment with all that was told of it", add: handle((*Server).payment)},
		{id: "list-persons", method: get, path: "/orgs/{org}/persons", perm: personRead, title: "List persons, newest first", add: handle((*Server).persons)},
		{id: "get-person", method: get, path: "/orgs/{org}/persons/{id}", perm: personRead, title: "Show a person with a page of their gifts", add: handle((*Server).person)},
		{id: "join-persons", method: post, path: "/orgs/{org}/persons/{id}/join", perm: personWrite, title: "Show two persons as one", add: handle((*Server).joinPersons)},
		{id: "part-persons", method: post, path: "/orgs/{org}/persons/{id}/part", perm: personWrite, title: "Show a person who was joined to another by themselves again", add: handle((*Server).partPersons)},
		{id: "list-likely", method: get, path: "/orgs/{org}/persons/{id}/likely", perm: personRead, title: "List who may be the same person, with reasons", add: handle((*Server).likely)},
		{id: "differ-persons", method: post, path: "/orgs/{org}/persons/{id}/differ", perm: personWrite, title: "Say that two persons are two", add: handle((*Server).differ)},
		{id: "share-identity", method: post, path: "/orgs/{org}/persons/{id}/identities/share", perm: personWrite, title: "Say that several people use an address, or that one does again", add: handle((*Server).shareIdentity)},
		{id: "list-consents", method: get, path: "/orgs/{org}/persons/{id}/consents", perm: personRead, title: "List what a person said about what they wish to get, newest first", add: handle((*Server).consents)},
		{id: "record-consent", method: post, path: "/orgs/{org}/persons/{id}/consents", perm: personWrite, title: "Record what a person said about what they wish to get", add: handle((*Server).recordConsent)},
		{id: "send-template", method: post, path: "/orgs/{org}/persons/{id}/templates", perm: conversationWrite, title: "Begin a conversation with a person by a template", add: handle((*Server).sendTemplate)},

		{id: "list-conversations", method: get, path: "/orgs/{org}/conversations", perm: conversationRead, title: "List threads, newest first", add: handle((*Server).conversations)},
		{id: "get-conversation", method: get, path: "/orgs/{org}/conversations/{id}", perm: conversationRead, title: "Show a thread with a page of its messages", add: handle((*Server).thread)},
		{id: "reply", method: post, path: "/orgs/{org}/conversations/{id}/messages", perm: conversationWrite, body: maxReply, title: "Write into a conversation: a text, a template or a note", add: handle((*Server).reply)},
		{id: "move-conversation", method: post, path: "/orgs/{org}/conversations/{id}/state", perm: conversationWrite, title: "Open, snooze or close a conversation", add: handle((*Server).moveConversation)},
		{id: "mark-read", method: post, path: "/orgs/{org}/conversations/{id}/read", perm: conversationWrite, title: "Say that the messages of a conversation were seen", add: handle((*Server).markRead)},
		{id: "list-offers", method: get, path: "/orgs/{org}/conversations/{id}/templates", perm: conversationRead, title: "List the templates that a conversation could be sent", add: handle((*Server).offers)},
		{id: "link-conversation", method: post, path: "/orgs/{org}/conversations/{id}/link", perm: conversationOpen, title: "Make an address that shows a thread as a page for some minutes", add: handle((*Server).threadLink)},
		{id: "list-messages", method: get, path: "/orgs/{org}/messages", perm: conversationRead, title: "List the messages of all threads, those recorded last first", add: handle((*Server).messages)},
		{id: "get-message", method: get, path: "/orgs/{org}/messages/{id}", perm: conversationRead, title: "Show one message", add: handle((*Server).message)},
		{id: "withdraw-message", method: post, path: "/orgs/{org}/messages/{id}/withdraw", perm: conversationWrite, title: "Pull a message back that has not left", add: handle((*Server).withdraw)},
		{id: "retry-message", method: post, path: "/orgs/{org}/messages/{id}/retry", perm: conversationWrite, title: "Send a failed or uncertain message again", add: handle((*Server).retryMessage)},
		{id: "get-message-picture", method: get, path: "/orgs/{org}/messages/{id}/picture", perm: conversationRead, title: "Draw the text of a message, for terminals that cannot show its script", media: "image/png", add: handle((*Server).messagePicture)},
		{id: "get-attachment", method: get, path: "/orgs/{org}/attachments/{id}", perm: conversationRead, title: "Fetch the content of an attachment", media: "application/octet-stream", add: handle((*Server).documentedAttachment), raw: (*Server).attachment},
		{id: "link-attachment", method: post, path: "/orgs/{org}/attachments/{id}/link", perm: conversationOpen, title: "Make an address that shows an attachment for some minutes", add: handle((*Server).attachmentLink)},
		{id: "list-templates", method: get, path: "/orgs/{org}/templates", perm: conversationRead, title: "List the templates of all channels, as last heard", add: handle((*Server).templates)},
		{id: "sync-templates", method: post, path: "/orgs/{org}/templates/sync", perm: templateSync, slow: true, title: "Ask the providers for their templates", add: handle((*Server).syncTemplates)},
		{id: "search", method: get, path: "/orgs/{org}/search", perm: searchRead, title: "Find persons, threads, messages, receipts, payments and gifts by any words", add: handle((*Server).search)},

		{id: "list-purposes", method: get, path: "/orgs/{org}/purposes", perm: orgRead, title: "List what gifts are asked for", add: handle((*Server).purposes)},
		{id: "add-purpose", method: post, path: "/orgs/{org}/purposes", perm: orgWrite, title: "Enter a purpose", add: handle((*Server).addPurpose)},
		{id: "set-purpose", method: patch, path: "/orgs/{org}/purposes/{name}", perm: orgWrite, title: "Change a purpose", add: handle((*Server).setPurpose)},
		{id: "close-purpose", method: deleted, path: "/orgs/{org}/purposes/{name}", perm: orgWrite, title: "Take no more gifts for a purpose", add: handle((*Server).closePurpose)},
		{id: "list-receipts", method: get, path: "/orgs/{org}/receipts", perm: receiptRead, title: "List receipts, newest first", add: handle((*Server).receipts)},
		{id: "receipt-gaps", method: get, path: "/orgs/{org}/receipts/gaps", perm: receiptRead, title: "Explain the numbers of every series", add: handle((*Server).receiptGaps)},
		{id: "bulk-issue", method: post, path: "/orgs/{org}/receipts/issue", perm: receiptWrite, title: "Have receipts issued for gifts that have none", add: handle((*Server).bulkIssue)},
		{id: "bulk-send", method: post, path: "/orgs/{org}/receipts/send", perm: receiptWrite, title: "Queue the mails with receipts that no mail carried", add: handle((*Server).bulkSend)},
		{id: "get-receipt", method: get, path: "/orgs/{org}/receipts/{id}", perm: receiptRead, title: "Show a receipt, by its id or number", add: handle((*Server).receipt)},
		{id: "get-receipt-pdf", method: get, path: "/orgs/{org}/receipts/{id}/pdf", perm: receiptRead, title: "Fetch a receipt as a document: the original once, then copies that say so", media: "application/pdf", add: handle((*Server).receiptPDF)},
		{id: "send-sample", method: post, path: "/orgs/{org}/receipts/sample", perm: orgWrite, title: "Mail a made-up receipt, to see what donors will get", add: handle((*Server).sendSample)},
		{id: "send-receipt", method: post, path: "/orgs/{org}/receipts/{id}/send", perm: receiptSend, title: "Queue the mail with a receipt again", add: handle((*Server).sendReceipt)},
		{id: "void-receipt", method: post, path: "/orgs/{org}/receipts/{id}/void", perm: receiptWrite, title: "End a receipt that was a mistake", add: handle((*Server).voidReceipt)},
		{id: "replace-receipt", method: post, path: "/orgs/{org}/receipts/{id}/replace", perm: receiptWrite, title: "Have a receipt replaced by one of the gift's facts as they are now", add: handle((*Server).replaceReceipt)},

		{id: "list-deliveries", method: get, path: "/orgs/{org}/deliveries", perm: deliveryRead, title: "List what providers sent, newest first", add: handle((*Server).deliveries)},
		{id: "get-delivery", method: get, path: "/orgs/{org}/deliveries/{id}", perm: deliveryRead, title: "Show a delivery, without its body", add: handle((*Server).delivery)},
		{id: "replay-delivery", method: post, path: "/orgs/{org}/deliveries/{id}/replay", perm: deliveryRun, title: "Have a delivery worked on again", add: handle((*Server).replayDelivery)},
		{id: "list-jobs", method: get, path: "/orgs/{org}/jobs", perm: jobRead, title: "List the work in the queue", add: handle((*Server).jobs)},
		{id: "get-job", method: get, path: "/orgs/{org}/jobs/{id}", perm: jobRead, title: "Show a job", add: handle((*Server).job)},
		{id: "retry-job", method: post, path: "/orgs/{org}/jobs/{id}/retry", perm: jobRun, title: "Try a parked job again", add: handle((*Server).retryJob)},

		{id: "list-audit", method: get, path: "/orgs/{org}/audit", perm: auditRead, title: "List the trail, newest first", add: handle((*Server).audit)},
		{id: "verify-audit", method: post, path: "/orgs/{org}/audit/verify", perm: auditRead, title: "Check that no line of the trail was touched", add: handle((*Server).verifyAudit)},
		{id: "list-acts", method: get, path: "/orgs/{org}/acts", perm: actRead, title: "List what was done that can be undone", add: handle((*Server).acts)},
		{id: "undo-act", method: post, path: "/orgs/{org}/acts/{id}/undo", perm: actUndo, title: "Reverse an act", add: handle((*Server).undo)},
	}
}
