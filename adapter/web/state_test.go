package web

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// stateOf knows of one ref.
type stateOf engine.Record

func (s stateOf) Export(ref string) (engine.Record, error) {
	switch ref {
	case s.Ref:
		return engine.Record(s), nil
	case "broken":
		return engine.Record{}, errors.New("encode it: no")
	default:
		return engine.Record{}, fmt.Errorf("%s: %w", ref, controller.ErrUnknownRef)
	}
}

func TestState(t *testing.T) {
	record := engine.Record{Ref: "k:D/a/b", Data: []byte(`{"version":3}`), Parts: []engine.Part{{Name: "a0", Data: []byte(`{"1":{}}`)}}}
	s := newSite(&fakeCore{}, func(o *Options) { o.States = stateOf(record) })
	resp, body := s.ask("GET", "/api/v1/targets/state?ref=k:D/a/b", "")
	require.Equal(t, 200, resp.StatusCode)
	require.JSONEq(t, `{"status":"success","data":{"ref":"k:D/a/b","data":{"version":3},"parts":[{"name":"a0","data":{"1":{}}}]}}`, body)
	var answer struct {
		Status string   `json:"status"`
		Data   RefState `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	require.Equal(t, record, answer.Data.Record())

	for target, code := range map[string]int{
		"/api/v1/targets/state": 400, "/api/v1/targets/state?ref=nobody": 404, "/api/v1/targets/state?ref=broken": 500,
	} {
		resp, body := s.ask("GET", target, "")
		require.Equal(t, code, resp.StatusCode, body)
		require.Contains(t, body, `"status":"error"`)
	}
	resp, _ = newSite(&fakeCore{}).ask("GET", "/api/v1/targets/state?ref=k:D/a/b", "")
	require.Equal(t, 404, resp.StatusCode)
	resp, _ = s.ask("POST", "/api/v1/targets/state?ref=k:D/a/b", "")
	require.Equal(t, 405, resp.StatusCode)
}
