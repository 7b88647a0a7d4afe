package workers

import (
	"context"
	"errors"

	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// outcome is the one place where the adapters' errors become statuses: blocked
// where an operator has to do something, waiting where time may mend it. All
// others stay errors and fail the hook.
func outcome(err error) error {
	if o, _ := reactive.OutcomeOf(err); o != reactive.OutcomeFailed {
		return err
	}
	for _, kind := range []error{kafka.ErrTLS, kafka.ErrAuth, kafka.ErrNotKafka, kafka.ErrUnserved, kafka.ErrDenied, kafka.ErrTooFewBrokers, kafka.ErrRefused} {
		if errors.Is(err, kind) {
			return reactive.Blocked("%v", err)
		}
	}
	for _, kind := range []error{kube.ErrKubeconfig, kube.ErrForbidden, kube.ErrUnauthorized, kube.ErrForeign, kube.ErrConflict, kube.ErrNoNamespace, kube.ErrInvalid} {
		if errors.Is(err, kind) {
			return reactive.Blocked("%v", err)
		}
	}
	for _, kind := range []error{kafka.ErrUnreachable, kafka.ErrSilent, kube.ErrUnreachable, kube.ErrTimeout, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return reactive.Waiting("%v; trying again", err)
		}
	}
	return err
}
