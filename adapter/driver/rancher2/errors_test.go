package rancher2

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// row is an answer, and what is made of it.
type row struct {
	code    int
	body    string
	headers []string
	write   bool
	want    string        // the error, with the server as SERVER
	is      error         // the sentinel; nil: transient
	busy    bool          // a ThrottledError
	after   time.Duration // when to come back
}

func (r row) run(t *testing.T, kind string) {
	f := newFake(t)
	d := f.driver(t)
	add := map[string]func(string, int) rules.Ref{kindMachinePool: f.addCluster, kindNodePool: f.addNodePool}[kind]
	ref := add(map[string]string{kindMachinePool: "prod", kindNodePool: "np-"}[kind], 3)
	observe(t, d, ref)
	f.fail(saying(r.code, r.body, r.headers...))
	_, err := d.Observe(t.Context(), ref)
	if r.write {
		f.with(func() { f.next = nil })
		observe(t, d, ref)
		f.fail(saying(r.code, r.body, r.headers...))
		err = scale(t, d, ref, 3, 4)
	}
	require.EqualError(t, err, strings.ReplaceAll(r.want, "SERVER", f.server.URL))
	for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
		require.Equal(t, sentinel == r.is, errors.Is(err, sentinel), sentinel)
	}
	busy, later := (*controller.ThrottledError)(nil), (*controller.UnavailableError)(nil)
	require.Equal(t, r.busy, errors.As(err, &busy))
	switch {
	case r.busy:
		require.Equal(t, r.after, busy.After)
	case errors.As(err, &later):
		require.Equal(t, r.after, later.After)
	default:
		require.Zero(t, r.after)
	}
}

const page = "<!DOCTYPE html>\n<html><title>Log in</title></html>"

func TestAnswersAboutMachinePools(t *testing.T) {
	const pool, grant = "machinePool prod1/workers: ", "; the user of the token must be an owner of cluster prod1, or be bound to a role that grants "
	for name, r := range map[string]row{
		"401": {code: 401, body: `{"type":"error","status":"401","message":"Unauthorized 401: must authenticate"}`, busy: true,
			want: "unauthorized: " + pool + "401: Unauthorized 401: must authenticate; Rancher does not take the token, which may be about to be renewed: check that it is whole (token-abcde:secret), not expired, and not scoped to a cluster"},
		"403 to read": {code: 403, body: `{"kind":"Status","message":"clusters is forbidden","code":403}`, is: controller.ErrForbidden,
			want: "forbidden: " + pool + "403: clusters is forbidden" + grant + "get on clusters in the API group provisioning.cattle.io in the namespace fleet-default"},
		"403 to write": {code: 403, write: true, is: controller.ErrForbidden,
			want: "forbidden: " + pool + "403 Forbidden" + grant + "patch on clusters in the API group provisioning.cattle.io in the namespace fleet-default"},
		"403 of a webhook": {code: 403, write: true, body: `{"kind":"Status","message":"admission webhook \"w\" denied the request: no"}`, is: controller.ErrForbidden,
			want: "forbidden: " + pool + `403: admission webhook "w" denied the request: no`},
		"400 of a webhook": {code: 400, write: true, body: `{"kind":"Status","message":"admission webhook \"w\" denied the request: no"}`, is: controller.ErrInvalid,
			want: "invalid: " + pool + `400: admission webhook "w" denied the request: no`},
		"a webhook that fails": {code: 500, write: true, body: `{"kind":"Status","message":"Internal error occurred: failed calling webhook","code":500}`,
			want: pool + "500: Internal error occurred: failed calling webhook"},
		"404": {code: 404, body: `{"kind":"Status","message":"clusters.provisioning.cattle.io \"prod1\" not found","details":{"name":"prod1"}}`, is: controller.ErrNotFound,
			want: "not found: " + pool + `404: clusters.provisioning.cattle.io "prod1" not found; want the cluster's name as Rancher shows it, not its id, and cluster_namespace (fleet-default) where it is`},
		"404 of another server": {code: 404, body: "404 page not found", busy: true,
			want: pool + "404: 404 page not found: SERVER has no API of machine pools: check the url, and that it is of Rancher 2.6 or later"},
		"409": {code: 409, write: true, body: `{"kind":"Status","message":"Operation cannot be fulfilled"}`, is: controller.ErrConflict,
			want: "changed in the meantime: " + pool + "409: Operation cannot be fulfilled"},
		"409 to a read":     {code: 409, want: pool + "409 Conflict"},
		"429":               {code: 429, headers: []string{"Retry-After", "3"}, busy: true, after: 3 * time.Second, want: pool + "429 Too Many Requests (try again in 3s)"},
		"429 in the body":   {code: 429, write: true, body: `{"kind":"Status","message":"slow","details":{"retryAfterSeconds":2}}`, busy: true, after: 2 * time.Second, want: pool + "429: slow (try again in 2s)"},
		"503":               {code: 503, want: pool + "503 Service Unavailable"},
		"503 with a date":   {code: 503, headers: []string{"Retry-After", time.Unix(5e9+4, 0).UTC().Format(http.TimeFormat)}, busy: true, after: 4 * time.Second, want: pool + "503 Service Unavailable (try again in 4s)"},
		"503 to a write":    {code: 503, write: true, headers: []string{"Retry-After", "3"}, after: 3 * time.Second, want: pool + "503 Service Unavailable (try again in 3s)"},
		"a cluster is away": {code: 503, body: `{"Code":{"Code":"ClusterUnavailable","Status":503},"Message":"cluster not found","Cause":null,"FieldName":""}`, want: pool + "503 ClusterUnavailable: cluster not found"},
		"an agent is away":  {code: 500, write: true, body: "cluster agent disconnected", want: pool + "500: cluster agent disconnected"},
		"502 of a proxy":    {code: 502, write: true, body: "<html>\r\n<h1>502 Bad Gateway</h1>\r\n</html>", want: pool + "502: <html> <h1>502 Bad Gateway</h1> </html>"},
		"a redirect": {code: 302, write: true, headers: []string{"Location", "/login"},
			want: pool + "SERVER redirects to /login, and the token is not sent there; make the url that of Rancher itself"},
		"a login": {code: 200, body: page,
			want: pool + "SERVER answers with a page for people and no cluster: is there a login in front of Rancher, or is the url another server's? (<!DOCTYPE html> <html><title>Log in</title></html>)"},
		"another object":     {code: 200, write: true, body: `{"kind":"List"}`, want: pool + `the answer of SERVER is no cluster: {"kind":"List"}; is it Rancher's API?`},
		"of another cluster": {code: 200, body: `{"kind":"Cluster","metadata":{"name":"prod2","uid":"u"}}`, want: pool + `the answer of SERVER is no cluster: {"kind":"Cluster","metadata":{"name":"prod2","uid":"u"}}; is it Rancher's API?`},
		"no body":            {code: 200, want: pool + "the answer of SERVER is no cluster: ; is it Rancher's API?"},
	} {
		t.Run(name, func(t *testing.T) { r.run(t, kindMachinePool) })
	}
}

