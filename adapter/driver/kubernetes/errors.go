package kubernetes

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// refusal turns an answer that is no success into an error of the adapter's terms.
func (d *Driver) refusal(c call, a httpx.Answer) error {
	s := statusOf(a)
	said := s.said(a.Code) + d.client.advice(a, s)
	if own := ownRefusal(a, s); own != nil {
		return d.recovery.Settle(fmt.Errorf("%w: %s: %s", own, c, said), 0)
	}
	switch a.Code {
	case http.StatusNotFound:
		if !s.page {
			return d.notFound(c, s, said)
		}
	case http.StatusForbidden:
		return d.recovery.Settle(fmt.Errorf("%w: %s: %s%s", controller.ErrForbidden, c, said, c.grant(s.Message)), 0)
	case http.StatusUnauthorized:
		return &controller.ThrottledError{Err: fmt.Errorf("%w: %s: %s", controller.ErrUnauthorized, c, said)}
	case http.StatusTooManyRequests:
		return &controller.ThrottledError{After: d.retryAfter(a, s), Err: d.recovery.Note(fmt.Errorf("%s: %s", c, said))}
	}
	if is := httpx.Sentinel(a.Code, c.write); is != nil {
		return fmt.Errorf("%w: %s: %s", is, c, said)
	}
	return httpx.Failed(d.recovery.Note(fmt.Errorf("%s: %s", c, said)), d.retryAfter(a, s), c.write)
}

// notFound tells a workload that does not exist from a kind that is no longer served. Only the
// former is named in the answer.
func (d *Driver) notFound(c call, s status, said string) error {
	if s.Details.Name != "" {
		d.session.events.missed(c)
		return fmt.Errorf("%w: %s: %s; create it, or correct kind, namespace and name", controller.ErrNotFound, c, said)
	}
	after := d.discovery.forget(c.kind, c.resource)
	return &controller.ThrottledError{After: after, Err: fmt.Errorf("%s: the API server no longer serves %s in %s (%s); its kinds are looked up again", c, c.resource.name, c.resource.groupVersion(), said)}
}

// grant says what a role lacks, where it is for that and not for a policy that an answer is 403.
func (c call) grant(message string) string {
	verb := "get"
	switch {
	case c.write:
		verb = "patch"
	case c.list:
		verb = "list"
	}
	if !strings.Contains(message, "cannot "+verb+" resource") {
		return ""
	}
	group := c.resource.group
	if group == "" {
		group = `"", the core API group`
	}
	return fmt.Sprintf("; the role must grant %s on %s in the API group %s", verb, c.named(""), group)
}

// retryAfter is how long an answer asks to be left alone for, zero where it does not.
func (d *Driver) retryAfter(a httpx.Answer, s status) time.Duration {
	return httpx.RetryAfter(a.Header, s.Details.RetryAfterSeconds, d.now())
}

func oneLine(text string) string { return httpx.OneLine(text, 500) }
