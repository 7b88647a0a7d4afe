// Package file is an upper layer: a FileStream source and a FileStream sink, which
// come with Kafka, so that it runs anywhere.
package file

import (
	"cmp"
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
		reactive.OnSet(flags.UpgradeCharm).Clears(Configured, Running),
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
	config, err := l.Config(ctx)
	settings, wrong := l.Settings(ctx)
	if err := cmp.Or(err, wrong); err != nil {
		return err
	}
	source := map[string]any{"connector.class": "FileStreamSource", "file": config.String("source-file"), "topic": settings.Topics[0]}
	sink := map[string]any{"connector.class": "FileStreamSink", "file": config.String("sink-file"), "topics": strings.Join(settings.Topics, ",")}
	if err := helpers.Accepted(l.RegisterConnector(ctx, source, l.Application()+"-source")); err != nil {
		return err
	}
	if err := helpers.Accepted(l.RegisterConnector(ctx, sink, l.Application()+"-sink")); err != nil {
		return err
	}
	change.Set(Running)
	return nil
}
