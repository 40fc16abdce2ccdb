// Package httpx is what drivers of HTTP APIs have in common: one request, one answer, and what that answer means
// for the caller of a driver.
package httpx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Answer is what a server said, whatever its status.
type Answer struct {
	Code   int
	Header http.Header
	Body   []byte
}

// maxBody is more than any answer has: the discovery of a cluster with thousands of kinds, and a list of a thousand
// services, are a few MB.
const maxBody = 64 << 20

// NewClient returns a client that follows no redirect: that would take the credentials elsewhere, and send a write
// twice.
func NewClient(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// NewRequest makes a request that the transport sends at most once where it has a body. A nil body is none.
func NewRequest(ctx context.Context, method, url string, body []byte) (*http.Request, error) {
	if body == nil {
		return http.NewRequestWithContext(ctx, method, url, http.NoBody)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err == nil {
		req.GetBody = nil // with it the transport could send the body again, on another connection
	}
	return req, err
}

// Do sends a request once and reads the whole answer. An error is: no answer, or not a whole one. It does not
// have the long URL that net/http repeats.
func Do(client *http.Client, req *http.Request) (Answer, error) {
	resp, err := client.Do(req)
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := read(resp)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Code: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func read(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxBody {
		return nil, fmt.Errorf("the answer has %d bytes, more than %d", resp.ContentLength, maxBody)
	}
	if resp.ContentLength >= 0 {
		body := make([]byte, resp.ContentLength)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		return nil, fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	return body, err
}
