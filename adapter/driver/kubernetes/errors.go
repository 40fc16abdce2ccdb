package kubernetes

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"alertscale/adapter/controller"
)

// refusal turns an answer that is no success into an error of the adapter's terms.
func (d *Driver) refusal(c call, a answer) error {
	s := statusOf(a)
	said := s.said(a.code) + d.client.advice(a, s)
	if own := ownRefusal(a, s); own != nil {
		return d.forbidden(fmt.Errorf("%w: %s: %s", own, c, said))
	}
	switch a.code {
	case http.StatusNotFound:
		if !s.page {
			return d.notFound(c, s, said)
		}
	case http.StatusForbidden:
		return d.forbidden(fmt.Errorf("%w: %s: %s%s", controller.ErrForbidden, c, said, c.grant(s.Message)))
	case http.StatusUnauthorized:
		return &controller.ThrottledError{Err: fmt.Errorf("unauthorized: %s: %s", c, said)}
	case http.StatusTooManyRequests:
		return &controller.ThrottledError{After: d.retryAfter(a, s), Err: d.troubled(fmt.Errorf("%s: %s", c, said))}
	case http.StatusConflict:
		if c.write {
			return fmt.Errorf("%w: %s: %s", controller.ErrConflict, c, said)
		}
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: %s: %s", controller.ErrInvalid, c, said)
	}
	return d.trouble(c, a, s, said)
}

// notFound tells a workload that does not exist from a kind that is no longer served. Only the
// former is named in the answer.
func (d *Driver) notFound(c call, s status, said string) error {
	if s.Details.Name != "" {
		return fmt.Errorf("%w: %s: %s; create it, or correct kind, namespace and name", controller.ErrNotFound, c, said)
	}
	after := d.discovery.forget(c.kind, c.resource)
	return &controller.ThrottledError{After: after, Err: fmt.Errorf("%s: the API server no longer serves %s in %s (%s); its kinds are looked up anew", c, c.resource.name, c.resource.groupVersion(), said)}
}

// trouble is an answer that may be another one later.
func (d *Driver) trouble(c call, a answer, s status, said string) error {
	err := d.troubled(fmt.Errorf("%s: %s", c, said))
	after := d.retryAfter(a, s)
	switch {
	case after == 0:
		return err
	case c.write: // a server that fails may have carried it out, and a ThrottledError would deny that
		return &controller.UnavailableError{After: after, Err: err}
	}
	return &controller.ThrottledError{After: after, Err: err}
}

// grant says what a role lacks, where it is for that and not for a policy that an answer is 403.
func (c call) grant(message string) string {
	verb := "get"
	if c.write {
		verb = "patch"
	}
	if !strings.Contains(message, "cannot "+verb+" resource") {
		return ""
	}
	group := c.resource.group
	if group == "" {
		group = `"", the core API group`
	}
	return fmt.Sprintf("; the role must grant %s on %s/scale in the API group %s", verb, c.resource.name, group)
}

// retryAfter is how long an answer asks to be left alone for, zero where it does not.
func (d *Driver) retryAfter(a answer, s status) time.Duration {
	if after, ok := controller.RetryAfter(a.header, d.now()); ok {
		return after
	}
	return time.Duration(max(0, s.Details.RetryAfterSeconds)) * time.Second
}

func oneLine(text string) string { return controller.OneLine(text, 500) }
