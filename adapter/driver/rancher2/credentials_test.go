package rancher2

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// A token that is replaced in its file is taken up after the server refused the old one, and so it is however
// often that happens. No request is sent twice for it.
func TestATokenFileThatIsReplaced(t *testing.T) {
	f := newFake(t)
	file := write(t, "token-abcde:hush\n")
	d := f.driverWith(t, Config{TokenFile: file})
	ref := f.addCluster("prod", 3)
	observe(t, d, ref)
	for _, next := range []string{"token-fghij:new", "token-klmno:newer"} {
		f.asked()
		f.with(func() { f.token = next })
		require.NoError(t, os.WriteFile(file, []byte(next), 0o600))
		require.ErrorAs(t, scale(t, d, ref, 3, 4), new(*controller.ThrottledError), "nothing was changed")
		require.Len(t, f.asked(), 1)
		require.Equal(t, 3, observe(t, d, ref).Count)
	}
	f.with(func() { f.token = "token-pqrst:newest" })
	for range 2 {
		_, err := d.Observe(t.Context(), ref)
		require.ErrorAs(t, err, new(*controller.ThrottledError), "the file has the old one yet")
	}
	require.NoError(t, os.WriteFile(file, []byte("token-pqrst:newest"), 0o600))
	require.NoError(t, scale(t, d, ref, 3, 4))
}

func TestATokenFileThatIsGone(t *testing.T) {
	f := newFake(t)
	file := write(t, "token-abcde:old")
	d := f.driverWith(t, Config{TokenFile: file})
	ref := f.addCluster("prod", 3)
	_, err := d.Observe(t.Context(), ref)
	require.EqualError(t, err, "unauthorized: machinePool prod1/workers: 401: Unauthorized 401: must authenticate; Rancher does not take the token, which may be about to be renewed: check that it is whole (token-abcde:secret), not expired, and not scoped to a cluster")
	require.NoError(t, os.Remove(file))
	f.asked()
	for _, broken := range []func(){func() {}, func() { require.NoError(t, os.WriteFile(file, []byte("a\x00b"), 0o600)) }} {
		broken()
		_, err = d.Observe(t.Context(), ref)
		require.ErrorAs(t, err, new(*controller.ThrottledError))
		require.ErrorContains(t, err, "not sent to "+f.server.URL+": token_file")
		require.NotContains(t, err.Error(), "old")
		require.ErrorAs(t, scale(t, d, ref, 3, 4), new(*controller.ThrottledError))
	}
	require.Empty(t, f.asked())

	require.NoError(t, os.WriteFile(file, []byte("token-abcde:hush"), 0o600))
	_, err = d.Observe(t.Context(), f.addCluster("locked", 3))
	require.ErrorIs(t, err, controller.ErrForbidden, "the file is read again, and it was not Rancher that failed")
}

// A server with a certificate of a private authority is known by ca_file alone.
func TestCAFile(t *testing.T) {
	f := newFake(t)
	secure := httptest.NewUnstartedServer(f)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	ca := write(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})))
	ref := f.addCluster("prod", 3)
	for file, want := range map[string]string{
		"": "; ca_file must hold who signed the certificate of the server, and url the name that it is for",
		ca: "",
	} {
		d, err := New(Config{URL: secure.URL, Token: "token-abcde:hush", CAFile: file}, Options{Now: f.now})
		require.NoError(t, err)
		_, err = d.Observe(t.Context(), ref)
		if want == "" {
			require.NoError(t, err)
			require.NoError(t, scale(t, d, ref, 3, 5))
			continue
		}
		require.ErrorContains(t, err, "no answer from "+secure.URL+": ")
		require.ErrorContains(t, err, want)
	}
	plain, err := New(Config{URL: "https" + f.server.URL[len("http"):], Token: "a:b"}, Options{Now: time.Now})
	require.NoError(t, err)
	_, err = plain.Observe(t.Context(), rules.Ref{Kind: kindNodePool, Namespace: "c-abcde", Name: "np-a"})
	require.ErrorContains(t, err, "; it does not speak TLS there: make the url http://…, or correct its port")
}
