package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	toolkit "github.com/prometheus/exporter-toolkit/web"
)

// How long a connection may take, so that a slow peer does not hold a goroutine for ever.
const (
	readHeaderTimeout = 5 * time.Second
	// readTimeout is for head and body. With more, a notification could not be answered in time.
	readTimeout = DefaultDeadline
	// writeTimeout counts from the end of the head: time to decide, and then to send.
	writeTimeout = 30 * time.Second
	// idleTimeout is shorter than Alertmanager keeps a connection that it does not use (5m), so that idle ones
	// take no room. That is safe: Go's client sees the end of an idle connection and takes another. Where a
	// notification is sent while the connection ends, the client sends it again by itself if none of it was
	// written; otherwise it does not, since a POST may not be repeated (net/http, Transport), and returns an
	// error, after which Alertmanager sends it again, as after a 503.
	idleTimeout = 30 * time.Second
)

// maxHeaderBytes bounds the head of a request. The default, 1 MiB, is much for thousands of connections.
const maxHeaderBytes = 64 << 10

// DefaultShutdownTimeout is how long a shutdown waits for what is in flight.
const DefaultShutdownTimeout = 30 * time.Second

// ServerOptions say what is served and where. All without a default are required.
type ServerOptions struct {
	Handler http.Handler
	Flags   *toolkit.FlagConfig // addresses, and the file for TLS and basic auth
	Logger  log.Logger

	RoutePrefix     string           // of Handler's paths; default none
	MaxConnections  int              // of all addresses together; default DefaultConnections
	Limited         Limited          // default: they are not counted
	Metrics         *Metrics         // optional: counts the notifications that the web configuration turns away
	Now             func() time.Time // default time.Now
	ShutdownTimeout time.Duration    // default DefaultShutdownTimeout
	Listening       func(net.Addr)   // optional: called with each address, before the first request
}

// Server serves one handler on all addresses of its flags. Run and Shutdown are the two halves of an
// oklog/run actor; each is called once.
type Server struct {
	ServerOptions
	parts       []part
	connections *connections
	doorman     *doorman
	slog        *slog.Logger
	down        chan struct{} // closed when Shutdown has begun
	done        chan struct{} // closed when it has ended
	once        sync.Once
}

// NewServer returns a server that does not listen yet.
func NewServer(o ServerOptions) *Server {
	o.setDefaults()
	s := &Server{
		ServerOptions: o,
		connections:   newConnections(o.MaxConnections, o.Limited),
		doorman:       &doorman{newRefusals(o.Logger, o.Now), o.Metrics, o.RoutePrefix},
		slog:          slog.New(bridge{o.Logger}),
		down:          make(chan struct{}),
		done:          make(chan struct{}),
	}
	s.parts = s.newParts()
	return s
}

func (o *ServerOptions) setDefaults() {
	if o.ShutdownTimeout <= 0 {
		o.ShutdownTimeout = DefaultShutdownTimeout
	}
	if o.MaxConnections <= 0 {
		o.MaxConnections = DefaultConnections
	}
	if o.Limited == nil {
		o.Limited = uncounted{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

func (s *Server) newServer() *http.Server {
	server := &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         s.connections.changed,
		ErrorLog:          slog.NewLogLogger(s.slog.Handler(), slog.LevelWarn),
	}
	server.BaseContext = func(l net.Listener) context.Context {
		if *s.Flags.WebConfigFile != "" {
			// The toolkit has put its handler before ours by now, and no connection is served yet.
			server.Handler = s.doorman.outside(server.Handler)
		}
		if s.Listening != nil {
			s.Listening(l.Addr())
		}
		return context.WithValue(context.Background(), stoppingKey{}, (<-chan struct{})(s.down))
	}
	if *s.Flags.WebConfigFile != "" {
		server.Handler = s.doorman.inside(s.Handler)
	}
	return server
}

// Run listens and serves until Shutdown has ended, and then returns nil. Where an address or the web
// config cannot be used, it returns at once, with an error that says which and what to do.
func (s *Server) Run() error {
	if len(s.parts) == 0 {
		return errors.New("no address to listen on: set --web.listen-address")
	}
	if file := *s.Flags.WebConfigFile; file != "" {
		if err := toolkit.Validate(file); err != nil {
			return fmt.Errorf("--web.config.file %s: %w", file, err)
		}
	}
	ended := make(chan error, len(s.parts))
	for _, p := range s.parts {
		go func() { ended <- p.explain(s.serve(p)) }()
	}
	err := <-ended
	select {
	case <-s.down:
		<-s.done
		return nil
	default: // one address failed: the others are of no use
		for _, p := range s.parts {
			_ = p.server.Close()
		}
		return err
	}
}

// serve listens and serves on one address.
func (s *Server) serve(p part) error {
	l, err := p.listen()
	if err != nil {
		return err
	}
	defer l.Close()
	return toolkit.Serve(s.connections.limit(l), p.server, s.Flags, s.slog)
}

// Shutdown stops accepting, and returns when what is in flight has been answered, at the latest after
// the shutdown timeout. The reason is not looked at. What answers need is to be stopped after it.
func (s *Server) Shutdown(error) {
	s.once.Do(s.shutdown)
}

func (s *Server) shutdown() {
	close(s.down)
	defer close(s.done)
	ctx, cancel := context.WithTimeout(context.Background(), s.ShutdownTimeout)
	defer cancel()
	var wg sync.WaitGroup
	for _, p := range s.parts {
		wg.Go(func() {
			if err := p.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
				level.Warn(s.Logger).Log("msg", "requests in flight were cut off", "address", p.address,
					"timeout", s.ShutdownTimeout)
				_ = p.server.Close()
			}
		})
	}
	wg.Wait()
}
