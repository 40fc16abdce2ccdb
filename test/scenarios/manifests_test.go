package scenarios

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// TestManifests applies each kustomization of the examples to the API server, in a namespace that lets
// in only pods that are restricted, and waits until the controllers have made the pods. No pod runs:
// there is no kubelet.
func TestManifests(t *testing.T) {
	for dir, workload := range map[string]stack.Object{
		"kubernetes/base":       {},
		"kubernetes/standalone": {Kind: "Deployment", Namespace: shipped.Namespace, Name: "alertscale"},
		"kubernetes/sidecar":    {Kind: "StatefulSet", Namespace: shipped.Namespace, Name: "alertmanager"},
		".":                     {Kind: "StatefulSet", Namespace: shipped.Namespace, Name: "alertmanager"},
	} {
		t.Run(dir, func(t *testing.T) {
			applied(t, stack.Render(t, filepath.Join(shipped.Dir, dir)), workload)
		})
	}
}

// applied applies manifests, and waits until the controllers have made the pod of the workload, if there is one.
func applied(t *testing.T, manifests string, workload stack.Object) {
	t.Helper()
	cluster.Client.Apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: monitoring,
  labels: {pod-security.kubernetes.io/enforce: restricted}}}`)
	cluster.Client.Apply(t, manifests)
	for _, o := range objects(t, manifests) {
		require.Contains(t, []string{"", shipped.Namespace}, o.GetNamespace(), o.GetName())
	}
	if workload.Kind == "" {
		return
	}
	stack.Eventually(t, wait, func() error {
		status, _, err := unstructured.NestedMap(cluster.Client.Get(t, workload).Object, "status")
		if err == nil && status["replicas"] != int64(1) {
			err = fmt.Errorf("%s has no pod: %v", workload, status)
		}
		return err
	})
	cluster.Client.Delete(t, workload)
	stack.Eventually(t, wait, func() error {
		if _, err := cluster.Client.Read(t.Context(), workload); err == nil {
			return fmt.Errorf("%s is still there", workload)
		}
		return nil
	})
}

// TestManifestsRun runs alertscale with the arguments of each kustomization's container, on the files of
// its ConfigMap, with the paths of the volumes elsewhere, and its probes.
func TestManifestsRun(t *testing.T) {
	program := shipped.Build(t)
	whole := objects(t, stack.Render(t, shipped.Dir))
	config, _, err := unstructured.NestedStringMap(find(t, whole, "ConfigMap", "alertscale").Object, "data")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"alertscale.yml": shipped.File(t, "alertscale.yml")}, config)
	for dir, kind := range map[string]string{"standalone": "Deployment alertscale", "sidecar": "StatefulSet alertmanager"} {
		t.Run(dir, func(t *testing.T) {
			kind, name, _ := strings.Cut(kind, " ")
			workload := find(t, objects(t, stack.Render(t, filepath.Join(shipped.Dir, "kubernetes", dir))), kind, name)
			p := newPod(t, program, workload)
			p.volume(t, "/etc/alertscale", config)
			data := p.volume(t, "/data", nil)
			p.runs(t)
			require.FileExists(t, filepath.Join(data, "alertscale.db"))
		})
	}
}

// objects returns the documents of manifests.
func objects(t *testing.T, manifests string) (all []*unstructured.Unstructured) {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		var o unstructured.Unstructured
		err := decoder.Decode(&o.Object)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, &o)
	}
}

func find(t *testing.T, all []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, o := range all {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	require.Fail(t, "no "+kind+" "+name)
	return nil
}
