package email_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// dovecot is a real mail server in a folder of its own, on a loopback port, without privileges.
type dovecot struct {
	t       *testing.T
	dir     string
	port    int
	uid     int
	gid     int
	running *exec.Cmd
}

const nobody = 65534

func newDovecot(t *testing.T) *dovecot {
	t.Helper()
	if _, err := exec.LookPath("dovecot"); err != nil {
		if os.Getenv("NGOCTL_TEST_ALL") == "1" {
			t.Fatal("dovecot is not installed: apt-get install dovecot-imapd")
		}
		t.Skip("dovecot is not installed: apt-get install dovecot-imapd")
	}
	dir, err := os.MkdirTemp("", "dc") // the paths of its sockets have to be short
	if err != nil {
		t.Fatal(err)
	}
	d := &dovecot{t: t, dir: dir, uid: os.Getuid(), gid: os.Getgid()}
	if d.uid == 0 {
		d.uid, d.gid = nobody, nobody
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, sub := range []string{"run", "home", "mail/office/new", "mail/office/cur", "mail/office/tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.port = ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	d.write("dovecot.conf", d.config())
	d.own()
	d.start()
	t.Cleanup(d.stop)
	return d
}

func (d *dovecot) addr() string { return "127.0.0.1:" + strconv.Itoa(d.port) }

func (d *dovecot) config() string {
	d.t.Helper()
	who, err := osuser.LookupId(strconv.Itoa(d.uid))
	if err != nil {
		d.t.Fatal(err)
	}
	group, err := osuser.LookupGroupId(strconv.Itoa(d.gid))
	if err != nil {
		d.t.Fatal(err)
	}
	return fmt.Sprintf(`protocols = imap
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/log
ssl = no
disable_plaintext_auth = no
default_internal_user = %[6]s
default_internal_group = %[7]s
default_login_user = %[6]s
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:%[1]s/mail/%%u
passdb {
  driver = static
  args = password=%[5]s
}
userdb {
  driver = static
  args = uid=%[3]d gid=%[4]d home=%[1]s/home
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
`, d.dir, d.port, d.uid, d.gid, password, who.Username, group.Name)
}

func (d *dovecot) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// own gives all files to whom the server runs as.
func (d *dovecot) own() {
	d.t.Helper()
	if d.uid == os.Getuid() {
		return
	}
	err := filepath.WalkDir(d.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, d.uid, d.gid)
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *dovecot) start() {
	d.t.Helper()
	d.running = exec.Command("dovecot", "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.running.Dir = d.dir
	d.running.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	said, err := os.Create(filepath.Join(d.dir, "said")) // a file: its children would keep a pipe open
	if err != nil {
		d.t.Fatal(err)
	}
	defer said.Close()
	d.running.Stdout, d.running.Stderr = said, said
	d.running.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that its children end with it: see stop
	if d.uid != os.Getuid() {
		d.running.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(d.uid), Gid: uint32(d.gid)}
	}
	if err := d.running.Start(); err != nil {
		d.t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := net.DialTimeout("tcp", d.addr(), time.Second)
		if err == nil {
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, _ := conn.Read(make([]byte, 4))
			conn.Close()
			if n == 4 {
				return
			}
		}
		if time.Now().After(deadline) {
			d.stop()
			log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			words, _ := os.ReadFile(said.Name())
			d.t.Fatalf("dovecot does not answer: %s\n%s", words, log)
		}
		time.Sleep(50 * time.Millisecond) // another program: nothing tells when it is ready
	}
}

func (d *dovecot) stop() {
	if d.running == nil {
		return
	}
	d.running.Process.Signal(syscall.SIGTERM)
	d.running.Wait()
	syscall.Kill(-d.running.Process.Pid, syscall.SIGKILL) // those that still speak with somebody
	d.running = nil
}

// put delivers a mail as a mail server does, by moving it into the mailbox whole.
func (d *dovecot) put(name string, mail io.Reader) {
	d.t.Helper()
	tmp := filepath.Join(d.dir, "mail/office/tmp", name)
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = io.Copy(f, mail)
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil && d.uid != os.Getuid() {
		err = os.Lchown(tmp, d.uid, d.gid)
	}
	if err == nil {
		err = os.Rename(tmp, filepath.Join(d.dir, "mail/office/new", name))
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *dovecot) letter(n int) {
	d.t.Helper()
	d.put(fmt.Sprintf("%d.M%dP1.host", time.Now().Unix(), n), strings.NewReader(letterOf(n)))
}

func TestDovecot(t *testing.T) {
	t.Parallel()
	d := newDovecot(t)
	patient := quick
	patient.Idle = 10 * time.Minute
	m := listener(t, email.Options{Patience: patient}, values(d.addr()))

	d.letter(1)
	e := listen(t, m, "")
	if h := e.next(); h.mail != letterOf(1) {
		t.Fatalf("heard %q; want %q", h.mail, letterOf(1))
	}
	d.letter(2)
	second := e.next() // by IDLE: nobody looks for ten minutes
	if second.mail != letterOf(2) {
		t.Errorf("heard %q; want %q", second.mail, letterOf(2))
	}

	d.stop() // the line breaks
	if err := <-e.done; ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Listen = %v; want Unavailable", err)
	} else {
		e.done <- err
	}
	d.letter(3)
	d.start()
	e = listen(t, m, second.mark)
	third := e.next()
	if third.mail != letterOf(3) {
		t.Errorf("after the break: heard %q; want %q", third.mail, letterOf(3))
	}
	e.silent()

	d.stop() // it loses its numbers and counts anew
	for _, pattern := range []string{"dovecot-uidlist*", "dovecot.index*"} {
		files, err := filepath.Glob(filepath.Join(d.dir, "mail/office", pattern))
		if err != nil || pattern == "dovecot-uidlist*" && len(files) == 0 {
			t.Fatal(err, files)
		}
		for _, f := range files {
			os.Remove(f)
		}
	}
	time.Sleep(1100 * time.Millisecond) // its validity is the second of its making
	d.letter(4)
	d.start()
	e = listen(t, m, third.mark)
	bodies := map[string]bool{}
	for range 4 {
		h := e.next()
		bodies[h.mail] = true
		if was, _, _ := strings.Cut(third.mark, ":"); strings.HasPrefix(h.mark, was+":") {
			t.Errorf("the mark %q is of the time before", h.mark)
		}
	}
	for n := 1; n <= 4; n++ {
		if !bodies[letterOf(n)] {
			t.Errorf("after the server counts anew, mail %d is not heard", n)
		}
	}
	e.silent()
	if seen, _ := filepath.Glob(filepath.Join(d.dir, "mail/office/cur/*S*")); len(seen) != 0 {
		t.Errorf("mails were marked as read: %v", seen)
	}
}

// A mail of 25 MB comes through whole, and not by way of memory.
func TestDovecotLargeMail(t *testing.T) {
	t.Parallel()
	d := newDovecot(t)
	m := listener(t, email.Options{Patience: quick}, values(d.addr()))
	d.put("1.M1P1.host", largeMail(25<<20))
	stop := fmt.Errorf("taken")
	var size int64
	err := m.Listen(t.Context(), "", func(_ context.Context, h channel.Heard) error {
		files := 0
		events, err := m.NormaliseFrom(h.Body, func(channel.Media) (io.WriteCloser, error) {
			files++
			return nil, nil
		})
		if err != nil {
			return err
		}
		if len(events) != 1 || events[0].Incoming == nil || len(events[0].Incoming.Media) != 1 || files != 1 {
			t.Errorf("the mail is %+v with %d files", events, files)
			return stop
		}
		size = events[0].Incoming.Media[0].Size
		return stop
	})
	if err == nil || err.Error() != stop.Error() || size < 18<<20 {
		t.Errorf("Listen = %v, the file has %d bytes", err, size)
	}
}
