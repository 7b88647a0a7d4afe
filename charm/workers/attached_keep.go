package workers

// How the leader keeps Connect as the attached folder says: it looks, plans, and
// writes what differs.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/charm/folder"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// KeepAttached does about the attached folder what option connectors-policy says,
// and gives what the status has to tell of it, "" where nothing is attached. Where
// nothing has changed, neither in the folder nor in Connect, it costs the one request
// by which that is seen. Outcomes are blocked (the folder is wrong, somebody has to
// decide, a connector has failed) and waiting (it goes on in the next hook). Leader only.
func (u *Unit) KeepAttached(ctx context.Context) (says string, err error) {
	settings, err := u.Settings(ctx)
	if err != nil || settings.Attached.Policy == PolicyOff {
		return "", err
	}
	a, err := u.attached(ctx)
	if err != nil {
		return "", err
	}
	if a == nil {
		return "", u.letGo(ctx)
	}
	n := u.attachedNote()
	if n.Inputs == a.fingerprint && n.Wrong != "" {
		return "", reactive.Blocked("%s", n.Wrong)
	}
	live, err := u.look(ctx)
	if err != nil {
		return "", err
	}
	if n.Inputs != a.fingerprint || n.Live == "" || n.Live != n.running(live) {
		if n, live, err = u.bringAttached(ctx, a, n, live); err != nil {
			return "", err
		}
	}
	if a.Policy.applies() { // a hook that was killed may have written, and remembered nothing
		if err := u.own(ctx, n.Owner); err != nil {
			return "", err
		}
	}
	if n.Blocked != "" {
		return "", reactive.Blocked("%s", n.Blocked)
	}
	return n.health(live)
}

// letGo forgets a folder that is no longer attached. What it made stays.
func (u *Unit) letGo(ctx context.Context) error {
	if err := u.own(ctx, ""); err != nil {
		return err
	}
	return u.dropNote()
}

// own remembers what the connectors carry that go with Kafka and Kubernetes.
func (u *Unit) own(ctx context.Context, owner string) error {
	m, err := u.recall(ctx)
	if err != nil || m.Owner == owner {
		return err
	}
	return u.remember(ctx, func(m *memory) { m.Owner = owner })
}

// bringAttached evaluates, plans and applies, and notes what it came to.
func (u *Unit) bringAttached(ctx context.Context, a *archive, before note, live *connectors.Live) (note, *connectors.Live, error) {
	w, clashes, err := u.evaluate(ctx, a)
	var wrong *folder.WrongError
	if errors.As(err, &wrong) {
		u.Log().Error("the attached connectors are wrong", "mistakes", wrong.All)
		before.Version, before.Inputs, before.Wrong = noteVersion, a.fingerprint, "attached connectors: "+wrong.Error()
		u.writeNote(before)
		return before, live, reactive.Blocked("%s", before.Wrong)
	}
	if err != nil {
		return before, live, err
	}
	n := newNote(a, w)
	plan, err := connectors.NewPlan(w.Connectors, live, w.Policy)
	if err != nil {
		return n, live, reactive.Blocked("attached connectors: %v", firstLine(err))
	}
	if a.Policy.applies() && plan.Refused == "" && plan.Changes() > 0 {
		if plan, live, err = u.applyAttached(ctx, w, plan); err != nil {
			u.writeNote(n)
			return n, live, err
		}
	}
	n.judge(u.Application(), a.Policy, plan, clashes)
	n.Live = n.running(live)
	u.writeNote(n)
	return n, live, nil
}

// judge says what a plan leaves to be decided, or to be known.
func (n *note) judge(app string, policy AttachedPolicy, plan *connectors.Plan, clashes []string) {
	decide := clashes
	for _, step := range plan.Steps {
		if step.Action == connectors.Conflict {
			decide = append(decide, fmt.Sprintf("connector %q of %s: %s", step.Name, step.Source, step.Reason))
		}
	}
	if plan.Refused != "" {
		decide = append(decide, fmt.Sprintf("the attached folder is not applied: %s; juju run %s/leader apply-connectors allow-deletes=true does it", plan.Refused, app))
	}
	if len(decide) > 0 {
		n.Blocked = decide[0]
	}
	if len(decide) > 1 {
		n.Blocked += fmt.Sprintf(" (and %d more, see plan-connectors)", len(decide)-1)
	}
	if policy == PolicyPlan && plan.Changes() > 0 {
		n.Says = fmt.Sprintf("%d planned, see plan-connectors", plan.Changes())
	}
}

// applyAttached writes, within what is left of the hook, and looks at what came of
// it. It gives the plan that is left: nothing to write, or an error says why.
func (u *Unit) applyAttached(ctx context.Context, w *folder.Wanted, plan *connectors.Plan) (*connectors.Plan, *connectors.Live, error) {
	if u.remaining() < lastLook {
		return plan, nil, reactive.Waiting("%d changes of the attached connectors are left for the next hook", plan.Changes())
	}
	report, err := u.write(ctx, w, plan)
	if err != nil && report == nil {
		return plan, nil, restOutcome(err)
	}
	u.Log().Info("attached connectors are applied", "environment", w.Environment, "result", report.Summary())
	u.seen = nil
	live, err := u.look(ctx)
	if err != nil {
		return plan, nil, err
	}
	left, err := connectors.NewPlan(w.Connectors, live, w.Policy)
	if err != nil {
		return plan, live, reactive.Blocked("attached connectors: %v", firstLine(err))
	}
	if left.Changes() > 0 {
		return left, live, u.openOutcome(report, left)
	}
	return left, live, nil
}

