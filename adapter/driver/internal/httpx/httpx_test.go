package httpx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// ask sends one request to a handler.
func ask(t *testing.T, method string, body []byte, h http.HandlerFunc) (httpx.Answer, error) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	req, err := httpx.NewRequest(t.Context(), method, server.URL, body)
	require.NoError(t, err)
	return httpx.Do(httpx.NewClient(server.Client().Transport), req)
}

func TestDo(t *testing.T) {
	for name, flush := range map[string]bool{"with a length": false, "in chunks": true} {
		t.Run(name, func(t *testing.T) {
			a, err := ask(t, http.MethodPut, []byte("in"), func(w http.ResponseWriter, r *http.Request) {
				in, _ := io.ReadAll(r.Body)
				w.Header().Set("X-In", string(in))
				w.WriteHeader(http.StatusTeapot)
				if flush {
					w.(http.Flusher).Flush()
				}
				_, _ = io.WriteString(w, "out")
			})
			require.NoError(t, err)
			require.Equal(t, []string{"418", "in", "out"}, []string{fmt.Sprint(a.Code), a.Header.Get("X-In"), string(a.Body)})
		})
	}
}

// A redirect is an answer, and is not followed: neither the credentials nor a write go elsewhere.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var asked atomic.Int32
	a, err := ask(t, http.MethodPut, []byte("{}"), func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusTemporaryRedirect, a.Code)
	require.EqualValues(t, 1, asked.Load())
}

// A body is sent at most once, also where the connection that it was sent on turns out to be closed.
func TestAWriteIsNotSentAgain(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			asked.Add(1)
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
		}
	}))
	defer server.Close()
	client := httpx.NewClient(server.Client().Transport)
	first, err := httpx.NewRequest(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	_, err = httpx.Do(client, first) // leaves a connection to be used again
	require.NoError(t, err)
	write, err := httpx.NewRequest(t.Context(), http.MethodPut, server.URL, []byte("{}"))
	require.NoError(t, err)
	require.Nil(t, write.GetBody)
	_, err = httpx.Do(client, write)
	require.Error(t, err)
	require.EqualValues(t, 1, asked.Load())
}

// What is too large, cut off or not there is no answer, and the URL is not repeated.
func TestNoWholeAnswer(t *testing.T) {
	for want, h := range map[string]http.HandlerFunc{
		"the answer has 67108865 bytes, more than 67108864": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(64<<20+1))
		},
		"unexpected EOF": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		},
		"EOF": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		_, err := ask(t, http.MethodGet, nil, h)
		require.EqualError(t, err, want)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	req, err := httpx.NewRequest(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/long/path", nil)
	require.NoError(t, err)
	_, err = httpx.Do(httpx.NewClient(http.DefaultTransport), req)
	require.ErrorContains(t, err, "connection refused")
	require.NotContains(t, err.Error(), "/long/path")
}

// An answer in chunks has the same limit.
func TestAnEndlessAnswer(t *testing.T) {
	part := []byte(strings.Repeat("x", 1<<20))
	_, err := ask(t, http.MethodGet, nil, func(w http.ResponseWriter, _ *http.Request) {
		for range 65 {
			_, _ = w.Write(part)
		}
	})
	require.EqualError(t, err, "the answer has more than 67108864 bytes")
}

func TestRetryAfter(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": 3 * time.Second, "-1": 3 * time.Second, "soon": 3 * time.Second,
		"Thu, 01 Jan 2026 12:00:30 GMT": 30 * time.Second,
		"Thu, 01 Jan 2026 11:00:30 GMT": 0,
	} {
		require.Equal(t, want, httpx.RetryAfter(http.Header{"Retry-After": {header}}, 3, at), header)
	}
	require.Zero(t, httpx.RetryAfter(http.Header{}, 0, at))
	require.Zero(t, httpx.RetryAfter(http.Header{}, -3, at))
}

func TestOneLine(t *testing.T) {
	require.Equal(t, "a b c", httpx.OneLine(" a\n\tb  c\n", 5))
	require.Equal(t, "a b…", httpx.OneLine("a b c", 3))
	require.Equal(t, "a…", httpx.OneLine("aäb", 2), "no half of a letter")
}

// Only where nothing was written does a failure say that nothing was changed.
func TestFailed(t *testing.T) {
	why := errors.New("503")
	require.Same(t, why, httpx.Failed(why, 0, true))
	require.Same(t, why, httpx.Failed(why, 0, false))
	throttled := (*controller.ThrottledError)(nil)
	require.ErrorAs(t, httpx.Failed(why, time.Second, false), &throttled)
	require.Equal(t, time.Second, throttled.After)
	unavailable := (*controller.UnavailableError)(nil)
	err := httpx.Failed(why, time.Second, true)
	require.ErrorAs(t, err, &unavailable)
	require.Equal(t, time.Second, unavailable.After)
	require.NotErrorAs(t, err, &throttled)
}

func TestSentinel(t *testing.T) {
	for code := 100; code < 600; code++ {
		var want error
		switch code {
		case 400, 405, 406, 413, 415, 422:
			want = controller.ErrInvalid
		}
		require.Equal(t, want, httpx.Sentinel(code, false), code)
		if code == 409 {
			want = controller.ErrConflict
		}
		require.Equal(t, want, httpx.Sentinel(code, true), code)
	}
}

// The refusal of a server that failed a moment ago is not permanent.
func TestRecovery(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	r := httpx.NewRecovery("the server", func() time.Time { return now })
	no := fmt.Errorf("%w: x", controller.ErrForbidden)
	require.Same(t, no, r.Settle(no, 0), "it has not failed")

	notSent := &controller.ThrottledError{Err: errors.New("not sent")}
	require.Same(t, notSent, r.Note(notSent))
	require.False(t, r.Recent(), "which says nothing of the server")

	silence := errors.New("no answer")
	require.Same(t, silence, r.Note(silence))
	require.True(t, r.Recent())
	for _, is := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid} {
		err := r.Settle(fmt.Errorf("%w: x", is), time.Second)
		require.EqualError(t, err, is.Error()+": x (not final: the server failed a moment ago, and may not know yet) (try again in 1s)")
		require.NotErrorIs(t, err, is)
	}
	for _, other := range []error{controller.ErrConflict, context.Canceled} {
		require.Same(t, other, r.Settle(other, 0))
	}
	now = now.Add(httpx.Recovering)
	require.Same(t, no, r.Settle(no, 0))
}
