package stack

import (
	"net/http"
	"path/filepath"
)

// An EtcdServer is one member, a cluster by itself.
type EtcdServer struct {
	*Process
	Address string // host:port
	URL     string
}

// StartEtcd starts an etcd. It does not wait for the disk, so its data
// survives the end of its process, but not the end of the machine.
func StartEtcd(t T) *EtcdServer {
	t.Helper()
	dir := t.TempDir()
	client, peer := address(FreePort(t)), "http://"+address(FreePort(t))
	url := "http://" + client
	p := start(t, spec{
		name: "etcd",
		path: program(t, Etcd, "etcd"),
		dir:  dir,
		args: []string{
			"--name=etcd",
			"--data-dir=" + filepath.Join(dir, "data"),
			"--listen-client-urls=" + url,
			"--advertise-client-urls=" + url,
			"--listen-peer-urls=" + peer,
			"--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=etcd=" + peer,
			"--unsafe-no-fsync",
			"--log-level=warn",
		},
		ready: answers(http.DefaultClient, url+"/readyz"),
	})
	return &EtcdServer{Process: p, Address: client, URL: url}
}
