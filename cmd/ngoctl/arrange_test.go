package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// quiet is a terminal nobody sits at.
func quiet() terminal {
	return terminal{
		in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{},
		env:       func(string) string { return "" },
		configDir: func() (string, error) { return "", errors.New("no configuration folder in this test") },
	}
}

// leaves walks every command that does something, with the words that lead to it.
func leaves(commands []*cli.Command, chain []string, visit func(path []string, c *cli.Command)) {
	for _, c := range commands {
		path := append(slices.Clone(chain), c.Name)
		if len(c.Subcommands) == 0 {
			visit(path, c)
		}
		leaves(c.Subcommands, path, visit)
	}
}

// TestEveryFlagMayStandLast holds each command to "flags may stand after arguments", the global ones too.
func TestEveryFlagMayStandLast(t *testing.T) {
	t.Parallel()
	app := program(quiet())
	leaves(app.Commands, nil, func(path []string, c *cli.Command) {
		for _, f := range append(slices.Clone(c.Flags), app.Flags...) {
			flag, want := "--"+f.Names()[0], "--"+f.Names()[0]
			words := append(slices.Clone(path), "ARG", flag)
			if !isBool(f) {
				words, want = append(words, "VALUE"), flag+"=VALUE"
			}
			req, err := arrange(app, words)
			if err != nil {
				t.Errorf("%v: %v", words, err)
				continue
			}
			flagAt, argAt := slices.Index(req.argv, want), slices.Index(req.argv, "ARG")
			if flagAt < 0 || flagAt > argAt || req.argv[argAt-1] != "--" {
				t.Errorf("%v became %v: the flag must stand before the argument, and -- between them", words, req.argv)
			}
		}
	})
}

// TestEveryCommandHelps makes sure that no command comes without a line on what it is for and an example.
func TestEveryCommandHelps(t *testing.T) {
	t.Parallel()
	app := program(quiet())
	leaves(app.Commands, nil, func(path []string, c *cli.Command) {
		if c.Usage == "" || c.UsageText == "" {
			t.Errorf("%v: it needs a Usage and an example in UsageText", path)
		}
		req, err := arrange(app, append(slices.Clone(path), "--help"))
		if err != nil || !req.help {
			t.Errorf("%v --help: help %v, %v", path, req.help, err)
		}
	})
}

// TestExamplesAreUnderstood reads every example of the help as a command line.
func TestExamplesAreUnderstood(t *testing.T) {
	t.Parallel()
	app := program(quiet())
	var all strings.Builder
	leaves(app.Commands, nil, func(_ []string, c *cli.Command) { all.WriteString(c.UsageText + "\n") })
	for line := range strings.Lines(all.String()) {
		words, ours := strings.CutPrefix(strings.TrimSpace(line), "ngoctl ")
		if !ours {
			continue
		}
		if _, err := arrange(app, shellWords(words)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// shellWords splits a simple command at blanks outside quotes, up to a redirection or pipe.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	quote, begun := rune(0), false
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, begun = r, true
		case r == '|' || r == '>' || r == '<' || r == '&':
			return words
		case r == ' ' && (begun || word.Len() > 0):
			words, begun = append(words, word.String()), false
			word.Reset()
		case r != ' ':
			word.WriteRune(r)
		}
	}
	return words
}

func TestArrange(t *testing.T) {
	t.Parallel()
	app := program(quiet())
	for _, tt := range []struct{ name, line, want string }{
		{"flag after argument", "donation show don_1 --json", "ngoctl --json donation show -- don_1"},
		{"globals between noun and verb", "donation --org sevai show don_1 --data=/srv/d", "ngoctl --org=sevai --data=/srv/d donation show -- don_1"},
		{"flag before its command", "--state held donation list", "ngoctl donation list --state=held"},
		{"value that is a command's name", "--org donation donation list", "ngoctl --org=donation donation list"},
		{"alias", "donations list", "ngoctl donation list"},
		{"argument like a flag", "donation show -- --json", "ngoctl donation show -- --json"},
		{"dash is an argument", "receipt save rcp_1 -", "ngoctl receipt save -- rcp_1 -"},
		{"negative value", "job list --limit -5", "ngoctl job list --limit=-5"},
		{"empty value", "org set --address=", "ngoctl org set --address="},
		{"bool with a value", "status --json=false", "ngoctl --json=false status"},
		{"one dash", "status -json", "ngoctl --json status"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := arrange(app, strings.Fields(tt.line))
			if got := strings.Join(req.argv, " "); got != tt.want || err != nil {
				t.Errorf("arrange(%s) = %s, %v; want %s", tt.line, got, err, tt.want)
			}
		})
	}
}

