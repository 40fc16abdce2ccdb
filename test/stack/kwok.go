package stack

import (
	"fmt"
	"net/http"
)

// Node is the name of the node that StartKwok makes.
const Node = "node-0"

// StartKwok starts a kwok, which plays the kubelet: the node, which it makes,
// and each pod on it become ready at once.
func StartKwok(t T, api *APIServer) *Process {
	t.Helper()
	server := address(FreePort(t))
	p := start(t, spec{
		name: "kwok",
		path: program(t, Kwok, "kwok"),
		dir:  t.TempDir(),
		args: []string{
			"--kubeconfig=" + api.Kubeconfig(t, Admin),
			"--config=" + program(t, Kwok, "stages.yaml"),
			"--manage-all-nodes=true",
			"--server-address=" + server,
		},
		ready: answers(http.DefaultClient, "http://"+server+"/healthz"),
	})
	c := NewClient(t, api.Kubeconfig(t, Admin))
	c.Apply(t, "{apiVersion: v1, kind: Node, metadata: {name: "+Node+"}}")
	node := Object{Kind: "Node", Name: Node}
	Eventually(t, startTimeout, func() error {
		got, err := c.Read(t.Context(), node)
		if err == nil && !nodeIsReady(got) {
			err = fmt.Errorf("%s: not ready", node)
		}
		return err
	})
	return p
}
