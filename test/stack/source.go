package stack

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
)

// alertmanagerSource copies Alertmanager's module and adds the page that the
// server embeds, which the module lacks. It returns the folder to build in.
func alertmanagerSource(module, work string) (string, error) {
	dir := filepath.Join(work, "src")
	if err := os.CopyFS(dir, os.DirFS(module)); err != nil {
		return "", err
	}
	page := filepath.Join(dir, "ui", "app", "dist", "index.html")
	if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
		return "", err
	}
	return dir, os.WriteFile(page, []byte("<!doctype html><title>Alertmanager</title>\n"), 0o644)
}

// kwokStages joins those of kwok's stages that make nodes and pods ready at
// once, and lets pods go when they are deleted, into one file.
func kwokStages(module, out string) error {
	dir := filepath.Join(module, "kustomize", "stage")
	return join(filepath.Join(out, "stages.yaml"),
		filepath.Join(dir, "node", "fast", "node-initialize.yaml"),
		filepath.Join(dir, "node", "heartbeat", "node-heartbeat.yaml"),
		filepath.Join(dir, "pod", "fast", "pod-ready.yaml"),
		filepath.Join(dir, "pod", "fast", "pod-delete.yaml"),
	)
}

// operatorKinds joins the definitions of the operator's kinds into one file.
func operatorKinds(module, out string) error {
	kinds, err := filepath.Glob(filepath.Join(module, "example", "prometheus-operator-crd", "*.yaml"))
	if err == nil && len(kinds) == 0 {
		err = errors.New("the module has no definitions of its kinds")
	}
	if err != nil {
		return err
	}
	return join(filepath.Join(out, "kinds.yaml"), kinds...)
}

// join writes the documents of files into one.
func join(path string, files ...string) error {
	var all bytes.Buffer
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		all.WriteString("---\n")
		all.Write(text)
		all.WriteByte('\n')
	}
	return os.WriteFile(path, all.Bytes(), 0o644)
}
