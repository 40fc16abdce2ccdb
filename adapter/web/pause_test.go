package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// pauser notes what it is asked for.
type pauser struct {
	asked string
	err   error
}

func (p *pauser) Pause(_ context.Context, ref string, d rules.Direction, length time.Duration) error {
	p.asked = fmt.Sprint("pause ", ref, " ", d, " ", length)
	return p.err
}

func (p *pauser) Resume(_ context.Context, ref string, d rules.Direction) error {
	p.asked = fmt.Sprint("resume ", ref, " ", d)
	return p.err
}

func TestPause(t *testing.T) {
	for _, c := range []struct {
		path, body  string
		err         error
		code        int
		asked, says string
	}{
		{"pause", `{"ref":"k:D/a/b","direction":"up","for":"2h"}`, nil, 200, "pause k:D/a/b up 2h0m0s", `{"status":"success","data":{}}`},
		{"pause", `{"ref":"k:D/a/b","for":"30m"}`, nil, 200, "pause k:D/a/b stay 30m0s", ""},
		{"resume", `{"ref":"k:D/a/b","direction":"both"}`, nil, 200, "resume k:D/a/b stay", ""},
		{"pause", `{"ref":"k:D/a/b"}`, nil, 400, "", `for: \"\" is no duration of up to 366d, such as 30m or 2h`},
		{"pause", `{"ref":"k:D/a/b","for":"2y"}`, nil, 400, "", "is no duration of up to 366d"},
		{"pause", `{"ref":"k:D/a/b","for":"0s"}`, nil, 400, "", "is no duration of up to 366d"},
		{"pause", `{"for":"2h"}`, nil, 400, "", "ref is missing"},
		{"pause", `{"ref":"k","for":"2h","direction":"left"}`, nil, 400, "", `direction: \"left\" is none of up, down, both`},
		{"pause", `{"ref":"k","for":"2h","until":"now"}`, nil, 400, "", "until"},
		{"pause", `nonsense`, nil, 400, "", `want {`},
		{"resume", `{"ref":"k","for":"2h"}`, nil, 400, "", "for: a resume has none"},
		{"pause", `{"ref":"k","for":"2h"}`, fmt.Errorf("k: %w", controller.ErrUnknownRef), 404, "pause k stay 2h0m0s", "no such ref is known"},
		{"pause", `{"ref":"k","for":"2h"}`, errors.New("not stored"), 503, "pause k stay 2h0m0s", "not stored"},
	} {
		p := &pauser{err: c.err}
		s := newSite(&fakeCore{}, func(o *Options) { o.Pauser = p })
		res, body := s.ask(http.MethodPost, "/api/v1/targets/"+c.path, c.body)
		require.Equal(t, c.code, res.StatusCode, "%s: %s", c.body, body)
		require.Equal(t, c.asked, p.asked, c.body)
		require.Contains(t, body, c.says)
	}
	res, _ := newSite(&fakeCore{}).ask(http.MethodGet, "/api/v1/targets/pause", "")
	require.Equal(t, 405, res.StatusCode)
	require.Equal(t, "POST", res.Header.Get("Allow"))
	res, body := newSite(&fakeCore{}).ask(http.MethodPost, "/api/v1/targets/pause", `{"ref":"k","for":"2h"}`)
	require.Equal(t, 400, res.StatusCode, body)
}
