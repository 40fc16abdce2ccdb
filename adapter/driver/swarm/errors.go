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
		return "; it does not take the client's certificate: see to cert_file and key_file"
	}
	return ""
}

// said gives the message of an answer that is an error, or what the code means where there is none.
func (a answer) said() string {
	var m struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(a.body, &m) != nil || m.Message == "" {
		m.Message = string(a.body)
	}
	m.Message = oneLine(m.Message)
	if m.Message == "" {
		return fmt.Sprintf("%d %s", a.code, http.StatusText(a.code))
	}
	return fmt.Sprintf("%d: %s", a.code, m.Message)
}

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
	case has("HTTP request to an HTTPS server"):
		return fmt.Errorf("%s: %s; give the driver ca_file, cert_file and key_file", c, said)
	case a.moved != "" && a.code == http.StatusBadRequest:
		return &controller.ThrottledError{Err: fmt.Errorf("%s: the engine at %s speaks version %s of its API by now, and is asked in it next (%s)", c, d.docker.host, a.moved, said)}
	}
	return d.status(c, a, said)
}

// status sorts the answers that are what their code says.
func (d *Driver) status(c call, a answer, said string) error {
	switch a.code {
	case http.StatusUnauthorized:
		return &controller.ThrottledError{Err: fmt.Errorf("unauthorized: %s: %s; what is in front of %s wants credentials", c, said, d.docker.host)}
	case http.StatusForbidden:
		return fmt.Errorf("%w: %s: %s; an authorization plugin, or a proxy in front of %s, must allow %s", controller.ErrForbidden, c, said, d.docker.host, c.needs(a))
	case http.StatusTooManyRequests:
		return &controller.ThrottledError{After: d.retryAfter(a), Err: fmt.Errorf("%s: %s", c, said)}
	case http.StatusNotFound:
		if c.write && !a.ping {
			return fmt.Errorf("%w: %s: %s: it was removed, or made anew, since it was read", controller.ErrConflict, c, said)
		}
		return fmt.Errorf("%s: %s; is %s Docker's API?", c, said, d.docker.host)
	case http.StatusConflict:
		if c.write {
			return fmt.Errorf("%w: %s: %s", controller.ErrConflict, c, said)
		}
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable,
		http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusNotImplemented:
		return fmt.Errorf("%w: %s: %s", controller.ErrInvalid, c, said)
	}
	return d.trouble(c, a, said)
}

// trouble is an answer that may be another one later.
func (d *Driver) trouble(c call, a answer, said string) error {
	if to := a.header.Get("Location"); a.code/100 == 3 && to != "" {
		return fmt.Errorf("%s: %s redirects to %s; make that the host", c, d.docker.host, to)
	}
	err := fmt.Errorf("%s: %s", c, said)
	after := d.retryAfter(a)
	switch {
	case after == 0:
		return err
	case c.write: // an engine that fails may have carried it out, and a ThrottledError would deny that
		return &controller.UnavailableError{After: after, Err: err}
	}
	return &controller.ThrottledError{After: after, Err: err}
}

func (d *Driver) retryAfter(a answer) time.Duration {
	after, _ := controller.RetryAfter(a.header, d.now())
	return after
}

func oneLine(text string) string { return controller.OneLine(text, 500) }
