// Package mongodb is the upper layer of the original's documentation: what comes to the
// topics is written to MongoDB.
package mongodb

import (
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
		reactive.When(flags.Not(mongo.Available)).
			Do("wait for MongoDB", l.wait),
		reactive.When(flags.All(mongo.Available, charm.TopicCreated, flags.Leader).And(flags.Not(Configured))).
			Do("configure workers", l.configure).Sets(Configured, charm.Install),
		reactive.When(flags.All(charm.Ready, charm.Running, mongo.Available, flags.Leader).And(flags.Not(Running))).
			Do("register connector", l.register).Sets(Running),
		reactive.OnSet(flags.ConfigChanged).Clears(Running),
		reactive.OnSet(mongo.Changed).Clears(Running),
		reactive.OnCleared(charm.Running).Clears(Running),
	}
}

func (l *layer) wait(context.Context, *reactive.Changes) error {
	return reactive.Blocked("MongoDB is missing: juju integrate %s:mongodb with a MongoDB application", l.Application())
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
	connector, err := l.connector(ctx)
	if err != nil {
		return err
	}
	name := l.Model() + "-" + l.Application() + "-mongodb"
	if err := helpers.Accepted(l.RegisterConnector(ctx, connector, name)); err != nil {
		return err
	}
	change.Set(Running)
	return nil
}

// connector is the configuration, with MongoDB's address from the relation.
func (l *layer) connector(ctx context.Context) (map[string]any, error) {
	config, err := l.Config(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := l.Settings(ctx)
	if err != nil {
		return nil, err
	}
	collections := config.String("db-collections")
	if len(strings.FieldsFunc(collections, func(r rune) bool { return r == ',' || r == ' ' })) != len(settings.Topics) {
		return nil, reactive.Blocked("option db-collections needs one collection for each of the %d topics", len(settings.Topics))
	}
	data, err := l.Remote(ctx, mongo)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"connector.class":     "com.startapp.data.MongoSinkConnector",
		"tasks.max":           config.Int("max-tasks"),
		"db.host":             data["hostname"],
		"db.port":             data["port"],
		"db.name":             config.String("db-name"),
		"db.collections":      strings.Join(strings.FieldsFunc(collections, func(r rune) bool { return r == ',' || r == ' ' }), ","),
		"topics":              strings.Join(settings.Topics, ","),
		"write.batch.enabled": config.Bool("write-batch-enabled"),
		"connect.use_schema":  false,
	}, nil
}
