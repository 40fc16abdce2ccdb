package web

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// peer is a sender with one connection.
type peer struct {
	net.Conn
	read *bufio.Reader
}

func dial(t *testing.T, address string, config *tls.Config) peer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	if config != nil {
		conn = tls.Client(conn, config)
	}
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return peer{conn, bufio.NewReader(conn)}
}

func (p peer) send(path string) error {
	_, err := io.WriteString(p, "POST "+path+" HTTP/1.1\r\nHost: a\r\nContent-Length: "+strconv.Itoa(len(minimal))+"\r\n\r\n"+minimal)
	return err
}

// code returns the status of the next answer, 0 where the connection has ended.
func (p peer) code() int {
	r, err := http.ReadResponse(p.read, nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, r.Body)
	return r.StatusCode
}

func limitedTo(n int, counted *counts) func(*Server) {
	return func(s *Server) { *s.connections = *newConnections(n, counted) }
}

// awaitIdle waits until so many connections are idle: an answer arrives before that.
func awaitIdle(t *testing.T, s *running, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		s.connections.mu.Lock()
		defer s.connections.mu.Unlock()
		return len(s.connections.idle) == n
	}, 10*time.Second, time.Millisecond)
}

// TestOldestIdleConnectionMakesRoom checks, with TLS and without, that a new sender is served although all
// connections are taken, and that the one that was used last is kept.
func TestOldestIdleConnectionMakesRoom(t *testing.T) {
	webConfig, pool := tlsFiles(t)
	for name, test := range map[string]struct {
		webConfig string
		config    *tls.Config
		code      int
	}{
		"plain": {"", nil, 200},
		"TLS":   {webConfig, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			var counted counts
			s := start(t, &fakeCore{}, test.webConfig, limitedTo(2, &counted))
			first, second := dial(t, s.address, test.config), dial(t, s.address, test.config)
			for i, p := range []peer{first, second} {
				require.NoError(t, p.send("/webhook"))
				require.Equal(t, test.code, p.code())
				awaitIdle(t, s, i+1)
			}
			require.NoError(t, first.send("/webhook"))
			require.Equal(t, test.code, first.code())
			awaitIdle(t, s, 2)
			require.Empty(t, counted.all())

			third := dial(t, s.address, test.config)
			require.NoError(t, third.send("/webhook"))
			require.Equal(t, test.code, third.code())
			require.Zero(t, second.code(), "it was idle for longest")
			require.NoError(t, first.send("/webhook"))
			require.Equal(t, test.code, first.code())
			require.Equal(t, map[string]int{"connections": 1}, counted.all())
		})
	}
}

// TestConnectionWaitsForOneThatWorks checks that a new sender waits where none is idle, and is served as soon as
// one is.
func TestConnectionWaitsForOneThatWorks(t *testing.T) {
	enter, leave := make(chan struct{}), make(chan struct{})
	var counted counts
	s := start(t, &fakeCore{handle: func(context.Context, *rules.Event) []engine.Decision {
		enter <- struct{}{}
		<-leave
		return nil
	}}, "", limitedTo(1, &counted))
	working, waiting := dial(t, s.address, nil), dial(t, s.address, nil)
	require.NoError(t, working.send("/webhook"))
	<-enter
	require.NoError(t, waiting.send("/webhook"))
	require.Eventually(t, func() bool { return counted.all()["connections"] == 1 }, 10*time.Second, time.Millisecond)
	select {
	case <-enter:
		t.Fatal("two connections are served")
	case <-time.After(20 * time.Millisecond):
	}
	leave <- struct{}{}
	require.Equal(t, 200, working.code())
	<-enter
	leave <- struct{}{}
	require.Equal(t, 200, waiting.code())
}

// TestShutdownWithAConnectionThatWaits checks that a listener at its limit does not keep a shutdown.
func TestShutdownWithAConnectionThatWaits(t *testing.T) {
	var counted counts
	s := start(t, &fakeCore{}, "", limitedTo(1, &counted), func(s *Server) { s.ShutdownTimeout = 100 * time.Millisecond })
	dial(t, s.address, nil) // and says nothing, for which net/http would wait for 5 s
	waiting := dial(t, s.address, nil)
	require.Eventually(t, func() bool { return counted.all()["connections"] == 1 }, 10*time.Second, time.Millisecond)
	s.Shutdown(nil)
	require.NoError(t, <-s.ended)
	require.Zero(t, waiting.code())
}

// TestTooMuchIsAnswered checks that a sender of too much reads why before the connection ends.
func TestTooMuchIsAnswered(t *testing.T) {
	s := start(t, &fakeCore{}, "")
	p := dial(t, s.address, nil)
	go func() {
		_, _ = io.WriteString(p, "POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n"+strings.Repeat("x", 9_000_000))
	}()
	require.Equal(t, 413, p.code())
}

func TestHeadsAreBounded(t *testing.T) {
	s := start(t, &fakeCore{}, "")
	p := dial(t, s.address, nil)
	go func() {
		_, _ = io.WriteString(p, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", 100<<10)+"\r\n\r\n")
	}()
	require.Equal(t, 431, p.code())
	require.Equal(t, 30*time.Second, s.parts[0].server.IdleTimeout)
}

// TestSystemdSocket runs itself with a socket as systemd hands it over.
func TestSystemdSocket(t *testing.T) {
	if os.Getenv("ALERTSCALE_TEST_SOCKET") != "" {
		serveSystemd(t)
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	require.NoError(t, err)
	defer socket.Close()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSystemdSocket$")
	child.Env = append(os.Environ(), "ALERTSCALE_TEST_SOCKET=1", "LISTEN_FDS=1")
	child.ExtraFiles = []*os.File{socket}
	quit, err := child.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	r, err := http.Get("http://" + l.Addr().String() + "/-/healthy")
	require.NoError(t, err)
	readAll(t, r)
	require.Equal(t, 200, r.StatusCode)
	require.NoError(t, quit.Close())
	require.NoError(t, child.Wait())
}

// serveSystemd serves the socket until its standard input ends.
func serveSystemd(t *testing.T) {
	t.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	o := flags("")
	o.WebSystemdSocket = ptr(true)
	s := NewServer(ServerOptions{Handler: newSite(&fakeCore{}), Flags: o, Logger: log.NewNopLogger()})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		s.Shutdown(nil)
	}()
	require.NoError(t, s.Run())
}

func TestSystemdWithoutASocket(t *testing.T) {
	o := flags("")
	o.WebSystemdSocket = ptr(true)
	s := NewServer(ServerOptions{Handler: newSite(&fakeCore{}), Flags: o, Logger: log.NewNopLogger()})
	require.ErrorContains(t, s.Run(), "systemd hands over no socket: start alertscale by its .socket unit")
}

// TestHalfClose checks that the server can end what it writes and still read, as net/http does after an answer to a
// body that it does not read to its end; and that a slot is given back once.
func TestHalfClose(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := newConnections(2, uncounted{})
	l := c.limit(inner)
	defer l.Close()
	p := dial(t, inner.Addr().String(), nil)
	conn, err := l.Accept()
	require.NoError(t, err)
	half, ok := conn.(interface{ CloseWrite() error })
	require.True(t, ok)
	require.NoError(t, half.CloseWrite())
	_, err = p.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	_, err = io.WriteString(p, "x")
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1))
	require.NoError(t, err)

	require.Len(t, c.slots, 1)
	require.NoError(t, conn.Close())
	require.Error(t, conn.Close())
	require.Empty(t, c.slots)
}