func TestArrangeRefuses(t *testing.T) {
	t.Parallel()
	app := program(quiet())
	for _, tt := range []struct{ name, line, message, hint string }{
		{"unknown noun", "donatoin list", `"donatoin"`, "did you mean: ngoctl donation"},
		{"unknown verb", "donation lst", `"lst"`, "did you mean: ngoctl donation list"},
		{"unknown flag", "donation list --sate held", "--sate is not a flag", "did you mean: --state"},
		{"flag of another verb", "donation show don_1 --state held", "--state is not a flag of ngoctl donation show", ""},
		{"missing value", "donation list --state", "--state needs a value", ""},
		{"flag in place of a value", "org add x --name --json", "--name needs a value", ""},
		{"nothing near", "zzzzzz", "is not a command", "see: ngoctl --help"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := arrange(app, strings.Fields(tt.line))
			e, ok := errors.AsType[*ngo.Error](err)
			if !ok || e.Code != ngo.Invalid || !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("arrange(%s) = %#v; want message %q, hint %q", tt.line, err, tt.message, tt.hint)
			}
		})
	}
}

// TestSecretsOnTheCommandLine tries each secret there is as a flag's value, in both spellings.
func TestSecretsOnTheCommandLine(t *testing.T) {
	t.Parallel()
	app := program(quiet())
	tried := 0
	leaves(app.Commands, nil, func(path []string, c *cli.Command) {
		for _, f := range append(slices.Clone(c.Flags), app.Flags...) {
			name, secret := strings.CutSuffix(f.Names()[0], fileSuffix)
			if !secret || flagNamed(c.Flags, name) != nil {
				continue
			}
			tried++
			for _, words := range [][]string{{"--" + name + "=hunter2"}, {"--" + name, "hunter2"}} {
				_, err := arrange(app, append(slices.Clone(path), words...))
				e, ok := errors.AsType[*ngo.Error](err)
				if !ok || e.Code != ngo.Invalid || !strings.Contains(e.Hint, "--"+name+fileSuffix) || strings.Contains(e.Message+e.Hint, "hunter2") {
					t.Errorf("%v %v = %v; want a refusal that names --%s%s and not the value", path, words, err, name, fileSuffix)
				}
			}
		}
	})
	if tried < 3 {
		t.Errorf("only %d secrets were tried", tried)
	}
	_, err := arrange(app, strings.Fields("gateway add --webhook-secret hunter2 razorpay"))
	if err == nil || strings.Contains(fmt.Sprint(err), "hunter2") {
		t.Errorf("a secret before its driver: %v; want a refusal without the value", err)
	}
}

func FuzzArrange(f *testing.F) {
	for _, line := range []string{"donation show 42 --json", "-- x", "--", "-", "--=", "--json=", "gateway add razorpay --webhook-secret x", "--org", "help help"} {
		f.Add(line)
	}
	app := program(quiet())
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Fields(line)
		req, err := arrange(app, words)
		if err != nil {
			if ngo.CodeOf(err) != ngo.Invalid {
				t.Fatalf("arrange(%q) = %v; want Invalid", words, err)
			}
			return
		}
		again, err := arrange(app, req.argv[1:])
		if err != nil || !slices.Equal(again.argv, req.argv) {
			t.Fatalf("arrange(%q) = %q, but that becomes %q, %v", words, req.argv, again.argv, err)
		}
	})
}

// A channel's token is called as the one to log in with is: of the two, the command's own is meant where it has one.
func TestACommandsOwnFlagComesFirst(t *testing.T) {
	t.Parallel()
	app := program(quiet())
	for line, want := range map[string]string{
		"channel add whatsapp --token-file F --org O": "ngoctl --org=O channel add whatsapp --token-file=F",
		"--token-file F channel add whatsapp":         "ngoctl channel add whatsapp --token-file=F",
		"channel list --token-file F":                 "ngoctl --token-file=F channel list",
		"--token-file F channel add email --from A":   "ngoctl --token-file=F channel add email --from=A",
	} {
		req, err := arrange(app, strings.Fields(line))
		if got := strings.Join(req.argv, " "); err != nil || got != want {
			t.Errorf("%s became %s, %v; want %s", line, got, err, want)
		}
	}
}
