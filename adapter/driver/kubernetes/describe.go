package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"alertscale/adapter/controller"
)

var (
	_ controller.Describer = (*Driver)(nil)
	_ controller.Limited   = (*Driver)(nil)
)

// QPS is how many requests a second are sent on average.
func (d *Driver) QPS() float64 { return d.client.qps }

// Describe returns where the API server is, its version, and whom it takes the driver for. What it does not tell this
// user stays empty.
func (d *Driver) Describe(ctx context.Context) (controller.Endpoint, error) {
	e := controller.Endpoint{Address: d.client.base}
	var server struct {
		Version string `json:"gitVersion"`
	}
	switch hidden, err := d.ask(ctx, http.MethodGet, "/version", nil, &server); {
	case err != nil:
		return e, err
	case !hidden && server.Version == "":
		return e, fmt.Errorf("%s answers, but says no version: is it an API server?", d.client.base)
	}
	var self struct {
		Status struct {
			UserInfo struct {
				Username string `json:"username"`
			} `json:"userInfo"`
		} `json:"status"`
	}
	_, err := d.ask(ctx, http.MethodPost, "/apis/authentication.k8s.io/v1/selfsubjectreviews", []byte(whoAmI), &self)
	if no := (*refused)(nil); errors.As(err, &no) && no.Code != http.StatusUnauthorized {
		err = nil // servers before 1.28 have no such question
	}
	e.Version, e.User = server.Version, self.Status.UserInfo.Username
	return e, err
}

// whoAmI is a question: nothing is stored of it.
const whoAmI = `{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`

// ask reads the answer to a question that an API server may not answer for everybody, or at all: it is hidden then.
func (d *Driver) ask(ctx context.Context, method, path string, body []byte, into any) (hidden bool, err error) {
	a, err := d.client.send(ctx, method, path, mediaJSON, body)
	if err != nil {
		return false, err
	}
	s := statusOf(a)
	switch a.Code {
	case http.StatusOK, http.StatusCreated:
		if json.Unmarshal(a.Body, into) == nil {
			return false, nil
		}
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		if ownRefusal(a, s) == nil && !s.page {
			return true, nil
		}
	}
	err = &refused{path, a, s, d.client.advice(a, s)}
	if a.Code == http.StatusUnauthorized {
		err = fmt.Errorf("%w: %w", controller.ErrUnauthorized, err)
	}
	return false, err
}
