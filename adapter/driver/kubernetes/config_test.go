package kubernetes

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"

	"alertscale/rules/yamldoc"
)

func TestReadConfig(t *testing.T) {
	doc, root := yamldoc.Parse("a.yml", []byte("type: kubernetes\nkubeconfig: /k\ncontext: c\nqps: 2.5\nburst: 7\nevents: false\n"))
	require.Equal(t, Config{Kubeconfig: "/k", Context: "c", QPS: 2.5, Burst: 7, NoEvents: true}, ReadConfig(root))
	require.NoError(t, doc.Err())

	doc, root = yamldoc.Parse("a.yml", []byte("events: true\n"))
	require.Equal(t, Config{QPS: 50, Burst: 100}, ReadConfig(root).withDefaults())
	require.NoError(t, doc.Err())

	doc, root = yamldoc.Parse("a.yml", []byte("kubeconfg: x\ncontext: ''\nqps: 0\nburst: none\nevents: no\n"))
	ReadConfig(root)
	require.EqualError(t, doc.Err(), `a.yml:1: unknown key "kubeconfg", did you mean "kubeconfig"?
a.yml:2: context: is empty
a.yml:3: qps: "0" is not a number above 0
a.yml:4: burst: "none" is not a whole number
a.yml:5: events: "no" is neither true nor false`)
}

func TestKindsOfTheFile(t *testing.T) {
	_, err := New(Config{}, Options{Now: time.Now, Kinds: []string{"apps/Deployment", "a/b/c/d", "apps/v1/Deployment",
		"apps/v1/Deployment", "apps/v1beta1/Deployment", "Widget", "a.b/v1/"}})
	require.EqualError(t, err, `kind "apps/Deployment": want Kind, version/Kind or group/version/Kind, as in apps/v1/Deployment
kind "a/b/c/d": want Kind, version/Kind or group/version/Kind, as in apps/v1/Deployment
kinds apps/v1/Deployment and apps/v1beta1/Deployment are one kind in two versions; keep one
kind "a.b/v1/": want Kind, version/Kind or group/version/Kind, as in apps/v1/Deployment`)
}

func notInCluster() (*rest.Config, error) { return nil, rest.ErrNotInCluster }

func inCluster() (*rest.Config, error) {
	return &rest.Config{Host: "https://pod", BearerTokenFile: "/token"}, nil
}

func host(host, name string) string {
	return "clusters: [{name: c, cluster: {server: 'https://" + host + "'}}]\n" +
		"contexts: [{name: " + name + ", context: {cluster: c}}]\ncurrent-context: " + name + "\n"
}

// The block comes first, then the pod's account, KUBECONFIG and the home folder.
func TestCredentials(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(home, ".kube"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".kube", "config"), []byte(host("home", "h")), 0o600))
	explicit, environment := kubeconfig(t, host("explicit", "x")), kubeconfig(t, host("environment", "e"))
	list := "/nonexistent" + string(os.PathListSeparator) + environment + string(os.PathListSeparator) + kubeconfig(t, host("late", "second"))
	for _, test := range []struct {
		name, env string
		cfg       Config
		pod       bool
		want      string
	}{
		{"explicit", environment, Config{Kubeconfig: explicit}, true, "https://explicit"},
		{"context alone", environment, Config{Context: "e"}, true, "https://environment"},
		{"context at home", "", Config{Context: "h"}, true, "https://home"},
		{"in a pod", environment, Config{}, true, "https://pod"},
		{"KUBECONFIG", environment, Config{}, false, "https://environment"},
		{"KUBECONFIG with several", list, Config{}, false, "https://environment"},
		{"home", "", Config{}, false, "https://home"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", test.env)
			t.Setenv("HOME", home)
			pod := notInCluster
			if test.pod {
				pod = inCluster
			}
			found, err := credentials(test.cfg, pod)
			require.NoError(t, err)
			require.Equal(t, test.want, found.Host)
		})
	}
}

func TestNoCredentials(t *testing.T) {
	const what = "set kubeconfig in the driver's block or KUBECONFIG, put one at ~/.kube/config, or run in a pod with a service account"
	two := kubeconfig(t, "contexts: [{name: prod, context: {cluster: gone}}, {name: dev, context: {cluster: gone}}]\n")
	empty := kubeconfig(t, "")
	broken := kubeconfig(t, "x: [")
	for _, test := range []struct {
		name, env string
		cfg       Config
		pod       error
		want      string
	}{
		{"nothing", "", Config{}, rest.ErrNotInCluster, "no cluster is configured: " + what},
		{"a pod without an account", "", Config{}, &fs.PathError{Op: "open", Path: "/token", Err: fs.ErrNotExist},
			"no cluster is configured: this is a pod, but its service account cannot be read: open /token: file does not exist; " + what},
		{"a context and no file", "", Config{Context: "prod"}, nil, `context "prod": there is no kubeconfig to look it up in: ` + what},
		{"no such file", "", Config{Kubeconfig: "/nonexistent/k"}, nil, "kubeconfig /nonexistent/k: no such file"},
		{"no such file in KUBECONFIG", "/nonexistent/k", Config{}, rest.ErrNotInCluster, "KUBECONFIG /nonexistent/k: no such file"},
		{"no such context", "", Config{Kubeconfig: two, Context: "prd"}, nil, "kubeconfig " + two + `: has no context "prd"; it has dev, prod`},
		{"no context", "", Config{Kubeconfig: two}, nil, "kubeconfig " + two + ": sets no current-context; set context in the driver's block to one of dev, prod"},
		{"no contexts", "", Config{Kubeconfig: empty}, nil, "kubeconfig " + empty + ": has no contexts; is it a kubeconfig?"},
		{"no cluster", "", Config{Kubeconfig: two, Context: "dev"}, nil, "kubeconfig " + two + `: context "dev": cluster "gone" has no server there`},
		{"no YAML", "", Config{Kubeconfig: broken}, nil, `kubeconfig: error loading config file "` + broken + `": yaml: line 3: did not find expected node content`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", test.env)
			t.Setenv("HOME", t.TempDir())
			_, err := credentials(test.cfg, func() (*rest.Config, error) { return nil, test.pod })
			require.Error(t, err)
			require.EqualError(t, err, test.want)
			require.NotErrorIs(t, err, rest.ErrNotInCluster)
		})
	}
}
