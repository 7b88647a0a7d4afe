package hooks

// The snapshot of the world that a hook starts from. What no rule watches is
// not read; what several watch is read once, by the unit's cache.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// look fills the world with the facts and versions that are watched.
func (h *hook) look(ctx context.Context, watches reactive.Watches) error {
	h.world = reactive.World{Facts: map[string]bool{}, Versions: map[string]string{}}
	for _, fact := range watches.Facts {
		holds, err := h.fact(ctx, fact)
		if err != nil {
			return err
		}
		if holds {
			h.world.Facts[fact.Name()] = true
		}
	}
	left := newDepartures(h.unit)
	for _, change := range watches.Changes {
		version, err := h.version(ctx, change, left)
		if err != nil {
			return err
		}
		if version != "" {
			h.world.Versions[change.Name()] = version
		}
	}
	return left.save()
}

func (h *hook) fact(ctx context.Context, fact flags.Fact) (bool, error) {
	switch fact.Kind() {
	case flags.FactLeader:
		return h.unit.IsLeader(ctx)
	case flags.FactConfigSet:
		config, err := h.unit.Config(ctx)
		return config.IsSet(fact.Subject()), err
	case flags.FactConfigDefault:
		return hasDefault(ctx, h.unit, fact.Subject())
	case flags.FactJoined:
		return joined(ctx, h.unit, fact.Subject())
	case flags.FactAvailable:
		return available(ctx, h.unit, fact.Subject(), fact.Needs())
	case flags.FactHook:
		return h.unit.Env().Hook.Name == fact.Subject(), nil
	case flags.FactAction:
		return h.unit.Env().Hook.Action == fact.Subject(), nil
	}
	return false, fmt.Errorf("cannot tell whether %s holds: this charm process does not know facts of that kind", fact)
}

func (h *hook) version(ctx context.Context, change flags.Change, left *departures) (string, error) {
	switch change.Kind() {
	case flags.ChangeConfig:
		return configVersion(ctx, h.unit, change.Key())
	case flags.ChangeEndpoint:
		return endpointVersion(ctx, h.unit, change.Subject(), change.Key())
	case flags.ChangeDeparted:
		return left.version(ctx, change.Subject())
	case flags.ChangeUpgrade:
		return charmVersion(h.process.Version, h.unit.Env().CharmDir), nil
	}
	return "", fmt.Errorf("cannot tell the version of %s: this charm process does not know inputs of that kind", change)
}

// configVersion is of one option, or of all if the option is empty. An option
// without a value has no version.
func configVersion(ctx context.Context, unit *juju.Unit, option string) (string, error) {
	config, err := unit.Config(ctx)
	if err != nil {
		return "", err
	}
	if option == "" {
		return hash(config)
	}
	if value, ok := config[option]; ok {
		return hash(value)
	}
	return "", nil
}

// hash gives a short text that differs when the value does. It must never come
// out otherwise for the same value: every rule that waits for a change would
// run after an upgrade.
func hash(value any) (string, error) {
	text, err := json.Marshal(value) // sorts the keys of maps
	if err != nil {
		return "", fmt.Errorf("cannot hash an input: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}
