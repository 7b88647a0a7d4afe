package workers

// What option connectors-secrets names is shown nowhere, whoever quotes it: Connect
// hands out whole configurations, and plugins write theirs into traces. Where it cannot
// be read nobody knows what to hide, so of such texts nothing is shown.

import (
	"context"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

const unreadable = "**** (hidden: what option connectors-secrets names cannot be read)"

// attachedTexts are the texts in that secret, whatever else is wrong with the options.
// It is asked at any time of the hook, by a client that was made at an earlier one
// under a context that may have ended by then.
func (u *Unit) attachedTexts(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptLimit)
	defer cancel()
	settings, _ := u.Settings(ctx) // the error may be about another option
	value, err := u.attachedSecrets(ctx, settings.Attached.Secrets)
	u.blind = err != nil
	return connectors.SecretTexts(value)
}

// Conceal takes that secret out of the traces of a status that Connect has given.
func (u *Unit) Conceal(status connect.Status) connect.Status {
	if u.client == nil {
		return status
	}
	status = u.client.Conceal(status) // in a slice of its own
	if u.blind {
		hide := func(at *connect.State) {
			if at.Trace != "" {
				at.Trace = unreadable
			}
		}
		hide(&status.Connector)
		for i := range status.Tasks {
			hide(&status.Tasks[i])
		}
	}
	return status
}

// Hide gives a configuration that may be shown, without that secret too.
func (u *Unit) Hide(config map[string]string) map[string]string {
	if u.client == nil {
		return connect.Hide(config)
	}
	shown := u.client.Hide(config)
	if u.blind {
		for key := range shown {
			shown[key] = unreadable
		}
	}
	return shown
}
