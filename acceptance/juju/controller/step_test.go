package controller

import "testing"

// A slip in a name must not pass for a refusal that is never asked for.
func TestRefuseUnknown(t *testing.T) {
	t.Parallel()
	_, err := new(Model).Play(Step{Do: "refuse", Refuse: "config-gte", Times: 1})
	if want := `cannot refuse "config-gte": it is one of config-get, flush`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
