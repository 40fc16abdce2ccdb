package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"alertscale/adapter/controller"
)

// client sends requests to one API server, each exactly once. It stands on client-go's transport,
// which does TLS, credentials and their rotation, and not on its REST client, which asks again by
// itself where an answer has Retry-After.
type client struct {
	base    string   // https://host:port, with the path that the API is behind, if any
	rancher *Rancher // that is in front; nil: none that the file tells of
	http    *http.Client
	limit   flowcontrol.RateLimiter
	rate    string // the limit in words
}

func newClient(found *rest.Config, cfg Config, agent string) (*client, error) {
	found = rest.CopyConfig(found)
	found.UserAgent = agent
	base, _, err := rest.DefaultServerUrlFor(found)
	if err != nil {
		return nil, fmt.Errorf("server %q: %w", found.Host, err)
	}
	transport, err := rest.TransportFor(found)
	if err != nil {
		return nil, fmt.Errorf("server %q: %s", found.Host, oneLine(err.Error()))
	}
	return &client{
		base:    strings.TrimSuffix(base.String(), "/"),
		rancher: cfg.Rancher,
		// A redirect would take the credentials elsewhere, and a write would be sent twice.
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
		limit: flowcontrol.NewTokenBucketRateLimiter(float32(cfg.QPS), cfg.Burst),
		rate:  fmt.Sprintf("qps %v, burst %d", cfg.QPS, cfg.Burst),
	}, nil
}

// answer is what the API server said, whatever its status.
type answer struct {
	code   int
	header http.Header
	body   []byte
}

// maxBody is more than any answer has: the discovery of a cluster with thousands of kinds is a few MB.
const maxBody = 64 << 20

func (c *client) get(ctx context.Context, path, accept string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return answer{}, err
	}
	req.Header["Accept"] = []string{accept}
	return c.do(req)
}

func (c *client) patch(ctx context.Context, path string, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, c.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	// Without it the transport cannot send the body a second time, on another connection.
	req.GetBody = nil
	req.Header["Accept"] = []string{mediaJSON}
	req.Header["Content-Type"] = []string{"application/merge-patch+json"}
	return c.do(req)
}

const mediaJSON = "application/json"

// do sends a request. An error is: no answer, or not a whole one. A ThrottledError is: not sent.
func (c *client) do(req *http.Request) (answer, error) {
	if err := req.Context().Err(); err != nil {
		return answer{}, err
	}
	if err := c.limit.Wait(req.Context()); err != nil {
		return answer{}, &controller.ThrottledError{Err: fmt.Errorf("not sent, too many requests wait for the driver's limit (%s): %w", c.rate, err)}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, c.silence(err)
	}
	defer resp.Body.Close()
	body, err := readAll(resp)
	if err != nil {
		return answer{}, c.silence(err)
	}
	return answer{resp.StatusCode, resp.Header, body}, nil
}

// silence says that a server did not answer, without the long URL that net/http repeats.
func (c *client) silence(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	if never := (*unsent)(nil); errors.As(err, &never) {
		return &controller.ThrottledError{Err: fmt.Errorf("not sent: %w", never.error)}
	}
	return fmt.Errorf("no answer from %s: %w%s", c.base, err, c.distrusted(err))
}

func readAll(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxBody {
		return nil, fmt.Errorf("the answer has %d bytes", resp.ContentLength)
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