func TestAnswersAboutNodePools(t *testing.T) {
	const pool, grant = "nodePool c-abcde/np-1: ", "; the user of the token must be an owner of cluster c-abcde, or have a role there that grants "
	const of = " on nodepools in the API group management.cattle.io"
	for name, r := range map[string]row{
		"403":             {code: 403, body: `{"type":"error","code":"PermissionDenied","message":"no"}`, is: controller.ErrForbidden, want: "forbidden: " + pool + "403 PermissionDenied: no" + grant + "get" + of},
		"405":             {code: 405, write: true, body: `{"type":"error","code":"MethodNotAllow","message":"no"}`, is: controller.ErrForbidden, want: "forbidden: " + pool + "405 MethodNotAllow: no" + grant + "update" + of},
		"404":             {code: 404, body: `{"type":"error","code":"NotFound","message":"nodePools \"np-1\" not found"}`, is: controller.ErrNotFound, want: "not found: " + pool + `404 NotFound: nodePools "np-1" not found; want the ids as in Rancher's URLs, such as c-abcde and np-xyz12, of a cluster that the user of the token may see`},
		"409":             {code: 409, write: true, body: `{"type":"error","code":"Conflict","message":"modified"}`, is: controller.ErrConflict, want: "changed in the meantime: " + pool + "409 Conflict: modified"},
		"422":             {code: 422, write: true, body: `{"type":"error","status":422,"code":"InvalidFormat","message":"","fieldName":"quantity"}`, is: controller.ErrInvalid, want: "invalid: " + pool + "422 InvalidFormat of quantity"},
		"500":             {code: 500, write: true, body: `{"type":"error","code":"ServerError","message":"oops"}`, want: pool + "500 ServerError: oops"},
		"a login":         {code: 200, write: true, body: page, want: pool + "SERVER answers with a page for people and no node pool: is there a login in front of Rancher, or is the url another server's? (<!DOCTYPE html> <html><title>Log in</title></html>)"},
		"nothing":         {code: 200, write: true, body: `{"type":"nodePool","id":"c-abcde:np-1"}`, want: pool + `the answer of SERVER is no node pool with a quantity: {"type":"nodePool","id":"c-abcde:np-1"}; is it Rancher's API?`},
		"of another pool": {code: 200, body: `{"type":"nodePool","id":"c-abcde:np-2","quantity":3}`, want: pool + `the answer of SERVER is no node pool: {"type":"nodePool","id":"c-abcde:np-2","quantity":3}; is it Rancher's API?`},
		"404 of a proxy":  {code: 404, body: "404 page not found", busy: true, want: pool + "404: 404 page not found: SERVER has no API of node pools: check the url"},
		"another":         {code: 200, body: `{"type":"collection","data":[]}`, want: pool + `the answer of SERVER is no node pool: {"type":"collection","data":[]}; is it Rancher's API?`},
	} {
		t.Run(name, func(t *testing.T) { r.run(t, kindNodePool) })
	}
}

func TestLongAnswersAreCut(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	f.fail(saying(500, strings.Repeat("täxt ", 1000)))
	_, err := d.Observe(t.Context(), rules.Ref{Kind: kindMachinePool, Namespace: "prod", Name: "w"})
	require.Less(t, len(err.Error()), 400)
}
