package swarm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"alertscale/adapter/controller"
)

var _ controller.Describer = (*Driver)(nil)

// Describe returns the engine's host and version. The user is the name in the certificate that is shown; a socket knows
// none.
func (d *Driver) Describe(ctx context.Context) (controller.Endpoint, error) {
	e := controller.Endpoint{Address: d.docker.host, User: d.docker.user}
	a, err := d.docker.call(ctx, http.MethodGet, "/version", nil, nil)
	if err != nil {
		return e, err
	}
	switch {
	case a.Code == http.StatusOK && !a.ping:
		var engine struct{ Version string }
		if err := json.Unmarshal(a.Body, &engine); err != nil {
			return e, fmt.Errorf("the answer of %s is no version: %w; is it Docker's API?", d.docker.host, err)
		}
		e.Version = engine.Version
	case a.Code == http.StatusUnauthorized:
		return e, &controller.ThrottledError{Err: fmt.Errorf("%w: %s; what is in front of %s wants credentials", controller.ErrUnauthorized, a.said(), d.docker.host)}
	case !a.ping && (a.Code == http.StatusForbidden || a.Code == http.StatusNotFound): // a proxy that lets services through alone
		e.Version = d.docker.spoken()
	case strings.Contains(a.said(), plainToTLS):
		return e, fmt.Errorf("%s answered %s%s", d.docker.host, a.said(), adviceTLS)
	default:
		return e, fmt.Errorf("%s answered %s", d.docker.host, a.said())
	}
	return e, nil
}

// spoken names the version of the API.
func (e *dockerEngine) spoken() string {
	if v := e.api.Load(); v != nil {
		return "API " + *v
	}
	return ""
}
