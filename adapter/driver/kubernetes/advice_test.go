package kubernetes

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules/engine"
)

const (
	unavailableBody = `{"Code":{"Code":"ClusterUnavailable","Status":503},"Message":"cluster not found","Cause":null,"FieldName":""}`
	unknownBody     = `{"Code":{"Code":"NotFound","Status":404},"Message":"clusters.management.cattle.io \"c-m-abc12\" not found","Cause":null,"FieldName":""}`
	authBody        = `{"type":"error","status":"401","message":"Unauthorized 401: must authenticate"}`
	normanBody      = `{"type":"error","baseType":"error","status":404,"code":"NotFound","message":""}`
	hiddenBody      = `{"type":"error","baseType":"error","status":403,"code":"Forbidden","message":"clusters is forbidden"}`
	gatewayBody     = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
	loginBody       = "<!DOCTYPE html><html><head><title>Sign in &amp; go</title></head></html>"

	noCluster403 = "; Rancher says so: it has no cluster c-m-abc12, or hides it from the user of the token; rancher.cluster is the id in Rancher's URL of the cluster, not its name"
	away         = "; Rancher says so: c-m-abc12 is unavailable, or disconnected from it"
)

// replying is a fault that answers with a body and headers.
func replying(code int, body string, header ...string) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// newRancherWorld is newWorld behind a Rancher.
func newRancherWorld(t *testing.T) (*world, *Rancher) {
	w := &world{T: t, fake: newFake(t, true), now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	r := behindRancher(t, w.fake)
	w.driver = newRancherDriver(t, r, func() time.Time { return w.now })
	w.fake.put(deploymentPath("web"), 3)
	return w, r
}

type refusalCase struct {
	fail fault
	is   error // nil: transient
	busy bool  // it says that nothing was changed
	want string
}

func refusalsOfRancher(r *Rancher) []refusalCase {
	base := r.URL + rancherPath
	const noLogin = "; rancher.url must lead to Rancher itself, with no login page in between"
	return []refusalCase{
		{fail: replying(401, authBody), busy: true, want: "401: Unauthorized 401: must authenticate; Rancher does not take the token of " + r.TokenFile + " for c-m-abc12: it may have expired, have been deleted, or be scoped to another cluster; put a new one into the file"},
		{fail: answering(401, 0), busy: true, want: "401: not now; the API server of c-m-abc12 does not take what Rancher shows to it for the user of the token"},
		{fail: replying(404, unknownBody), is: controller.ErrNotFound, want: `404: clusters.management.cattle.io "c-m-abc12" not found` + noCluster403},
		{fail: replying(404, normanBody), is: controller.ErrNotFound, want: "404: NotFound" + noCluster403},
		{fail: replying(403, hiddenBody), is: controller.ErrForbidden, want: "403: clusters is forbidden" + noCluster403},
		{fail: replying(503, unavailableBody), want: "503: cluster not found" + away},
		{fail: replying(500, "cluster agent disconnected"), want: "500: cluster agent disconnected" + away},
		{fail: replying(502, "error trying to reach service: cluster agent disconnected"), want: "502: error trying to reach service: cluster agent disconnected" + away},
		{fail: replying(500, "failed to find Session for client c-m-abc12"), want: "500: failed to find Session for client c-m-abc12" + away},
		{fail: replying(500, `{"type":"error","status":500,"code":"ServerError","message":"x"}`), want: "500: x"},
		{fail: replying(502, gatewayBody), want: `502: an HTML page, "502 Bad Gateway"; what is in front of Rancher says so`},
		{fail: replying(404, loginBody), want: `404: an HTML page, "Sign in & go"` + noLogin},
		{fail: replying(302, "<a href=x>", "Location", "https://sso.example.com/login?state=hunter2"), want: "302 Found; " + base + " redirects to https://sso.example.com/login" + noLogin},
		{fail: replying(307, "", "Location", "/dashboard/auth/login"), want: "307 Temporary Redirect; " + base + " redirects to /dashboard/auth/login" + noLogin},
	}
}

// Each answer of Rancher, or of what is in front of it, is one line that says whose it is.
func TestWhatRancherSays(t *testing.T) {
	w, r := newRancherWorld(t)
	require.NoError(t, w.observe("Deployment"))
	for _, test := range refusalsOfRancher(r) {
		for name, call := range map[string]func() error{"observe": func() error { return w.observe("Deployment") }, "scale": w.scale} {
			w.fake.with(func() { w.fake.next = append(w.fake.next, test.fail) })
			err := call()
			want := "Deployment shop/web: " + test.want
			if test.is != nil {
				want = test.is.Error() + ": " + want
			} else if test.busy {
				want = "unauthorized: " + want
			}
			require.EqualError(t, err, want, name)
			for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
				require.Equal(t, sentinel == test.is, errors.Is(err, sentinel), "%v is %v", err, sentinel)
			}
			busy := (*controller.ThrottledError)(nil)
			require.Equal(t, test.busy, errors.As(err, &busy), err)
			w.now = w.now.Add(httpx.Recovering + time.Second)
		}
	}
	require.Equal(t, 1, w.readings(), "no kind was looked up again")
}

