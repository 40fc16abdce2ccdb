package stack

import (
	"net/http"
	"os"
	"time"
)

// StartOperator starts a prometheus-operator for all namespaces, after defining
// its kinds.
func StartOperator(t T, api *APIServer) *Process {
	t.Helper()
	kinds, err := os.ReadFile(program(t, Operator, "kinds.yaml"))
	must(t, err)
	c := NewClient(t, api.Kubeconfig(t, Admin))
	c.Apply(t, string(kinds))
	for _, kind := range []string{"Alertmanager", "AlertmanagerConfig", "PrometheusRule", "ServiceMonitor"} {
		c.WaitKind(t, kind+".monitoring.coreos.com", time.Minute)
	}
	listen := address(FreePort(t))
	return start(t, spec{
		name:  "prometheus-operator",
		path:  program(t, Operator, "operator"),
		dir:   t.TempDir(),
		args:  []string{"--web.listen-address=" + listen},
		env:   []string{"KUBECONFIG=" + api.Kubeconfig(t, Admin)},
		ready: answers(http.DefaultClient, "http://"+listen+"/healthz"),
	})
}
