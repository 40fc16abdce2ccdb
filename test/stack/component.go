package stack

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// A Component is something that is built: its value is the folder under
// components/ whose go.mod says at which version.
type Component string

// The components.
const (
	Etcd            Component = "etcd"
	Prometheus      Component = "prometheus"
	Alertmanager    Component = "alertmanager"
	Alertmanager027 Component = "alertmanager-0.27" // Its payloads have no notification_reason.
	Kubernetes      Component = "kubernetes"
	Kwok            Component = "kwok"
	Kustomize       Component = "kustomize"
	Operator        Component = "prometheus-operator"
)

// A recipe says what to build of a component.
type recipe struct {
	name     string            // First part of its folder's name in the cache.
	module   string            // Module that carries the version.
	programs map[string]string // Package by name of the program.
	version  string            // Variable to set to the version, where it is not known otherwise.
	source   func(module, work string) (string, error)
	extra    func(module, out string) error
}

const (
	alertmanagerModule  = "github.com/prometheus/alertmanager"
	prometheusModule    = "github.com/prometheus/prometheus"
	prometheusVersion   = "github.com/prometheus/common/version.Version"
	operatorModule      = "github.com/prometheus-operator/prometheus-operator"
	kubernetesModule    = "k8s.io/kubernetes"
	kubernetesVersion   = "k8s.io/component-base/version.gitVersion"
	alertmanagerProgram = "alertmanager"
)

func recipes() map[Component]recipe {
	alertmanager := recipe{
		name:    alertmanagerProgram,
		module:  alertmanagerModule,
		version: prometheusVersion,
		programs: map[string]string{
			alertmanagerProgram: alertmanagerModule + "/cmd/alertmanager",
			"amtool":            alertmanagerModule + "/cmd/amtool",
		},
	}
	withPage := alertmanager
	withPage.source = alertmanagerSource
	return map[Component]recipe{
		Etcd: {
			name:     "etcd",
			module:   "go.etcd.io/etcd/server/v3",
			programs: map[string]string{"etcd": "go.etcd.io/etcd/server/v3"},
		},
		Prometheus: {
			name:    "prometheus",
			module:  prometheusModule,
			version: prometheusVersion,
			programs: map[string]string{
				"prometheus": prometheusModule + "/cmd/prometheus",
				"promtool":   prometheusModule + "/cmd/promtool",
			},
		},
		Alertmanager:    withPage,
		Alertmanager027: alertmanager,
		Kubernetes: {
			name:    "kubernetes",
			module:  kubernetesModule,
			version: kubernetesVersion,
			programs: map[string]string{
				"kube-apiserver":          kubernetesModule + "/cmd/kube-apiserver",
				"kube-controller-manager": kubernetesModule + "/cmd/kube-controller-manager",
			},
		},
		Kwok: {
			name:     "kwok",
			module:   "sigs.k8s.io/kwok",
			programs: map[string]string{"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
			extra:    kwokStages,
		},
		Kustomize: {
			name:     "kustomize",
			module:   "sigs.k8s.io/kustomize/kustomize/v5",
			programs: map[string]string{"kustomize": "sigs.k8s.io/kustomize/kustomize/v5"},
		},
		Operator: {
			name:     "prometheus-operator",
			module:   operatorModule,
			programs: map[string]string{"operator": operatorModule + "/cmd/operator"},
			extra:    operatorKinds,
		},
	}
}

// Components returns all of them, in the order of their names.
func Components() []Component { return slices.Sorted(maps.Keys(recipes())) }

// Version returns the version that the component's go.mod pins, without the v.
func (c Component) Version() (string, error) {
	r, ok := recipes()[c]
	if !ok {
		return "", fmt.Errorf("component %q: not defined", c)
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "components", string(c), "go.mod")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	file, err := modfile.ParseLax(path, text, nil)
	if err != nil {
		return "", err
	}
	for _, req := range file.Require {
		if req.Mod.Path == r.module {
			return strings.TrimPrefix(req.Mod.Version, "v"), nil
		}
	}
	return "", fmt.Errorf("%s: does not require %s", path, r.module)
}

// folder returns where the component is once it is built.
func (c Component) folder() (string, error) {
	version, err := c.Version()
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, recipes()[c].name+"-"+version+"-"+runtime.Version()), nil
}
