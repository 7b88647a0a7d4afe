package nearest_test

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

func TestOf(t *testing.T) {
	t.Parallel()
	known := []string{"plan", "apply", "staging", "prod", "prüfung"}
	for name, want := range map[string]string{
		"plam": "plan", "aply": "apply", "stagin": "staging", "prd": "prod", "prufung": "prüfung",
		"production": "", "x": "", "": "", "plan": "plan",
	} {
		if got := nearest.Of(name, known); got != want {
			t.Errorf("Of(%q) = %q, want %q", name, got, want)
		}
	}
	if got, want := nearest.Hint("prd", known), `, did you mean "prod"?`; got != want {
		t.Errorf("Hint gives %q, want %q", got, want)
	}
	if got := nearest.Hint("zzz", known); got != "" {
		t.Errorf("Hint gives %q for what is near nothing", got)
	}
}
