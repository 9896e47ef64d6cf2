package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The commands of scripts about gateways. Each of the two is a double on loopback, at $RAZORPAY and $PAYU:
//
//	pay GATEWAY REF RUPEES [NAME E-MAIL [PAN ADDRESS]]  somebody pays; no webhook is sent yet
//	back GATEWAY REF RUPEES                            pays back from the gateway's own dashboard
//	dispute GATEWAY REF [STATUS]                       the donor's bank disputes it, or the dispute moves on
//	tell GATEWAY ACCOUNT                               the gateway sends its webhooks since, twice each, the last first
//	forget GATEWAY                                     the gateway's webhooks since are lost
type doubles struct {
	razorpay *sim.RazorpayAPI
	payu     *sim.PayU
	disputes map[string]ngo.Ref
}

const (
	scriptKey    = "rzp_test_script0001"
	scriptSecret = "the-key-secret"
	scriptHook   = "a-shared-secret"
	scriptSalt   = "the-salt"
)

// setUpGateways starts both doubles and leaves their secrets as files in the script's folder.
func setUpGateways(e *testscript.Env) error {
	razorpay, err := sim.NewRazorpayAPI(sim.RazorpayOptions{Seed: 1, KeyID: scriptKey, KeySecret: scriptSecret, WebhookSecret: scriptHook})
	if err != nil {
		return err
	}
	e.Defer(func() { razorpay.Close() })
	payu, err := sim.NewPayU(sim.PayUOptions{Seed: 1, Key: "SevaiK", Salt: scriptSalt})
	if err != nil {
		return err
	}
	e.Defer(func() { payu.Close() })
	e.Values[doublesKey{}] = &doubles{razorpay: razorpay, payu: payu, disputes: map[string]ngo.Ref{}}
	e.Setenv("RAZORPAY", razorpay.URL())
	e.Setenv("PAYU", payu.URL())
	return errors.Join(
		os.WriteFile(filepath.Join(e.WorkDir, "key"), []byte(scriptSecret), 0o600),
		os.WriteFile(filepath.Join(e.WorkDir, "salt"), []byte(scriptSalt), 0o600),
		os.WriteFile(filepath.Join(e.WorkDir, "hook-secret"), []byte(scriptHook), 0o600),
	)
}

// doublesKey is the key under which a script's gateways are kept.
type doublesKey struct{}

func doublesOf(ts *testscript.TestScript) *doubles { return ts.Value(doublesKey{}).(*doubles) }

// rupees reads an amount in rupees as paise.
func rupees(ts *testscript.TestScript, s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	ts.Check(err)
	return n * 100
}

func payCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 && len(args) != 5 && len(args) != 7 {
		ts.Fatalf("usage: pay GATEWAY REF RUPEES [NAME E-MAIL [PAN ADDRESS]]")
	}
	c := sim.Charge{ID: ngo.Ref(args[1]), Amount: rupees(ts, args[2])}
	if len(args) > 3 {
		c.Donor.Name, c.Donor.EMail = args[3], args[4]
	}
	if len(args) > 5 {
		c.Donor.PAN, c.Donor.Address = args[5], args[6]
	}
	d := doublesOf(ts)
	if args[0] == "payu" {
		d.payu.Give(c)
		return
	}
	d.razorpay.Give(c)
}

func backCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: back GATEWAY REF RUPEES")
	}
	d := doublesOf(ts)
	if args[0] == "payu" {
		d.payu.Refund(ngo.Ref(args[1]), rupees(ts, args[2]))
		return
	}
	d.razorpay.Refund(ngo.Ref(args[1]), rupees(ts, args[2]))
}

func disputeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 || args[0] != "razorpay" {
		ts.Fatalf("usage: dispute razorpay REF [STATUS]")
	}
	d := doublesOf(ts)
	if len(args) == 2 {
		d.disputes[args[1]] = d.razorpay.Dispute(ngo.Ref(args[1]), 0, "chargeback")
		return
	}
	d.razorpay.MoveDispute(d.disputes[args[1]], args[2])
}

func webhooksOf(ts *testscript.TestScript, gateway string) []sim.Webhook {
	if gateway == "payu" {
		return doublesOf(ts).payu.Webhooks()
	}
	return doublesOf(ts).razorpay.Webhooks()
}

func tellCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tell GATEWAY ACCOUNT")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	list := webhooksOf(ts, args[0])
	if len(list) == 0 {
		ts.Fatalf("%s has nothing to tell", args[0])
	}
	for range 2 {
		for i := len(list) - 1; i >= 0; i-- {
			ts.Check(list[i].Deliver(ctx, http.DefaultClient, "http://"+ts.Getenv("ADDR")+"/hooks/sevai/"+args[1]))
		}
	}
}

func forgetCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: forget GATEWAY")
	}
	webhooksOf(ts, args[0])
}
