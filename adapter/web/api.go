package web

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/version"
)

// configFile is the data of /api/v1/status/config.
type configFile struct {
	YAML      string            `json:"yaml"`
	RuleFiles map[string]string `json:"rule_files,omitempty"` // their texts, by their names
}

// data answers with what fetch returns.
func (rt *routes) data(fetch func() any) http.Handler {
	return rt.get(func(w http.ResponseWriter, r *http.Request) { succeed(w, r, fetch()) })
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

// parseTime reads a time as Prometheus's API does, RFC 3339 or seconds since 1970, or as how long ago it was.
func parseTime(s string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	if ago, err := model.ParseDuration(s); err == nil && s != "0" {
		return now.Add(-time.Duration(ago)), nil
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || math.Abs(seconds) > 1e11 || math.IsNaN(seconds) {
		return time.Time{}, fmt.Errorf("want how long ago, such as 5m, or a time as in RFC 3339 or in Unix seconds, got %q", s)
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1000))*int64(time.Millisecond)).UTC(), nil
}
