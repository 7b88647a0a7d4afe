// Kubelite-images gets Kafka and writes what kubelite needs to run it.
//
//	kubelite-images -version 4.3.1 -dir FOLDER [-namespace kafka] [-brokers 3]
//
// writes FOLDER/images.json, for kubelite's flag -images, and FOLDER/brokers.json, a
// list for kubectl apply -f of brokers that keep what they have in FOLDER/brokers. It
// needs mvn and java, and the first time the network.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

func main() {
	log.SetFlags(0)
	versions := realkafka.Versions()
	version := flag.String("version", versions[len(versions)-1], "the release of Kafka")
	dir := flag.String("dir", ".", "where to write")
	pods := realkafka.Pods{}
	flag.StringVar(&pods.Namespace, "namespace", "kafka", "where the brokers are")
	flag.IntVar(&pods.Brokers, "brokers", 3, "how many there are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := write(ctx, *version, *dir, pods); err != nil {
		log.Fatal("kubelite-images: ", err)
	}
}

func write(ctx context.Context, version, dir string, pods realkafka.Pods) error {
	kafka, err := realkafka.Get(ctx, version, log.Printf)
	if err != nil {
		return err
	}
	images, err := realkafka.Images("", kafka)
	if err != nil {
		return err
	}
	pods.Image = kafka.ImageName()
	if pods.Folder, err = filepath.Abs(filepath.Join(dir, "brokers")); err != nil {
		return fmt.Errorf("cannot name the brokers' folder: %w", err)
	}
	brokers, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": pods.Objects()})
	if err != nil {
		return fmt.Errorf("cannot write the brokers' manifests: %w", err)
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, "images.json"), images, 0o644),
		os.WriteFile(filepath.Join(dir, "brokers.json"), brokers, 0o644))
}
