package cli

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	twoTargets = `targets:
  web: {driver: sim, name: web, max: 9}
  cart: {driver: sim, name: cart, max: 9}
  any: {driver: sim, name: '{{ .Labels.app }}', max: 9}
rules:
  - {name: busy, matchers: [alertname=Busy], target: web, up: 1}
  - {name: cart busy, matchers: [alertname=CartBusy], target: cart, up: 1}
  - {name: app busy, matchers: [alertname=AppBusy], target: any, up: 1}
`
	dead = `drivers: {cluster: {type: kubernetes, kubeconfig: kubeconfig}}
targets: {web: {driver: cluster, kind: Deployment, namespace: shop, name: web, max: 9}}
rules: [{name: busy, matchers: [alertname=Busy], target: web, up: 1}]
`
)

// connecting checks a file with --connect.
func connecting(t *testing.T, dir, text string) (code int, out, errOut string) {
	t.Helper()
	file := filepath.Join(dir, "alertscale.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	var o, e bytes.Buffer
	code = Check(&o, &e, CheckOptions{Files: []string{file}, Connect: true})
	text = o.String()
	require.Contains(t, text, "Checking "+file+"\n")
	return code, text[len("Checking "+file+"\n"):], e.String()
}

func TestCheckConnect(t *testing.T) {
	code, out, errOut := connecting(t, t.TempDir(), "drivers: {sim: {type: simulator, workloads: {web: 3, cart: 0}}}\n"+twoTargets)
	require.Zero(t, code)
	require.Empty(t, errOut)
	require.Equal(t, `  SUCCESS: 1 driver, 3 targets, 3 rules found
  drivers.sim: connected to memory: 2 of 2 fixed targets found
  targets.cart: sim:cart has count 0
  targets.web: sim:web has count 3
  1 target with a template is not looked for: alerts name what is theirs
`, out)
}

func TestCheckConnect_ATargetThatIsNotThere(t *testing.T) {
	code, out, errOut := connecting(t, t.TempDir(), "drivers: {sim: {type: simulator, workloads: {web: 3}}}\n"+twoTargets)
	require.Equal(t, 1, code)
	require.Contains(t, out, "  drivers.sim: connected to memory: 1 of 2 fixed targets found\n")
	require.Equal(t, "  FAILED: targets.cart: sim:cart: not found: cart; add it to the simulator's workloads\n", errOut)
}

func TestCheckConnect_ADriverThatIsDown(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kubeconfig"), []byte("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'http://"+
		address+"'}}]\ncontexts: [{name: it, context: {cluster: c}}]\ncurrent-context: it\n"), 0o600))
	code, out, errOut := connecting(t, dir, dead)
	require.Equal(t, 1, code)
	require.Equal(t, "  SUCCESS: 1 driver, 1 target, 1 rule found\n", out, "the file is right")
	require.Equal(t, "  FAILED: drivers.cluster: no answer from http://"+address+": dial tcp "+address+
		": connect: connection refused; is the API server up, and is that its address?\n"+
		"  FAILED: targets.web: cluster:Deployment/shop/web was not looked for\n", errOut)
}

func TestCheckConnect_CredentialsThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	code, _, errOut := connecting(t, dir, dead)
	require.Equal(t, 1, code)
	file := filepath.Join(dir, "alertscale.yml")
	require.Equal(t, "  FAILED:\n"+file+":1: drivers.cluster: kubeconfig "+filepath.Join(dir, "kubeconfig")+": no such file\n", errOut)
}

func TestCheckConnect_JSON(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "alertscale.yml")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kubeconfig"), []byte("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"+
		"contexts: [{name: it, context: {cluster: c}}]\ncurrent-context: it\n"), 0o600))
	require.NoError(t, os.WriteFile(file, []byte(`drivers: {sim: {type: simulator, workloads: {web: 3}}, cluster: {type: kubernetes, kubeconfig: kubeconfig}}
targets:
  web: {driver: sim, name: web, max: 9}
  cart: {driver: sim, name: cart, max: 9}
  shop: {driver: cluster, kind: Deployment, namespace: shop, name: shop, max: 9}
rules:
  - {name: busy, matchers: [alertname=Busy], target: web, up: 1}
  - {name: cart busy, matchers: [alertname=CartBusy], target: cart, up: 1}
  - {name: shop busy, matchers: [alertname=ShopBusy], target: shop, up: 1}
`), 0o600))
	var out, errOut bytes.Buffer
	require.Equal(t, 1, Check(&out, &errOut, CheckOptions{Files: []string{file}, Connect: true, JSON: true}))
	require.Empty(t, errOut.String())
	require.JSONEq(t, `{"ok": false, "faults": [], "files": [{
		"file": "`+file+`", "ok": false, "drivers": 2, "targets": 3, "rules": 3, "faults": [], "warnings": [],
		"connections": [
			{"driver": "cluster", "address": "http://127.0.0.1:1",
			 "error": "no answer from http://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused; is the API server up, and is that its address?",
			 "targets": [{"target": "shop", "ref": "cluster:Deployment/shop/shop", "count": null}]},
			{"driver": "sim", "address": "memory", "targets": [
				{"target": "cart", "ref": "sim:cart", "count": null, "error": "not found: cart; add it to the simulator's workloads"},
				{"target": "web", "ref": "sim:web", "count": 3}]}
		]}]}`, out.String())

	require.NoError(t, os.Remove(filepath.Join(dir, "kubeconfig")))
	out.Reset()
	require.Equal(t, 1, Check(&out, &errOut, CheckOptions{Files: []string{file}, Connect: true, JSON: true}))
	require.Contains(t, out.String(), `"text": "`+file+`:1: drivers.cluster: kubeconfig `+filepath.Join(dir, "kubeconfig")+`: no such file"`)
}
