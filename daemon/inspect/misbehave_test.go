package inspect

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
)

// misbehave is the verb of a child of the tests that tries what no child may.
const misbehave = "misbehave"

func misbehaving(args []string) bool { return len(args) == 2 && args[0] == misbehave }

func misbehavior(do string) int {
	if do == "weigh" {
		return weighed()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := take(); err != nil {
		return 9
	}
	said := ""
	switch do {
	case "memory":
		var all [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			if all = append(all, b); len(all) > 1000 {
				return 8
			}
		}
	case "time":
		for i := 0; ; i++ {
		}
	case "panic":
		panic("a decoder stumbled")
	case "open":
		if _, err := os.Open("/etc/passwd"); err != nil {
			said = "open refused: " + err.Error()
		}
	case "dial":
		if _, err := net.Dial("tcp", "127.0.0.1:1"); err != nil {
			said = "dial refused: " + err.Error()
		}
	case "environment":
		if len(os.Environ()) == 0 {
			said = "no environment"
		}
	}
	if json.NewEncoder(os.Stdout).Encode(Report{Refused: said}) != nil {
		return 9
	}
	return 0
}

// weighed does what a child does and tells how much memory it had. What says so is opened while that is allowed.
func weighed() int {
	status, err := os.Open("/proc/self/status")
	if err != nil || take() != nil || answer(os.Stdin, io.Discard) != nil {
		return 9
	}
	text, err := io.ReadAll(status)
	at := bytes.Index(text, []byte("VmHWM:"))
	if err != nil || at < 0 {
		return 9
	}
	_, _ = os.Stdout.Write(text[at : at+40])
	return 0
}
