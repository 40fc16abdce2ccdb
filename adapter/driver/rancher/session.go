package rancher

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	client "github.com/rancher/go-rancher/v2"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/keylock"
)

// patience is how long the server may take over one request.
const patience = 30 * time.Second

// session is an API to call in one environment, with a key that the server took.
type session struct {
	api      api
	identity        // of the key
	where    string // the address of the environment
}

// connector starts a session when one is needed, one for all who wait, and another one after a failure or once
// the key is no longer taken.
type connector struct {
	logger log.Logger

	mu       sync.Mutex
	settings settings
	current  *session
	pending  *attempt
	open     bool   // the log knows that access control is off
	failure  string // the log knows that the last attempt ended so
}

// attempt is the start of a session that is under way.
type attempt struct {
	done    chan struct{}
	session *session
	err     error
}

// session returns the session there is, or waits for one.
func (c *connector) session(ctx context.Context) (*session, error) {
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
		return nil, fmt.Errorf("connect to %s: no answer in time: %w", c.settings.root, ctx.Err())
	}
}

// join returns the session, or the attempt at one, which it begins where there is none.
func (c *connector) join() (*attempt, *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil && c.pending == nil {
		c.pending = &attempt{done: make(chan struct{})}
		go c.run(c.pending, c.settings)
	}
	return c.pending, c.current
}

// run makes an attempt. It is bound to none of those who wait for it.
func (c *connector) run(a *attempt, with settings) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	started, err := c.connect(ctx, with)
	if code(err) == http.StatusUnauthorized {
		c.renew()
	}
	if err != nil {
		err = explain("connect to "+with.root, err)
	}
	c.logFailure(err)
	a.session, a.err = started, err
	c.mu.Lock()
	c.current, c.pending = started, nil
	c.mu.Unlock()
	close(a.done)
}

// logFailure logs why there is no session, once for as long as the reason stays the same.
func (c *connector) logFailure(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	c.mu.Lock()
	known := text == c.failure
	c.failure = text
	c.mu.Unlock()
	if !known && err != nil {
		_ = level.Error(c.logger).Log("msg", "Rancher cannot be used: nothing there is scaled until this is over", "err", err)
	}
}

// expire ends a session whose key is not taken.
func (c *connector) expire(s *session) {
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

// with returns the settings as they are now.
func (c *connector) with() settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settings
}

// renew reads the key again, where it is from a file.
func (c *connector) renew() {
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

// connect finds out which environment the key is for and loads the schemas of its API.
func (c *connector) connect(ctx context.Context, with settings) (*session, error) {
	if err := c.checkOpen(ctx, with); err != nil {
		return nil, err
	}
	who, err := identify(ctx, with)
	if err != nil {
		return nil, err
	}
	where := with.root + "/projects/" + who.environment
	found, err := keylock.Call(ctx, nil, func() (*client.RancherClient, error) {
		return client.NewRancherClient(&client.ClientOpts{
			Url: where + "/schemas", AccessKey: with.accessKey, SecretKey: string(with.secretKey), Timeout: patience,
		})
	})
	if err != nil {
		return nil, err
	}
	if !slices.Contains(found.GetTypes()[typeService].ResourceMethods, http.MethodPut) {
		return nil, fmt.Errorf("%w: the key may not change services of environment %s, its role there is readonly; give it another role or use an environment key",
			controller.ErrForbidden, who.environment)
	}
	return &session{api: found, identity: who, where: where}, nil
}

// checkOpen logs, once, that a server lets everybody do everything.
func (c *connector) checkOpen(ctx context.Context, with settings) error {
	with.accessKey = ""
	status, _, err := probe(ctx, with)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && status == http.StatusOK && !c.open {
		c.open = true
		_ = level.Warn(c.logger).Log("msg", "access control of the Rancher server is off: it takes any key, and everybody may do everything", "url", with.root)
	}
	return err
}
