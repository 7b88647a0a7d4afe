// Package mongodb is the upper layer of the original's documentation: what comes
// to the topics is written to MongoDB.
package mongodb

import (
	"cmp"
	"context"
	"net/http"
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
	Stopped    = flags.New("kafka-connect-mongodb.stopped") // there is no database to write to
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
			Do("register connector", l.register).Sets(Running).Clears(Stopped),
		reactive.When(flags.All(charm.Running, flags.Leader).And(flags.Not(mongo.Available, Stopped))).
			Do("unregister connector", l.unregister).Sets(Stopped).Clears(Running),
		reactive.OnSet(flags.ConfigChanged).Clears(Running),
		reactive.OnSet(flags.UpgradeCharm).Clears(Configured, Running),
		reactive.OnSet(mongo.Changed).Clears(Running),
		reactive.OnCleared(charm.Running).Clears(Running, Stopped),
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
	}, l.connector())); err != nil {
		return err
	}
	change.Set(Running)
	change.Clear(Stopped)
	return nil
}

// unregister ends the connector, which would go on writing to a database that it
// is no longer related to. Its offsets stay.
func (l *layer) unregister(ctx context.Context, change *reactive.Changes) error {
	response, err := l.UnregisterConnector(ctx, l.connector())
	if err != nil || response.StatusCode != http.StatusNotFound { // what an operator unregistered is gone already
		if err := helpers.Accepted(response, err); err != nil {
			return err
		}
	}
	change.Set(Stopped)
	change.Clear(Running)
	return nil
}

// connector is the name the original gives it: its offsets go on.
func (l *layer) connector() string { return l.Model() + l.Application() + "-mongodb" }
