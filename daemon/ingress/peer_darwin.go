package ingress

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

func peerOf(c *net.UnixConn) (Peer, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return Peer{}, fmt.Errorf("ask who connects: %w", err)
	}
	var p Peer
	var asked error
	err = raw.Control(func(fd uintptr) {
		var cred *unix.Xucred
		if cred, asked = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); asked != nil {
			return
		}
		p.UID = int(cred.Uid)
		p.PID, asked = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	})
	if err == nil {
		err = asked
	}
	if err != nil {
		return Peer{}, fmt.Errorf("ask who connects: %w", err)
	}
	return p, nil
}
