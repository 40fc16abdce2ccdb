package rancher

import (
	"context"
	"net/http"

	"alertscale/adapter/controller"
)

var _ controller.Describer = (*Driver)(nil)

// Describe returns where the environment is, whose the key is, and the version of the server, where the key's role lets
// it see that.
func (d *Driver) Describe(ctx context.Context) (controller.Endpoint, error) {
	e := controller.Endpoint{Address: d.connector.settings.root}
	s, err := d.connector.session(ctx)
	if err != nil {
		return e, err
	}
	with := d.connector.with()
	e.Address = s.where
	if _, err := identify(ctx, with); err != nil { // also where a session is there from before
		if code(err) == http.StatusUnauthorized {
			d.connector.expire(s)
		}
		return e, explain("connect to "+with.root, err)
	}
	e.User = s.user(with.accessKey)
	if _, listed := s.api.GetTypes()[typeSetting]; listed {
		if v, err := get[setting](ctx, d, s, typeSetting, "rancher.server.version"); err == nil {
			e.Version = v.Value
		}
	}
	return e, nil
}

// typeSetting is of the server's settings, of which a role may see some.
const typeSetting = "setting"

type setting struct {
	Value string `json:"value"`
}

// user says whose a key is.
func (i identity) user(key string) string {
	switch {
	case i.kind == kindAPIKey:
		return "key " + key + " of environment " + i.environment
	case i.ofContainer():
		return "key " + key + " of a container"
	}
	return "key " + key + " of an account"
}
