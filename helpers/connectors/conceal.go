package connectors

// Concealing: what secret variables say is in no error, no report and no trace.

import (
	"io"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// withoutSecrets hides what secret variables say in a text; a short one is too
// likely to be something else.
func withoutSecrets(text string, secrets []string) string {
	for _, secret := range secrets {
		if len(secret) >= shortSecret {
			text = strings.ReplaceAll(text, secret, hiddenValue)
		}
	}
	return text
}

// concealed is an error whose text is without secrets.
func concealed(err error, secrets []string) error {
	if err == nil {
		return nil
	}
	if text := withoutSecrets(err.Error(), secrets); text != err.Error() {
		return &quietError{text, err}
	}
	return err
}

// A quietError says less than its cause.
type quietError struct {
	text  string
	cause error
}

func (e *quietError) Error() string { return e.text }
func (e *quietError) Unwrap() error { return e.cause }

// concealedMistakes are mistakes without secrets: Jsonnet quotes what a file
// hands to error and to std.parseInt, and names may come from anywhere.
func concealedMistakes(all []Mistake, secrets []string) []Mistake {
	for i := range all {
		for _, text := range []*string{&all[i].Message, &all[i].Connector, &all[i].Key} {
			*text = withoutSecrets(*text, secrets)
		}
	}
	return all
}

// A quietWriter passes texts on without secrets. Each has to come in one piece.
type quietWriter struct {
	to      io.Writer
	secrets []string
}

func (w quietWriter) Write(text []byte) (int, error) {
	if _, err := io.WriteString(w.to, withoutSecrets(string(text), w.secrets)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// withoutSecretTraces takes the client's secrets out of the traces.
func withoutSecretTraces(client *connect.Client, all map[string]connect.Expanded) map[string]connect.Expanded {
	for name, one := range all {
		one.Status = client.Conceal(one.Status)
		all[name] = one
	}
	return all
}
