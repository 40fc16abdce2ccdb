package upgrade

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	digestA = "sha256:8a9e9863dbb6e10edb5adfe917c00da84e1700fa76e7ed02476aa6e6fb8ee0d8"
	digestB = "sha256:954b378c375d852eb3c63ab88978f640b4348b01c1b3456a024a81536dafbbf4"
)

// TestReadPushes reads a body of each form as its registry documents it.
func TestReadPushes(t *testing.T) {
	for file, want := range map[string][]Push{
		"dockerhub":         {{Repository: "docker.io/acme/web", Tag: "1.2", Mark: "1417566822"}},
		"harbor":            {{Repository: "harbor.example.com:8443/acme/web", Tag: "1.2", Digest: digestA, Mark: "1586922308"}},
		"harbor-cloudevent": {{Repository: "harbor.example.com/acme/web", Digest: digestB, Mark: "2023-04-03T06:04:46Z"}},
		"ghcr":              {{Repository: "ghcr.io/acme/web", Tag: "1.2", Digest: digestA, Mark: "build 7"}},
		"quay":              {{Repository: "quay.io/acme/web", Tag: "latest", Mark: "build 7"}, {Repository: "quay.io/acme/web", Tag: "1.2", Mark: "build 7"}},
		"azure":             {{Repository: "acme.azurecr.io/acme/web", Tag: "1.2", Digest: digestB, Mark: "build 7"}},
		"plain":             {{Repository: "registry.example.com/acme/web", Tag: "1.2", Digest: digestA, Mark: "build 7"}},
	} {
		body, err := os.ReadFile("testdata/push-" + file + ".json")
		require.NoError(t, err)
		got, err := ReadPushes(body, "build 7")
		require.NoError(t, err, file)
		require.Equal(t, want, got, file)
	}
}

func TestReadPushesOfOtherForms(t *testing.T) {
	for body, want := range map[string]string{
		`{"repository": "nginx", "tag": "1"}`:                                                     "docker.io/library/nginx:1",
		"\ufeff{\"repository\": \"nginx\", \"tag\": \"1\", \"pushed_at\": \"now\"}":               "docker.io/library/nginx:1",
		`{"repository": "localhost:5000/nginx", "digest": "` + digestA + `"}`:                     "localhost:5000/nginx@" + digestA,
		`{"docker_url": "quay.io/a/b", "updated_tags": {"x": "id", "a": "id"}}`:                   "quay.io/a/b:a quay.io/a/b:x",
		`{"docker_url": "quay.io/a/b", "build_id": "1", "docker_tags": ["x"]}`:                    "",
		`{"action": "delete", "target": {"repository": "acme/web", "digest": "` + digestA + `"}}`: "",
		`{"type": "DELETE_ARTIFACT", "event_data": {"resources": [{"tag": "1"}]}}`:                "",
		`{"type": "harbor.artifact.deleted", "data": {"resources": [{"tag": "1"}]}}`:              "",
		`{"zen": "Keep it logically awesome.", "hook_id": 1, "repository": {"id": 1}}`:            "",
		`{"action": "published", "package": {"name": "x", "package_type": "npm"}}`:                "",
		`{"registry_package": {"name": "web", "owner": {"login": "acme"}, "package_type": "CONTAINER", "package_version": {"version": "` + digestA +
			`", "container_metadata": {"tag": {"name": ""}}}}}`: "ghcr.io/acme/web@" + digestA,
	} {
		all, err := ReadPushes([]byte(body), "")
		require.NoError(t, err, body)
		var got []string
		for _, p := range all {
			got = append(got, p.String())
		}
		require.Equal(t, want, strings.Join(got, " "), body)
	}
}

func TestReadPushesRefuses(t *testing.T) {
	for body, says := range map[string]string{
		``:                                  "no JSON object of a push",
		`[]`:                                "no JSON object of a push",
		`{"repository"`:                     "no JSON object of a push",
		`{"tag": "1"}`:                      "names no repository",
		`{"repository": {"a": 1}}`:          "names no repository",
		`{"repository": "nginx"}`:           "the push of docker.io/library/nginx has no tag and no digest",
		`{"repository": "nginx:1"}`:         "is an image, want its repository",
		`{"repository": "Acme"}`:            "is no repository such as",
		`{"repository": "a", "tag": "a b"}`: `"a b" is no tag`,
		`{"repository": "a", "tag": "` + strings.Repeat("x", 129) + `"}`:                          "is no tag",
		`{"repository": "a", "digest": "sha256:abc"}`:                                             "is no digest",
		`{"repository": "a", "tag": "1", "pushed_at": "` + strings.Repeat("x", 301) + `"}`:        "want at most 300",
		`{"push_data": {"tag": "1"}}`:                                                             "no repository.repo_name",
		`{"docker_url": "quay.io/a/b", "updated_tags": 3}`:                                        "no list of tags",
		`{"docker_url": "quay.io/a/b", "updated_tags": ["a"` + strings.Repeat(`,"a"`, 100) + `]}`: "101 pushes",
	} {
		_, err := ReadPushes([]byte(body), "")
		require.ErrorContains(t, err, says, body)
	}
}

func TestSame(t *testing.T) {
	p := Push{Repository: "docker.io/a/b", Tag: "1", Digest: digestA, Mark: "1"}
	q := p
	q.Mark = "2"
	require.True(t, p.Same(q), "the digest tells")
	q.Digest = digestB
	require.False(t, p.Same(q))
	p.Digest, q.Digest = "", ""
	require.False(t, p.Same(q))
	q.Mark = "1"
	require.True(t, p.Same(q))
	p.Mark, q.Mark = "", ""
	require.False(t, p.Same(q), "nothing tells them apart, so none is a repeat")
}

func TestImage(t *testing.T) {
	p := Push{Repository: "docker.io/library/nginx", Tag: "1.3", Digest: digestA}
	for text, want := range map[string]string{
		"nginx":                        "nginx:1.3@" + digestA,
		"nginx:1.2":                    "nginx:1.3@" + digestA,
		"nginx@" + digestB:             "nginx:1.3@" + digestA,
		"docker.io/nginx:1@" + digestB: "docker.io/nginx:1.3@" + digestA,
		"localhost:5000/nginx:1":       "localhost:5000/nginx:1.3@" + digestA,
	} {
		i, err := ParseImage(text)
		require.NoError(t, err)
		require.Equal(t, text, i.String())
		require.Equal(t, want, i.With(p, false).String())
	}
	i, err := ParseImage("nginx:1.2")
	require.NoError(t, err)
	require.Equal(t, "docker.io/library/nginx", i.Repository)
	require.Equal(t, "nginx:1.3", i.With(p, true).String())
	require.Equal(t, "nginx@"+digestA, i.With(Push{Digest: digestA}, true).String())
	_, err = ParseImage("Not An Image")
	require.ErrorContains(t, err, "is no name of an image")
}

// FuzzReadPushes: whatever is posted, it is refused or names images.
func FuzzReadPushes(f *testing.F) {
	for _, form := range []string{"dockerhub", "harbor", "harbor-cloudevent", "ghcr", "quay", "azure", "plain"} {
		body, err := os.ReadFile("testdata/push-" + form + ".json")
		require.NoError(f, err)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		all, err := ReadPushes(body, "")
		if err != nil {
			return
		}
		for _, p := range all {
			i, err := ParseImage(p.String())
			require.NoError(t, err)
			require.Equal(t, p.Repository, i.Repository)
		}
	})
}
