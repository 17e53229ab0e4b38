package started

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Stop ends what newPoller starts.
type poller struct {
	done  chan struct{}
	every time.Duration
}

func newPoller(every time.Duration) *poller {
	p := &poller{done: make(chan struct{}), every: every}
	go p.loop()
	return p
}

func (p *poller) loop() {
	for {
		select {
		case <-p.done:
			return
		case <-time.After(p.every):
		}
	}
}

func (p *poller) Stop() { close(p.done) }

func (p *poller) ready() bool { return p.every > 0 }

func dropsPoller(n int) error {
	p := newPoller(time.Second) // want "its goroutine goes on"
	if n < 0 {
		return errors.New("negative")
	}
	p.Stop()
	return nil
}

func neverStops() bool {
	p := newPoller(time.Second) // want "never stopped"
	return p.ready()
}

func stops() bool {
	p := newPoller(time.Second)
	defer p.Stop()
	return p.ready()
}

// Close cancels what a literal goes round with.
type queue struct {
	cancel context.CancelFunc
	items  []int
}

func newQueue() (*queue, error) {
	ctx, cancel := context.WithCancel(context.Background())
	q := &queue{cancel: cancel}
	go func() {
		for ctx.Err() == nil {
			q.items = nil
		}
	}()
	return q, nil
}

func (q *queue) Close() error {
	q.cancel()
	return nil
}

func dropsQueue() (int, error) {
	q, err := newQueue() // want
	if err != nil {
		return 0, err
	}
	return len(q.items), nil
}

func closesQueue() (int, error) {
	q, err := newQueue()
	if err != nil {
		return 0, err
	}
	defer q.Close()
	return len(q.items), nil
}

// The goroutine ends with the context, too.
type watcher struct{ done chan struct{} }

func newWatcher(ctx context.Context) *watcher {
	w := &watcher{done: make(chan struct{})}
	go w.loop(ctx)
	return w
}

func (w *watcher) loop(ctx context.Context) {
	for ctx.Err() == nil {
		<-w.done
	}
}

func (w *watcher) Stop() { close(w.done) }

func leavesItToContext(ctx context.Context) {
	w := newWatcher(ctx)
	fmt.Println(w.done)
}

// Nothing goes on.
type counter struct{ n int }

func newCounter() *counter    { return &counter{} }
func (c *counter) Stop()      { c.n = 0 }
func (c *counter) get() int   { return c.n }
func usesCounter() int        { return newCounter().get() }
func keepsPoller() *poller    { return newPoller(time.Minute) }
func global()                 { shared = newPoller(time.Hour) }
func handsOn(f func(*poller)) { f(newPoller(time.Second)) }

var shared *poller
