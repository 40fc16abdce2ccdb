package kubernetes

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"

	"alertscale/adapter/driver/internal/httpx"
)

// status is what the API server says where it does not do what it was asked for.
type status struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Details struct {
		Name              string `json:"name"`
		RetryAfterSeconds int    `json:"retryAfterSeconds"`
		Causes            []any  `json:"causes"`
	} `json:"details"`

	rancher bool   // it is a Rancher in front of the API server that says so,
	code    string // which may have a word for it, such as ClusterUnavailable
	page    bool   // it is a page for people, of something else in front
}

// statusOf reads an answer that is an error, which a proxy on the way may have given.
func statusOf(a httpx.Answer) status {
	var s status
	if json.Unmarshal(a.Body, &s) != nil || s.Kind != "Status" {
		s = otherStatus(a)
	}
	s.Message = oneLine(s.Message)
	return s
}

// otherStatus reads what is not of an API server.
func otherStatus(a httpx.Answer) status {
	if a.Code/100 == 3 {
		return status{} // what else there is repeats where to go
	}
	if s, ok := rancherStatus(a.Body); ok {
		return s
	}
	if title, ok := pageTitle(a.Body); ok {
		return status{Message: fmt.Sprintf("an HTML page, %q", title), page: true}
	}
	s := status{Message: string(a.Body)}
	if disconnected(s.Message) {
		s.rancher, s.code = true, clusterUnavailable
	}
	return s
}

// clusterUnavailable is Rancher's word for a cluster that it cannot reach.
const clusterUnavailable = "ClusterUnavailable"

// disconnected reports whether a text, plain and with status 500, is what Rancher says where a cluster's agent
// has lost its connection.
func disconnected(text string) bool {
	return strings.Contains(text, "cluster agent disconnected") || strings.Contains(text, "failed to find Session for client")
}

// rancherStatus reads what Rancher says itself, in one of three forms: {"type":"error","status":"401"} of its
// authentication, {"type":"error","status":404,"code":"NotFound"} of its API, and, in front of a cluster,
// {"Code":{"Code":"ClusterUnavailable","Status":503}}.
func rancherStatus(body []byte) (status, bool) {
	var r struct {
		Type    string          `json:"type"`
		Code    json.RawMessage `json:"code"`
		Message string          `json:"message"`
	}
	if json.Unmarshal(body, &r) != nil {
		return status{}, false
	}
	var pair struct{ Code string }
	if json.Unmarshal(r.Code, &pair) == nil && pair.Code != "" {
		return status{Message: r.Message, rancher: true, code: pair.Code}, true
	}
	var word string
	_ = json.Unmarshal(r.Code, &word) // it need not have one
	return status{Message: r.Message, rancher: true, code: word}, r.Type == "error"
}

// pageTitle returns the title of an HTML page.
func pageTitle(body []byte) (string, bool) {
	text := string(body[:min(len(body), 4<<10)])
	lower := strings.ToLower(text)
	if len(lower) != len(text) || !strings.HasPrefix(strings.TrimSpace(lower), "<") {
		return "", false
	}
	from := strings.Index(lower, "<title>")
	to := strings.Index(lower, "</title>")
	if from < 0 || to < from {
		return "", false
	}
	return oneLine(html.UnescapeString(text[from+len("<title>") : to])), true
}

// said gives the message, or what the code means where there is none.
func (s status) said(code int) string {
	switch {
	case s.Message != "":
		return fmt.Sprintf("%d: %s", code, s.Message)
	case s.code != "":
		return fmt.Sprintf("%d: %s", code, s.code)
	}
	return fmt.Sprintf("%d %s", code, http.StatusText(code))
}
