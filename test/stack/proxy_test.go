package stack

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// counted starts a server behind a proxy, and counts what comes to it.
func counted(t *testing.T) (*Proxy, *atomic.Int32) {
	t.Helper()
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	return StartProxy(t, server.URL), &n
}

// send sends a PATCH on a connection of its own, and returns the answer.
func send(url string) (status int, body string, err error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequest(http.MethodPatch, url+"/path?q=1", strings.NewReader("body"))
	if err != nil {
		return 0, "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// later sends a PATCH, and returns a channel of its error.
func later(url string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, _, err := send(url)
		done <- err
	}()
	return done
}

func TestProxyPassesOn(t *testing.T) {
	t.Parallel()
	p, n := counted(t)
	status, body, err := send(p.URL)
	require.NoError(t, err)
	require.Equal(t, 200, status)
	require.Equal(t, "body", body)
	require.EqualValues(t, 1, n.Load())
	require.Len(t, p.Requests(Method("PATCH")), 1)
	require.Empty(t, p.Requests(Method("GET")))
	require.Equal(t, "PATCH /path?q=1", p.Requests(nil)[0].String())
	require.Equal(t, "body", string(p.Requests(nil)[0].Body))
}

func TestProxyHoldsBackRequests(t *testing.T) {
	t.Parallel()
	p, n := counted(t)
	f := p.Inject(Fault{Match: Method("PATCH"), Hold: BeforeRequest})
	done := later(p.URL)
	f.WaitHeld(t, 1, waitLong)
	require.Zero(t, n.Load())
	f.Release()
	require.NoError(t, <-done)
	require.EqualValues(t, 1, n.Load())
}

func TestProxyHoldsBackAnswers(t *testing.T) {
	t.Parallel()
	p, n := counted(t)
	f := p.Inject(Fault{Times: 1, Hold: BeforeAnswer})
	done := later(p.URL)
	f.WaitHeld(t, 1, waitLong)
	require.EqualValues(t, 1, n.Load())
	f.Drop()
	require.Error(t, <-done)
}

func TestProxyCutsAndRefuses(t *testing.T) {
	t.Parallel()
	p, n := counted(t)
	p.Inject(Fault{Times: 1, Cut: BeforeRequest})
	p.Inject(Fault{Times: 1, Cut: BeforeAnswer})
	p.Inject(Fault{Times: 1, Status: http.StatusServiceUnavailable, RetryAfter: 7})
	_, _, err := send(p.URL)
	require.Error(t, err)
	require.Zero(t, n.Load())
	_, _, err = send(p.URL)
	require.Error(t, err)
	require.EqualValues(t, 1, n.Load())
	res, err := http.Get(p.URL)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	require.Equal(t, "7", res.Header.Get("Retry-After"))
	_, _, err = send(p.URL)
	require.NoError(t, err)
}

func TestProxyDelays(t *testing.T) {
	t.Parallel()
	p, _ := counted(t)
	p.Inject(Fault{Delay: 300 * time.Millisecond})
	start := time.Now()
	_, _, err := send(p.URL)
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(start), 300*time.Millisecond)
}

func TestProxyPassesOnWhatItsSenderHasGivenUp(t *testing.T) {
	t.Parallel()
	p, n := counted(t)
	f := p.Inject(Fault{Hold: BeforeRequest})
	client := &http.Client{Timeout: 300 * time.Millisecond}
	_, err := client.Post(p.URL, "text/plain", strings.NewReader("late"))
	require.Error(t, err)
	require.Zero(t, n.Load())
	f.Release()
	require.Eventually(t, func() bool { return n.Load() == 1 }, waitLong, 10*time.Millisecond)
}

func TestProxyGoesDownAndUp(t *testing.T) {
	t.Parallel()
	p, _ := counted(t)
	p.Down()
	_, _, err := send(p.URL)
	require.Error(t, err)
	p.Up(t)
	_, _, err = send(p.URL)
	require.NoError(t, err)
}
