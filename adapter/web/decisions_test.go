package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink/history"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// recorder keeps what is written, and fails after so many writes.
type recorder struct {
	*httptest.ResponseRecorder
	writes, longest, fail int
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.writes++; r.writes == r.fail {
		return 0, errors.New("the peer has gone away")
	}
	r.longest = max(r.longest, len(p))
	return r.ResponseRecorder.Write(p)
}

func filled(n int) *history.History {
	h := history.New(history.Options{})
	for i := range n {
		h.Record(controller.DecisionRecord{
			Decision: engine.Decision{Ref: fmt.Sprint(i), Verdict: engine.Scaled, Why: []string{strings.Repeat("why ", 20)}},
			Alerts:   []engine.NamedAlert{{Labels: rules.Labels{{Name: "a", Value: "\xff"}}}},
		})
	}
	return h
}

// TestLongAnswersAreWrittenInParts checks that an answer of any length is whole JSON, and never in memory as a
// whole.
func TestLongAnswersAreWrittenInParts(t *testing.T) {
	s := newSite(&fakeCore{}, func(o *Options) { o.Decisions = filled(5000) })
	for _, test := range []struct {
		query string
		n     int
	}{{"?limit=0", 5000}, {"", DefaultDecisions}, {"?limit=2000", 2000}, {"?limit=3", 3}, {"?ref=17", 1}, {"?ref=none", 0}} {
		w := &recorder{ResponseRecorder: httptest.NewRecorder()}
		s.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/decisions"+test.query, nil))
		require.Equal(t, 200, w.Code)
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		require.Less(t, w.longest, chunk+1000)
		require.Equal(t, test.n <= 3, w.Header().Get("Content-Length") != "", test.query)
		var got struct {
			Status string
			Data   []struct {
				Ref    string
				Alerts []engine.NamedAlert
			}
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		require.Equal(t, "success", got.Status)
		require.NotNil(t, got.Data)
		require.Len(t, got.Data, test.n)
		if test.n > 1 {
			require.Equal(t, "4999", got.Data[0].Ref)
			require.Equal(t, fmt.Sprint(5000-test.n), got.Data[test.n-1].Ref)
			require.Equal(t, "\ufffd", got.Data[0].Alerts[0].Labels.Get("a"))
		}
	}
}

// counted are decisions that count how many were read.
type counted struct {
	Decisions
	read int
}

func (c *counted) Find(q history.Query) iter.Seq[controller.DecisionRecord] {
	return func(yield func(controller.DecisionRecord) bool) {
		for d := range c.Decisions.Find(q) {
			if c.read++; !yield(d) {
				return
			}
		}
	}
}

func TestNobodyReadsOn(t *testing.T) {
	all := &counted{Decisions: filled(5000)}
	w := &recorder{ResponseRecorder: httptest.NewRecorder(), fail: 1}
	newSite(&fakeCore{}, func(o *Options) { o.Decisions = all }).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/decisions?limit=0", nil))
	require.Less(t, all.read, 1000)
}
