package controller

// Secrets of the model's user, granted to an application: each unit is told of
// revisions newer than the one that it read last.

import (
	"fmt"

	coresecrets "github.com/juju/juju/core/secrets"
	"github.com/juju/juju/rpc/params"
)

// UserSecret is `juju add-secret`, `juju grant-secret` and `juju config APP
// OPTION=URI`; for a name that is there already, `juju update-secret`.
func (m *Model) UserSecret(application, option, name string, content map[string]string) error {
	var args []string
	for key, text := range content {
		args = append(args, key+"="+text)
	}
	data, err := coresecrets.CreateSecretData(args)
	if err != nil {
		return fmt.Errorf("cannot add secret %q: %w", name, err)
	}
	return m.doApp(application, func(a *app) error {
		var s *secret
		for _, one := range m.secrets {
			if one.granted == application && one.label == name {
				s = one
			}
		}
		if s == nil {
			s = newSecret(coresecrets.NewURI().String())
			s.label, s.granted = name, application
			m.secrets = append(m.secrets, s)
			a.config[option] = s.uri
		}
		s.latest++
		s.revisions[s.latest] = params.SecretContentParams{Data: data}
		return nil
	})
}

// readBy gives what a unit reads, and remembers which revision it uses.
func (s *secret) readBy(unit string, refresh bool) params.SecretContentResults {
	if s.read[unit] == 0 || refresh {
		s.read[unit] = s.latest
		s.retire()
	}
	return params.SecretContentResults{Results: []params.SecretContentResult{{
		Content: params.SecretContentParams{Data: s.revisions[s.latest].Data}}}}
}

// consumed watches the revisions of secrets that the unit uses. Its agent runs
// secret-changed for those it has not run it for; of first ones Juju tells nobody.
func consumed(c *call) (any, error) {
	return params.StringsWatchResults{Results: []params.StringsWatchResult{c.keys(true, func() map[string]string {
		out := map[string]string{}
		for _, s := range c.m.secrets {
			if s.read[c.unit.name] > 0 && s.latest > 1 {
				out[s.uri] = fmt.Sprint(s.latest)
			}
		}
		return out
	})}}, nil
}

func consumedInfo(c *call) (any, error) {
	var arg params.GetSecretConsumerInfoArgs
	c.read(&arg)
	var out params.SecretConsumerInfoResults
	for _, uri := range arg.URIs {
		one := params.SecretConsumerInfoResult{Error: notFound("secret")}
		if s := c.m.secretOf(uri); s != nil && s.granted == c.app.name {
			one = params.SecretConsumerInfoResult{Revision: s.latest}
		} else if s != nil && s.owner == c.app.name {
			one = params.SecretConsumerInfoResult{Revision: s.latest, Label: s.label}
		}
		out.Results = append(out.Results, one)
	}
	return out, nil
}
