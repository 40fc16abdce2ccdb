package rancher

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/rules/yamldoc"
)

func read(t *testing.T, text string) (Config, error) {
	t.Helper()
	doc, root := yamldoc.Parse("alertscale.yml", []byte(text))
	c := ReadConfig(root)
	return c, doc.Err()
}

func TestReadConfig(t *testing.T) {
	c, err := read(t, "type: rancher\ntimeout: 10s\nurl: http://rancher:8080/v1/projects/1a5\naccess_key: ABC\nsecret_key: hush\n")
	require.NoError(t, err)
	require.Equal(t, Config{URL: "http://rancher:8080/v1/projects/1a5", AccessKey: "ABC", SecretKey: "hush"}, c)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, c), "hush")
	}
	c, err = read(t, "secret_key_file: /run/secrets/rancher\n")
	require.NoError(t, err)
	require.Equal(t, Config{SecretKeyFile: "/run/secrets/rancher"}, c)
}

func TestReadConfigFaults(t *testing.T) {
	for text, want := range map[string]string{
		"urll: http://r\n":                       `alertscale.yml:1: `,
		"url: rancher\n":                         `url: "rancher" is no http or https URL; want http://HOST:8080/v2-beta/projects/ID`,
		"url: http://rancher:8080/v3\n":          `is no address of the API`,
		"url: http://ABC:hush@rancher:8080/\n":   `has credentials in it; put them in access_key and secret_key`,
		"url: \"http://ABC:hu%zz@rancher\"\n":    `is no URL`,
		"secret_key: hush\nsecret_key_file: f\n": `has both secret_key and secret_key_file; keep one`,
	} {
		_, err := read(t, text)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "hu")
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]address{
		"http://r:8080":                                 {"http://r:8080/v2-beta", ""},
		"http://r:8080/":                                {"http://r:8080/v2-beta", ""},
		"http://r:8080/v1":                              {"http://r:8080/v2-beta", ""},
		"http://r:8080/v2-beta/schemas":                 {"http://r:8080/v2-beta", ""},
		"https://r/v1/projects/1A5":                     {"https://r/v2-beta", "1a5"},
		"http://r:8080/v2-beta/projects/1a5/":           {"http://r:8080/v2-beta", "1a5"},
		"http://r:8080/v2-beta/projects/1a5/schemas":    {"http://r:8080/v2-beta", "1a5"},
		"http://proxy/rancher/v1/projects/1a5/schemas/": {"http://proxy/rancher/v2-beta", "1a5"},
	} {
		got, err := parseAddress(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"/projects/1a5/services", "/projects/Default env", "?projectId=1a5", "#x"} {
		_, err := parseAddress("http://r:8080/v2-beta" + text)
		require.ErrorContains(t, err, "is no address of the API", text)
	}
}

func TestTheEnvironmentCompletesTheBlock(t *testing.T) {
	env := map[string]string{"CATTLE_URL": "http://r:8080/v1", "CATTLE_ACCESS_KEY": "ENV", "CATTLE_SECRET_KEY": "from env"}
	getenv := func(name string) string { return env[name] }
	s, err := Config{}.complete(getenv)
	require.NoError(t, err)
	require.Equal(t, settings{address: address{root: "http://r:8080/v2-beta"}, accessKey: "ENV", secretKey: "from env"}, s)

	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte(" of file\n"), 0o600))
	s, err = Config{URL: "http://q/v2-beta/projects/1a5", AccessKey: "A", SecretKeyFile: file}.complete(getenv)
	require.NoError(t, err)
	require.Equal(t, settings{address{"http://q/v2-beta", "1a5"}, "A", "of file", file}, s)
}

func TestWhatIsNotSet(t *testing.T) {
	none := func(string) string { return "" }
	empty := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for want, c := range map[string]Config{
		"no url: set url, or CATTLE_URL":          {},
		"no access key: set access_key":           {URL: "http://r", SecretKey: "s"},
		"no secret key: set secret_key":           {URL: "http://r", AccessKey: "a"},
		"secret_key_file: open " + empty + "none": {URL: "http://r", AccessKey: "a", SecretKeyFile: empty + "none"},
		"key is empty":                            {URL: "http://r", AccessKey: "a", SecretKeyFile: empty},
	} {
		_, err := New(c, Options{Getenv: none})
		require.ErrorContains(t, err, want)
	}
}

// The key of the container is in the environment whatever the block says: no half of it completes another key.
func TestAnAccessKeyWithoutItsSecret(t *testing.T) {
	env := map[string]string{"CATTLE_URL": "http://r:8080/v1", "CATTLE_ACCESS_KEY": "ENV", "CATTLE_SECRET_KEY": "hush"}
	getenv := func(name string) string { return env[name] }
	_, err := New(Config{AccessKey: "ABC"}, Options{Getenv: getenv})
	require.ErrorContains(t, err, "access_key has no secret: set secret_key_file beside it")
	require.NotContains(t, err.Error(), "hush")
	_, err = New(Config{AccessKey: "ENV"}, Options{Getenv: getenv})
	require.NoError(t, err)
	delete(env, "CATTLE_ACCESS_KEY")
	_, err = New(Config{AccessKey: "ABC"}, Options{Getenv: getenv})
	require.NoError(t, err)
}
