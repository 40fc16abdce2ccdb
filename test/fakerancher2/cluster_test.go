package fakerancher2

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const authError = `{"type":"error","status":"401","message":"Unauthorized 401: must authenticate"}` + "\n"

func TestPassesOn(t *testing.T) {
	s := Start(t, Options{})
	s.AddCluster(t, "c-m-abc12", Cluster{URL: echo(t), Token: "inner"})
	token := s.AddToken(Holder{})
	got := ask(t, http.MethodPatch, s.URL+"/k8s/clusters/c-m-abc12/apis/a%2Fb?x=%2F&y", token, `{"a":1}`)
	require.Equal(t, `PATCH|/apis/a%2Fb?x=%2F&y|Bearer inner|application/merge-patch+json|{"a":1}`, got.body)
	require.Equal(t, http.StatusTooManyRequests, got.status)
	require.Equal(t, "7", got.header.Get("Retry-After"))
}

func TestTokens(t *testing.T) {
	s := Start(t, Options{})
	for _, id := range []string{Local, "c-m-abc12"} {
		s.AddCluster(t, id, Cluster{URL: echo(t)})
	}
	all, one := s.AddToken(Holder{}), s.AddToken(Holder{Scope: "c-m-abc12"})
	const local, other, pools = "/k8s/clusters/local/api", "/k8s/clusters/c-m-abc12/api", "/v3/nodePools"
	for _, test := range []struct {
		path, token string
		want        int
	}{
		{local, all, 429},
		{other, one, 429},
		{pools, all, 200},
		{local, "", 401},
		{local, "token-x:y", 401},
		{local, one, 401},
		{pools, one, 401},
	} {
		got := ask(t, http.MethodGet, s.URL+test.path, test.token, "")
		require.Equal(t, test.want, got.status, "%+v", test)
		if test.want == 401 {
			require.Equal(t, authError, got.body) //nolint:testifylint // byte by byte
		}
	}
	s.Revoke(all)
	require.Equal(t, 401, ask(t, http.MethodGet, s.URL+local, all, "").status)

	basic, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+other, nil)
	require.NoError(t, err)
	basic.SetBasicAuth(one[:len("token-a0002")], one[len("token-a0002:"):])
	res, err := http.DefaultClient.Do(basic)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 429, res.StatusCode)
}

func TestClustersThatAreNotThere(t *testing.T) {
	s := Start(t, Options{})
	s.AddCluster(t, Local, Cluster{URL: echo(t)})
	url, token := s.URL+"/k8s/clusters/", s.AddToken(Holder{})
	got := ask(t, http.MethodGet, url+"c-x/api", token, "")
	require.Equal(t, 404, got.status)
	require.Equal(t, `{"Code":{"Code":"NotFound","Status":404},"Message":"clusters.management.cattle.io \"c-x\" not found","Cause":null,"FieldName":""}`+"\n", got.body) //nolint:testifylint // byte by byte
	require.Equal(t, 403, ask(t, http.MethodGet, url+"local/api", s.AddToken(Holder{Members: []string{"c-y"}}), "").status)

	s.SetState(Local, Unavailable)
	got = ask(t, http.MethodGet, url+"local/api", token, "")
	require.Equal(t, 503, got.status)
	require.Equal(t, `{"Code":{"Code":"ClusterUnavailable","Status":503},"Message":"cluster not found","Cause":null,"FieldName":""}`+"\n", got.body) //nolint:testifylint // byte by byte
	require.Contains(t, got.header.Get("Content-Type"), "text/plain")
	s.SetState(Local, Disconnected)
	require.Equal(t, "cluster agent disconnected", ask(t, http.MethodGet, url+"local/api", token, "").body)
	s.SetState(Local, Active)
	require.Equal(t, 429, ask(t, http.MethodGet, url+"local/api", token, "").status)
	s.RemoveCluster(Local)
	require.Equal(t, 404, ask(t, http.MethodGet, url+"local/api", token, "").status)
}
