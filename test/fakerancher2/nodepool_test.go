package fakerancher2

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNodePools(t *testing.T) {
	s := Start(t, Options{Settle: time.Hour})
	id := s.AddNodePool(NodePool{Cluster: "c-abc12", Quantity: 1, Fields: map[string]any{"etcd": true}})
	s.AddNodePool(NodePool{Cluster: "c-other", Quantity: 2})
	token, url := s.AddToken(Holder{}), s.URL+"/v3/nodePools/"+id
	read := func(r reply) (one map[string]any) {
		require.Equal(t, 200, r.status, r.body)
		require.NoError(t, json.Unmarshal([]byte(r.body), &one))
		return one
	}
	one := read(ask(t, http.MethodGet, url, token, ""))
	require.Equal(t, []any{id, "nodePool", 1.0, "active", "no", true}, pick(one, "id", "type", "quantity", "state", "transitioning", "etcd"))
	require.Equal(t, url, one["links"].(map[string]any)["self"])

	one = read(ask(t, http.MethodPut, url, token, `{"quantity": 3, "state": "x", "unknown": 1}`))
	require.Equal(t, []any{3.0, "updating", "yes", true}, pick(one, "quantity", "state", "transitioning", "etcd"))
	require.Equal(t, 3, s.Quantity(id))
	s.SetQuantity(id, 5)
	all := read(ask(t, http.MethodGet, s.URL+"/v3/nodePools?clusterId=c-abc12", token, ""))["data"].([]any)
	require.Len(t, all, 1)
	require.Equal(t, []any{5.0}, pick(all[0].(map[string]any), "quantity"))
}

func pick(from map[string]any, keys ...string) (values []any) {
	for _, key := range keys {
		values = append(values, from[key])
	}
	return values
}

func TestErrorsOfNodePools(t *testing.T) {
	s := Start(t, Options{})
	id := s.AddNodePool(NodePool{Cluster: "c-abc12", Quantity: 1})
	token, member := s.AddToken(Holder{}), s.AddToken(Holder{Members: []string{"c-other"}})
	for _, test := range []struct {
		method, path, token, body string
		status                    float64
		code                      string
	}{
		{"PUT", "/" + id, token, "no", 422, "InvalidBodyContent"},
		{"PUT", "/" + id, token, `{"quantity":null}`, 422, "NotNullable"},
		{"PUT", "/" + id, token, `{"quantity":1.5}`, 422, "InvalidFormat"},
		{"PATCH", "/" + id, token, `{"quantity":2}`, 405, "MethodNotAllow"},
		{"GET", "/c-abc12:np-x", token, "", 404, "NotFound"},
		{"GET", "/" + id, member, "", 404, "NotFound"},
		{"POST", "/" + id + "?action=x", token, "", 404, "ActionNotAvailable"},
	} {
		got := ask(t, test.method, s.URL+"/v3/nodePools"+test.path, test.token, test.body)
		var e map[string]any
		require.NoError(t, json.Unmarshal([]byte(got.body), &e))
		require.Equal(t, []any{"error", "error", test.status, test.code}, pick(e, "type", "baseType", "status", "code"), "%+v", test)
		require.EqualValues(t, test.status, got.status)
	}
	require.Equal(t, 1, s.Quantity(id))
	s.SetNodePools(false)
	require.Equal(t, 404, ask(t, "GET", s.URL+"/v3/nodePools", token, "").status)
}

func TestFaults(t *testing.T) {
	s := Start(t, Options{})
	id := s.AddNodePool(NodePool{Cluster: "c-abc12", Quantity: 1})
	token, url := s.AddToken(Holder{}), s.URL+"/v3/nodePools/"+id
	s.ConflictNext(1)
	s.LoseNext(1)
	require.Equal(t, 409, ask(t, "PUT", url, token, `{"quantity":2}`).status)
	require.Equal(t, 1, s.Quantity(id))
	_, err := try(t, "PUT", url, token, `{"quantity":2}`)
	require.Error(t, err)
	require.Equal(t, 2, s.Quantity(id))

	s.RefuseNext(429, 3*time.Second)
	got := ask(t, "GET", url, token, "")
	require.Equal(t, 429, got.status)
	require.Equal(t, "3", got.header.Get("Retry-After"))

	page := s.Gateway(502)
	require.Contains(t, ask(t, "GET", url, token, "").body, "<h1>502 Bad Gateway</h1>")
	page.Remove()
	login := s.Login()
	require.Equal(t, "/dashboard/auth/login", ask(t, "GET", url, token, "").header.Get("Location"))
	login.Remove()
	slow := s.Slow(200 * time.Millisecond)
	start := time.Now()
	require.Equal(t, 200, ask(t, "GET", url, token, "").status)
	require.GreaterOrEqual(t, time.Since(start), 200*time.Millisecond)
	slow.Remove()
}
