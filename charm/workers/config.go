package workers

import (
	"context"
	"maps"

	"github.com/connectcharm/kafka-connect-base/reactive"
)

// SetWorkerConfig says how the workers are configured: "key.converter" and so on.
// It replaces what was set before, and is joined with the base layer's own
// properties; the option worker-config wins over both. Keys that say where the
// workers are or who they are give a blocked outcome. What may be secret is kept in a secret. The base layer deploys
// it once [charm.Install] is set. Leader only.
func (u *Unit) SetWorkerConfig(ctx context.Context, config map[string]string) error {
	if err := u.mustLead(ctx); err != nil {
		return err
	}
	for _, key := range sortedKeys(config) {
		why, no := refused[key]
		if !no {
			continue
		}
		own, err := u.ownName(ctx, key, config[key])
		if err != nil {
			return err
		}
		if !own {
			return reactive.Blocked("this charm's layer sets worker property %s: %s", key, why)
		}
	}
	open, secret := withoutSecrets(config)
	m, err := u.recall(ctx)
	if err != nil {
		return err
	}
	if len(secret) > 0 || m.HasSecrets {
		if err := u.keep(ctx, func(v *vault) { v.Worker = secret }); err != nil {
			return err
		}
	}
	if maps.Equal(open, m.Worker) && m.HasSecrets == (len(secret) > 0) {
		return nil
	}
	return u.remember(ctx, func(m *memory) { m.Worker, m.HasSecrets = open, len(secret) > 0 })
}

// ownName allows what layers written for the original do: pass the topics' names back.
func (u *Unit) ownName(ctx context.Context, key, value string) (bool, error) {
	m, err := u.recall(ctx)
	if err != nil {
		return false, err
	}
	switch key {
	case "config.storage.topic":
		return value == m.Topics.Configs, nil
	case "offset.storage.topic":
		return value == m.Topics.Offsets, nil
	case "status.storage.topic":
		return value == m.Topics.Status, nil
	}
	return false, nil
}

// SetBaseImage chooses the workers' image; the option image wins over it. Leader only.
func (u *Unit) SetBaseImage(ctx context.Context, image string) error {
	if err := u.mustLead(ctx); err != nil {
		return err
	}
	m, err := u.recall(ctx)
	if err != nil || m.Image == image {
		return err
	}
	return u.remember(ctx, func(m *memory) { m.Image = image })
}

// GetConfigsTopic names the topic of config.storage.topic; "" before it was created. Leader only.
func (u *Unit) GetConfigsTopic(ctx context.Context) (string, error) {
	names, err := u.topics(ctx)
	return names.Configs, err
}

// GetOffsetsTopic names the topic of offset.storage.topic; "" before it was created. Leader only.
func (u *Unit) GetOffsetsTopic(ctx context.Context) (string, error) {
	names, err := u.topics(ctx)
	return names.Offsets, err
}

// GetStatusTopic names the topic of status.storage.topic; "" before it was created. Leader only.
func (u *Unit) GetStatusTopic(ctx context.Context) (string, error) {
	names, err := u.topics(ctx)
	return names.Status, err
}

func (u *Unit) topics(ctx context.Context) (TopicNames, error) {
	m, err := u.recall(ctx)
	if err != nil {
		return TopicNames{}, err
	}
	return m.Topics, nil
}
