package charm

import (
	"slices"

	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// layer holds what the handlers need: this unit and its Connect cluster.
type layer struct {
	unit     *workers.Unit
	attached string // what the status tells of the attached connectors
}

// Layer gives the rules of the base layer, in the order in which they run. They
// are in five groups: what an operator asks for, what is there, how the leader takes
// leave, what it builds, and what it keeps.
func Layer(unit *workers.Unit) reactive.Rules {
	l := &layer{unit: unit}
	return slices.Concat(l.actions(), l.whatIsThere(), l.takingLeave(), l.building(), l.keeping())
}

// whatIsThere runs on every unit.
func (l *layer) whatIsThere() reactive.Rules {
	return reactive.Rules{
		reactive.When(flags.Not(Kafka.Available)).
			Do("wait for Kafka", l.waitForKafka),
		reactive.When(flags.Not(topicsSet)).
			Do("wait for the option topics", l.waitForTopics),
		reactive.When(flags.Not(Kubernetes.Joined, kubeconfigSet)).
			Do("look for a service account", l.lookForServiceAccount).Sets(trusted).Clears(trusted),
		reactive.When(flags.Any(Kubernetes.Joined, kubeconfigSet).And(flags.All(trusted))).
			Do("leave the service account", unset(trusted)).Clears(trusted),
		reactive.When(flags.All(Kafka.Available, topicsSet).And(flags.Any(Kubernetes.Joined, kubeconfigSet, trusted), flags.Not(Ready))).
			Do("say ready", set(Ready)).Sets(Ready),
		reactive.When(flags.All(Ready).And(flags.NotAll(Kafka.Available, topicsSet))).
			Do("say not ready", unset(Ready)).Clears(Ready),
		reactive.When(flags.All(Ready).And(flags.Not(Kubernetes.Joined, kubeconfigSet, trusted))).
			Do("say not ready without Kubernetes", unset(Ready)).Clears(Ready),
		reactive.When(flags.All()).
			Do("check the options", l.checkOptions),
		reactive.When(flags.Not(flags.Leader)).
			Do("stand by", l.standBy).Clears(TopicCreated, Installed, Configured, Unregistered, Running),
	}
}

// takingLeave stands before building: what is gone is taken down before anything
// is built on what is left.
func (l *layer) takingLeave() reactive.Rules {
	return reactive.Rules{
		reactive.When(flags.All(flags.Leader).And(flags.Not(Kafka.Available, Unregistered))).
			Do("take leave of Kafka", l.takeLeave(Kafka)).Sets(Unregistered).Clears(TopicCreated, Configured, Running),
		reactive.When(flags.All(flags.Leader).And(flags.Not(Kubernetes.Joined, kubeconfigSet, trusted, Unregistered))).
			Do("take leave of Kubernetes", l.takeLeave(Kubernetes)).Sets(Unregistered).Clears(TopicCreated, Configured, Running),
		reactive.When(flags.All(flags.Hook("stop"))).
			Do("remove the workers with the last unit", l.removeWithLast),
	}
}

// building goes one step a rule; every step looks first at what there is. What
// was deployed is compared with what is wanted, in every hook, before anybody
// waits for it or works with it.
func (l *layer) building() reactive.Rules {
	return reactive.Rules{
		reactive.When(flags.All(flags.Leader, Kafka.Available, topicsSet).And(flags.Not(TopicCreated))).
			Do("create topics", l.createTopics).Sets(TopicCreated),
		reactive.When(flags.All(flags.Leader, Ready, TopicCreated).And(flags.Not(Install))).
			Do("wait for the upper layer", l.waitForUpperLayer),
		reactive.When(flags.All(flags.Leader, Ready, Configured)).
			Do("compare with what was deployed", l.compare).Clears(Configured, Running),
		reactive.When(flags.All(flags.Leader, Ready, TopicCreated, Install).And(flags.Not(Configured))).
			Do("deploy workers", l.deploy).Sets(Installed, Configured).Clears(Running),
		reactive.When(flags.All(flags.Leader, Ready, Configured).And(flags.Not(Running))).
			Do("wait for workers", l.await).Sets(Running).Clears(Unregistered),
	}
}

// keeping notices at update-status what has changed in Kubernetes and Connect.
func (l *layer) keeping() reactive.Rules {
	return reactive.Rules{
		reactive.When(flags.All(flags.Leader, Ready, Running, flags.Hook("update-status"))).
			Do("look after the workers", l.lookAfter).Clears(Configured, Running),
		reactive.When(flags.All(flags.Leader, Ready, Running)).
			Do("keep the attached connectors", l.keepAttached),
		reactive.When(flags.All(flags.Leader, Running)).
			Do("say running", l.sayRunning),
		reactive.When(flags.All(flags.Leader, Running, Website.Joined)).
			Do("tell website", l.tellWebsite),
		reactive.When(flags.All(flags.Hook("secret-changed"))).
			Do("let go of an old secret", l.letGoOfOldSecret),
		reactive.When(flags.All(flags.Leader, flags.Hook("secret-remove"))).
			Do("drop an old secret", l.dropOldSecret),
	}
}
