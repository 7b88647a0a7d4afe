// Package mongodb is the upper layer of the original's documentation: what comes
// to the topics is written to MongoDB.
package mongodb

import (
	"cmp"
	"context"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// The flags of this layer, spelt as in the original, and its endpoint.
var (
	Configured = flags.New("kafka-connect-mongodb.configured")
	Running    = flags.New("kafka-connect-mongodb.running")
	mongo      = flags.Endpoint("mongodb", "hostname", "port")
)

type layer struct{ *helpers.Unit }

// Layer gives the rules that this charm adds to the base layer's.
func Layer(unit *helpers.Unit) reactive.Rules {
	l := &layer{unit}
	return reactive.Rules{
		charm.Needs(unit, mongo, "a MongoDB application"),
		reactive.When(flags.All(mongo.Available, charm.TopicCreated, flags.Leader).And(flags.Not(Configured))).
			Do("configure workers", l.configure).Sets(Configured, charm.Install),
		reactive.When(flags.All(charm.Ready, charm.Running, mongo.Available, flags.Leader).And(flags.Not(Running))).
			Do("register connector", l.register).Sets(Running),
		reactive.OnSet(flags.ConfigChanged).Clears(Running),
		reactive.OnSet(mongo.Changed).Clears(Running),
		reactive.OnCleared(charm.Running).Clears(Running),
	}
}

func (l *layer) configure(ctx context.Context, change *reactive.Changes) error {
	change.Set(Configured, charm.Install)
	return l.SetWorkerConfig(ctx, map[string]string{
		"key.converter":                  "org.apache.kafka.connect.json.JsonConverter",
		"value.converter":                "org.apache.kafka.connect.json.JsonConverter",
		"key.converter.schemas.enable":   "false",
		"value.converter.schemas.enable": "false",
	})
}

func (l *layer) register(ctx context.Context, change *reactive.Changes) error {
	config, err := l.Config(ctx)
	settings, wrong := l.Settings(ctx)
	server, missing := l.Remote(ctx, mongo)
	if err := cmp.Or(err, wrong, missing); err != nil {
		return err
	}
	collections := strings.Fields(config.String("db-collections"))
	if len(collections) != len(settings.Topics) {
		return reactive.Blocked("option db-collections has %d collections for %d topics: name one for each", len(collections), len(settings.Topics))
	}
	name := l.Model() + l.Application() + "-mongodb" // as the original calls it: its offsets go on
	if err := helpers.Accepted(l.RegisterConnector(ctx, map[string]any{
		"connector.class":     "com.startapp.data.MongoSinkConnector",
		"tasks.max":           config.Int("max-tasks"),
		"topics":              strings.Join(settings.Topics, ","),
		"db.host":             server["hostname"],
		"db.port":             server["port"],
		"db.name":             config.String("db-name"),
		"db.collections":      strings.Join(collections, ","),
		"write.batch.enabled": config.Bool("write-batch-enabled"),
		"connect.use_schema":  false,
	}, name)); err != nil {
		return err
	}
	change.Set(Running)
	return nil
}
