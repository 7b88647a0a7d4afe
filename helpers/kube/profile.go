package kube

// Images of Kafka Connect: how each is started, and what its Kafka can do.

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Version is a version of Apache Kafka; the zero Version is unknown.
type Version struct{ Major, Minor int }

// AtLeast reports whether the version is known and not older than major.minor.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor && v != Version{}
}

// String returns "3.9", or "unknown".
func (v Version) String() string {
	if v == (Version{}) {
		return "unknown"
	}
	return fmt.Sprintf("%d.%d", v.Major, v.Minor)
}

// Profile says how an image is run. The zero Profile is an image that follows
// the contract of the original's image: its entrypoint starts a distributed worker
// from /etc/config/connect-distributes.properties.
type Profile struct {
	// Name is for people.
	Name string
	// Command replaces the image's entrypoint; the path of
	// connect-distributed.properties is appended to it.
	// By default, the image's own entrypoint runs.
	Command []string
	// ConfigDir is where both properties files are mounted.
	// By default, /etc/config.
	ConfigDir string
	// User is the user id the workers run as, which must not be 0.
	// By default, the image decides, and may decide for root.
	User int64
	// Kafka is the version inside the image, which decides the probes
	// (/health from 3.9, KIP-1017) and whether a worker can be told its name
	// (environment variables in its configuration from 3.5, KIP-887).
	// By default, unknown: only what every version can do is used.
	Kafka Version
}

func (p Profile) configDir() string {
	if p.ConfigDir == "" {
		return "/etc/config"
	}
	return p.ConfigDir
}

// probePath answers 200 once a worker has joined its group. Before 3.9 there is
// no better one than the list of connectors; the root answers even from a
// worker that is stuck.
func (p Profile) probePath() string {
	if p.Kafka.AtLeast(3, 9) {
		return "/health"
	}
	return "/connectors"
}

// newest is assumed for images whose tag says no version, such as "latest".
var newest = Version{4, 0}

// ProfileFor returns the profile of a known image, by its repository and tag:
// the original's image (Kafka 0.10, as root), apache/kafka, and Confluent's
// cp-kafka-connect family. Any other image is taken to follow the contract of
// the original's image, as images built on it do, with a version that is unknown.
func ProfileFor(image string) Profile {
	repository, tag := splitImage(image)
	base := path.Base(repository)
	is := func(name string) bool { return strings.HasSuffix("/"+repository, "/"+name) } // a mirror's copy too
	switch {
	case is("sborny/kafka-connect-base"):
		return Profile{Name: "sborny/kafka-connect-base", Kafka: Version{0, 10}}
	case is("apache/kafka"):
		return Profile{
			Name:      "apache/kafka",
			Command:   []string{"/opt/kafka/bin/connect-distributed.sh"},
			ConfigDir: "/etc/kafka-connect",
			User:      1000,
			Kafka:     tagVersion(tag, newest),
		}
	case strings.HasPrefix(base, "cp-kafka-connect") || strings.HasPrefix(base, "cp-server-connect"):
		return Profile{
			Name:      "confluent",
			Command:   []string{"connect-distributed"},
			ConfigDir: "/etc/kafka-connect-base",
			User:      1000,
			Kafka:     confluentVersion(tagVersion(tag, Version{8, 0})),
		}
	}
	return Profile{Name: "generic"}
}

// splitImage separates repository and tag, without a digest.
func splitImage(image string) (repository, tag string) {
	repository, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndex(repository, ":"); i > strings.LastIndex(repository, "/") {
		repository, tag = repository[:i], repository[i+1:]
	}
	return repository, tag
}

// tagVersion reads "3.9.1-rc0" as 3.9.
func tagVersion(tag string, unknown Version) Version {
	major, rest, _ := strings.Cut(strings.TrimPrefix(tag, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	minor, _, _ = strings.Cut(minor, "-")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	if errA != nil || errB != nil || a < 0 || b < 0 {
		return unknown
	}
	return Version{a, b}
}

// confluentVersion turns a Confluent Platform version into the Kafka inside it:
// 5.x holds 2.x, 6.x holds 2.6 and later, 7.x holds 3.x, 8.x holds 4.x
// (Confluent's table of supported versions).
func confluentVersion(v Version) Version {
	switch {
	case v.Major >= 7:
		return Version{v.Major - 4, v.Minor}
	case v.Major == 6:
		return Version{2, v.Minor + 6}
	case v.Major == 5:
		return Version{2, v.Minor}
	}
	return Version{}
}
