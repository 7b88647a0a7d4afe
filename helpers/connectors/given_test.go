package connectors_test

import (
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// A folder that comes alone follows no reference; whoever loads it gives the secrets.
func TestSecretsGivenInPlaceOfReferences(t *testing.T) {
	t.Setenv("ORDERS_PASSWORD", "from the environment")
	f := folder(t, map[string]string{
		"connectors.yaml": `
defaults:
  variables:
    secrets: {file: secrets.prod.json}
    other: {env: ORDERS_PASSWORD}
`,
		"connectors/prod/orders.jsonnet": `{
  'connector.class': 'C',
  'connection.password': std.extVar('secrets').orders,
}`,
	})
	f.NoReferences = "give them otherwise"
	prod := environment(t, f, "prod")
	options := connectors.LoadOptions{NoCache: true, Secrets: map[string]string{"secrets": `{"orders": "s3cr3t"}`}}
	_, err := f.Load(t.Context(), prod, options)
	if err == nil || !strings.Contains(err.Error(), "the environment variable ORDERS_PASSWORD: give them otherwise") || strings.Contains(err.Error(), "secrets.prod.json") {
		t.Errorf("a reference gives %v", err)
	}
	options.Secrets["other"] = `"x"`
	desired, err := f.Load(t.Context(), prod, options)
	if err != nil {
		t.Fatal(err)
	}
	if got := desired.Connectors[0].Config["connection.password"]; got != "s3cr3t" {
		t.Errorf("the password is %q", got)
	}
	if got := desired.Secrets(); len(got) != 2 || got[0] != "s3cr3t" {
		t.Errorf("what is to be hidden is %q", got)
	}
}
