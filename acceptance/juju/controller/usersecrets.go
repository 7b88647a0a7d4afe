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
			s = &secret{uri: coresecrets.NewURI().String(), label: name, granted: application, read: map[string]int{},
				revisions: map[int]params.SecretContentParams{}, deleted: map[int]bool{}}
			m.secrets = append(m.secrets, s)
			a.config[option] = s.uri
		}
		s.latest++
		s.revisions[s.latest] = params.SecretContentParams{Data: data}
		return nil
	})
}

// readBy gives what a unit reads, and remembers that it did.
func (s *secret) readBy(unit string) params.SecretContentResults {
	s.read[unit] = s.latest
	return params.SecretContentResults{Results: []params.SecretContentResult{{
		Content: params.SecretContentParams{Data: s.revisions[s.latest].Data}}}}
}

// consumed watches secrets of which there is more than the unit has read.
func consumed(c *call) (any, error) {
	return params.StringsWatchResults{Results: []params.StringsWatchResult{c.keys(true, func() map[string]string {
		out := map[string]string{}
		for _, s := range c.m.secrets {
			if read := s.read[c.unit.name]; read > 0 && read < s.latest {
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
		}
		out.Results = append(out.Results, one)
	}
	return out, nil
}
