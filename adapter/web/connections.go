package web

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// connections bounds the open connections of all listeners together. Over the limit, the one that is idle for
// longest is closed for a new one; where none is idle, the new one waits until one is idle or ends, as each does
// within the server's time-outs. The kernel keeps those behind it waiting.
type connections struct {
	slots   chan struct{} // has one for each that is open
	limited Limited

	mu      sync.Mutex
	turn    uint64              // grows with each that becomes idle
	idle    map[net.Conn]uint64 // those that are idle, with their turn
	waiting int                 // how many wait for a slot
}

func newConnections(limit int, limited Limited) *connections {
	return &connections{slots: make(chan struct{}, limit), limited: limited, idle: map[net.Conn]uint64{}}
}

// changed is a server's ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.idle, conn)
	switch {
	case state != http.StateIdle:
	case c.waiting > 0:
		hangUp(conn)
	default:
		c.turn++
		c.idle[conn] = c.turn
	}
}

// admit takes a slot. It returns false where it is told to stop before there is one.
func (c *connections) admit(stop <-chan struct{}) bool {
	select {
	case c.slots <- struct{}{}:
		return true
	default:
	}
	c.limited.Limited(limitConnections)
	c.wait(1)
	defer c.wait(-1)
	select {
	case c.slots <- struct{}{}:
		return true
	case <-stop:
		return false
	}
}

// wait counts who waits for a slot, and closes the connection that is idle for longest for one that begins to.
func (c *connections) wait(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting += n
	var oldest net.Conn
	for conn, turn := range c.idle {
		if oldest == nil || turn < c.idle[oldest] {
			oldest = conn
		}
	}
	if n > 0 && oldest != nil {
		delete(c.idle, oldest)
		hangUp(oldest)
	}
}

func (c *connections) leave() { <-c.slots }

// hangUp closes a connection without the farewell of TLS, which could block.
func hangUp(conn net.Conn) {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	_ = conn.Close()
}

// limit returns a listener whose connections count.
func (c *connections) limit(l net.Listener) net.Listener {
	return &limitedListener{Listener: l, connections: c, closed: make(chan struct{})}
}

type limitedListener struct {
	net.Listener
	connections *connections
	once        sync.Once
	closed      chan struct{}
}

// Accept implements net.Listener. It takes its slot after the connection is there, so that a listener to which
// nobody connects keeps none from the others.
func (l *limitedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if !l.connections.admit(l.closed) {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	return &limitedConn{Conn: conn, leave: sync.OnceFunc(l.connections.leave)}, nil
}

// Close implements net.Listener.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// CloseWrite lets the server end an answer before the connection, so that a sender of too much still reads it.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
