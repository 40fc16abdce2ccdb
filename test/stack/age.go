package stack

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Age has a proxy in front of an Alertmanager say that it has been up for so much longer than it has. Whatever else is asked
// is passed on. alertscale takes no word from an Alertmanager in its first five minutes, which is more than a test can wait.
func (p *Proxy) Age(am *AlertmanagerServer, by time.Duration) *Injected {
	return p.Inject(Fault{
		Match: func(r Request) bool { return strings.HasSuffix(r.Path, "/api/v2/status") },
		Answer: func(w http.ResponseWriter, r *http.Request) {
			status, err := am.status(by)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(status)
		},
	})
}

// status returns what an Alertmanager says of itself, with its start moved back.
func (am *AlertmanagerServer) status(by time.Duration) ([]byte, error) {
	res, err := http.Get(am.URL + "/api/v2/status")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var status map[string]any
	if err := json.Unmarshal(text, &status); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	start, _ := status["uptime"].(string)
	began, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return nil, fmt.Errorf("uptime: %w: %s", err, text)
	}
	status["uptime"] = began.Add(-by)
	return json.Marshal(status)
}
