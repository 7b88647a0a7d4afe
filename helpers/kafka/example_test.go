package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// The topics a Connect cluster keeps its memory in, made right once and looked at ever after.
func Example() {
	cluster, err := kafkatest.Start(kafkatest.Options{Brokers: 3})
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	ctx := context.Background()

	admin := kafka.Open(kafka.Config{Brokers: cluster.Addrs()})
	defer admin.Close()
	brokers, err := admin.Brokers(ctx)
	if err != nil {
		log.Fatal(err)
	}
	configs := kafka.Topic{Name: "m.app.connectconfigs", Partitions: 1, ReplicationFactor: len(brokers), Compacted: true}
	if err := admin.Create(ctx, configs); err != nil {
		log.Fatal(err)
	}
	topics, err := admin.Topics(ctx, configs.Name)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", topics[configs.Name])

	configs.Name, configs.ReplicationFactor = "m.app.more", 5
	err = admin.Create(ctx, configs)
	fmt.Println(errors.Is(err, kafka.ErrTooFewBrokers), err)
	// Output:
	// {Name:m.app.connectconfigs Partitions:1 ReplicationFactor:3 Compacted:true}
	// true cannot create topic "m.app.more": 5 replicas are wanted and 3 brokers are alive: add brokers or ask for fewer replicas
}
