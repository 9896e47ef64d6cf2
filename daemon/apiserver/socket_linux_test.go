package apiserver_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
)

// TestUnixSocketTellsWhoCalls uses a real socket and the kernel's word for who is at its other end.
func TestUnixSocketTellsWhoCalls(t *testing.T) {
	t.Parallel()
	f := newServer(t, func(o *apiserver.Options) { o.Owner = syscall.Getuid() })
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: f.srv, ConnContext: func(ctx context.Context, c net.Conn) context.Context {
		raw, err := c.(*net.UnixConn).SyscallConn()
		if err != nil {
			t.Error(err)
			return ctx
		}
		uid := -1
		err = raw.Control(func(fd uintptr) {
			if cred, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
				uid = int(cred.Uid)
			}
		})
		if err != nil {
			t.Error(err)
		}
		return context.WithValue(ctx, peerKey{}, uid)
	}}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	c := f.client(api.Options{Socket: path})
	if _, err := c.Users(t.Context()); err != nil {
		t.Errorf("the owner lists users: %v", err)
	}
	if _, err := c.CreateOrg(t.Context(), api.NewOrg{Slug: "hope", Name: "Hope"}); err != nil {
		t.Errorf("the owner enters an organisation: %v", err)
	}
}
