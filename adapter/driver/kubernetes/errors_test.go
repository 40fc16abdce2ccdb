package kubernetes

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func deadline(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

// Each answer is one clear line, and an error that tells callers what to do.
func TestErrors(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	f.put(deploymentPath("web"), 3)
	f.put(deploymentPath("locked"), 3)
	f.put(deploymentPath("readonly"), 3)
	plain := func(code int, body string) fault {
		return func(w http.ResponseWriter, _ *http.Request) bool { http.Error(w, body, code); return true }
	}
	in := func(kind, namespace, name string) rules.Ref {
		return rules.Ref{Kind: kind, Namespace: namespace, Name: name}
	}
	for _, test := range []struct {
		ref   rules.Ref
		fail  fault
		write bool
		is    error // nil: transient
		want  string
	}{
		{ref: deployment("nobody"), is: controller.ErrNotFound, want: `not found: Deployment shop/nobody: 404: deployments.apps "nobody" not found; create it, or correct kind, namespace and name`},
		{ref: deployment("locked"), is: controller.ErrForbidden, want: `forbidden: Deployment shop/locked: 403: deployments "locked" is forbidden: User "u" cannot get resource "deployments/scale" in API group "apps" in the namespace "shop"; the role must grant get on deployments/scale in the API group apps`},
		{ref: deployment("readonly"), write: true, is: controller.ErrForbidden, want: `forbidden: Deployment shop/readonly: 403: deployments "readonly" is forbidden: User "u" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"; the role must grant patch on deployments/scale in the API group apps`},
		{ref: deployment("web"), write: true, fail: plain(403, "admission webhook \"x\" denied the request:\n no"), is: controller.ErrForbidden, want: `forbidden: Deployment shop/web: 403: admission webhook "x" denied the request: no`},
		{ref: deployment("web"), write: true, fail: answering(409, 0), is: controller.ErrConflict, want: `changed in the meantime: Deployment shop/web: 409: not now`},
		{ref: deployment("web"), write: true, fail: answering(422, 0), is: controller.ErrInvalid, want: `invalid: Deployment shop/web: 422: not now`},
		{ref: deployment("web"), fail: answering(400, 0), is: controller.ErrInvalid, want: `invalid: Deployment shop/web: 400: not now`},
		{ref: deployment("web"), fail: answering(401, 0), want: `unauthorized: Deployment shop/web: 401: not now; the API server does not take the credentials, which may be about to be renewed: check the token or the kubeconfig`},
		{ref: deployment("web"), fail: answering(503, 2*time.Second), want: `Deployment shop/web: 503: not now (try again in 2s)`},
		{ref: deployment("web"), write: true, fail: answering(503, 2*time.Second), want: `Deployment shop/web: 503: not now (try again in 2s)`},
		{ref: deployment("web"), fail: plain(502, ""), want: `Deployment shop/web: 502 Bad Gateway`},
		{ref: deployment("web"), fail: plain(200, "<html>sign in</html>"), want: `Deployment shop/web: the answer of ` + f.server.URL + ` is no Scale: <html>sign in</html>; is it an API server?`},
		{ref: in("", "shop", "web"), is: controller.ErrInvalid, want: `invalid:  shop/web: a target needs a kind and a name`},
		{ref: in("Deployment", "", "web"), is: controller.ErrInvalid, want: `invalid: Deployment web: kind Deployment is in a namespace; give the target one`},
		{ref: in("Fleet", "shop", "red"), is: controller.ErrInvalid, want: `invalid: Fleet shop/red: kind Fleet is in no namespace; leave it out of the target`},
		{ref: in("Deployment", "..", "web"), is: controller.ErrInvalid, want: `invalid: Deployment ../web: ".." is no name`},
		{ref: in("Deployment", "shop", "a%2fb"), is: controller.ErrInvalid, want: `invalid: Deployment shop/a%2fb: "a%2fb" is no name`},
	} {
		if test.fail != nil {
			f.with(func() { f.next = append(f.next, test.fail) })
		}
		var err error
		if test.write {
			err = d.Scale(t.Context(), test.ref, engine.Change{From: 3, To: 4, Version: "1"})
		} else {
			_, err = d.Observe(t.Context(), test.ref)
		}
		require.EqualError(t, err, test.want)
		for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
			require.Equal(t, sentinel == test.is, errors.Is(err, sentinel), "%v is %v", err, sentinel)
		}
	}
}

func TestUnversionedChange(t *testing.T) {
	f := newFake(t, true)
	f.put(deploymentPath("web"), 3)
	err := newDriver(t, f).Scale(t.Context(), deployment("web"), engine.Change{From: 3, To: 4})
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.Equal(t, 3, f.get(deploymentPath("web")).spec)
}

func TestRetryAfter(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	d := &Driver{now: func() time.Time { return at }}
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": 3 * time.Second, "-1": 3 * time.Second,
		"Thu, 01 Jan 2026 12:00:30 GMT": 30 * time.Second,
		"Thu, 01 Jan 2026 11:00:30 GMT": 0,
	} {
		var s status
		s.Details.RetryAfterSeconds = 3
		require.Equal(t, want, d.retryAfter(httpx.Answer{Header: http.Header{"Retry-After": {header}}}, s), header)
	}
}

// A token that the API server does not take any more, or not yet, is a matter of time.
func TestToken(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	f.put(deploymentPath("web"), 3)
	asks := func(token string) { f.with(func() { f.token = token }) }
	asks("secret")
	o, err := d.Observe(t.Context(), deployment("web"))
	require.NoError(t, err)

	asks("another")
	var busy *controller.ThrottledError
	_, err = d.Observe(t.Context(), deployment("web"))
	require.ErrorAs(t, err, &busy)
	require.ErrorAs(t, d.Scale(t.Context(), deployment("web"), engine.Change{From: 3, To: 4, Version: o.Version}), &busy)
	require.Equal(t, 3, f.get(deploymentPath("web")).spec)

	asks("secret")
	require.NoError(t, d.Scale(t.Context(), deployment("web"), engine.Change{From: 3, To: 4, Version: o.Version}))
}
