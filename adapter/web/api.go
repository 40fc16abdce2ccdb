package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/common/version"

	"alertscale/adapter/controller"
)

// configFile is the data of /api/v1/status/config.
type configFile struct {
	YAML string `json:"yaml"`
}

// data answers with what fetch returns.
func data(fetch func() any) http.Handler {
	return get(func(w http.ResponseWriter, r *http.Request) { succeed(w, r, fetch()) })
}

func buildInfo() any {
	return struct {
		Version   string `json:"version"`
		Revision  string `json:"revision"`
		Branch    string `json:"branch"`
		BuildUser string `json:"buildUser"`
		BuildDate string `json:"buildDate"`
		GoVersion string `json:"goVersion"`
	}{version.Version, version.GetRevision(), version.Branch, version.BuildUser, version.BuildDate, version.GoVersion}
}

func decisions(view View) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, err := parseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, http.StatusBadRequest, badData, err.Error())
			return
		}
		succeed(w, r, view.Decisions(q))
	}
}

// parseQuery reads the parameters of /api/v1/decisions. One that is empty counts as absent.
func parseQuery(raw string) (q controller.Query, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, err
	}
	q = controller.Query{Ref: values.Get("ref"), Rule: values.Get("rule"), Verdict: values.Get("verdict")}
	if s := values.Get("since"); s != "" {
		if q.Since, err = parseTime(s); err != nil {
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

// parseTime reads a time as Prometheus's API does: RFC 3339 or seconds since 1970.
func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || math.Abs(seconds) > 1e11 || math.IsNaN(seconds) {
		return time.Time{}, fmt.Errorf("want a time as in RFC 3339 or in Unix seconds, got %q", s)
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1000))*int64(time.Millisecond)).UTC(), nil
}
