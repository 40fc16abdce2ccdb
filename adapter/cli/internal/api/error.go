package api

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrNotFound is of what is not there.
var ErrNotFound = errors.New("not found")

// envelope is what all answers of the API come in.
type envelope struct {
	Status string         `json:"status"`
	Error  string         `json:"error"`
	Data   jsontext.Value `json:"data"`

	Warnings []string `json:"warnings"`
}

// Error is an answer that is none to what was asked.
type Error struct {
	Asked string // GET http://localhost:9098/api/v1/targets
	Code  int    // of HTTP
	Text  string // what the program says of it; empty: somebody else answered
	Hint  string // what to do; empty where the text says it
	TLS   bool   // it was asked without TLS, and speaks nothing else
	Under string // the path that alertscale is under, where it was asked elsewhere; empty: it does not say so
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %d %s", e.Asked, e.Code, http.StatusText(e.Code))
	for _, more := range []string{e.Text, e.Hint} {
		if more != "" {
			text += ": " + more
		}
	}
	return text
}

// Is makes a 404 an ErrNotFound.
func (e *Error) Is(target error) bool { return target == ErrNotFound && e.Code == http.StatusNotFound }

// refused is an answer that is no success, with what the program says of it.
func (c *Client) refused(a *answer, text string) *Error {
	e := &Error{Asked: a.asked, Code: a.code, Text: text, Under: under(a)}
	switch {
	case e.Under != "":
		e.Text, e.Hint = "", "alertscale is under "+e.Under+" there: --url (or ALERTSCALE_URL) ends with that path"
	case a.code == http.StatusUnauthorized:
		e.Text, e.Hint = "", c.credentials()
	case a.code == http.StatusBadRequest && wantsTLS(a.body):
		e.Text, e.Hint, e.TLS = "", "it speaks TLS: "+c.options.Program.Flag+" begins with https://", true
	case a.code == http.StatusNotFound && (text == "" || strings.HasPrefix(text, "there is no /")):
		e.Hint = c.options.Program.NotThere
	}
	return e
}

// under recognises what alertscale answers to somebody who does not know the path that it is under.
func under(a *answer) string {
	if a.code != http.StatusNotFound {
		return ""
	}
	_, rest, _ := strings.Cut(string(a.body), "all of alertscale is under ")
	path, _, _ := strings.Cut(rest, "\"")
	return strings.TrimSpace(path)
}

// wantsTLS recognises what net/http answers to somebody who does not speak TLS.
func wantsTLS(body []byte) bool {
	return strings.Contains(string(body), "HTTP request to an HTTPS server")
}

// credentials says what to do about a 401.
func (c *Client) credentials() string {
	switch {
	case c.shows:
		return "it does not take the credentials of " + c.options.HTTPConfig
	case c.base.User != nil:
		return "it does not take the user and password of " + c.options.Program.Flag
	default:
		return "it asks for credentials: name a file with them, --http.config.file, such as basic_auth: {username: NAME, password_file: FILE}"
	}
}

// unreachable is what kept an answer from coming, with what to do.
func (c *Client) unreachable(asked string, err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err
	}
	if hint := c.hint(err); hint != "" {
		return fmt.Errorf("%s: %w: %s", asked, err, hint)
	}
	return fmt.Errorf("%s: %w", asked, err)
}

func (c *Client) hint(err error) string {
	_, name := errors.AsType[*net.DNSError](err)
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	slow, _ := errors.AsType[net.Error](err)
	p := c.options.Program
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("is %s running there? %s says where to ask", p.Name, p.Flag+p.Also)
	case name:
		return "check " + p.Flag + p.Also
	case cert:
		return "name the CA of its certificate, tls_config: {ca_file: FILE}, in --http.config.file, and server_name where it is for another name"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it speaks no TLS: " + p.Flag + " begins with http://"
	case slow != nil && slow.Timeout():
		return fmt.Sprintf("no answer within %s: check %s, or raise --timeout", c.options.Timeout, p.Flag)
	default:
		return ""
	}
}
