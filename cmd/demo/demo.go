package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// errUnread says that what the demo writes goes nowhere any more.
var errUnread = errors.New("nobody reads what the demo writes")

const assetsVariable = "KUBEBUILDER_ASSETS"

// demo is one run, from an empty machine to an empty machine.
type demo struct {
	options
	paths
	view   view
	forced *lastResort

	cluster *controlplane.Cluster
	manager *manager
	changes <-chan change
	unwatch context.CancelFunc

	ledger   *ledger
	samples  map[types.NamespacedName]bool
	followed time.Time // since when the samples are there; zero before that
}

func run(o options) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := &demo{options: o, view: newView(os.Stdout, os.Getenv), forced: &lastResort{}, ledger: newLedger()}
	heedSignals(cancel, d.forced)

	err := d.start(ctx)
	if err == nil {
		err = d.follow(ctx)
	}
	givenUp := d.followed.IsZero() && ctx.Err() != nil
	if givenUp { // whatever failed, failed because of it
		err = nil
	}
	kept := d.conclude(err)
	complain(err)
	stopped := d.stop(errors.Is(err, errUnread) || (err == nil && kept))
	complain(stopped)
	switch {
	case givenUp:
		return exitInterrupted
	case err != nil || stopped != nil || !kept:
		return exitFailed
	}
	return 0
}

func complain(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
	}
}

// start brings everything up, in the order in which a user would.
func (d *demo) start(ctx context.Context) error {
	if os.Getenv(assetsVariable) == "" {
		return fmt.Errorf("%s is not set, so there is no control plane to start: run `make demo`, which builds one", assetsVariable)
	}
	var err error
	if d.paths, err = findPaths(d.options.manager); err != nil {
		return err
	}
	if err := d.startCluster(ctx); err != nil {
		return err
	}
	if err := d.startManager(ctx); err != nil {
		return err
	}
	watching, unwatch := context.WithCancel(ctx)
	d.unwatch = unwatch
	if d.changes, err = watch(watching, d.cluster.Config); err != nil {
		return err
	}
	return d.applySamples(ctx)
}

func (d *demo) startCluster(ctx context.Context) error {
	began := time.Now()
	if err := d.view.say(line{text: "Starting etcd, kube-apiserver and kube-controller-manager, with the CRD installed …"}); err != nil {
		return err
	}
	cluster, err := controlplane.Start(ctx, controlplane.Options{CRDPaths: []string{d.crds()}, ControllerManager: true})
	if err != nil {
		return fmt.Errorf("starting the control plane: %w", err)
	}
	d.cluster = cluster
	return d.view.say(line{text: fmt.Sprintf("They serve after %.1fs.", time.Since(began).Seconds())})
}

func (d *demo) startManager(ctx context.Context) error {
	m, err := startManager(ctx, d.paths.manager, d.cluster.Kubeconfig(), d.folder())
	if err != nil {
		return err
	}
	d.manager = m
	d.forced.do(m.kill)
	return d.view.say(line{text: "The manager runs."}, line{})
}

// folder is the control plane's own, which goes with it however the demo ends; so what the demo writes goes there too.
func (d *demo) folder() string { return filepath.Dir(d.cluster.Kubeconfig()) }

// follow shows what happens until the time is up, the user ends it, or something ends that should not.
func (d *demo) follow(ctx context.Context) error {
	d.followed = time.Now()
	var timeUp <-chan time.Time
	var ends time.Time
	if d.period > 0 {
		timeUp, ends = time.After(d.period), d.followed.Add(d.period)
	}
	everySecond := time.NewTicker(time.Second)
	defer everySecond.Stop()
	for {
		var events []event
		select {
		case <-ctx.Done():
			return nil
		case <-timeUp:
			return nil
		case <-d.manager.ended:
			return fmt.Errorf("the manager ended by itself: %w", d.manager.reason())
		case change := <-d.changes:
			events = change(d.ledger, time.Now())
		case <-everySecond.C:
			events = d.ledger.check(time.Now())
		}
		if err := d.present(events, ends); err != nil {
			return err
		}
	}
}

func (d *demo) present(events []event, ends time.Time) error {
	if len(events) > 0 {
		if err := d.view.tell(events); err != nil {
			return err
		}
	}
	now := time.Now()
	return d.view.show(state{rows: d.ledger.rows(now), now: now, ends: ends})
}

// conclude prints the summary and reports whether the promise was kept, as far as the run came.
func (d *demo) conclude(failed error) bool {
	if err := d.view.finish(); err != nil || d.followed.IsZero() {
		return true // nobody reads on, or there is nothing to tell
	}
	ran := time.Since(d.followed)
	reports := d.ledger.reports(d.samples)
	wrong := complaints(reports, ran)
	if failed != nil {
		wrong = append(wrong, failed.Error())
	}
	_ = d.view.say(append([]line{{}}, summary(reports, ran, wrong)...)...) // a reader who left gets the exit code
	return len(wrong) == 0
}

// stop ends what start began, in the opposite order, so that nothing complains about what it stands on. Where all was
// well nobody wants the manager's log.
func (d *demo) stop(well bool) error {
	if d.cluster == nil {
		return nil
	}
	_ = d.view.say(line{text: "Stopping everything …"}) // a reader who left does not wait
	if d.unwatch != nil {
		d.unwatch()
	}
	var failed []error
	if d.manager != nil {
		failed = append(failed, d.manager.stop())
		if !well || errors.Join(failed...) != nil {
			failed = append(failed, d.manager.explain(os.Stderr))
		}
	}
	return errors.Join(append(failed, d.cluster.Stop())...)
}
