package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"alertscale/rules/engine"
)

// The errorTypes that are used here; those of Prometheus's API where it has one.
const (
	badData      = "bad_data"
	execution    = "execution"
	forbidden    = "forbidden"
	internal     = "internal"
	notFoundType = "not_found"
	unauthorized = "unauthorized"
	unavailable  = "unavailable"
)

// fail answers with an error: in the envelope where programs ask, in plain text elsewhere.
func fail(w http.ResponseWriter, r *http.Request, code int, errorType, text string) {
	if !inEnvelope(r.URL.Path) {
		http.Error(w, text, code)
		return
	}
	send(w, code, append(appendError(nil, errorType, text), '}'))
}

func inEnvelope(path string) bool {
	return isNotification(path) || path == "/hook" || path == "/api/v1" || strings.HasPrefix(path, "/api/v1/") || strings.HasPrefix(path, "/api/v2/")
}

// isNotification reports whether a path takes notifications.
func isNotification(path string) bool {
	return path == "/webhook" || path == alertsPath || strings.HasPrefix(path, "/hook/")
}

// succeed answers with data in the envelope. Lists that are nil are written as empty ones.
func succeed(w http.ResponseWriter, r *http.Request, data any) {
	body, err := json.Marshal(envelope{"success", data}, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		fail(w, r, http.StatusInternalServerError, internal, "encode the answer: "+err.Error())
		return
	}
	send(w, http.StatusOK, body)
}

type envelope struct {
	Status string `json:"status"`
	Data   any    `json:"data"`
}

func send(w http.ResponseWriter, code int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body) // a sender that has gone away gets nothing
}

// appendError begins an error in the envelope; what follows, and the closing brace, are the caller's.
func appendError(b []byte, errorType, text string) []byte {
	b = append(b, `{"status":"error","errorType":`...)
	b = appendString(b, errorType)
	b = append(b, `,"error":`...)
	return appendString(b, text)
}

// appendDecisions writes the data of a webhook's answer. It does by hand what the JSON tags of
// engine.Decision say, at less than half the cost: most answers are to repeats, which cost little else.
func appendDecisions(b []byte, ds []engine.Decision) []byte {
	b = append(b, `"data":{"decisions":[`...)
	for i := range ds {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendDecision(b, &ds[i])
	}
	return append(b, "]}"...)
}

func appendDecision(b []byte, d *engine.Decision) []byte {
	b = append(b, `{"ref":`...)
	b = appendString(b, d.Ref)
	b = append(b, `,"target":`...)
	b = appendString(b, d.Target)
	b = append(b, `,"rule":`...)
	b = appendString(b, d.Rule)
	b = append(b, `,"verdict":`...)
	b = appendString(b, string(d.Verdict))
	b = append(b, `,"from":`...)
	b = appendCount(b, d.From)
	b = append(b, `,"to":`...)
	b = appendCount(b, d.To)
	b = append(b, `,"why":[`...)
	for i, line := range d.Why {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, line)
	}
	return append(b, "]}"...)
}

func appendCount(b []byte, n *int) []byte {
	if n == nil {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, int64(*n), 10)
}

// appendString writes a JSON string. The error tells of U+FFFD, put for what is not UTF-8.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
