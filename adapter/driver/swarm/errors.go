package swarm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"syscall"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// remedy says what to do about a connection that does not come about, where that is known.
func remedy(err error) string {
	has := func(text string) bool { return strings.Contains(err.Error(), text) }
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "; there is no such socket: is Docker running there? In a container, mount it"
	case errors.Is(err, fs.ErrPermission):
		return "; the socket is not for this user: give the process the group that owns it"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "; is Docker running there?"
	case has("HTTP response to HTTPS client"):
		return "; it does not speak TLS: leave out ca_file, cert_file and key_file, or turn on its --tlsverify"
	case has("x509: "):
		return "; ca_file must hold who signed the certificate of the host, and host the name that it is for"
	case has("remote error: tls: "):
		return "; it does not take the client's certificate: check cert_file and key_file"
	}
	return ""
}

// said gives the message of an answer that is an error, or what the code means where there is none.
func (a answer) said() string {
	var m struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(a.Body, &m) != nil || m.Message == "" {
		m.Message = string(a.Body)
	}
	m.Message = oneLine(m.Message)
	if m.Message == "" {
		return fmt.Sprintf("%d %s", a.Code, http.StatusText(a.Code))
	}
	return fmt.Sprintf("%d: %s", a.Code, m.Message)
}

// What an engine says that wants TLS, and what to do.
const (
	plainToTLS = "HTTP request to an HTTPS server"
	adviceTLS  = "; give the driver ca_file, cert_file and key_file"
)

// refusal turns an answer that is no success into an error of the adapter's terms. An engine answers most
// of what its swarm refuses with 500 or 503, and says what it is in the text alone.
func (d *Driver) refusal(c call, a answer) error {
	said := a.said()
	has := func(text string) bool { return strings.Contains(said, text) }
	switch {
	case c.write && has("update out of sequence"):
		return fmt.Errorf("%w: %s: %s", controller.ErrConflict, c, said)
	case has("not a swarm manager"):
		return &controller.ThrottledError{Err: fmt.Errorf("%s: %s is not a manager of a swarm, and only managers know its services: make one the host of the driver, or promote the node (%s)", c, d.docker.host, said)}
	case has("needs to be unlocked"):
		return &controller.ThrottledError{Err: fmt.Errorf("%s: %s; run docker swarm unlock there", c, said)}
	case has(plainToTLS):
		return fmt.Errorf("%s: %s%s", c, said, adviceTLS)
	case a.moved != "" && a.Code == http.StatusBadRequest:
		return &controller.ThrottledError{Err: fmt.Errorf("%s: the engine at %s speaks version %s of its API by now, and is asked in it next (%s)", c, d.docker.host, a.moved, said)}
	}
	return d.status(c, a, said)
}

// status sorts the answers that are what their code says.
func (d *Driver) status(c call, a answer, said string) error {
	switch a.Code {
	case http.StatusUnauthorized:
		return &controller.ThrottledError{Err: fmt.Errorf("%w: %s: %s; what is in front of %s wants credentials", controller.ErrUnauthorized, c, said, d.docker.host)}
	case http.StatusForbidden:
		return fmt.Errorf("%w: %s: %s; an authorization plugin, or a proxy in front of %s, must allow %s", controller.ErrForbidden, c, said, d.docker.host, c.needs(a))
	case http.StatusTooManyRequests:
		return &controller.ThrottledError{After: d.retryAfter(a), Err: fmt.Errorf("%s: %s", c, said)}
	case http.StatusNotFound:
		if c.write && !a.ping {
			return fmt.Errorf("%w: %s: %s: it was removed, or created again, since it was read", controller.ErrConflict, c, said)
		}
		return fmt.Errorf("%s: %s; is %s Docker's API?", c, said, d.docker.host)
	case http.StatusNotImplemented:
		return fmt.Errorf("%w: %s: %s", controller.ErrInvalid, c, said)
	}
	if is := httpx.Sentinel(a.Code, c.write); is != nil {
		return fmt.Errorf("%w: %s: %s", is, c, said)
	}
	return d.trouble(c, a, said)
}

// trouble is an answer that may be another one later.
func (d *Driver) trouble(c call, a answer, said string) error {
	if to := a.Header.Get("Location"); a.Code/100 == 3 && to != "" {
		return fmt.Errorf("%s: %s redirects to %s; make that the host", c, d.docker.host, to)
	}
	return httpx.Failed(fmt.Errorf("%s: %s", c, said), d.retryAfter(a), c.write)
}

func (d *Driver) retryAfter(a answer) time.Duration { return httpx.RetryAfter(a.Header, 0, d.now()) }

func oneLine(text string) string { return httpx.OneLine(text, 500) }
