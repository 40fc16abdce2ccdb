package rancher2

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// said is what an answer that is an error says, in any of the three forms that there are: a Status of
// Kubernetes, an error of Rancher's own API, and one of Rancher where it gives up before either, with a code
// that is an object.
type said struct {
	Kind    string          `json:"kind"` // Status
	Type    string          `json:"type"` // error
	Code    json.RawMessage `json:"code"` // a number, a text, or {"Code": "ClusterUnavailable", "Status": 503}
	Message string          `json:"message"`
	Field   string          `json:"fieldName"`
	Details struct {
		Name              string `json:"name"`
		RetryAfterSeconds int    `json:"retryAfterSeconds"`
	} `json:"details"`
}

// saidBy reads an answer, which a proxy on the way may have given.
func saidBy(a httpx.Answer) said {
	var s said
	if json.Unmarshal(a.Body, &s) != nil || s.Message == "" && len(s.Code) == 0 {
		s = said{Message: string(a.Body)}
	}
	s.Message = oneLine(s.Message)
	return s
}

// name is the code, where it is a word.
func (s said) name() string {
	var word string
	if json.Unmarshal(s.Code, &word) == nil {
		return word
	}
	var object struct{ Code string }
	_ = json.Unmarshal(s.Code, &object) // a number says what the status says
	return object.Code
}

// text is the whole of it in one line, or what the status means where nothing is said.
func (s said) text(status int) string {
	text := strconv.Itoa(status)
	if name := s.name(); name != "" {
		text += " " + name
	} else if s.Message == "" {
		text += " " + http.StatusText(status)
	}
	if s.Field != "" {
		text += " of " + s.Field
	}
	if s.Message != "" {
		text += ": " + s.Message
	}
	return text
}

// patched reports whether a 422 is for a patch that could not be applied, and not for what it would lead to. Of
// the former the API server says nothing more.
func (s said) patched() bool {
	return s.Kind == "Status" && s.Details.Name == "" && !s.ofWebhook()
}

// ofWebhook reports whether it is an admission webhook that does not want it.
func (s said) ofWebhook() bool { return strings.Contains(s.Message, "admission webhook") }

// refusal turns an answer that is no success into an error of the adapter's terms.
func (d *Driver) refusal(c call, a httpx.Answer) error {
	s := saidBy(a)
	text := s.text(a.Code)
	switch a.Code {
	case http.StatusUnauthorized:
		return &controller.ThrottledError{Err: fmt.Errorf("%w: %s: %s; %s", controller.ErrUnauthorized, c, text, notTaken)}
	case http.StatusForbidden, http.StatusMethodNotAllowed: // Rancher's own API says 405 where the user's roles do not let it
		return d.recovery.Settle(fmt.Errorf("%w: %s: %s%s", controller.ErrForbidden, c, text, d.grant(c, s)), 0)
	case http.StatusNotFound:
		return d.recovery.Settle(d.notFound(c, s, text), 0)
	case http.StatusTooManyRequests:
		return &controller.ThrottledError{After: d.retryAfter(a, s), Err: d.recovery.Note(fmt.Errorf("%s: %s", c, text))}
	}
	if is := httpx.Sentinel(a.Code, c.write); is != nil {
		return fmt.Errorf("%w: %s: %s", is, c, text)
	}
	return d.trouble(c, a, s, text)
}

// notTaken is what to do where the token is not taken.
const notTaken = "Rancher does not take the token, which may be about to be renewed: check that it is whole (token-abcde:secret), not expired, and not scoped to a cluster"

// grant says what the user of the token lacks, where it is for that and not for a policy that an answer is a no.
func (d *Driver) grant(c call, s said) string {
	if s.ofWebhook() {
		return ""
	}
	verb := "get"
	if c.write {
		verb = map[string]string{kindMachinePool: "patch", kindNodePool: "update"}[c.ref.Kind]
	}
	if c.ref.Kind == kindNodePool {
		return fmt.Sprintf("; the user of the token must be an owner of cluster %s, or have a role there that grants %s on nodepools in the API group management.cattle.io", c.ref.Namespace, verb)
	}
	return fmt.Sprintf("; the user of the token must be an owner of cluster %s, or be bound to a role that grants %s on clusters in the API group provisioning.cattle.io in the namespace %s", c.ref.Namespace, verb, d.namespace)
}

// notFound tells what does not exist from an API that is not there. Only the former is named in the answer.
func (d *Driver) notFound(c call, s said, text string) error {
	switch {
	case c.ref.Kind == kindNodePool && strings.Contains(s.Message, c.ref.Name):
		return fmt.Errorf("%w: %s: %s; want the ids as in Rancher's URLs, such as c-abcde and np-xyz12, of a cluster that the user of the token may see", controller.ErrNotFound, c, text)
	case c.ref.Kind == kindNodePool && s.Type == "error":
		return d.noNodePools(c, text)
	case s.Kind == "Status" && s.Details.Name != "":
		return fmt.Errorf("%w: %s: %s; want the cluster's name as Rancher shows it, not its id, and cluster_namespace (%s) where it is", controller.ErrNotFound, c, text, d.namespace)
	}
	kinds := map[string]string{
		kindMachinePool: "machine pools: check the url, and that it is of Rancher 2.6 or later",
		kindNodePool:    "node pools: check the url", // what is in front of Rancher says so, too, while it starts
	}
	return &controller.ThrottledError{Err: fmt.Errorf("%s: %s: %s has no API of %s", c, text, d.client.base, kinds[c.ref.Kind])}
}

// noNodePools tells of a server that has no API of node pools.
func (d *Driver) noNodePools(c call, text string) error {
	return fmt.Errorf("%w: %s: %s: %s has no API of node pools: they are of RKE1, which Rancher 2.15 and later have not; of an RKE2 or K3s cluster take kind %s, and else check the url",
		controller.ErrNotFound, c, text, d.client.base, kindMachinePool)
}

// trouble is an answer that may be another one later.
func (d *Driver) trouble(c call, a httpx.Answer, s said, text string) error {
	if to := a.Header.Get("Location"); a.Code/100 == 3 && to != "" {
		return fmt.Errorf("%s: %s redirects to %s, and the token is not sent there; make the url that of Rancher itself", c, d.client.base, oneLine(to))
	}
	return httpx.Failed(d.recovery.Note(fmt.Errorf("%s: %s", c, text)), d.retryAfter(a, s), c.write)
}

// alien is a success that is not of the API.
func (d *Driver) alien(c call, a httpx.Answer, what string) error {
	text := oneLine(string(a.Body))
	if strings.HasPrefix(text, "<") {
		return fmt.Errorf("%s: %s answers with a page for people and no %s: is there a login in front of Rancher, or is the url another server's? (%s)", c, d.client.base, what, text)
	}
	return fmt.Errorf("%s: the answer of %s is no %s: %s; is it Rancher's API?", c, d.client.base, what, text)
}

// tookIt reports whether a write led to what it asked for.
func (c call) tookIt(asked, got int) error {
	if asked == got {
		return nil
	}
	return fmt.Errorf("%s: the server took the change to %d and made it %d: an admission webhook or another controller stands in the way", c, asked, got)
}

// retryAfter is how long an answer asks to be left alone for, zero where it does not.
func (d *Driver) retryAfter(a httpx.Answer, s said) time.Duration {
	return httpx.RetryAfter(a.Header, s.Details.RetryAfterSeconds, d.now())
}

func oneLine(text string) string { return httpx.OneLine(text, 300) }
