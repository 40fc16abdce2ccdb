package rancher2

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"alertscale/adapter/controller"
)

// client sends requests to one Rancher server, each exactly once. It stands on client-go's transport, and not on
// its REST client, which asks again by itself where an answer has Retry-After.
type client struct {
	base        string // https://host, with the path that the server is behind, if any
	agent       string // User-Agent
	http        *http.Client
	credentials credentials
	now         func() time.Time
}

// newClient takes a complete Config.
func newClient(cfg Config, o Options) (*client, error) {
	shown, err := newCredentials(cfg)
	if err != nil {
		return nil, err
	}
	if err := readable(cfg.CAFile); err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	t, err := rest.TransportFor(&rest.Config{Host: cfg.URL, TLSClientConfig: rest.TLSClientConfig{CAFile: cfg.CAFile}})
	if err != nil {
		return nil, fmt.Errorf("url %s: %s", cfg.URL, oneLine(err.Error()))
	}
	return &client{
		base: cfg.URL, agent: "alertscale/" + o.Version, credentials: shown, now: o.Now,
		// A redirect would take the token elsewhere, and a write would be sent twice.
		http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}, nil
}

// readable refuses a file that no certificates can be taken from. None is none.
func readable(caFile string) error {
	if caFile == "" {
		return nil
	}
	pem, err := os.ReadFile(caFile)
	if err == nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
		err = fmt.Errorf("%s has no certificate in PEM", caFile)
	}
	return err
}

// answer is what the server said, whatever its status.
type answer struct {
	code   int
	header http.Header
	body   []byte
}

// maxBody is more than any answer has: a cluster with hundreds of pools is some 100 KB.
const maxBody = 16 << 20

const (
	mediaJSON  = "application/json"
	mediaPatch = "application/json-patch+json"
)

func (c *client) get(ctx context.Context, path string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return answer{}, err
	}
	return c.do(req)
}

// write sends a body that nobody sends a second time.
func (c *client) write(ctx context.Context, method, path, media string, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.GetBody = nil // with it the transport could, on another connection
	req.Header.Set("Content-Type", media)
	return c.do(req)
}

// do sends a request. An error is: no answer, or not a whole one. A ThrottledError is: not sent.
func (c *client) do(req *http.Request) (answer, error) {
	if err := req.Context().Err(); err != nil {
		return answer{}, err
	}
	token, err := c.credentials.current()
	if err != nil {
		c.credentials.refused(c.now())
		return answer{}, &controller.ThrottledError{Err: fmt.Errorf("not sent to %s: %w", c.base, err)}
	}
	req.Header.Set("Authorization", "Bearer "+string(token))
	req.Header.Set("Accept", mediaJSON)
	req.Header.Set("User-Agent", c.agent)
	begun := c.now()
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, c.silence(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	if err != nil {
		return answer{}, c.silence(err)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		c.credentials.refused(begun)
	}
	return answer{resp.StatusCode, resp.Header, body}, nil
}

// silence says that a server did not answer, without the long URL that net/http repeats, and what may help.
func (c *client) silence(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	remedy := ""
	switch text := err.Error(); {
	case strings.Contains(text, "x509: "):
		remedy = "; ca_file must hold who signed the certificate of the server, and url the name that it is for"
	case strings.Contains(text, "HTTP response to HTTPS client"):
		remedy = "; it does not speak TLS there: make the url http://…, or correct its port"
	}
	return fmt.Errorf("no answer from %s: %w%s", c.base, err, remedy)
}
