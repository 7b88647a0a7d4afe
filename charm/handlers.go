package charm

import (
	"context"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func set(flag flags.Flag) reactive.Handler {
	return func(_ context.Context, change *reactive.Changes) error {
		change.Set(flag)
		return nil
	}
}

func unset(flag flags.Flag) reactive.Handler {
	return func(_ context.Context, change *reactive.Changes) error {
		change.Clear(flag)
		return nil
	}
}

func (l *layer) waitForKafka(ctx context.Context, _ *reactive.Changes) error {
	_, missing, err := l.unit.Bootstrap(ctx)
	if err != nil {
		return err
	}
	if missing > 0 {
		return reactive.Waiting("waiting for %d Kafka unit(s) to say a usable host and port", missing)
	}
	relations, err := l.unit.Relations(ctx, Kafka.Name)
	if err != nil {
		return err
	}
	if len(relations) > 0 {
		return reactive.Waiting("waiting for Kafka's units to join")
	}
	return reactive.Blocked("Kafka is missing: juju integrate %s:kafka with a Kafka application", l.unit.Application())
}

func (l *layer) waitForTopics(context.Context, *reactive.Changes) error {
	return reactive.Blocked(`no topics: juju config %s topics="topic another-topic"`, l.unit.Application())
}

// lookForServiceAccount: a trusted charm in a Kubernetes model needs no relation and no option.
func (l *layer) lookForServiceAccount(ctx context.Context, change *reactive.Changes) error {
	access, err := l.unit.Access(ctx)
	if err != nil {
		return err
	}
	if access == workers.ByServiceAccount {
		change.Set(trusted)
		return nil
	}
	change.Clear(trusted)
	return reactive.Blocked("no way to Kubernetes: juju integrate %s:kubernetes with a kubernetes-deployer, or set option kubeconfig", l.unit.Application())
}

// checkOptions says what is wrong on every unit, also where no rule needs the options yet.
func (l *layer) checkOptions(ctx context.Context, _ *reactive.Changes) error {
	problems, err := l.unit.Problems(ctx)
	if err != nil {
		return err
	}
	for _, problem := range problems {
		l.unit.Log().Warn("option is wrong", "problem", problem)
	}
	_, err = l.unit.Settings(ctx)
	return err
}

// standBy takes back what this unit asked for while it was the leader. Its
// flags go too: it looks at everything anew when it leads again.
func (l *layer) standBy(ctx context.Context, change *reactive.Changes) error {
	change.Clear(TopicCreated, Installed, Configured, Unregistered, Running)
	l.unit.SetStatus(juju.Status{Kind: juju.Active, Message: "standing by: the leader looks after the workers"})
	return l.unit.StandBy(ctx)
}

func (l *layer) createTopics(ctx context.Context, change *reactive.Changes) error {
	names, err := l.unit.CreateTopics(ctx)
	if err != nil {
		return err
	}
	l.unit.Log().Info("topics exist", "configs", names.Configs, "offsets", names.Offsets, "status", names.Status)
	change.Set(TopicCreated)
	return nil
}

func (l *layer) waitForUpperLayer(context.Context, *reactive.Changes) error {
	return reactive.Waiting("waiting for this charm's upper layer to set a worker configuration")
}

func (l *layer) deploy(ctx context.Context, change *reactive.Changes) error {
	changed, err := l.unit.Deploy(ctx)
	if err != nil {
		return err
	}
	if changed {
		change.Clear(Running)
	}
	change.Set(Installed, Configured)
	return nil
}

// await is also where connectors come back that were unregistered, or lost with
// their workers.
func (l *layer) await(ctx context.Context, change *reactive.Changes) error {
	settings, err := l.unit.Settings(ctx)
	if err != nil {
		return err
	}
	if err := l.unit.Await(ctx); err != nil {
		return err
	}
	if settings.Workers == 0 {
		l.unit.SetStatus(juju.Status{Kind: juju.Active, Message: "stopped: option workers is 0"})
		return nil
	}
	if _, err := l.unit.Restore(ctx); err != nil {
		return err
	}
	change.Set(Running)
	change.Clear(Unregistered)
	return nil
}

// compare asks Juju only. Wrong options leave the workers as they are.
func (l *layer) compare(ctx context.Context, change *reactive.Changes) error {
	current, err := l.unit.Current(ctx)
	if err != nil {
		return err
	}
	if !current {
		change.Clear(Configured, Running)
	}
	return nil
}

// lookAfter asks Kubernetes and Connect whether things are as they were left.
func (l *layer) lookAfter(ctx context.Context, change *reactive.Changes) error {
	health, err := l.unit.Health(ctx)
	if err != nil {
		return err
	}
	switch {
	case !health.Deployed:
		l.unit.Log().Warn("workers are not as they were deployed; deploying again", "reason", health.Message)
		change.Clear(Configured, Running)
	case !health.Ready:
		l.unit.Log().Warn("workers are not ready", "reason", health.Message)
		change.Clear(Running)
	case health.Missing > 0:
		l.unit.Log().Warn("connectors are not as they were registered; registering them again", "connectors", health.Missing)
		change.Clear(Running) // waiting for the workers restores what is remembered, and the upper layer does the rest
	case health.Failed != "":
		return reactive.Blocked("%s", health.Failed)
	}
	return nil
}

// keepAttached is due in every hook: what an operator attaches comes without a flag.
func (l *layer) keepAttached(ctx context.Context, _ *reactive.Changes) (err error) {
	l.attached, err = l.unit.KeepAttached(ctx)
	return err
}

// sayRunning counts when the status is shown: an upper layer may register
// connectors later in this hook.
func (l *layer) sayRunning(ctx context.Context, _ *reactive.Changes) error {
	settings, err := l.unit.Settings(ctx)
	if err != nil {
		return err
	}
	registered, err := l.unit.Registered(ctx)
	if err != nil {
		return err
	}
	l.unit.SetStatusLater(func() juju.Status {
		text := fmt.Sprintf("%s, %s", count(settings.Workers, "worker"), count(registered(), "connector"))
		if l.attached != "" {
			text += "; " + l.attached
		}
		return juju.Status{Kind: juju.Active, Message: text}
	})
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (l *layer) tellWebsite(ctx context.Context, _ *reactive.Changes) error {
	return l.unit.TellWebsite(ctx)
}

// takeLeave runs on the leader while Kafka or Kubernetes is gone, until
// nothing is left of what it deployed.
func (l *layer) takeLeave(endpoint flags.EndpointFlags) reactive.Handler {
	return func(ctx context.Context, change *reactive.Changes) error {
		left, err := l.unit.TakeLeave(ctx, endpoint.Name)
		if err != nil {
			return err
		}
		if left {
			change.Set(Unregistered)
		}
		change.Clear(TopicCreated, Configured, Running)
		return nil
	}
}

func (l *layer) removeWithLast(ctx context.Context, _ *reactive.Changes) error {
	return l.unit.RemoveWithLast(ctx)
}

// letGoOfOldSecret: without it the revision that a unit has read first stays for ever.
func (l *layer) letGoOfOldSecret(ctx context.Context, _ *reactive.Changes) error {
	return l.unit.LetGoOfOldSecret(ctx)
}

// dropOldSecret: without it every registration leaves a revision behind for ever.
func (l *layer) dropOldSecret(ctx context.Context, _ *reactive.Changes) error {
	return l.unit.DropOldSecret(ctx)
}
