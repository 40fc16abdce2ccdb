package rancher2

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"alertscale/adapter/controller"
)

var _ controller.Describer = (*Driver)(nil)

// Describe returns where the server is, its version, and whose the token is. What the user may not see stays empty, and
// so does what a token that is scoped to a cluster is not good for.
func (d *Driver) Describe(ctx context.Context) (controller.Endpoint, error) {
	e := controller.Endpoint{Address: d.client.base}
	var users struct {
		Data []struct {
			ID       string `json:"id"`
			Username string `json:"username"`
		} `json:"data"`
	}
	taken, err := d.ask(ctx, "/v3/users?me=true", &users)
	if err == nil && !taken {
		err = d.scoped(ctx)
	}
	if err != nil {
		return e, err
	}
	if len(users.Data) > 0 {
		e.User = cmp.Or(users.Data[0].Username, users.Data[0].ID)
	}
	var version struct {
		Value string `json:"value"`
	}
	_, err = d.ask(ctx, "/v3/settings/server-version", &version)
	e.Version = version.Value
	return e, err
}

// scoped returns an error where the token is good for nothing: one that is scoped to the cluster that Rancher runs on is
// for machine pools.
func (d *Driver) scoped(ctx context.Context) error {
	var server struct{}
	taken, err := d.ask(ctx, "/k8s/clusters/local/version", &server)
	if err == nil && !taken {
		err = &controller.ThrottledError{Err: fmt.Errorf("%w: %s; %s", controller.ErrUnauthorized, d.client.base, notTaken)}
	}
	return err
}

// ask reads what is there, where the user may see it. It reports whether the token was taken.
func (d *Driver) ask(ctx context.Context, path string, into any) (taken bool, err error) {
	a, err := d.client.get(ctx, path)
	if err != nil {
		return false, err
	}
	switch a.Code {
	case http.StatusOK:
		if json.Unmarshal(a.Body, into) != nil {
			return true, fmt.Errorf("%s answered with no JSON: %s; is it Rancher's API, with no login in front?", path, oneLine(string(a.Body)))
		}
	case http.StatusUnauthorized:
		return false, nil
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
	default:
		return true, fmt.Errorf("%s answered %s", path, saidBy(a).text(a.Code))
	}
	return true, nil
}