// write applies a plan. The report is nil when nothing was begun.
func (u *Unit) write(ctx context.Context, w *folder.Wanted, plan *connectors.Plan) (*connectors.Report, error) {
	client, err := u.reach(ctx)
	if err != nil {
		return nil, err
	}
	if err := u.own(ctx, w.Policy.Owner); err != nil {
		return nil, err
	}
	grace := min(attemptLimit/2, u.remaining()/4)
	limit := u.remaining() - grace
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	report, err := connectors.Apply(ctx, client, plan, connectors.ApplyOptions{
		ValidationTimeout: min(attemptLimit, limit), WaitTimeout: limit, IdleSources: true, Grace: grace,
	})
	if errors.Is(err, ErrNotLeader) {
		return report, ErrNotLeader
	}
	return report, err
}

// openOutcome says why something is still to be written: blocked where Connect
// refuses it, waiting where time ran out.
func (u *Unit) openOutcome(report *connectors.Report, left *connectors.Plan) error {
	var applied *connectors.ApplyError
	if !errors.As(report.Err(), &applied) {
		return reactive.Waiting("%d attached connectors were changed by somebody else meanwhile; trying again", left.Changes())
	}
	refused, count := "", 0
	for _, open := range applied.Open {
		u.Log().Warn("attached connector is not as its file says", "connector", open.Name, "file", open.Source, "reason", open.Err)
		if open.Result != connectors.Failed || passes(open.Err) {
			continue
		}
		if count++; refused == "" {
			refused = firstLine(errors.New(open.String()))
		}
	}
	switch {
	case errors.Is(applied, ErrNotLeader):
		return ErrNotLeader
	case count > 1:
		return reactive.Blocked("%s (and %d more)", refused, count-1)
	case count == 1:
		return reactive.Blocked("%s", refused)
	}
	return reactive.Waiting("%d changes of the attached connectors are left for the next hook", left.Changes())
}

// passes says whether an error may be gone the next time.
func passes(err error) bool {
	var over *connect.BudgetError
	return errors.As(err, &over) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, ErrNotLeader)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// health says how many of the folder's connectors run and which do not: a failed
// one blocks, one that is not there yet is waited for.
func (n note) health(live *connectors.Live) (says string, err error) {
	health := connectors.CheckHealth(live).Only(func(name string) bool { return n.Files[name] != "" })
	running, resting := 0, 0
	var failed, late []string
	for _, c := range health.Connectors {
		problem := c.Name + ": " + c.Problem
		switch {
		case c.Healthy && (c.State == connect.Paused || c.State == connect.Stopped):
			resting++
		case c.Healthy || c.Type == "source" && c.State == connect.Running && c.Tasks == 0: // one with nothing to read
			running++
		case c.State == connect.FailedNow || len(c.Failed) > 0:
			failed = append(failed, problem)
		default:
			late = append(late, problem)
		}
	}
	says = fmt.Sprintf("%s: %d of %d connectors run", n.Environment, running, len(n.Files))
	if resting > 0 {
		says += fmt.Sprintf(", %d paused or stopped", resting)
	}
	if n.Says != "" {
		says += ", " + n.Says
	}
	all := append(failed, late...)
	if len(all) == 0 {
		return says, nil
	}
	says += "; " + all[0]
	if len(all) > 1 {
		says += fmt.Sprintf(" (and %d more)", len(all)-1)
	}
	if len(failed) > 0 {
		return "", reactive.Blocked("%s", says)
	}
	return "", reactive.Waiting("%s", says)
}

// PlanAttached says what would be done about the attached connectors, whatever the
// policy; prune, where it is not nil, wins over it. Clashes are what this application
// registers itself and a file describes too. Leader only.
func (u *Unit) PlanAttached(ctx context.Context, prune *bool) (plan *connectors.Plan, clashes []string, err error) {
	plan, _, clashes, err = u.planAttached(ctx, func(p *connectors.Policy) { set(&p.Prune, prune) })
	return plan, clashes, err
}

func set(field *bool, given *bool) {
	if given != nil {
		*field = *given
	}
}

func (u *Unit) planAttached(ctx context.Context, choose func(*connectors.Policy)) (*connectors.Plan, *folder.Wanted, []string, error) {
	if err := u.mustLead(ctx); err != nil {
		return nil, nil, nil, err
	}
	a, err := u.attached(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	if a == nil {
		return nil, nil, nil, fmt.Errorf("%w: juju attach-resource %s %s=connectors.tgz", errNothingAttached, u.Application(), AttachedResource)
	}
	w, clashes, err := u.evaluate(ctx, a)
	if err != nil {
		return nil, nil, nil, err
	}
	choose(&w.Policy)
	live, err := u.look(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	plan, err := connectors.NewPlan(w.Connectors, live, w.Policy)
	return plan, w, clashes, err
}

// By hand there is somebody who waits.
const handBudget = 5 * time.Minute

// ByHand are an operator's choices for one apply. Prune, where it is not nil, wins over
// the policy.
type ByHand struct {
	Prune        *bool
	AllowDeletes bool // as many as there are
	TakeOver     bool // connectors that carry another owner too
}

// ApplyAttached applies the attached connectors, whatever the policy, and waits until
// they run, for 5 minutes at most. The report is nil when nothing was begun. Leader only.
func (u *Unit) ApplyAttached(ctx context.Context, o ByHand) (report *connectors.Report, clashes []string, err error) {
	u.deadline = time.Now().Add(handBudget)
	plan, w, clashes, err := u.planAttached(ctx, func(p *connectors.Policy) {
		set(&p.Prune, o.Prune)
		p.TakeOver = o.TakeOver
		if o.AllowDeletes {
			p.MaxDelete = 1
		}
	})
	if err != nil {
		return nil, nil, err
	}
	u.seen = nil
	report, err = u.write(ctx, w, plan)
	return report, clashes, err
}
