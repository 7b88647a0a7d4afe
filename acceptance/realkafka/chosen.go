package realkafka

// Which releases a run is about.

import (
	"os"
	"strings"
)

// Chosen are the releases named in KAFKA_VERSIONS. By default, all of [Versions].
func Chosen() []string {
	if chosen := strings.Fields(os.Getenv("KAFKA_VERSIONS")); len(chosen) > 0 {
		return chosen
	}
	return Versions()
}
