package stack

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A Proxy passes HTTP on to a server, and does harm where it is told to.
type Proxy struct {
	URL string

	address string
	cert    *tls.Certificate // Nil: plain HTTP.
	forward *httputil.ReverseProxy
	closed  chan struct{} // Closed when the test ends.

	mu       sync.Mutex
	server   *http.Server // Nil while it is down.
	faults   []*Injected
	requests []Request
}

// A Request is one that a proxy got.
type Request struct {
	At     time.Time
	Method string
	Path   string
	Query  string
	Agent  string // User-Agent.
	Body   []byte // Of requests other than GET.
}

// ProxyAPIServer starts a proxy in front of an API server. It shows the
// server's certificate, so a kubeconfig for the one is good for the other.
func ProxyAPIServer(t T, api *APIServer) *Proxy {
	t.Helper()
	cert, err := tls.X509KeyPair(api.id.cert, api.id.key)
	must(t, err)
	return startProxy(t, api.URL, trusting(api.CA), &cert)
}

// StartProxy starts a proxy in front of a server that speaks plain HTTP.
func StartProxy(t T, target string) *Proxy {
	t.Helper()
	return startProxy(t, target, &http.Transport{}, nil)
}

// StartTLSProxy is StartProxy that itself speaks HTTPS, and returns the PEM of the certificate that it shows.
func StartTLSProxy(t T, target string) (p *Proxy, ca []byte) {
	t.Helper()
	id, err := newIdentity()
	must(t, err)
	cert, err := tls.X509KeyPair(id.cert, id.key)
	must(t, err)
	return startProxy(t, target, &http.Transport{}, &cert), id.cert
}

func startProxy(t T, target string, transport *http.Transport, cert *tls.Certificate) *Proxy {
	t.Helper()
	to, err := url.Parse(target)
	must(t, err)
	p := &Proxy{address: address(FreePort(t)), cert: cert, closed: make(chan struct{})}
	p.URL = "http://" + p.address
	if cert != nil {
		p.URL = "https://" + p.address
	}
	p.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		// Events of a watch are passed on as they come.
		FlushInterval:  -1,
		Transport:      transport,
		ModifyResponse: beforeAnswer,
		ErrorLog:       log.New(io.Discard, "", 0),
		// What the server did not answer, the proxy does not answer either.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.Up(t)
	t.Cleanup(func() {
		close(p.closed)
		p.Down()
		transport.CloseIdleConnections()
	})
	return p
}

// Up makes a proxy that is down listen again, on the same port.
func (p *Proxy) Up(t T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		return
	}
	var listener net.Listener
	Eventually(t, time.Second, func() (err error) {
		// A program that is being started right now has, for a moment, what
		// was open when it was forked: the socket that found the port free.
		listener, err = net.Listen("tcp", p.address)
		return err
	})
	if p.cert != nil {
		// HTTP/1.1 only: a connection that is cut is then that of one request.
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*p.cert}})
	}
	server := &http.Server{Handler: http.HandlerFunc(p.serve), ErrorLog: log.New(io.Discard, "", 0)}
	p.server = server
	go func() { _ = server.Serve(listener) }() // which says that it was closed
}

// Down cuts all connections and refuses new ones.
func (p *Proxy) Down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		p.server.Close()
		p.server = nil
	}
}

// Requests returns what came so far and matches; nil matches all.
func (p *Proxy) Requests(match func(Request) bool) []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	if match == nil {
		return slices.Clone(p.requests)
	}
	var found []Request
	for _, r := range p.requests {
		if match(r) {
			found = append(found, r)
		}
	}
	return found
}

// Forget forgets the requests that came so far.
func (p *Proxy) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = nil
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	got := Request{
		At: time.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Agent: r.UserAgent(),
	}
	if r.Method != http.MethodGet {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		got.Body = body
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	fault := p.note(got)
	if fault == nil {
		p.forward.ServeHTTP(w, r)
		return
	}
	if !fault.beforeRequest(w, r) {
		return
	}
	ctx := context.WithValue(r.Context(), faultKey{}, fault)
	if fault.Hold == BeforeRequest || fault.Delay > 0 {
		// It is under way like a packet in the net: that its sender has gone
		// meanwhile does not call it back. (A context that cannot be cancelled
		// would make the ReverseProxy look for the sender itself.)
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
	}
	p.forward.ServeHTTP(w, r.WithContext(ctx))
}

// note records a request, and returns what is to befall it, or nil.
func (p *Proxy) note(r Request) *Injected {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
	for _, f := range p.faults {
		if f.takes(r) {
			return f
		}
	}
	return nil
}

// String returns the request's first line.
func (r Request) String() string { return fmt.Sprintf("%s %s?%s", r.Method, r.Path, r.Query) }
