package stack

import (
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
)

// controllers are those that workloads and namespaces need.
var controllers = []string{
	"deployment-controller",
	"replicaset-controller",
	"replicationcontroller-controller",
	"statefulset-controller",
	"horizontal-pod-autoscaler-controller",
	"garbage-collector-controller",
	"namespace-controller",
	"serviceaccount-controller",
}

// StartControllerManager starts a kube-controller-manager with the controllers
// of workloads. Without a scheduler, a pod's template must name its node.
func StartControllerManager(t T, api *APIServer) *Process {
	t.Helper()
	dir, port := t.TempDir(), FreePort(t)
	url := "https://" + address(port)
	return start(t, spec{
		name: "kube-controller-manager",
		path: program(t, Kubernetes, "kube-controller-manager"),
		dir:  dir,
		args: []string{
			"--kubeconfig=" + api.Kubeconfig(t, Admin),
			"--bind-address=" + loopback,
			"--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + filepath.Join(api.Dir(), "tls.crt"),
			"--tls-private-key-file=" + filepath.Join(api.Dir(), "tls.key"),
			"--service-account-private-key-file=" + filepath.Join(api.Dir(), "tls.key"),
			"--leader-elect=false",
			"--controllers=" + strings.Join(controllers, ","),
		},
		ready: answers(&http.Client{Transport: trusting(api.CA)}, url+"/healthz"),
	})
}
