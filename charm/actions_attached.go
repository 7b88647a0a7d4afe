package charm

// The actions about the attached folder of connectors.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charm/folder"
	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

func (l *layer) planConnectors(ctx context.Context, params map[string]any) error {
	plan, clashes, err := l.unit.PlanAttached(ctx, given(params, "prune"))
	if err != nil {
		return l.mistakes(err)
	}
	l.unit.Action().Set("summary", plan.Summary())
	if plan.Refused != "" {
		l.unit.Action().Set("refused", plan.Refused)
	}
	l.clashes(clashes)
	if err := l.setText("plan", func(out io.Writer) error { return plan.Text(out, connectors.TextOptions{}) }); err != nil {
		return err
	}
	return l.setJSON(plan)
}

func (l *layer) applyConnectors(ctx context.Context, params map[string]any) error {
	choice := workers.ByHand{Prune: given(params, "prune")}
	choice.AllowDeletes, _ = params["allow-deletes"].(bool)
	choice.TakeOver, _ = params["take-over"].(bool)
	report, clashes, err := l.unit.ApplyAttached(ctx, choice)
	if report == nil {
		return l.mistakes(err)
	}
	l.unit.Action().Set("summary", report.Summary())
	l.clashes(clashes)
	text := func(out io.Writer) error { return report.Text(out, connectors.TextOptions{All: true}) }
	if err := errors.Join(l.setText("report", text), l.setJSON(report)); err != nil {
		return err
	}
	switch {
	case err != nil:
		return fmt.Errorf("%d of the attached connectors are not as their files say: see the result report", len(report.Outcomes)-report.Count(connectors.Done))
	case len(clashes) > 0:
		return errors.New(clashes[0])
	}
	return nil
}

// mistakes shows all that is wrong with the folder, and gives the first.
func (l *layer) mistakes(err error) error {
	var wrong *folder.WrongError
	if errors.As(err, &wrong) && wrong.Count > 1 {
		l.setLines("mistakes", strings.Split(wrong.All.Error(), "\n"))
	}
	return err
}

func (l *layer) clashes(clashes []string) {
	if len(clashes) > 0 {
		l.setLines("clashes", clashes)
	}
}

func (l *layer) setText(key string, write func(io.Writer) error) error {
	var b strings.Builder
	if err := write(&b); err != nil {
		return err
	}
	l.setLines(key, strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"))
	return nil
}

// given reads a parameter that is yes or no; nil where it was left out.
func given(params map[string]any, key string) *bool {
	value, is := params[key].(bool)
	if !is {
		return nil
	}
	return &value
}
