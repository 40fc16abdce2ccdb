package rancher

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	entry, fault := s.receive(req, raw)
	if fault.before(s, w, entry) {
		return
	}
	status, body := s.handle(w.Header(), req, raw, fault)
	s.done(entry, status)
	fault.after(s)
	encoded, err := json.Marshal(body)
	if err != nil {
		status, encoded = http.StatusInternalServerError, []byte(err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encoded)
}

// handle does what a request asks for.
func (s *Server) handle(header http.Header, req *http.Request, raw []byte, fault *Fault) (int, any) {
	defer s.enterLock()()
	header["X-API-Client-IP"] = []string{clientIP(req)}
	c, err := s.parse(req)
	if c != nil {
		header["X-API-Schemas"] = []string{c.schemasURL()}
	}
	if err == nil {
		err = c.read(raw)
	}
	if err == nil {
		err = c.authenticate(header)
	}
	if err == nil {
		err = fault.refusal()
	}
	if err == nil {
		var status int
		var body any
		c.at = s.clock.now()
		if status, body, err = c.answer(); err == nil {
			return status, body
		}
	}
	var failure *apiError
	if !errors.As(err, &failure) {
		failure = &apiError{status: http.StatusInternalServerError, code: "InternalServerError", message: err.Error()}
	}
	return failure.status, failure.render()
}

// clientIP is the address that a request comes from, as the first proxy on its
// way tells it.
func clientIP(req *http.Request) string {
	if first, _, _ := strings.Cut(req.Header.Get("X-Forwarded-For"), ","); strings.TrimSpace(first) != "" {
		return strings.TrimSpace(first)
	}
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return req.RemoteAddr
	}
	return host
}

// schemasURL keeps the project where the path of the request does.
func (c *call) schemasURL() string { return c.link("schemas") }

// lock holds a resource for one write. Who comes meanwhile is turned away.
func (c *call) lock(r *resource) error {
	s := c.s
	if r.busy {
		return conflict()
	}
	if s.options.Lock <= 0 {
		return nil
	}
	r.busy = true
	s.mu.Unlock()
	s.wait(s.options.Lock)
	s.enterLock()
	c.at, r.busy = s.clock.now(), false
	return nil
}

// wait sleeps in real time, at the longest until the server is closed.
func (s *Server) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	s.listening.Lock()
	down := s.down
	s.listening.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-down:
	}
}
