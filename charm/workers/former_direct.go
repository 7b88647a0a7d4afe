package workers

// Former workers that nobody applies any more, in a Kubernetes that this charm reaches by itself.

import (
	"context"
	"errors"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// formerObjects looks where our workers will be. An account that may not look finds
// nothing: Kafka still tells whether somebody is there.
func (u *Unit) formerObjects(ctx context.Context) (*formerRequest, string, error) {
	if access, err := u.Access(ctx); err != nil || access == "" || access == ByRelation {
		return nil, "", err
	}
	w, p, err := u.identified(ctx)
	if err != nil {
		return nil, "", err
	}
	d, is := p.(*direct)
	if !is {
		return nil, "", nil
	}
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	files, found, err := d.client.Former(ctx, w.Namespace, deployerUUID(u.ModelUUID(), u.Application()))
	if errors.Is(err, kube.ErrForbidden) {
		u.Log().Info("cannot look for a former charm's workers", "reason", err)
		return nil, "", nil
	}
	if err != nil || !found {
		return nil, "", outcome(err)
	}
	data := map[string]any{}
	for name, content := range files {
		data[name] = content
	}
	return &formerRequest{properties: plainProperties(data)}, w.Namespace, nil
}

// deleteFormer deletes them, and waits within this hook's budget until their pods are gone.
func (u *Unit) deleteFormer(ctx context.Context, p platform, namespace string) error {
	d, is := p.(*direct)
	if !is {
		return nil
	}
	for pause := u.options.Poll; ; pause = min(2*pause, maxPoll) {
		if err := u.mustLead(ctx); err != nil {
			return err
		}
		attempt, cancel := u.attempt(ctx)
		gone, err := d.client.DeleteFormer(attempt, namespace, deployerUUID(u.ModelUUID(), u.Application()))
		cancel()
		if err != nil || gone {
			return outcome(err)
		}
		if u.remaining() < lastLook {
			return reactive.Waiting("taking over: waiting for the former charm's workers to stop")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, u.remaining())):
		}
	}
}

// tidyFormer removes what served only the former workers. That it stays is no harm.
func (u *Unit) tidyFormer(ctx context.Context, namespace string) {
	d, is := u.platform.(*direct)
	if namespace == "" || !is || u.mustLead(ctx) != nil {
		return
	}
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	if err := d.client.TidyFormer(ctx, namespace, deployerUUID(u.ModelUUID(), u.Application())); err != nil {
		u.Log().Warn("the former charm's Service and ConfigMap stay", "namespace", namespace, "reason", err)
	}
}
