package kubetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// transcript writes a conversation down.
func transcript(exchanges []kubetest.Exchange) string {
	var b strings.Builder
	for _, e := range exchanges {
		fmt.Fprintf(&b, "-- %s --\n%s\n%d %s\n%s\n", e.Name, e.Request, e.Code, e.Version, e.Answer)
	}
	return b.String()
}

// The golden file is what the server here says; what a real one says to the
// same script is compared with it elsewhere.
func TestScriptSaysWhatItAlwaysSays(t *testing.T) {
	t.Parallel()
	server := start(t, kubetest.Options{})
	exchanges, err := kubetest.Script(t.Context(), server.Config())
	if err != nil {
		t.Fatal(err)
	}
	got := transcript(exchanges)
	const file = "testdata/script.txt"
	testfile.Golden(t, file, got)
}
