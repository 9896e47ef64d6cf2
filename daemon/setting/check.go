package setting

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// maxValue is the longest value in bytes; the longest real one is a PEM key.
const maxValue = 16 << 10

// Check gives the values as a driver wants them: trimmed, with the defaults filled in and without the empty ones. It fails
// with Invalid, naming every fault at once; a secret's value is never repeated.
func (f Form) Check(v Values) (Values, error) {
	out := make(Values, len(f))
	var faults []string
	for _, field := range f {
		value, err := field.Check(v[field.Name])
		if err != nil {
			faults = append(faults, field.Name+" "+err.Error())
			continue
		}
		if value != "" {
			out[field.Name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if _, ok := f.Field(name); !ok {
			faults = append(faults, fmt.Sprintf("%q is not one of its settings", ngo.Printable(name)))
		}
	}
	if len(faults) > 0 {
		return nil, Faulty(f, faults...)
	}
	return out, nil
}

// Faulty makes the error of a form whose values are at fault, for a driver that finds more than Check does. Each fault
// starts with the name of its setting.
func Faulty(f Form, faults ...string) error {
	names := make([]string, len(f))
	for i, field := range f {
		names[i] = field.flag()
	}
	return &ngo.Error{
		Code:    ngo.Invalid,
		Message: "the settings cannot be used: " + strings.Join(faults, "; "),
		Hint:    "the settings are " + strings.Join(names, " "),
	}
}

func (f Field) flag() string {
	name := "--" + f.Name
	if f.Secret {
		name += "-file"
	}
	if f.Required {
		return name
	}
	return "[" + name + "]"
}

// Check gives one value as a driver wants it: trimmed, or the default when it is empty. Its error says what is wrong with
// it, as in: … is missing.
func (f Field) Check(value string) (string, error) {
	value = f.trim(value)
	switch {
	case value == "" && f.Default != "":
		return f.Default, nil
	case value == "" && f.Required:
		return "", errors.New("is missing")
	case value == "":
		return "", nil
	case len(value) > maxValue:
		return "", errors.New("is too long")
	case !utf8.ValidString(value) || !f.Secret && strings.ContainsFunc(value, unicode.IsControl):
		return "", errors.New("has signs in it that cannot be shown")
	}
	return value, f.checkKind(value)
}

// trim takes off what copying leaves behind. White space inside the last line of a secret may belong to it.
func (f Field) trim(value string) string {
	if f.Secret {
		return strings.TrimRight(value, "\r\n")
	}
	return strings.TrimSpace(value)
}

func (f Field) checkKind(value string) error {
	switch f.Kind {
	case URL:
		return checkURL(value)
	case Address:
		return checkAddress(value)
	case Mail:
		return checkMail(value)
	case Choice:
		return f.checkChoice(value)
	}
	return nil
}

func (f Field) checkChoice(value string) error {
	if slices.Contains(f.Choices, value) {
		return nil
	}
	return fmt.Errorf("is none of %s", strings.Join(f.Choices, ", "))
}

func checkURL(value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || !validPort(u.Port(), true):
		return errors.New("is not a web address such as https://api.example.org/v1")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("must not carry a user, a query or a fragment")
	case u.Scheme == "https" || u.Scheme == "http" && near(u.Hostname()):
		return nil
	}
	return errors.New("must start with https:// (http:// is for addresses on this box or a private network)")
}

func checkAddress(value string) error {
	host, port, err := net.SplitHostPort(value)
	if err != nil || !validHost(host) || !validPort(port, false) {
		return errors.New("is not of the form HOST:PORT, such as smtp.example.org:587")
	}
	return nil
}

func checkMail(value string) error {
	a, err := mail.ParseAddress(value)
	if err != nil {
		return errors.New("is not a mail address such as office@example.org")
	}
	if strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r > '~' }) || strings.Contains(a.Address, `"`) {
		return errors.New("is a mail address of a kind that few servers take; use one like office@example.org")
	}
	return nil
}

func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	const signs = "abcdefghijklmnopqrstuvwxyz0123456789.-_"
	host = strings.ToLower(host)
	return host != "" && len(host) <= 253 && strings.Trim(host, signs) == "" && host[0] != '.' && host[0] != '-' &&
		!strings.Contains(host, "..")
}

func validPort(port string, optional bool) bool {
	if port == "" {
		return optional
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// near tells whether host, a name or an IP address, can only be this box or a private network: nothing sent there crosses
// the internet.
func near(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err == nil {
		addr = addr.Unmap()
		return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host != "" && !strings.Contains(host, ".")
}
