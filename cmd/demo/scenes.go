package main

// The play: every scene is what an operator does, and the world that it leads to.

// scene is one act of the operator and what becomes of it.
type scene struct {
	title string
	about string
	steps []step
	want  want
}

// want is the world as it should be after a scene, in the words of aspects.go.
type want struct {
	juju, flags, kafka, kubernetes, connect, calls, bytes string
}

// What recurs. The units stand by in many scenes, and Kafka's topics never change.
const (
	standBy  = "active: standing by: the leader looks after the workers"
	noKafka  = "blocked: Kafka is missing: juju integrate connect:kafka with a Kafka application"
	topics   = "streams.connect.connectconfigs 1×3, streams.connect.connectoffsets 50×3, streams.connect.connectstatus 10×3, all compacted"
	allFlags = "base.configured, base.install, base.installed, base.ready, base.topic-created, file.configured, file.running, kafka-connect.running"
	objects  = "StatefulSet connect-connect, Services connect-connect and connect-connect-workers, PodDisruptionBudget connect-connect"
	both     = "connect-sink RUNNING, connect-source RUNNING"
	none     = "none"
	register = "PUT /connectors/connect-sink/config 201, PUT /connectors/connect-source/config 201"
	interval = "offset.flush.interval.ms"
	mounted  = ", " + interval + "=5000"
	farewell = "DELETE /connectors/connect-sink 204, DELETE /connectors/connect-source 204"
)

// life is the whole play.
func life() []scene {
	scenes := arriving()
	scenes = append(scenes, changing()...)
	scenes = append(scenes, pausing()...)
	return append(scenes, losing()...)
}

func arriving() []scene {
	return []scene{
		{
			title: "Three units, and nothing else yet",
			about: "Every unit says what is missing and what to type. One of them leads.",
			steps: []step{deploy(3)},
			want: want{
				juju:  "connect/0* connect/1 connect/2 " + noKafka,
				flags: none, kafka: "no topics", kubernetes: "nothing", connect: "no group", calls: none,
				bytes: "0 lines written, 0 in Kafka, 0 in the sink",
			},
		},
		{
			title: "Options, and a way to Kubernetes",
			about: "Options alone change nothing outside: Kafka is still missing.",
			steps: []step{configFiles(), configKubernetes()},
			want: want{
				juju:  "connect/0* connect/1 connect/2 " + noKafka,
				flags: none, kafka: "no topics", kubernetes: "nothing", connect: "no group", calls: none,
				bytes: "0 lines written, 0 in Kafka, 0 in the sink",
			},
		},
		{
			title: "Kafka arrives, and everything follows",
			about: "The leader creates topics; once the last broker has joined it deploys workers, waits for them and registers the connectors. The others stand by.",
			steps: []step{deployKafka(), integrate(), write("one", "two")},
			want: want{
				juju:  "connect/0* active: 1 worker, 2 connectors; connect/1 connect/2 " + standBy,
				flags: allFlags, kafka: topics, kubernetes: objects + "; 1 of 1 pods ready, 1 new",
				connect: "group connect, 1 worker; " + both, calls: register,
				bytes: "2 lines written, 2 in Kafka, 2 in the sink",
			},
		},
	}
}

func changing() []scene {
	return []scene{
		{
			title: "A slip of the keyboard",
			about: "A line without \"=\" blocks and says where. The workers go on as they were.",
			steps: []step{config(`worker-config="`+interval+` 5000"`, map[string]any{"worker-config": interval + " 5000"}), write("three")},
			want: want{
				juju:  "connect/0* connect/1 connect/2 blocked: option worker-config, line 1: write property=value",
				flags: "base.configured, base.install, base.installed, base.ready, base.topic-created, file.configured, kafka-connect.running",
				kafka: topics, kubernetes: objects + "; 1 of 1 pods ready",
				connect: "group connect, 1 worker; " + both, calls: none,
				bytes: "3 lines written, 3 in Kafka, 3 in the sink",
			},
		},
		{
			title: "Mended: the workers roll",
			about: "The operator's line wins over the charm's. Only a real change replaces pods.",
			steps: []step{config(`worker-config="`+interval+`=5000"`, map[string]any{"worker-config": interval + "=5000"}), write("four")},
			want: want{
				juju:  "connect/0* active: 1 worker, 2 connectors; connect/1 connect/2 " + standBy,
				flags: allFlags, kafka: topics, kubernetes: objects + "; 1 of 1 pods ready, 1 new" + mounted,
				connect: "group connect, 1 worker; " + both, calls: none,
				bytes: "4 lines written, 4 in Kafka, 4 in the sink",
			},
		},
		{
			title: "Three workers instead of one",
			about: "The first pod stays; its connectors are not touched.",
			steps: []step{config("workers=3", map[string]any{"workers": 3}), write("five")},
			want: want{
				juju:  "connect/0* active: 3 workers, 2 connectors; connect/1 connect/2 " + standBy,
				flags: allFlags, kafka: topics, kubernetes: objects + "; 3 of 3 pods ready, 2 new" + mounted,
				connect: "group connect, 3 workers; " + both, calls: none,
				bytes: "5 lines written, 5 in Kafka, 5 in the sink",
			},
		},
	}
}

