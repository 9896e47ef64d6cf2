package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func loginCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "login", Category: categorySystem, Usage: "log in to a daemon elsewhere", Action: invoke(t, login),
		UsageText:   "ngoctl login --server https://ngo.example.org --user meena\nngoctl login --server https://ngo.example.org --user meena --password-file -",
		Description: "Keeps the token in your own configuration folder, readable by you only, until \"ngoctl logout\". Not needed on the machine itself.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "user", Usage: "log in as `NAME`"},
			&cli.StringFlag{Name: "password" + fileSuffix, Usage: "the password stands in this `FILE`"},
		},
	}
}

func logoutCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "logout", Category: categorySystem, Usage: "end the login at a daemon elsewhere", Action: invoke(t, logout),
		UsageText: "ngoctl logout --server https://ngo.example.org",
	}
}

// A storedLogin is what is kept of a login.
type storedLogin struct {
	User    string `json:"user"`
	Token   string `json:"token"`
	TokenID string `json:"token_id"`
}

// loggedIn answers a login; the token is not shown.
type loggedIn struct {
	Server string `json:"server"`
	User   string `json:"user"`
}

func login(ctx context.Context, c *call) error {
	server, err := c.serverNamed()
	if err != nil {
		return err
	}
	user := c.flags.String("user")
	if user == "" {
		if user, err = c.askLine("Name"); err != nil {
			return err
		}
	}
	password, err := c.secretGiven("Password", "password", false)
	if err != nil {
		return err
	}
	client, err := api.New(api.Options{Server: server, Program: version()})
	if err != nil {
		return err
	}
	token, err := client.Login(ctx, user, password)
	if err != nil {
		return err
	}
	err = changeLogins(c.term, func(all map[string]storedLogin) {
		all[serverKey(server)] = storedLogin{User: user, Token: token.Secret, TokenID: string(token.ID)}
	})
	if err != nil {
		return err
	}
	return c.record(loggedIn{Server: server, User: user}, record{title: "Logged in", fields: []field{
		{"server", server}, {"user", user}, {"expires_at", token.Expires},
	}})
}

func (c *call) serverNamed() (string, error) {
	server := c.flags.String("server")
	if server == "" {
		return "", usage("which daemon is meant?", "name it: --server https://ngo.example.org")
	}
	return server, nil
}

func (c *call) askLine(title string) (string, error) {
	if !c.mayAsk() {
		return "", usage("the name is missing", "give it with --user NAME")
	}
	fmt.Fprintf(c.term.err, "%s: ", title)
	line, err := bufio.NewReader(c.term.in).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// logout forgets the login also when the daemon cannot be told: its token then ends by itself, and saying so helps more
// than keeping it.
func logout(ctx context.Context, c *call) error {
	server, err := c.serverNamed()
	if err != nil {
		return err
	}
	logins, err := readLogins(c.term)
	if err != nil {
		return err
	}
	kept, known := logins[serverKey(server)]
	if !known {
		return c.record(loggedIn{Server: server}, record{title: "You were not logged in", fields: []field{{"server", server}}})
	}
	client, err := api.New(api.Options{Server: server, Token: kept.Token, Program: version()})
	if err != nil {
		return err
	}
	told := client.Logout(ctx)
	if err := changeLogins(c.term, func(all map[string]storedLogin) { delete(all, serverKey(server)) }); err != nil {
		return err
	}
	if told != nil {
		return fmt.Errorf("end token %s at the daemon: %w", kept.TokenID, told)
	}
	return c.record(loggedIn{Server: server, User: kept.User}, record{title: "Logged out", fields: []field{{"server", server}, {"user", kept.User}}})
}

// serverKey makes one key of the ways to write an address.
func serverKey(server string) string { return strings.ToLower(strings.TrimSuffix(server, "/")) }

func loginsPath(t terminal) (string, error) {
	dir, err := t.configDir()
	if err != nil {
		return "", fmt.Errorf("find configuration folder: %w", err)
	}
	return filepath.Join(dir, programName, "logins.json"), nil
}

func readLogins(t terminal) (map[string]storedLogin, error) {
	path, err := loginsPath(t)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]storedLogin{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read logins: %w", err)
	}
	all := map[string]storedLogin{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read logins in %s: %w", path, err)
	}
	return all, nil
}

// changeLogins rewrites the file in one step, so that it is never half there nor readable by others.
func changeLogins(t terminal, change func(map[string]storedLogin)) error {
	all, err := readLogins(t)
	if err != nil {
		return err
	}
	change(all)
	path, err := loginsPath(t)
	if err != nil {
		return err
	}
	text, err := encode(all, true)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep login: %w", err)
	}
	return replaceFile(path, text)
}

// draftOf makes a file beside path, for its owner only, that is to get path's name once it is whole.
func draftOf(path string) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".ngoctl-*") // 0600
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "nothing can be written to the folder " + filepath.Dir(path),
			Hint: "name a folder that is there and yours, or make it with mkdir", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return f, nil
}

// replaceFile writes a file for its owner only, whole or not at all.
func replaceFile(path string, data []byte) error {
	f, err := draftOf(path)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is left to remove once it has its name
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
