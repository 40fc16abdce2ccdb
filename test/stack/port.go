package stack

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

const loopback = "127.0.0.1"

// Ports come from below the range that outgoing connections are given theirs
// from, so that a program which is started again finds its own still free.
const lowestPort, highestPort = 21000, 25000

// FreePort returns a TCP and UDP port on loopback that nobody uses, and that
// no other test is given until this one has ended.
func FreePort(t T) int {
	t.Helper()
	cache, err := cacheDir()
	must(t, err)
	dir := filepath.Join(cache, "ports")
	must(t, os.MkdirAll(dir, 0o755))
	for range 1000 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		unlock, ok := tryLock(filepath.Join(dir, strconv.Itoa(port)))
		if !ok {
			continue
		}
		if !portIsFree(port) {
			unlock()
			continue
		}
		t.Cleanup(unlock)
		return port
	}
	fatalf(t, "no free port on %s from %d to %d", loopback, lowestPort, highestPort)
	return 0
}

func portIsFree(port int) bool {
	tcp, err := net.Listen("tcp", address(port))
	if err != nil {
		return false
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", address(port))
	if err != nil {
		return false
	}
	defer udp.Close()
	return true
}

func address(port int) string { return fmt.Sprintf("%s:%d", loopback, port) }
