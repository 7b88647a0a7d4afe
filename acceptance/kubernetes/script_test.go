package kubernetes_test

// The embedded API server of charmtest/kubetest says what a real one says.

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
)

const golden = "../../charmtest/kubetest/testdata/script.txt"

// transcript writes a conversation down as the golden file does.
func transcript(exchanges []kubetest.Exchange) string {
	var b strings.Builder
	for _, e := range exchanges {
		fmt.Fprintf(&b, "-- %s --\n%s\n%d %s\n%s\n", e.Name, e.Request, e.Code, e.Version, e.Answer)
	}
	return b.String()
}

func TestScriptIsAnsweredAlike(t *testing.T) {
	config := real.Config(real.Token)
	look := admin(t)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return patient{look, next} })
	exchanges, err := kubetest.Script(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if len(exchanges) < 50 {
		t.Errorf("only %d exchanges", len(exchanges))
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	embedded, answered := strings.Split(string(want), "\n-- "), strings.Split(transcript(exchanges), "\n-- ")
	if len(embedded) != len(answered) {
		t.Fatalf("the golden file has %d exchanges, and there were %d", len(embedded), len(answered))
	}
	for i := range embedded { // one by one: a difference of all is cut short
		if diff := cmp.Diff(embedded[i], answered[i]); diff != "" {
			t.Errorf("%s (-embedded +real):\n%s", exchanges[i].Name, diff)
		}
	}
	t.Logf("%d exchanges", len(exchanges))
}

// patient lets the controllers catch up where a real cluster answers by what
// they have done: the proxy needs the Endpoints of a Service.
type patient struct {
	look user
	next http.RoundTripper
}

func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	service, _, proxy := strings.Cut(r.URL.Path, ":8083/proxy/")
	if proxy && !strings.HasSuffix(service, "/gone") {
		endpoints := strings.Replace(service, "/services/", "/endpoints/", 1)
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if code, _ := p.look.call("GET", endpoints, "", nil); code == http.StatusOK {
				break
			}
		}
	}
	return p.next.RoundTrip(r)
}
