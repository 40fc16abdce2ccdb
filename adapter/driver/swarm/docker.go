package swarm

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"alertscale/adapter/driver/internal/httpx"
)

// dockerEngine sends requests to one Docker engine, each exactly once.
//
// The requests are not those of moby's client. Its update of a service writes the spec again from the types
// that the client knows, so that fields of a younger engine are lost, and gives an image without a tag one:
// either makes the swarm replace every task of the service, where only their number was to change.
type dockerEngine struct {
	host  string // as the user writes it
	base  string // the URL of the API
	agent string // User-Agent
	user  string // of the certificate that is shown
	http  *http.Client

	api    atomic.Pointer[string] // version of the API that the engine speaks, nil: not known
	asking chan struct{}          // held by the one who asks for it
}

func newEngine(cfg Config, agent string) (*dockerEngine, error) {
	a, err := parseHost(cfg.Host)
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	if err := cfg.consistent(); err != nil {
		return nil, err
	}
	secure, err := cfg.tlsConfig()
	if err != nil {
		return nil, err
	}
	transport, base := a.transport(secure)
	return &dockerEngine{
		host: cfg.Host, base: base, agent: agent, user: shownName(secure), asking: make(chan struct{}, 1),
		http: httpx.NewClient(transport),
	}, nil
}

// answer is what the engine said, whatever its status.
type answer struct {
	httpx.Answer
	ping  bool   // it is that of the question for the version, which the request was not sent without
	moved string // another version of the API than the request was of, which the engine speaks by now
}

// call sends a request about a path of the API, with a body of JSON where that is not nil. An error is: no
// answer, or not a whole one.
func (e *dockerEngine) call(ctx context.Context, method, path string, query url.Values, body []byte) (answer, error) {
	version, refused, err := e.version(ctx)
	if err != nil || refused.Code != 0 {
		return refused, err
	}
	a, err := e.send(ctx, method, "/v"+version+path+"?"+query.Encode(), body)
	if speaks := a.Header.Get(apiVersion); err == nil && speaks != "" && speaks != version {
		e.api.Store(nil)
		a.moved = speaks
	}
	return a, err
}

const apiVersion = "Api-Version"

// version returns the version of its API that the engine itself is of: of another one, it would drop from
// a spec that is written what is younger. The engine is asked once; where it gives no version, refused is
// its answer.
func (e *dockerEngine) version(ctx context.Context) (version string, refused answer, err error) {
	if v := e.api.Load(); v != nil {
		return *v, answer{}, nil
	}
	select {
	case e.asking <- struct{}{}:
		defer func() { <-e.asking }()
	case <-ctx.Done():
		return "", answer{}, ctx.Err()
	}
	if v := e.api.Load(); v != nil {
		return *v, answer{}, nil
	}
	a, err := e.send(ctx, http.MethodGet, "/_ping", nil)
	a.ping = true
	if err != nil || a.Code != http.StatusOK {
		return "", a, err
	}
	version = a.Header.Get(apiVersion)
	if err := e.supports(version); err != nil {
		return "", answer{}, err
	}
	e.api.Store(&version)
	return version, answer{}, nil
}

// Docker 20.10 is the first whose list of services counts their tasks.
const oldestMajor, oldestMinor = 1, 41

func (e *dockerEngine) supports(version string) error {
	before, after, _ := strings.Cut(version, ".")
	major, err1 := strconv.ParseUint(before, 10, 16)
	minor, err2 := strconv.ParseUint(after, 10, 16)
	switch {
	case err1 != nil || err2 != nil:
		return fmt.Errorf("%s does not say which version of Docker's API it speaks (%q); is it a Docker engine?", e.host, version)
	case major < oldestMajor || major == oldestMajor && minor < oldestMinor:
		return fmt.Errorf("%s speaks version %s of Docker's API, which is too old: it must be Docker 20.10 (%d.%d) or later", e.host, version, oldestMajor, oldestMinor)
	}
	return nil
}

func (e *dockerEngine) send(ctx context.Context, method, path string, body []byte) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	req, err := httpx.NewRequest(ctx, method, e.base+path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", e.agent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	a, err := httpx.Do(e.http, req)
	if err != nil {
		return answer{}, e.silence(err)
	}
	return answer{Answer: a}, nil
}

// silence says that the engine did not answer, and what may help.
func (e *dockerEngine) silence(err error) error {
	return fmt.Errorf("no answer from %s: %w%s", e.host, err, remedy(err))
}
