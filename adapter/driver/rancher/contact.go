package rancher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	client "github.com/rancher/go-rancher/v2"

	"alertscale/adapter/controller"
)

// patience is how long the server may take over one request.
const patience = 30 * time.Second

// session is what the first contact brought: an API to call, in one environment.
type session struct {
	api         api
	environment string
	where       string // the address of the environment
}

// contact makes the first contact when it is needed, one for all who wait, and again after one that failed or
// a key that is no longer taken.
type contact struct {
	logger log.Logger

	mu       sync.Mutex
	settings settings
	current  *session
	pending  *attempt
	told     bool // that access control is off
}

// attempt is a first contact that is being made.
type attempt struct {
	done    chan struct{}
	session *session
	err     error
}

// session returns the session there is, or waits for one.
func (c *contact) session(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a, s := c.join()
	if s != nil {
		return s, nil
	}
	select {
	case <-a.done:
		return a.session, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("first contact with %s: no answer in time: %w", c.settings.root, ctx.Err())
	}
}

// join returns the session, or the attempt at one, which it begins where there is none.
func (c *contact) join() (*attempt, *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil && c.pending == nil {
		c.pending = &attempt{done: make(chan struct{})}
		go c.make(c.pending, c.settings)
	}
	return c.pending, c.current
}

// make makes an attempt. It is bound to none of those who wait for it.
func (c *contact) make(a *attempt, with settings) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a.session, a.err = c.begin(ctx, with)
	c.mu.Lock()
	c.current, c.pending = a.session, nil
	c.mu.Unlock()
	if code(a.err) == http.StatusUnauthorized {
		c.renew()
	}
	if a.err != nil {
		a.err = explain("first contact with "+with.root, a.err)
	}
	close(a.done)
}

// expire ends a session whose key is not taken.
func (c *contact) expire(s *session) {
	c.mu.Lock()
	mine := c.current == s
	if mine {
		c.current = nil
	}
	c.mu.Unlock()
	if mine {
		c.renew()
	}
}

// renew reads the key anew, where it is from a file.
func (c *contact) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settings.file == "" {
		return
	}
	secret, err := readSecret(c.settings.file)
	if err != nil {
		_ = level.Warn(c.logger).Log("msg", "the server does not take the key, and its file cannot be read again", "err", err)
		return
	}
	c.settings.secretKey = secret
}

// begin finds out which environment the key is for and loads the schemas of its API.
func (c *contact) begin(ctx context.Context, with settings) (*session, error) {
	if err := c.tellOpen(ctx, with); err != nil {
		return nil, err
	}
	environment, err := whichEnvironment(ctx, with)
	if err != nil {
		return nil, err
	}
	found, err := within(ctx, nil, func() (*client.RancherClient, error) {
		return client.NewRancherClient(&client.ClientOpts{
			Url:       with.root + "/projects/" + environment + "/schemas",
			AccessKey: with.accessKey, SecretKey: string(with.secretKey), Timeout: patience,
		})
	})
	if err != nil {
		return nil, err
	}
	s := &session{api: found, environment: environment, where: with.root + "/projects/" + environment}
	if !slices.Contains(found.GetTypes()[typeService].ResourceMethods, http.MethodPut) {
		return nil, fmt.Errorf("%w: the key may not change services of environment %s, its role there is readonly; give it another role or use an environment key",
			controller.ErrForbidden, environment)
	}
	return s, nil
}

// tellOpen says once where a server lets everybody do everything.
func (c *contact) tellOpen(ctx context.Context, with settings) error {
	with.accessKey = ""
	status, _, err := probe(ctx, with)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && status == http.StatusOK && !c.told {
		c.told = true
		_ = level.Warn(c.logger).Log("msg", "access control of the Rancher server is off: it takes any key, and everybody may do everything", "url", with.root)
	}
	return err
}

// whichEnvironment is the key's own, or the one in the url.
func whichEnvironment(ctx context.Context, with settings) (string, error) {
	status, header, err := probe(ctx, with)
	switch {
	case err != nil:
		return "", err
	case header.Get("X-API-Schemas") == "" && status < http.StatusInternalServerError:
		return "", fmt.Errorf("%d %s: this is no Rancher API; see to the url", status, http.StatusText(status))
	case status == http.StatusForbidden && with.project != "":
		return "", fmt.Errorf("%w: 403 Forbidden: there is no environment %s for this key; see to the url and the key", controller.ErrForbidden, with.project)
	case status == http.StatusForbidden:
		return "", fmt.Errorf("%w: 403 Forbidden: see to the key and its role", controller.ErrForbidden)
	case status == http.StatusNotFound:
		return "", errors.New("404 Not Found: there is no such API; see to the url")
	case status != http.StatusOK:
		return "", &client.ApiError{StatusCode: status, Url: with.root}
	}
	own := ""
	if header.Get("X-API-ACCOUNT-KIND") == "project" {
		own = header.Get("X-API-ACCOUNT-ID")
	}
	switch {
	case own == "" && with.project == "":
		return "", fmt.Errorf("%w: the key is not of an environment, and the url names none; make it %s/projects/ID", controller.ErrInvalid, with.root)
	case own != "" && with.project != "" && own != with.project:
		return "", fmt.Errorf("%w: the key is of environment %s, the url names %s; see to the url and the key", controller.ErrForbidden, own, with.project)
	case own != "":
		return own, nil
	}
	return with.project, nil
}

// probe asks for as little as possible, to see the headers of the answer.
func probe(ctx context.Context, with settings) (int, http.Header, error) {
	where := with.root
	if with.project != "" {
		where += "/projects/" + with.project
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where+"/services?limit=1", nil)
	if err != nil {
		return 0, nil, err
	}
	if with.accessKey != "" {
		req.SetBasicAuth(with.accessKey, string(with.secretKey))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header, err
}
