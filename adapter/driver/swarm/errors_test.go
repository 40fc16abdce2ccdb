package swarm

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Each answer is one clear line, and an error that tells callers what to do.
func TestErrors(t *testing.T) {
	const manager = `This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`
	f := newFake()
	cfg := f.onSocket(t)
	d := newDriver(t, cfg)
	for _, name := range []string{"web", "locked", "readonly"} {
		f.add(name, 3)
	}
	service := func(kind, namespace, name, path string) rules.Ref {
		return rules.Ref{Driver: "swarm", Kind: kind, Namespace: namespace, Name: name, Path: path}
	}
	for _, test := range []struct {
		ref   rules.Ref
		fail  fault
		write bool
		is    error // nil: transient
		busy  bool  // nothing was changed
		want  string
	}{
		{ref: ref("nobody"), is: controller.ErrNotFound, want: `not found: service nobody: the swarm has no service of this name; one of a stack is called stack_service, as docker service ls shows it`},
		{ref: ref("locked"), is: controller.ErrForbidden, want: `forbidden: service locked: 403: not for you; an authorization plugin, or a proxy in front of ` + cfg.Host + `, must allow GET /services`},
		{ref: ref("readonly"), write: true, is: controller.ErrForbidden, want: `forbidden: service readonly: 403: not for you; an authorization plugin, or a proxy in front of ` + cfg.Host + `, must allow POST /services/…/update`},
		{ref: ref("web"), write: true, fail: refusing(500, "rpc error: code = Unknown desc = update out of sequence"), is: controller.ErrConflict, want: `changed in the meantime: service web: 500: rpc error: code = Unknown desc = update out of sequence`},
		{ref: ref("web"), fail: refusing(500, "update out of sequence"), want: `service web: 500: update out of sequence`},
		{ref: ref("web"), write: true, fail: answering(409, 0), is: controller.ErrConflict, want: `changed in the meantime: service web: 409: not now`},
		{ref: ref("web"), write: true, fail: refusing(404, "service id1 not found"), is: controller.ErrConflict, want: `changed in the meantime: service web: 404: service id1 not found: it was removed, or created again, since it was read`},
		{ref: ref("web"), fail: saying(404, "404 page not found\n"), want: `service web: 404: 404 page not found; is ` + cfg.Host + ` Docker's API?`},
		{ref: ref("web"), fail: refusing(503, manager), busy: true, want: `service web: ` + cfg.Host + ` is not a manager of a swarm, and only managers know its services: make one the host of the driver, or promote the node (503: ` + manager + `)`},
		{ref: ref("web"), write: true, fail: refusing(503, manager), busy: true, want: `service web: ` + cfg.Host + ` is not a manager of a swarm, and only managers know its services: make one the host of the driver, or promote the node (503: ` + manager + `)`},
		{ref: ref("web"), fail: refusing(503, "Swarm is encrypted and needs to be unlocked before it can be used."), busy: true, want: `service web: 503: Swarm is encrypted and needs to be unlocked before it can be used.; run docker swarm unlock there`},
		{ref: ref("web"), write: true, fail: refusing(500, "rpc error: code = Unknown desc = The swarm does not have a leader."), want: `service web: 500: rpc error: code = Unknown desc = The swarm does not have a leader.`},
		{ref: ref("web"), write: true, fail: refusing(400, "invalid mount"), is: controller.ErrInvalid, want: `invalid: service web: 400: invalid mount`},
		{ref: ref("web"), write: true, fail: refusing(501, "rpc error: code = Unimplemented desc = no"), is: controller.ErrInvalid, want: `invalid: service web: 501: rpc error: code = Unimplemented desc = no`},
		{ref: ref("web"), fail: saying(401, "<html>\n sign in</html>"), busy: true, want: `unauthorized: service web: 401: <html> sign in</html>; what is in front of ` + cfg.Host + ` wants credentials`},
		{ref: ref("web"), fail: answering(503, 2*time.Second), busy: true, want: `service web: 503: not now (try again in 2s)`},
		{ref: ref("web"), write: true, fail: answering(503, 2*time.Second), want: `service web: 503: not now (try again in 2s)`},
		{ref: ref("web"), fail: saying(502, ""), want: `service web: 502 Bad Gateway`},
		{ref: ref("web"), fail: saying(400, "Client sent an HTTP request to an HTTPS server.\n"), want: `service web: 400: Client sent an HTTP request to an HTTPS server.; give the driver ca_file, cert_file and key_file`},
		{ref: ref("web"), fail: saying(200, "<html>SECRET</html>"), want: `service web: the answer of ` + cfg.Host + ` is no list of services: invalid character '<' looking for beginning of value; is it Docker's API?`},
		{ref: ref("web"), fail: saying(200, `[{"ID":"x","Spec":{"Name":"web"}}]`), want: `service web: the answer of ` + cfg.Host + ` is no list of services: a service of it has no ID or no version; is it Docker's API?`},
		{ref: ref("web"), fail: saying(200, `[{"ID":"x","Version":{"Index":1}}]`), want: `service web: the answer of ` + cfg.Host + ` is no list of services: unexpected end of JSON input; is it Docker's API?`},
		{ref: ref("web"), write: true, fail: saying(200, "OK"), want: `service web: the answer of ` + cfg.Host + ` is none to an update: invalid character 'O' looking for beginning of value; is it Docker's API?`},
		{ref: service("Service", "", "web", ""), is: controller.ErrNotFound, want: `not found: kind "Service": a swarm has services only; make the kind "service"`},
		{ref: service("service", "", "", ""), is: controller.ErrInvalid, want: `invalid: a target needs the name of a service`},
		{ref: service("service", "shop", "web", ""), is: controller.ErrInvalid, want: `invalid: service web: a swarm has no namespaces; leave it out of the target, and call a service of the stack shop shop_web`},
		{ref: service("service", "", "web", "/spec/x"), is: controller.ErrInvalid, want: `invalid: service web: a swarm's service has no path /spec/x`},
	} {
		var err error
		var o engine.Observed
		if test.write {
			o = observe(t, d, test.ref.Name)
		}
		if test.fail != nil {
			_, _, err := d.docker.version(t.Context()) // which the fault is not for
			require.NoError(t, err)
			f.fail(test.fail)
		}
		if test.write {
			err = d.Scale(t.Context(), test.ref, change(o, 4))
		} else {
			_, err = d.Observe(t.Context(), test.ref)
		}
		require.EqualError(t, err, test.want)
		for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
			require.Equal(t, sentinel == test.is, errors.Is(err, sentinel), "%v is %v", err, sentinel)
		}
		var busy *controller.ThrottledError
		require.Equal(t, test.busy, errors.As(err, &busy), "%v", err)
		require.Equal(t, 3, f.count("web"))
	}
}

