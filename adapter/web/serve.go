package web

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
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
	// idleTimeout is longer than Alertmanager keeps a connection that it does not use (5m), so that
	// it is never closed while the next notification is on its way.
	idleTimeout = 6 * time.Minute
)

// DefaultShutdownTimeout is how long a shutdown waits for what is in flight.
const DefaultShutdownTimeout = 30 * time.Second

// ServerOptions say what is served and where. All without a default are required.
type ServerOptions struct {
	Handler http.Handler
	Flags   *toolkit.FlagConfig // addresses, and the file for TLS and basic auth
	Logger  log.Logger

	ShutdownTimeout time.Duration  // default DefaultShutdownTimeout
	Listening       func(net.Addr) // optional: told of each address, before the first request
}

// Server serves one handler on all addresses of its flags. Run and Shutdown are the two halves of an
// oklog/run actor; each is called once.
type Server struct {
	ServerOptions
	parts []part
	slog  *slog.Logger
	down  chan struct{} // closed when Shutdown has begun
	done  chan struct{} // closed when it has ended
	once  sync.Once
}

// part is a server of one address. The toolkit wraps a server's handler for each listener it serves,
// so each gets a server of its own.
type part struct {
	address string // empty: sockets of systemd
	server  *http.Server
	flags   *toolkit.FlagConfig
}

// NewServer returns a server that does not listen yet.
func NewServer(o ServerOptions) *Server {
	if o.ShutdownTimeout <= 0 {
		o.ShutdownTimeout = DefaultShutdownTimeout
	}
	s := &Server{
		ServerOptions: o,
		slog:          slog.New(bridge{o.Logger}),
		down:          make(chan struct{}),
		done:          make(chan struct{}),
	}
	if systemd := o.Flags.WebSystemdSocket; systemd != nil && *systemd {
		s.parts = []part{{server: s.newServer(), flags: o.Flags}}
		return s
	}
	for _, address := range *o.Flags.WebListenAddresses {
		flags := &toolkit.FlagConfig{WebListenAddresses: &[]string{address}, WebConfigFile: o.Flags.WebConfigFile}
		s.parts = append(s.parts, part{address, s.newServer(), flags})
	}
	return s
}

func (s *Server) newServer() *http.Server {
	return &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          stdlog.New(log.NewStdlibAdapter(level.Warn(s.Logger)), "", 0),
		BaseContext: func(l net.Listener) context.Context {
			if s.Listening != nil {
				s.Listening(l.Addr())
			}
			return context.Background()
		},
	}
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
		go func() { ended <- p.explain(toolkit.ListenAndServe(p.server, p.flags, s.slog)) }()
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
