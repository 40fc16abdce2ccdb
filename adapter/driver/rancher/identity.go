package rancher

import (
	"context"
	"fmt"
	"io"
	"net/http"

	client "github.com/rancher/go-rancher/v2"

	"alertscale/adapter/controller"
)

// identity is what the server says of a key: what kind of account it belongs to, and where it acts.
type identity struct {
	environment string
	kind        string // of the account
}

// The kinds of accounts that are an environment's own: the url need not name it.
const (
	kindAPIKey         = "project"      // an API key of the environment
	kindContainer      = "environment"  // of a container with the label io.rancher.container.agent.role: environment
	kindContainerAdmin = "projectadmin" // likewise, where the label says environmentAdmin
)

// own reports whether the key is one of its environment, and not of somebody who may reach several.
func (i identity) own() bool { return i.kind == kindAPIKey || i.ofContainer() }

// ofContainer reports whether Rancher made the key for a container. Such a key removes hosts and creates none.
func (i identity) ofContainer() bool { return i.kind == kindContainer || i.kind == kindContainerAdmin }

// labels is what the service of alertscale needs for a key with a role.
const labels = "io.rancher.container.agent.role: environment beside io.rancher.container.create_agent: 'true'"

// identify finds out whose the key is. Its environment is its own, or the one in the url.
func identify(ctx context.Context, with settings) (identity, error) {
	status, header, err := probe(ctx, with)
	if err != nil {
		return identity{}, err
	}
	if status != http.StatusOK {
		return identity{}, refused(with, status, header)
	}
	who := identity{environment: header.Get("X-API-ACCOUNT-ID"), kind: header.Get("X-API-ACCOUNT-KIND")}
	own := who.own() && who.environment != ""
	switch {
	case header.Get("X-API-Schemas") == "":
		return identity{}, noRancher(status)
	case !own && with.project == "":
		return identity{}, fmt.Errorf("%w: the key is not of an environment, and the url names none; make it %s/projects/ID", controller.ErrInvalid, with.root)
	case !own:
		who.environment = with.project
	case with.project != "" && who.environment != with.project:
		return identity{}, fmt.Errorf("%w: the key is of environment %s, the url names %s; check the url and the key", controller.ErrForbidden, who.environment, with.project)
	}
	return who, nil
}

// refused explains an answer that is not the one that was asked for.
func refused(with settings, status int, header http.Header) error {
	switch {
	case header.Get("X-API-Schemas") == "" && status < http.StatusInternalServerError:
		return noRancher(status)
	case status == http.StatusForbidden && with.project != "":
		return fmt.Errorf("%w: 403 Forbidden: there is no environment %s for this key; check the url and the key", controller.ErrForbidden, with.project)
	case status == http.StatusForbidden:
		return fmt.Errorf("%w: 403 Forbidden: check the key and its role", controller.ErrForbidden)
	case status == http.StatusNotFound:
		return fmt.Errorf("%w: 404 Not Found: the server takes the key and shows it nothing, which is so for a container's key without a role; "+
			"give alertscale's service the label %s, or set access_key and secret_key_file to an API key of the environment", controller.ErrForbidden, labels)
	}
	return &client.ApiError{StatusCode: status, Url: with.root}
}

func noRancher(status int) error {
	return fmt.Errorf("%d %s: this is no Rancher API; check the url", status, http.StatusText(status))
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
