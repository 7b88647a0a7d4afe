package controller

// The SecretsManager facade, for secrets that an application or a unit owns and
// reads itself; content stays in the controller, as without a vault.

import (
	"fmt"
	"maps"
	"slices"

	"github.com/juju/names/v5"

	coresecrets "github.com/juju/juju/core/secrets"
	"github.com/juju/juju/rpc/params"
)

type secret struct {
	uri                string
	owner              string // an application's name or a unit's
	label, description string
	rotate             coresecrets.RotatePolicy
	latest             int
	revisions          map[int]params.SecretContentParams
	deleted            map[int]bool

	granted  string         // a user's: the application that may read it
	read     map[string]int // by unit, the revision that it uses: the one that it read first, or with --refresh last
	obsolete map[int]bool   // nobody uses them
}

func newSecret(uri string) *secret {
	return &secret{uri: uri, revisions: map[int]params.SecretContentParams{}, deleted: map[int]bool{}, read: map[string]int{}, obsolete: map[int]bool{}}
}

func secretHandlers() map[string]handler {
	return map[string]handler{
		"CreateSecretURIs":            func(c *call) (any, error) { return oneText(coresecrets.NewURI().String()), nil },
		"WatchConsumedSecretsChanges": consumed,
		"WatchObsolete": watchRevisions(func(s *secret, revision int) bool {
			return s.obsolete[revision] && !s.deleted[revision]
		}),
		"WatchDeleted":                   watchRevisions(func(s *secret, revision int) bool { return s.deleted[revision] }),
		"GetConsumerSecretsRevisionInfo": consumedInfo,
		"GetSecretMetadata":              metadata,
		"GetSecretBackendConfigs":        func(*call) (any, error) { return params.SecretBackendConfigResults{}, nil }, // none but the controller
		"GetSecretContentInfo":           contentInfo,
		"GetSecretRevisionContentInfo":   revisionInfo,
		"OwnedSecretRevisions": func(c *call) (any, error) {
			var arg params.SecretRevisionArgs
			c.read(&arg)
			s := c.m.secretOf(arg.SecretURIs[0])
			if s == nil || !c.owns(s) {
				return params.SecretRevisionIDsResults{Results: []params.SecretRevisionIDsResult{{Error: denied()}}}, nil
			}
			return params.SecretRevisionIDsResults{Results: []params.SecretRevisionIDsResult{{
				URI: s.uri, Revisions: slices.Sorted(maps.Keys(s.revisions))}}}, nil
		},
		"UnitOwnedSecretsAndRevisions": func(c *call) (any, error) {
			var results params.SecretRevisionIDsResults
			for _, s := range c.m.secrets {
				if s.owner == c.unit.name {
					results.Results = append(results.Results, params.SecretRevisionIDsResult{
						URI: s.uri, Revisions: slices.Sorted(maps.Keys(s.revisions))})
				}
			}
			return results, nil
		},
	}
}

// watchRevisions tells the revisions for which something holds, of secrets of
// the owners asked about.
func watchRevisions(holds func(s *secret, revision int) bool) handler {
	return func(c *call) (any, error) {
		var arg params.Entities
		c.read(&arg)
		owners := map[string]bool{}
		for _, e := range arg.Entities {
			tag, err := names.ParseTag(e.Tag)
			if err != nil {
				return nil, err
			}
			owners[tag.Id()] = true
		}
		return c.keys(true, func() map[string]string {
			out := map[string]string{}
			for _, s := range c.m.secrets {
				for revision := 1; owners[s.owner] && revision <= s.latest; revision++ {
					if holds(s, revision) {
						out[fmt.Sprintf("%s/%d", s.uri, revision)] = "yes"
					}
				}
			}
			return out
		}), nil
	}
}

func (m *Model) secretOf(uri string) *secret {
	for _, s := range m.secrets {
		if s.uri == uri {
			return s
		}
	}
	return nil
}

// owns says whether the unit may see and change a secret as its owner.
func (c *call) owns(s *secret) bool {
	return s.owner == c.unit.name || s.owner == c.app.name && c.app.leader == c.unit.name
}

func metadata(c *call) (any, error) {
	results := params.ListSecretMetadataResults{}
	for _, s := range c.m.secrets {
		if c.owns(s) {
			results.Results = append(results.Results, params.ListSecretMetadataResult{URI: s.uri, OwnerTag: s.ownerTag(),
				Label: s.label, Description: s.description, RotatePolicy: string(s.rotate), LatestRevision: s.latest,
				LatestRevisionChecksum: s.revisions[s.latest].Checksum})
		}
	}
	return results, nil
}

