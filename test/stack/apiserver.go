package stack

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

// An APIServer is a kube-apiserver with RBAC, whose users have tokens.
type APIServer struct {
	*Process
	URL      string
	CA       []byte // PEM of the certificate that it shows.
	id       identity
	accounts []Account
}

// APIServerOptions say how an API server is to be.
type APIServerOptions struct {
	Etcd     *EtcdServer // One is started where it is nil.
	Accounts []Account   // In addition to Admin.
	Args     []string
}

// StartAPIServer starts a kube-apiserver.
func StartAPIServer(t T, o APIServerOptions) *APIServer {
	t.Helper()
	if o.Etcd == nil {
		o.Etcd = StartEtcd(t)
	}
	id, err := newIdentity()
	must(t, err)
	dir, port := t.TempDir(), FreePort(t)
	s := &APIServer{URL: "https://" + address(port), CA: id.cert, id: id, accounts: withTokens(o.Accounts)}
	must(t, id.write(dir))
	must(t, os.WriteFile(filepath.Join(dir, "tokens.csv"), []byte(tokenFile(s.accounts)), 0o600))
	client := &http.Client{Transport: bearer{trusting(s.CA), s.account(t, Admin).Token}}
	s.Process = start(t, spec{
		name:  "kube-apiserver",
		path:  program(t, Kubernetes, "kube-apiserver"),
		dir:   dir,
		args:  append(apiServerArgs(dir, o.Etcd.URL, port), o.Args...),
		ready: answers(client, s.URL+"/readyz"),
	})
	return s
}

func apiServerArgs(dir, etcd string, port int) []string {
	key := filepath.Join(dir, "tls.key")
	return []string{
		"--etcd-servers=" + etcd,
		"--bind-address=" + loopback,
		"--secure-port=" + strconv.Itoa(port),
		"--tls-cert-file=" + filepath.Join(dir, "tls.crt"),
		"--tls-private-key-file=" + key,
		"--service-account-key-file=" + filepath.Join(dir, "tls.pub"),
		"--service-account-signing-key-file=" + key,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--token-auth-file=" + filepath.Join(dir, "tokens.csv"),
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.0.0.0/24",
		// Nobody is to reach it but from this machine: an address that no
		// machine has, and no Endpoints object that would name it.
		"--advertise-address=192.0.2.1",
		"--endpoint-reconciler-type=none",
		// Otherwise a stop waits a minute for the watches to end.
		"--shutdown-send-retry-after=true",
		"--shutdown-watch-termination-grace-period=1s",
	}
}

// account returns one of the server's accounts.
func (s *APIServer) account(t T, name string) Account {
	t.Helper()
	for _, a := range s.accounts {
		if a.Name == name {
			return a
		}
	}
	fatalf(t, "kube-apiserver: account %q is not defined", name)
	return Account{}
}

// Token returns the token of an account.
func (s *APIServer) Token(t T, account string) string {
	t.Helper()
	return s.account(t, account).Token
}

// Kubeconfig writes a kubeconfig for an account, and returns its path.
func (s *APIServer) Kubeconfig(t T, account string) string {
	t.Helper()
	return WriteKubeconfig(t, s.URL, s.CA, s.Token(t, account))
}

// KubeconfigVia is Kubeconfig by way of a proxy in front of the server.
func (s *APIServer) KubeconfigVia(t T, p *Proxy, account string) string {
	t.Helper()
	return WriteKubeconfig(t, p.URL, s.CA, s.Token(t, account))
}

// bearer adds a token to requests.
type bearer struct {
	http.RoundTripper
	token string
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.RoundTripper.RoundTrip(r)
}
