package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink/history"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"
)

// DefaultDecisions is how many decisions are answered with where a query has no limit. With limit=0 it is all.
const DefaultDecisions = 1000

// chunk is how much of a long answer is written at a time.
const chunk = 64 << 10

// decisions is GET /api/v1/decisions. A long answer is written while it is read, so that it never is in memory as
// a whole.
func decisions(all Decisions, now func() time.Time) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, err := parseQuery(r.URL.RawQuery, now())
		if err != nil {
			fail(w, r, http.StatusBadRequest, badData, err.Error())
			return
		}
		buf := []byte(`{"status":"success","data":[`)
		began := false // to write
		for d := range all.Find(q) {
			if len(buf) >= chunk {
				if !began {
					w.Header().Set("Content-Type", "application/json")
				}
				began = true
				if _, err := w.Write(buf); err != nil {
					return // nobody reads on
				}
				buf = buf[:0]
			}
			buf = appendRecord(buf, &d)
		}
		buf = append(buf, "]}"...)
		if began {
			_, _ = w.Write(buf)
			return
		}
		send(w, http.StatusOK, buf)
	}
}

// appendRecord writes a record to a list, after a comma where it is not the first.
func appendRecord(b []byte, d *controller.DecisionRecord) []byte {
	text, err := json.Marshal(d, jsontext.AllowInvalidUTF8(true))
	if err != nil { // a time of a year that JSON cannot say
		return b
	}
	if len(b) == 0 || b[len(b)-1] != '[' {
		b = append(b, ',')
	}
	return append(b, text...)
}

// parseQuery reads the parameters of /api/v1/decisions. One that is empty counts as absent.
func parseQuery(raw string, now time.Time) (q history.Query, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, err
	}
	q = history.Query{Ref: values.Get("ref"), Rule: values.Get("rule"), Verdict: values.Get("verdict"), Limit: DefaultDecisions}
	if err := checkVerdict(q.Verdict); err != nil {
		return q, fmt.Errorf("invalid parameter %q: %w", "verdict", err)
	}
	if s := values.Get("since"); s != "" {
		if q.Since, err = parseTime(s, now); err != nil {
			return q, fmt.Errorf("invalid parameter %q: %w", "since", err)
		}
	}
	if s := values.Get("limit"); s != "" {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return q, fmt.Errorf("invalid parameter %q: want a whole number, 0 (no limit) or more, got %q", "limit", s)
		}
		q.Limit = int(n)
	}
	return q, nil
}

// checkVerdict returns an error that names all verdicts where a text is none of them.
func checkVerdict(text string) error {
	var known []string
	for _, v := range engine.Verdicts() {
		known = append(known, string(v))
	}
	if text == "" || slices.Contains(known, text) {
		return nil
	}
	return fmt.Errorf("%q is none of %s%s", text, strings.Join(known, ", "), yamldoc.Hint(text, known))
}
