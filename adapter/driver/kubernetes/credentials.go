package kubernetes

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// credentials finds the API server and what to show to it: what the block names, else the pod's
// service account, else KUBECONFIG, else ~/.kube/config.
func credentials(cfg Config, inCluster func() (*rest.Config, error)) (*rest.Config, error) {
	if cfg.Rancher != nil {
		return cfg.Rancher.config()
	}
	if cfg.Kubeconfig != "" {
		return fromFiles("kubeconfig", []string{cfg.Kubeconfig}, cfg.Context)
	}
	var pod error
	if cfg.Context == "" {
		found, err := inCluster()
		if err == nil {
			return found, nil
		}
		pod = err
	}
	if files := filepath.SplitList(os.Getenv("KUBECONFIG")); len(files) > 0 {
		return fromFiles("KUBECONFIG", files, cfg.Context)
	}
	if home, err := os.UserHomeDir(); err == nil {
		file := filepath.Join(home, ".kube", "config")
		if _, err := os.Stat(file); err == nil {
			return fromFiles("kubeconfig", []string{file}, cfg.Context)
		}
	}
	return nil, noCluster(cfg, pod)
}

func noCluster(cfg Config, pod error) error {
	why := "set kubeconfig in the driver's block or KUBECONFIG, put one at ~/.kube/config, or run in a pod with a service account"
	switch {
	case cfg.Context != "":
		return fmt.Errorf("context %q: there is no kubeconfig to look it up in: %s", cfg.Context, why)
	case pod != nil && !errors.Is(pod, rest.ErrNotInCluster):
		return fmt.Errorf("no cluster is configured: this is a pod, but its service account cannot be read: %w; %s", pod, why)
	}
	return fmt.Errorf("no cluster is configured: %s", why)
}

// fromFiles merges kubeconfigs as kubectl does, the first to say something wins, and takes a
// context of them. Of a list, files that do not exist are passed over as long as there is one.
func fromFiles(source string, files []string, context string) (*rest.Config, error) {
	where := source + " " + strings.Join(files, string(os.PathListSeparator))
	exists := func(file string) bool { _, err := os.Stat(file); return !errors.Is(err, fs.ErrNotExist) }
	if !slices.ContainsFunc(files, exists) {
		return nil, fmt.Errorf("%s: no such file", where)
	}
	loading := &clientcmd.ClientConfigLoadingRules{Precedence: files}
	merged, err := loading.Load()
	if err != nil {
		return nil, fmt.Errorf("%s: %s", source, oneLine(err.Error())) // which names the file
	}
	if err := pick(merged, context); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	found, err := clientcmd.NewNonInteractiveClientConfig(*merged, merged.CurrentContext,
		&clientcmd.ConfigOverrides{}, loading).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("%s: context %q: %s", where, merged.CurrentContext, oneLine(err.Error()))
	}
	return found, nil
}

// pick makes a context the current one, where one is asked for, and sees to it that it names a
// server.
func pick(c *api.Config, context string) error {
	if context != "" {
		c.CurrentContext = context
	}
	names := strings.Join(slices.Sorted(maps.Keys(c.Contexts)), ", ")
	picked := c.Contexts[c.CurrentContext]
	switch {
	case picked != nil && (c.Clusters[picked.Cluster] == nil || c.Clusters[picked.Cluster].Server == ""):
		return fmt.Errorf("context %q: cluster %q has no server there", c.CurrentContext, picked.Cluster)
	case picked != nil:
		return nil
	case names == "":
		return errors.New("has no contexts; is it a kubeconfig?")
	case c.CurrentContext == "":
		return fmt.Errorf("sets no current-context; set context in the driver's block to one of %s", names)
	}
	return fmt.Errorf("has no context %q; it has %s", c.CurrentContext, names)
}
