package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// fileSuffix ends the name of every flag through which a secret comes: the flag names a file, never the secret.
const fileSuffix = "-file"

// maxSecret is far more than any key or password needs.
const maxSecret = 64 << 10

// readSecret reads the secret that --NAME-file means; "-" is standard input. One line break at its end is not part of
// it. It fails with Invalid, and never repeats the path: people mistake the flag and write the secret itself.
func (c *call) readSecret(name, path string) (string, error) {
	flag := "--" + name + fileSuffix
	text, err := c.readSecretText(name, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", usage("the file given with "+flag+" does not exist", `write the secret to a file and give its path, or "-" for standard input`)
	case errors.Is(err, fs.ErrPermission):
		return "", &ngo.Error{Code: ngo.Denied, Message: "the file given with " + flag + " may not be read", Hint: "make it yours: chown, then chmod 600"}
	case err != nil:
		return "", &ngo.Error{Code: ngo.Invalid, Message: "the file given with " + flag + " cannot be read", Hint: "give the path of a plain file", Err: err}
	case len(text) > maxSecret:
		return "", usage("the file given with "+flag+" is too large for a secret", "is it the right file?")
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if secret == "" {
		return "", usage("the file given with "+flag+" is empty", "write the secret into it")
	}
	return secret, nil
}

func (c *call) readSecretText(name, path string) ([]byte, error) {
	if path == "-" && c.term.inTTY {
		line, err := c.hiddenLine(name)
		return []byte(line), err
	}
	if path == "-" {
		return io.ReadAll(io.LimitReader(c.term.in, maxSecret+1))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSecret+1))
}

// secretGiven reads a secret from --NAME-file, else asks for it.
func (c *call) secretGiven(title, name string, again bool) (string, error) {
	if path := c.flags.String(name + fileSuffix); path != "" {
		return c.readSecret(name, path)
	}
	return c.askSecret(title, name, again)
}

// askSecret asks a person for a secret, twice when it is new. It fails with Invalid where nobody can be asked.
func (c *call) askSecret(title, flag string, again bool) (string, error) {
	if !c.mayAsk() {
		return "", usage("the "+strings.ToLower(title)+" is missing", fmt.Sprintf(`give it with --%s%s FILE ("-" is standard input)`, flag, fileSuffix))
	}
	secret, err := c.hiddenLine(title)
	if err != nil || !again {
		return secret, err
	}
	repeat, err := c.hiddenLine("The same again")
	if err != nil {
		return "", err
	}
	if repeat != secret {
		return "", usage("the two are not the same", "try again")
	}
	return secret, nil
}

func (c *call) hiddenLine(title string) (string, error) {
	fmt.Fprintf(c.term.err, "%s: ", title)
	line, err := c.term.readPassword()
	fmt.Fprintln(c.term.err)
	if err != nil {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	return string(line), nil
}
