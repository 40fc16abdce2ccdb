package alertmanager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

// BenchmarkAsk asks about alerts, of twice as many that are there: by requests, and while an answer holds. Bare is one
// request for all of them, decoded as it is.
func BenchmarkAsk(b *testing.B) {
	for _, n := range []int{1, 20, 100} {
		server, alerts := served(b, n)
		ask := func(check time.Duration) func(b *testing.B) {
			return func(b *testing.B) {
				client, err := New(&Config{URLs: []string{server.URL}, Check: check}, Options{})
				require.NoError(b, err)
				b.ReportAllocs()
				for b.Loop() {
					require.Equal(b, rules.LookupFiring, client.Ask(b.Context(), alerts)[0])
				}
			}
		}
		b.Run(fmt.Sprint(n, "/bare"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bare(b, server.URL+alertsPath+"?filter="+url.QueryEscape(`alertname="Busy"`))
			}
		})
		b.Run(fmt.Sprint(n, "/asked"), ask(0))
		b.Run(fmt.Sprint(n, "/kept"), ask(time.Minute))
	}
}

func bare(b *testing.B, url string) {
	res, err := http.Get(url)
	require.NoError(b, err)
	defer res.Body.Close()
	var list []alert
	require.NoError(b, json.NewDecoder(res.Body).Decode(&list))
	require.NotEmpty(b, list)
}

// served is an Alertmanager that answers as fast as it can, whatever the filter.
func served(b *testing.B, n int) (*httptest.Server, []rules.Labels) {
	var asked []rules.Labels
	var there []any
	for i := range 2 * n {
		labels := set("alertname", "Busy", "namespace", "shop", "deployment", "web", "pod", "web-5d8f7c9b6-"+strconv.Itoa(i), "severity", "warning")
		if i < n {
			asked = append(asked, labels)
		}
		a := in("active", labels)
		there = append(there, map[string]any{
			"labels": a.Labels, "annotations": map[string]string{"summary": "The Deployment shop/web is busy."}, "fingerprint": "2c1f9f5e3b6d8a70",
			"startsAt": began, "updatedAt": began, "endsAt": began, "generatorURL": "http://prometheus:9090/graph?g0.expr=up&g0.tab=1",
			"receivers": []any{map[string]string{"name": "alertscale"}},
			"status":    map[string]any{"state": a.Status.State, "silencedBy": []string{}, "inhibitedBy": []string{}, "mutedBy": []string{}},
		})
	}
	list, err := json.Marshal(there)
	require.NoError(b, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == statusPath {
			list := fmt.Appendf(nil, `{"uptime": %q}`, began.Format(time.RFC3339))
			_, _ = w.Write(list)
			return
		}
		_, _ = w.Write(list)
	}))
	b.Cleanup(server.Close)
	return server, asked
}
