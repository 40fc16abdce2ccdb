package stack

import (
	"bytes"
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
	var all bytes.Buffer
	for _, name := range []string{
		"node/fast/node-initialize", "node/heartbeat/node-heartbeat", "pod/fast/pod-ready", "pod/fast/pod-delete",
	} {
		text, err := os.ReadFile(filepath.Join(module, "kustomize", "stage", filepath.FromSlash(name)+".yaml"))
		if err != nil {
			return err
		}
		all.WriteString("---\n")
		all.Write(text)
		all.WriteByte('\n')
	}
	return os.WriteFile(filepath.Join(out, "stages.yaml"), all.Bytes(), 0o644)
}
