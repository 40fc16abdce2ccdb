package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/mdlayher/vsock"
)

// part is a server of one address. The toolkit wraps a server's handler for each listener it serves,
// so each gets a server of its own.
type part struct {
	address string
	listen  func() (net.Listener, error)
	server  *http.Server
}

// parts returns a part for each address, or for each socket of systemd.
func (s *Server) newParts() []part {
	if systemd := s.Flags.WebSystemdSocket; systemd != nil && *systemd {
		return s.systemdParts()
	}
	var parts []part
	for _, address := range *s.Flags.WebListenAddresses {
		parts = append(parts, part{address, func() (net.Listener, error) { return listen(address) }, s.newServer()})
	}
	return parts
}

func (s *Server) systemdParts() []part {
	sockets, err := activation.Listeners()
	if err == nil && len(sockets) == 0 {
		err = errors.New("systemd hands over no socket: start alertscale by its .socket unit, or leave --web.systemd-socket out")
	}
	if err != nil {
		return []part{{"systemd", func() (net.Listener, error) { return nil, err }, s.newServer()}}
	}
	var parts []part
	for _, socket := range sockets {
		parts = append(parts, part{socket.Addr().String(), func() (net.Listener, error) { return socket, nil }, s.newServer()})
	}
	return parts
}

// listen listens on an address as the toolkit reads it, vsock://:PORT among them.
func listen(address string) (net.Listener, error) {
	if !strings.HasPrefix(address, "vsock://") {
		return net.Listen("tcp", address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(u.Port(), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("the port of vsock: %w", err)
	}
	return vsock.Listen(uint32(port), nil)
}

// explain says what to do about an address that cannot be used.
func (p part) explain(err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	switch {
	case !ok || op.Op != "listen":
		return fmt.Errorf("serve on %q: %w", p.address, err)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen on %q: the port is taken: stop what listens there, or choose another with "+
			"--web.listen-address: %w", p.address, err)
	default:
		return fmt.Errorf("listen on %q: choose another address with --web.listen-address: %w", p.address, err)
	}
}
