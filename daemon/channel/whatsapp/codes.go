package whatsapp

import (
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
)

// codes gives the meaning of WhatsApp's own error codes; a subcode says nothing more.
var codes meta.Codes = func(code, _ int) (meta.Meaning, bool) {
	m, ok := meanings[code]
	return m, ok
}

// What is to be done about it.
const (
	rights   = "give the system user the right whatsapp_business_messaging for this account in Meta Business settings"
	manager  = "open WhatsApp Manager; it says what is wrong and how to ask for a review"
	byItself = "it goes on by itself after a while"
	offer    = "send an approved template; when they answer, you can write freely for 24 hours"
	other    = "try another way to reach them: mail or a call"
	reSync   = "look at the template in WhatsApp Manager: the list here may be older"
	register = "finish the number's registration in WhatsApp Manager"
)

var meanings = map[int]meta.Meaning{
	131005: {Class: channel.FaultAccount, Says: "The token has not the right to do this.", Hint: rights},
	130497: {Class: channel.FaultAccount, Says: "The account may not write to people in this country.", Hint: manager},
	131031: {Class: channel.FaultAccount, Says: "WhatsApp has locked the account.", Hint: manager},
	131042: {Class: channel.FaultAccount, Says: "WhatsApp's bill cannot be charged: the means of payment is missing or refused.", Hint: "mend the means of payment in Meta Business settings"},
	131037: {Class: channel.FaultAccount, Says: "WhatsApp has not approved the number's display name.", Hint: manager},

	80007:  {Class: channel.FaultLimit, Says: "Too much was asked of WhatsApp for this account.", Hint: byItself, Wait: time.Minute},
	130429: {Class: channel.FaultLimit, Says: "Too many messages were sent from this number at once.", Hint: byItself},
	131048: {Class: channel.FaultLimit, Says: "Too many people blocked or reported this number, so WhatsApp slows it down.", Hint: "send nothing in bulk for now; WhatsApp Manager shows the number's quality", Wait: time.Hour},
	131056: {Class: channel.FaultPair, Says: "Too many messages went to this person in a short time.", Hint: byItself, Wait: 6 * time.Second},
	131064: {Class: channel.FaultLimit, Says: "WhatsApp wants fewer messages for now.", Hint: byItself, Wait: time.Minute}, // unverified
	133016: {Class: channel.FaultLimit, Says: "The number was registered or taken off too often.", Hint: "wait 72 hours", Wait: time.Hour},

	131000: {Class: channel.FaultTransient, Says: "WhatsApp has trouble of its own, and does not say which.", Hint: byItself},
	131016: {Class: channel.FaultTransient, Says: "WhatsApp's service is down.", Hint: byItself},
	131057: {Class: channel.FaultTransient, Says: "WhatsApp is being mended and takes nothing.", Hint: byItself},
	133004: {Class: channel.FaultTransient, Says: "WhatsApp's service is down.", Hint: byItself},

	131047: {Class: channel.FaultWindow, Says: "They last wrote more than 24 hours ago, so only an approved template can be sent.", Hint: offer},

	131021: {Class: channel.FaultPerson, Says: "A number cannot write to itself."},
	131026: {Class: channel.FaultPerson, Says: "WhatsApp cannot deliver to this person: no WhatsApp there, a very old version, or they have not taken its terms.", Hint: other},
	131030: {Class: channel.FaultPerson, Says: "The account is for tests still, and this person is not among those it may write to.", Hint: "add the number in the Meta app, or use the account's real number"},
	131050: {Class: channel.FaultPerson, Says: "They stopped marketing messages from you in WhatsApp.", Hint: "do not send them any; answers and receipts still go"},
	130472: {Class: channel.FaultPerson, Says: "WhatsApp does not deliver marketing messages to this person, for an experiment of its own.", Hint: other},
	131062: {Class: channel.FaultPerson, Says: "This kind of message needs the person's phone number, and WhatsApp gives none.", Hint: "ask them for their number"},
	131049: {Class: channel.FaultCap, Says: "They got as many marketing messages as WhatsApp lets anybody get for now.", Hint: "wait a day or more before the next", Wait: 24 * time.Hour},

	131008: {Class: channel.FaultMessage, Says: "Something that WhatsApp needs is missing in the message."},
	131009: {Class: channel.FaultMessage, Says: "Something in the message has a value that WhatsApp does not take."},
	131051: {Class: channel.FaultMessage, Says: "WhatsApp does not know this kind of message."},
	131052: {Class: channel.FaultMedia, Says: "WhatsApp could not fetch the file, or it is too large.", Hint: "ask them to send it smaller, or by mail"},
	131053: {Class: channel.FaultMedia, Says: "The file is not of a kind or size that WhatsApp takes."},

	132000: {Class: channel.FaultTemplate, Says: "The number of values is not that of the template.", Hint: reSync},
	132001: {Class: channel.FaultTemplate, Says: "The template does not exist in this language, or is not approved.", Hint: reSync},
	132005: {Class: channel.FaultTemplate, Says: "The template is too long with these values.", Hint: "use shorter values"},
	132007: {Class: channel.FaultTemplate, Says: "The template breaks WhatsApp's rules.", Hint: "write it anew in WhatsApp Manager"},
	132012: {Class: channel.FaultTemplate, Says: "A value is not of the form that the template wants.", Hint: reSync},
	132015: {Class: channel.FaultTemplate, Says: "WhatsApp has paused the template, for people disliked it.", Hint: "use another until it is back; WhatsApp Manager says when"},
	132016: {Class: channel.FaultTemplate, Says: "WhatsApp has switched the template off for good.", Hint: "make another one"},
	132068: {Class: channel.FaultTemplate, Says: "The form in the template does not work.", Hint: "mend it in WhatsApp Manager"},
	132069: {Class: channel.FaultTemplate, Says: "The form in the template is slowed down by WhatsApp.", Hint: "mend it in WhatsApp Manager"},

	131045: {Class: channel.FaultAccount, Says: "The number is not registered rightly.", Hint: register},
	133000: {Class: channel.FaultAccount, Says: "The number was not taken off rightly before.", Hint: register},
	133005: {Class: channel.FaultAccount, Says: "The number's PIN is wrong.", Hint: register},
	133006: {Class: channel.FaultAccount, Says: "The number has to be verified again.", Hint: register},
	133008: {Class: channel.FaultAccount, Says: "A wrong PIN was given too often.", Hint: register},
	133009: {Class: channel.FaultAccount, Says: "A PIN was given too fast.", Hint: register},
	133010: {Class: channel.FaultAccount, Says: "The number is not registered with the Cloud API.", Hint: register},
	133015: {Class: channel.FaultAccount, Says: "The number was taken off a moment ago.", Hint: "wait five minutes and register it again"},
	135000: {Class: channel.FaultMessage, Says: "WhatsApp does not take something in the message, and does not say what."}, // unverified
	137000: {Class: channel.FaultUnknown, Says: "WhatsApp refused it for a reason that nobody has written down (137000)."}, // unverified
}
