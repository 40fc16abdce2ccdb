package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAsk goes through what may come back.
func TestAsk(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /prefix/good":
			_, _ = w.Write([]byte(`{"status":"success","data":["` + r.URL.Query().Get("q") + `","` + r.Header.Get("User-Agent")[:11] + `"]}`))
		case "POST /prefix/good":
			_, _ = w.Write([]byte(`{"status":"success","data":{}}`))
		case "GET /prefix/unknown":
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"status":"error","errorType":"not_found","error":"no such ref is known"}`))
		case "GET /prefix/failed":
			_, _ = w.Write([]byte(`{"status":"error","errorType":"internal","error":"in spite of 200"}`))
		case "GET /prefix/text":
			_, _ = w.Write([]byte("alertscale is healthy.\n"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	c, err := New(Options{URL: s.URL + "/prefix/?q=lost#too"})
	require.NoError(t, err)

	var got []string
	require.NoError(t, c.Get(t.Context(), "/good", url.Values{"q": {"a b"}}, &got))
	require.Equal(t, []string{"a b", "alertscale/"}, got)
	require.NoError(t, c.Post(t.Context(), "/good", map[string]string{"ref": "r"}))
	text, err := c.Text(t.Context(), "/text")
	require.NoError(t, err)
	require.Equal(t, "alertscale is healthy.", text)

	err = c.Get(t.Context(), "/unknown", nil, &got)
	require.EqualError(t, err, "GET "+s.URL+"/prefix/unknown: 404 Not Found: no such ref is known")
	require.ErrorIs(t, err, ErrNotFound)
	err = c.Post(t.Context(), "/nowhere", 1)
	require.ErrorContains(t, err, "POST "+s.URL+"/prefix/nowhere: 404 Not Found: no alertscale is served there: check --url")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = c.Text(t.Context(), "/nowhere")
	require.ErrorIs(t, err, ErrNotFound)
	err = c.Get(t.Context(), "/failed", nil, &got)
	require.ErrorContains(t, err, "this is no answer of alertscale")
	require.NotErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, c.Get(t.Context(), "/good", nil, &struct{}{}), "this is no answer of alertscale")
}
