package main

// The store: etcd as a library.

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// startEtcd runs etcd on free ports of loopback. Nothing is kept for long, so
// it does not wait for the disk.
func startEtcd(dir, log string) (*embed.Etcd, error) {
	c := embed.NewConfig()
	c.Dir = dir
	free := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	c.ListenClientUrls, c.AdvertiseClientUrls = free, free
	c.ListenPeerUrls, c.AdvertisePeerUrls = free, free
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.UnsafeNoFsync = true
	c.LogLevel, c.LogOutputs = "error", []string{log}
	c.TickMs, c.ElectionMs = 100, 1000
	e, err := embed.StartEtcd(c)
	if err != nil {
		return nil, fmt.Errorf("cannot start etcd: %w", err)
	}
	select {
	case <-e.Server.ReadyNotify():
		return e, nil
	case <-time.After(time.Minute):
		e.Close()
		return nil, errors.New("cannot start etcd: it is not ready within a minute")
	}
}