func (s *secret) ownerTag() string {
	if names.IsValidUnit(s.owner) {
		return names.NewUnitTag(s.owner).String()
	}
	return names.NewApplicationTag(s.owner).String()
}

// contentInfo gives the newest content, so the charm has to read with --peek or
// --refresh here.
func contentInfo(c *call) (any, error) {
	var arg params.GetSecretContentArgs
	c.read(&arg)
	wanted := arg.Args[0]
	for _, s := range c.m.secrets {
		mine := s.owner == c.unit.name || s.owner == c.app.name || s.granted == c.app.name // peers read what their application owns
		if mine && (s.uri == wanted.URI || wanted.URI == "" && s.label == wanted.Label) {
			if !wanted.Peek && !wanted.Refresh {
				c.m.trouble = append(c.m.trouble, "the test's controller does not track revisions: "+string(c.in))
			}
			return s.readBy(c.unit.name, wanted.Refresh), nil
		}
	}
	return params.SecretContentResults{Results: []params.SecretContentResult{{
		Error: notFound("secret %q", wanted.URI+wanted.Label)}}}, nil
}

func revisionInfo(c *call) (any, error) {
	var arg params.SecretRevisionArg
	c.read(&arg)
	s := c.m.secretOf(arg.URI)
	if s == nil {
		return params.SecretContentResults{Results: []params.SecretContentResult{{Error: notFound("secret %q", arg.URI)}}}, nil
	}
	content := s.revisions[arg.Revisions[0]]
	return params.SecretContentResults{Results: []params.SecretContentResult{{
		Content: params.SecretContentParams{Data: content.Data}}}}, nil
}

func (c *call) checkSecrets(changes params.CommitHookChangesArg) *params.Error {
	for _, create := range changes.SecretCreates {
		owner, err := names.ParseTag(create.OwnerTag)
		if err != nil {
			return &params.Error{Message: err.Error()}
		}
		if !c.owns(&secret{owner: owner.Id()}) {
			return denied()
		}
		for _, s := range c.m.secrets {
			if create.Label != nil && s.label == *create.Label && s.owner == owner.Id() {
				return &params.Error{Code: params.CodeAlreadyExists, Message: fmt.Sprintf("secret with label %q already exists", s.label)}
			}
		}
	}
	for _, update := range changes.SecretUpdates {
		if s := c.m.secretOf(update.URI); s == nil || !c.owns(s) {
			return denied()
		}
	}
	for _, remove := range changes.SecretDeletes {
		if s := c.m.secretOf(remove.URI); s == nil || !c.owns(s) {
			return denied()
		}
	}
	return nil
}

func (c *call) commitSecrets(changes params.CommitHookChangesArg) {
	for _, create := range changes.SecretCreates {
		owner, err := names.ParseTag(create.OwnerTag)
		if err != nil {
			continue // checked before
		}
		s := newSecret(*create.URI)
		s.owner = owner.Id()
		s.update(create.UpsertSecretArg)
		c.m.secrets = append(c.m.secrets, s)
	}
	for _, update := range changes.SecretUpdates {
		c.m.secretOf(update.URI).update(update.UpsertSecretArg)
	}
	for _, remove := range changes.SecretDeletes {
		s := c.m.secretOf(remove.URI)
		for _, revision := range remove.Revisions {
			delete(s.revisions, revision)
			s.deleted[revision] = true
		}
		if len(remove.Revisions) == 0 {
			c.m.secrets = slices.DeleteFunc(c.m.secrets, func(other *secret) bool { return other == s })
		}
	}
}

func (s *secret) update(arg params.UpsertSecretArg) {
	if arg.Label != nil {
		s.label = *arg.Label
	}
	if arg.Description != nil {
		s.description = *arg.Description
	}
	if arg.RotatePolicy != nil {
		s.rotate = *arg.RotatePolicy
	}
	if len(arg.Content.Data) > 0 {
		s.latest++
		s.revisions[s.latest] = arg.Content
		s.retire()
	}
}

// retire marks the revisions that nobody uses, for good.
func (s *secret) retire() {
	for revision := 1; revision < s.latest; revision++ {
		used := false
		for _, read := range s.read {
			used = used || read == revision
		}
		if !used {
			s.obsolete[revision] = true
		}
	}
}
