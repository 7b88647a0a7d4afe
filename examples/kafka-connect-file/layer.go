// Package file is an upper layer: a FileStream source and a FileStream sink, which
// come with Kafka, so that it runs anywhere.
package file

import (
	"context"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// The flags of this layer.
var (
	Configured = flags.New("kafka-connect-file.configured")
	Running    = flags.New("kafka-connect-file.running")
)

type layer struct{ *helpers.Unit }

// Layer gives the rules that this charm adds to the base layer's.
func Layer(unit *helpers.Unit) reactive.Rules {
	l := &layer{unit}
	return reactive.Rules{
		reactive.When(flags.All(charm.TopicCreated, flags.Leader).And(flags.Not(Configured))).
			Do("configure workers", l.configure).Sets(Configured, charm.Install),
		reactive.When(flags.All(charm.Ready, charm.Running, flags.Leader).And(flags.Not(Running))).
			Do("register connectors", l.register).Sets(Running),
		reactive.OnSet(flags.ConfigChanged).Clears(Running),
		reactive.OnCleared(charm.Running).Clears(Running),
	}
}

func (l *layer) configure(ctx context.Context, change *reactive.Changes) error {
	if err := l.SetBaseImage(ctx, "apache/kafka:4.3.1"); err != nil {
		return err
	}
	change.Set(Configured, charm.Install)
	return l.SetWorkerConfig(ctx, map[string]string{
		"key.converter":   "org.apache.kafka.connect.storage.StringConverter",
		"value.converter": "org.apache.kafka.connect.storage.StringConverter",
		"plugin.path":     "/opt/kafka/libs/connect-file-4.3.1.jar",
	})
}

func (l *layer) register(ctx context.Context, change *reactive.Changes) error {
	settings, err := l.Settings(ctx)
	if err != nil {
		return err
	}
	config, err := l.Config(ctx)
	if err != nil {
		return err
	}
	for name, connector := range map[string]map[string]any{
		l.Application() + "-source": {"connector.class": "FileStreamSource", "file": config.String("source-file"), "topic": settings.Topics[0]},
		l.Application() + "-sink":   {"connector.class": "FileStreamSink", "file": config.String("sink-file"), "topics": strings.Join(settings.Topics, ",")},
	} {
		if err := helpers.Accepted(l.RegisterConnector(ctx, connector, name)); err != nil {
			return err
		}
	}
	change.Set(Running)
	return nil
}