// What is wrong with the question for the version is told as of any other.
func TestErrorsOfTheVersion(t *testing.T) {
	speaks := func(version string) fault {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set(apiVersion, version)
			return true
		}
	}
	f := newFake()
	f.add("web", 3)
	cfg := f.onSocket(t)
	for _, test := range []struct {
		fail fault
		want string
	}{
		{speaks("1.40"), cfg.Host + ` speaks version 1.40 of Docker's API, which is too old: it must be Docker 20.10 (1.41) or later`},
		{speaks(""), cfg.Host + ` does not say which version of Docker's API it speaks (""); is it a Docker engine?`},
		{speaks("1.41/../x"), cfg.Host + ` does not say which version of Docker's API it speaks ("1.41/../x"); is it a Docker engine?`},
		{answering(503, 0), `service web: 503: not now`},
		{answering(404, 0), `service web: 404: not now; is ` + cfg.Host + ` Docker's API?`},
		{answering(403, 0), `forbidden: service web: 403: not now; an authorization plugin, or a proxy in front of ` + cfg.Host + `, must allow GET /_ping`},
	} {
		d := newDriver(t, cfg)
		f.fail(test.fail)
		_, err := d.Observe(t.Context(), ref("web"))
		require.EqualError(t, err, test.want)
		f.fail(test.fail)
		require.EqualError(t, d.Scale(t.Context(), ref("web"), engine.Change{From: 3, To: 4, Version: "1"}), test.want)
		require.Equal(t, 3, observe(t, d, "web").Count)
	}
}

func TestUnversionedChange(t *testing.T) {
	f := newFake()
	f.add("web", 3)
	err := newDriver(t, f.onSocket(t)).Scale(t.Context(), ref("web"), engine.Change{From: 3, To: 4})
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.Equal(t, 3, f.count("web"))
}

func TestRetryAfter(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	d := &Driver{now: func() time.Time { return at }}
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": 0, "-1": 0, "soon": 0,
		"Thu, 01 Jan 2026 12:00:30 GMT": 30 * time.Second,
		"Thu, 01 Jan 2026 11:00:30 GMT": 0,
	} {
		require.Equal(t, want, d.retryAfter(answer{Answer: httpx.Answer{Header: http.Header{"Retry-After": {header}}}}), header)
	}
}

// A socket that cannot be spoken on is a matter of how the process was started.
func TestSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "swarm")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	missing, dead := filepath.Join(dir, "missing.sock"), filepath.Join(dir, "dead.sock")
	require.NoError(t, os.WriteFile(dead, nil, 0o600))
	for socket, want := range map[string]string{
		missing: "connect: no such file or directory; there is no such socket: is Docker running there? In a container, mount it",
		dead:    "connect: connection refused; is Docker running there?",
	} {
		_, err := newDriver(t, Config{Host: "unix://" + socket}).Observe(t.Context(), ref("web"))
		require.EqualError(t, err, "no answer from unix://"+socket+": dial unix "+socket+": "+want)
	}
	require.Equal(t, "; the socket is not for this user: give the process the group that owns it", remedy(&os.PathError{Err: os.ErrPermission}))
}

// Where one side speaks TLS and the other does not, or does not trust it, that is said.
func TestTLS(t *testing.T) {
	secure, plain := newFake(), newFake()
	good, open := secure.onTLS(t), plain.onTCP(t)
	other := newFake().onTLS(t)
	secure.add("web", 3)
	require.Equal(t, 3, observe(t, newDriver(t, good), "web").Count)
	for name, test := range map[string]struct {
		cfg  Config
		want string
	}{
		"no TLS":              {Config{Host: good.Host}, "give the driver ca_file, cert_file and key_file"},
		"no certificate":      {Config{Host: good.Host, CAFile: good.CAFile}, "check cert_file and key_file"},
		"another certificate": {Config{Host: good.Host, CAFile: good.CAFile, CertFile: other.CertFile, KeyFile: other.KeyFile}, "check cert_file and key_file"},
		"another authority":   {Config{Host: good.Host, CAFile: other.CAFile, CertFile: good.CertFile, KeyFile: good.KeyFile}, "ca_file must hold who signed the certificate"},
		"no authority":        {Config{Host: good.Host, CertFile: good.CertFile, KeyFile: good.KeyFile}, "ca_file must hold who signed the certificate"},
		"only TLS":            {Config{Host: open.Host, CAFile: good.CAFile}, "it does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newDriver(t, test.cfg).Observe(t.Context(), ref("web"))
			require.ErrorContains(t, err, test.want)
			for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
				require.NotErrorIs(t, err, sentinel)
			}
		})
	}
}