// A page in the place of a Scale is a login's.
func TestAPageForAnAnswer(t *testing.T) {
	w, r := newRancherWorld(t)
	require.NoError(t, w.observe("Deployment"))
	w.fake.with(func() { w.fake.next = append(w.fake.next, replying(200, loginBody)) })
	require.EqualError(t, w.observe("Deployment"), "Deployment shop/web: the answer of "+r.URL+rancherPath+
		` is no Scale: an HTML page, "Sign in & go"; rancher.url must lead to Rancher itself, with no login page in between`)
}

// A Rancher that has failed a moment ago may not know its clusters yet.
func TestARancherThatStarts(t *testing.T) {
	w, _ := newRancherWorld(t)
	require.NoError(t, w.observe("Deployment"))
	w.fake.with(func() { w.fake.next = append(w.fake.next, replying(502, gatewayBody), replying(404, unknownBody)) })
	require.Error(t, w.observe("Deployment"))
	w.busy(w.observe("Deployment"), 0, `not found: Deployment shop/web: 404: clusters.management.cattle.io "c-m-abc12" not found`+noCluster403+failedAMomentAgo)
}

func TestDiscoveryViaRancher(t *testing.T) {
	const in = "discovery of kind Deployment: /api answered "
	for _, test := range refusalsOfRancher(&Rancher{URL: "URL", TokenFile: "FILE"}) {
		w, r := newRancherWorld(t)
		want := strings.NewReplacer("URL/", r.URL+"/", "FILE", r.TokenFile).Replace(in + test.want)
		if strings.HasPrefix(test.want, "401") {
			want = "unauthorized: " + want
		}
		w.fake.with(func() { w.fake.index = test.fail })
		for range 2 { // it is asked for once
			err := w.observe("Deployment")
			if test.is == nil {
				w.busy(err, again, want)
				continue
			}
			require.ErrorIs(t, err, test.is)
			require.EqualError(t, err, test.is.Error()+": "+want)
		}
		require.Equal(t, 1, w.fake.count("GET /"), want)
		w.now = w.now.Add(again)
		w.fake.with(func() { w.fake.index = nil })
		require.NoError(t, w.observe("Deployment"), "it is asked again after a minute")
	}
}

// What is in front of a Rancher that starts may have a 404 of its own, in whatever form. It is not for good.
func TestA404InFrontOfRancher(t *testing.T) {
	w, _ := newRancherWorld(t)
	require.NoError(t, w.observe("Deployment"))
	for _, body := range []string{"", "404 page not found", `{"message":"no Route matched with those values"}`, `{"code":404,"message":"nobody"}`, "<html><body>nobody</body></html>", gatewayBody} {
		w.fake.with(func() { w.fake.next = append(w.fake.next, replying(404, body)) })
		err := w.observe("Deployment")
		require.Error(t, err)
		for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
			require.NotErrorIs(t, err, sentinel, body)
		}
		require.NoError(t, w.observe("Deployment"), body)
	}
}

