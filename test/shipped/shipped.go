// Package shipped brings what examples/ ships to the tests: its files as they are, and alertscale's
// account with the role that they give it and no other.
//
// Its paths are those that a package's tests see which is as deep in the tree as this one.
package shipped

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"alertscale/test/stack"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Dir is the folder of the examples.
const Dir = "../../examples"

// Namespace and Name are those of alertscale's service account.
const (
	Namespace = "monitoring"
	Name      = "alertscale"
)

// File returns the text of a file of the examples.
func File(t stack.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Dir, name))
	must(t, err)
	return string(text)
}

// Replace puts new texts in the place of old ones, given by turns, each of which must be there
// exactly once: a test that adapts a file is to notice when the file has changed.
func Replace(t stack.T, text string, oldnew ...string) string {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if n := strings.Count(text, oldnew[i]); n != 1 {
			t.Errorf("%q is there %d times, want once, in:\n%s", oldnew[i], n, text)
			t.FailNow()
		}
		text = strings.Replace(text, oldnew[i], oldnew[i+1], 1)
	}
	return text
}

// Acting returns a file of alertscale without the line `dry_run: true` of a target, which its user deletes to have it act.
func Acting(t stack.T, text, target string) string {
	t.Helper()
	line := regexp.MustCompile(`(?m)^(  ` + regexp.QuoteMeta(target) + `:\n(?:    .*\n)*?)    dry_run: true\n`)
	if n := len(line.FindAllString(text, -1)); n != 1 {
		t.Errorf("%d targets %s with dry_run: true, want one, in:\n%s", n, target, text)
		t.FailNow()
	}
	return line.ReplaceAllString(text, "$1")
}

// Account applies what the kustomizations of the examples have in common, alertscale's account, role
// and claim, and returns a token of that account.
func Account(t stack.T, api *stack.APIServer) string {
	t.Helper()
	client := stack.NewClient(t, api.Kubeconfig(t, stack.Admin))
	client.Apply(t, "{apiVersion: v1, kind: Namespace, metadata: {name: "+Namespace+"}}")
	client.Apply(t, stack.Render(t, filepath.Join(Dir, "kubernetes/base")))
	return Token(t, client, Namespace, Name)
}

// Token returns a token of a service account, as a pod of it is given.
func Token(t stack.T, client *stack.Client, namespace, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	accounts := client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}).Namespace(namespace)
	request := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authentication.k8s.io/v1",
		"kind":       "TokenRequest",
		"metadata":   map[string]any{"name": name},
		"spec":       map[string]any{"expirationSeconds": int64(3607)},
	}}
	answer, err := accounts.Create(ctx, request, metav1.CreateOptions{}, "token")
	must(t, err)
	token, _, err := unstructured.NestedString(answer.Object, "status", "token")
	must(t, err)
	return token
}

// Build builds alertscale as the Dockerfile does, and returns its path.
func Build(t stack.T) string {
	t.Helper()
	return build(t, ".")
}

// Dockercoins builds the application of examples/dockercoins, and returns its path.
func Dockercoins(t stack.T) string {
	t.Helper()
	return build(t, "./examples/dockercoins")
}

// build builds a package of alertscale's module.
func build(t stack.T, pkg string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(t.TempDir(), "program"))
	must(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", path, pkg)
	cmd.Dir = filepath.Dir(Dir)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go build: %v\n%s", err, out)
		t.FailNow()
	}
	return path
}

func must(t stack.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%v", err)
		t.FailNow()
	}
}