func pausing() []scene {
	return []scene{
		{
			title: "The sink pauses",
			about: "What is written meanwhile waits in Kafka.",
			steps: []step{action("pause-connector", "name=connect-sink").then("connect-sink PAUSED"), action("list-connectors"), write("six")},
			want: want{
				juju:  "connect/0* active: 3 workers, 2 connectors; connect/1 connect/2 " + standBy,
				flags: allFlags, kafka: topics, kubernetes: objects + "; 3 of 3 pods ready" + mounted,
				connect: "group connect, 3 workers; connect-sink PAUSED, connect-source RUNNING",
				calls:   "PUT /connectors/connect-sink/pause 202",
				bytes:   "6 lines written, 6 in Kafka, 5 in the sink",
			},
		},
		{
			title: "And resumes",
			about: "It catches up with what it missed.",
			steps: []step{action("resume-connector", "name=connect-sink")},
			want: want{
				juju:  "connect/0* active: 3 workers, 2 connectors; connect/1 connect/2 " + standBy,
				flags: allFlags, kafka: topics, kubernetes: objects + "; 3 of 3 pods ready" + mounted,
				connect: "group connect, 3 workers; " + both,
				calls:   "PUT /connectors/connect-sink/resume 202",
				bytes:   "6 lines written, 6 in Kafka, 6 in the sink",
			},
		},
	}
}

func losing() []scene {
	return []scene{
		{
			title: "The leader's machine burns",
			about: "The next leader looks at what there is and finds it whole: nothing is created, rolled or registered twice.",
			steps: []step{loseLeader(0), addUnit(), timePasses(), write("seven")},
			want: want{
				juju:  "connect/1* active: 3 workers, 2 connectors; connect/2 connect/3 " + standBy,
				flags: allFlags, kafka: topics, kubernetes: objects + "; 3 of 3 pods ready" + mounted,
				connect: "group connect, 3 workers; " + both, calls: none,
				bytes: "7 lines written, 7 in Kafka, 7 in the sink",
			},
		},
		{
			title: "Kafka goes",
			about: "Connectors are unregistered while that is still possible, then the workers stop. What was registered is remembered.",
			steps: []step{removeRelation(), write("eight")},
			want: want{
				juju:  "connect/1* connect/2 connect/3 " + noKafka,
				flags: "base.install, base.installed, base.unregistered, file.configured",
				kafka: topics, kubernetes: objects + "; 0 of 0 pods ready" + mounted,
				connect: "group connect, 0 workers; no connectors", calls: farewell,
				bytes: "8 lines written, 7 in Kafka, 7 in the sink",
			},
		},
		{
			title: "And comes back",
			about: "Workers start, connectors are registered again, and go on where they were: nothing is lost, nothing comes twice.",
			steps: []step{integrate(), write("nine")},
			want: want{
				juju:  "connect/1* active: 3 workers, 2 connectors; connect/2 connect/3 " + standBy,
				flags: allFlags, kafka: topics, kubernetes: objects + "; 3 of 3 pods ready, 3 new" + mounted,
				connect: "group connect, 3 workers; " + both, calls: register,
				bytes: "9 lines written, 9 in Kafka, 9 in the sink",
			},
		},
		{
			title: "The end",
			about: "The last unit takes everything out of Kubernetes. Topics are data, and stay.",
			steps: []step{removeApplication()},
			want: want{
				juju: "no units", flags: none, kafka: topics, kubernetes: "nothing",
				connect: "group connect, 0 workers; no connectors", calls: farewell,
				bytes: "9 lines written, 9 in Kafka, 9 in the sink",
			},
		},
	}
}
