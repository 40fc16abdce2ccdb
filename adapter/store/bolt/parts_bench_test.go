//go:build linux

package bolt

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"alertscale/rules/engine"
)

// BenchmarkPutParts puts the data of a large ref and some of its parts, and the same into bbolt alone. KiB/op is what is
// written, cpu-us/op the CPU of the process, which is nearly all that a Put takes beside the syncs.
func BenchmarkPutParts(b *testing.B) {
	for _, size := range []int{1500, 700} {
		s, r := openLarge(b, size)
		alone, _ := openLarge(b, size)
		for n := range 4 {
			random := rand.New(rand.NewPCG(3, 4))
			puts := make([]engine.Record, 100)
			for i := range puts {
				puts[i] = replaced(engine.Record{Ref: largeRef, Data: make([]byte, dataSize)}, random, size, n)
			}
			b.Run(fmt.Sprintf("%dx%d/store", n, size), func(b *testing.B) {
				benchPuts(b, s, puts, func(put engine.Record) (err error) {
					put.Revision = r.Revision
					r.Revision, err = s.Put(context.Background(), put)
					return err
				})
			})
			b.Run(fmt.Sprintf("%dx%d/bbolt", n, size), func(b *testing.B) {
				benchPuts(b, alone, puts, func(put engine.Record) error {
					return alone.db.Update(func(tx *bbolt.Tx) error { return bare(tx, put) })
				})
			})
		}
	}
}

func benchPuts(b *testing.B, s *Store, puts []engine.Record, put func(engine.Record) error) {
	before, cpu, commits := s.written(b), cpuTime(b), 0
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, put(puts[commits%len(puts)]))
		commits++
	}
	b.ReportMetric(float64(cpuTime(b)-cpu)/float64(commits)/1e3, "cpu-us/op")
	b.ReportMetric(float64(s.written(b)-before)/1024/float64(commits), "KiB/op")
}

func bare(tx *bbolt.Tx, r engine.Record) error {
	bucket := tx.Bucket([]byte(recordsBucket))
	for _, p := range r.Parts {
		if err := bucket.Put([]byte(r.Ref+partMark+p.Name), p.Data); err != nil {
			return err
		}
	}
	return bucket.Put([]byte(r.Ref), r.Data)
}

// BenchmarkStart opens and lists 100,000 records without parts, and lets bbolt alone open the file, check its pages and
// copy all that is in it.
func BenchmarkStart(b *testing.B) {
	path := filepath.Join(b.TempDir(), "alertscale.db")
	s, err := Open(path)
	require.NoError(b, err)
	fill(b, s, 100_000, dataSize)
	require.NoError(b, s.Close())
	bench := func(name string, start func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			cpu := cpuTime(b)
			for b.Loop() {
				start(b)
			}
			b.ReportMetric(float64(cpuTime(b)-cpu)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
	bench("open", func(b *testing.B) {
		s, err := Open(path)
		require.NoError(b, err)
		require.NoError(b, s.Close())
	})
	bench("open+list", func(b *testing.B) {
		s, err := Open(path)
		require.NoError(b, err)
		require.NoError(b, s.List(context.Background(), func(engine.Record) error { return nil }))
		require.NoError(b, s.Close())
	})
	bench("bbolt", func(b *testing.B) {
		db, err := openDB(path, false)
		require.NoError(b, err)
		require.NoError(b, db.View(checkPages))
		require.NoError(b, db.View(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(recordsBucket)).ForEach(func(_, value []byte) error {
				bytes.Clone(value)
				return nil
			})
		}))
		require.NoError(b, db.Close())
	})
}

// cpuTime is the CPU that the process had.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