// A cluster that goes while its kinds are read leaves no kind unknown.
func TestAClusterThatGoesDuringDiscovery(t *testing.T) {
	w, _ := newRancherWorld(t)
	w.fake.with(func() { w.fake.index = replying(404, unknownBody) })
	require.ErrorIs(t, w.observe("Deployment"), controller.ErrNotFound)
	w.now = w.now.Add(again) // what was said of it then is over
	w.fake.with(func() {
		w.fake.older = true
		w.fake.index = func(rw http.ResponseWriter, req *http.Request) bool {
			return req.URL.Path == "/apis/apps/v1" && replying(404, unknownBody)(rw, req)
		}
	})
	var busy *controller.ThrottledError
	require.ErrorAs(t, w.observe("Deployment"), &busy)
	require.ErrorContains(t, busy, "these API groups do not answer the API server: apps/v1")
}

// A kubeconfig that leads through a Rancher is the usual way to have one.
func TestAKubeconfigOfRancher(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.observe("Deployment"))
	w.fake.with(func() { w.fake.next = append(w.fake.next, replying(404, unknownBody), replying(503, unavailableBody)) })
	require.EqualError(t, w.observe("Deployment"), `not found: Deployment shop/web: 404: clusters.management.cattle.io "c-m-abc12" not found; Rancher says so: it has no such cluster as the server of the kubeconfig names, or hides it from the user of the token`)
	require.EqualError(t, w.observe("Deployment"), "Deployment shop/web: 503: cluster not found; Rancher says so: the cluster is unavailable, or disconnected from it")
}

// A new token in the file is taken as soon as the old one is not.
func TestTokenFile(t *testing.T) {
	w, r := newRancherWorld(t)
	require.NoError(t, w.observe("Deployment"))
	w.fake.with(func() { w.fake.token = "token-abcde:next" })
	require.NoError(t, os.WriteFile(r.TokenFile, []byte("token-abcde:next"), 0o600))
	require.ErrorContains(t, w.observe("Deployment"), "unauthorized")
	require.NoError(t, w.observe("Deployment"))

	w.fake.with(func() { w.fake.token = "token-abcde:third" })
	require.ErrorContains(t, w.observe("Deployment"), "unauthorized")
	require.NoError(t, os.Remove(r.TokenFile))
	before := w.fake.count("")
	err := w.driver.Scale(t.Context(), deployment("web"), engine.Change{From: 3, To: 4, Version: "1"})
	w.busy(err, 0, `not sent: rancher.token_file: failed to read token file "`+r.TokenFile+`": open `+r.TokenFile+`: no such file or directory`)
	require.Equal(t, before, w.fake.count(""))
	require.NoError(t, os.WriteFile(r.TokenFile, []byte("token-abcde:third"), 0o600))
	require.NoError(t, w.observe("Deployment"))
}

func TestUnknownCA(t *testing.T) {
	w, r := newRancherWorld(t)
	r.CAFile = ""
	w.driver = newRancherDriver(t, r, time.Now)
	err := w.observe("Deployment")
	require.ErrorContains(t, err, "discovery of kind Deployment: no answer from "+r.URL+rancherPath+": ")
	require.ErrorContains(t, err, "certificate signed by unknown authority; put the certificate of its CA into a file, and name that in rancher.ca_file")
}

func TestRedirectToHTTPS(t *testing.T) {
	c := &client{base: "http://rancher.example.com/k8s/clusters/local", rancher: &Rancher{}}
	require.Equal(t, "; "+c.base+" redirects to https://rancher.example.com/k8s/clusters/local/api; give rancher.url with https", c.redirected("https://rancher.example.com/k8s/clusters/local/api"))
	require.Equal(t, "; "+c.base+" redirects to https://sso.example.com/login"+noLogin, c.redirected("https://sso.example.com/login"))
}
