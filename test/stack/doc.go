// Package stack builds and runs the programs that alertscale lives among:
// Prometheus, Alertmanager, etcd, kube-apiserver, kube-controller-manager and
// kwok, and alertscale itself, each as a process of its own on loopback.
//
// Programs come from the Go module proxy. They are built on first use, at the
// versions that components/*/go.mod pin, into a folder under
// os.UserCacheDir(), where later runs find them. That takes minutes:
//
//	go run ./build
//
// does it ahead of the tests, whose ten minutes it may otherwise use up. What
// a run that was cut short has compiled is not lost to the next one.
//
// Every Start function takes the test, ends what it started when the test
// ends, and prints the tail of its log when the test fails. With Main, a
// package's tests share what it starts.
package stack
