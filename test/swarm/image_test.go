package swarm

import (
	"archive/tar"
	"bytes"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// A file of an image: a program, or, where its name ends with /, a folder of the user whom the images of
// examples/swarm run as.
type file struct {
	name string
	text []byte
}

// nobody is that user.
const nobody = 65534

func (f file) header() *tar.Header {
	if strings.HasSuffix(f.name, "/") {
		return &tar.Header{Name: f.name, Typeflag: tar.TypeDir, Mode: 0o755, Uid: nobody, Gid: nobody}
	}
	return &tar.Header{Name: f.name, Mode: 0o755, Size: int64(len(f.text))}
}

// built returns a program of this folder.
func built(t stack.T, folder string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, folder)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return read(t, path)
}

func read(t stack.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return text
}

// image makes an image of files, which was never in a registry. The instructions are a Dockerfile's.
func (d *docker) image(t stack.T, name string, files []file, instructions ...string) {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range files {
		require.NoError(t, w.WriteHeader(f.header()))
		_, err := w.Write(f.text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	repo, tag, tagged := strings.Cut(name, ":")
	if !tagged {
		tag = "latest"
	}
	query := url.Values{"fromSrc": {"-"}, "repo": {repo}, "tag": {tag}, "changes": instructions}
	require.NoError(t, d.call(t, http.MethodPost, "/images/create?"+query.Encode(), &archive, nil))
}
