package connectors_test

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/thousand"
)

// BenchmarkLoad loads a folder of a thousand connectors: anew, and when
// nothing changed since the last time.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	if err := thousand.Write(dir, thousand.Options{}); err != nil {
		b.Fatal(err)
	}
	load := func(b *testing.B, o connectors.LoadOptions) {
		f, err := connectors.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		desired, err := f.Load(b.Context(), environment(b, f, "prod"), o)
		if err != nil {
			b.Fatal(err)
		}
		if len(desired.Connectors) != 1000 {
			b.Fatalf("%d connectors", len(desired.Connectors))
		}
	}
	b.Run("anew", func(b *testing.B) {
		for b.Loop() {
			load(b, connectors.LoadOptions{NoCache: true})
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		o := connectors.LoadOptions{CacheDir: b.TempDir()}
		load(b, o)
		for b.Loop() {
			load(b, o)
		}
	})
}
