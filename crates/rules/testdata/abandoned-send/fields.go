package fields

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A queue whose loop ends with quit, while put does not ask for that.
type queue struct {
	items chan int
	quit  chan struct{}
	sum   int
}

func newQueue() *queue {
	q := &queue{items: make(chan int), quit: make(chan struct{})}
	go q.run()
	return q
}

func (q *queue) run() {
	for {
		select {
		case n := <-q.items:
			q.sum += n
		case <-q.quit:
			return
		}
	}
}

func (q *queue) put(n int) {
	q.items <- n // want "nobody receives from `q.items`"
}

func (q *queue) Close() { close(q.quit) }

// The loop ends with its context.
type watcher struct {
	events chan string
	seen   map[string]bool
}

func watch(ctx context.Context) *watcher {
	w := &watcher{events: make(chan string), seen: map[string]bool{}}
	go func() {
		w.loop(ctx)
	}()
	return w
}

func (w *watcher) loop(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case name := <-w.events:
			w.seen[name] = true
		case <-tick.C:
			clear(w.seen)
		}
	}
}

func (w *watcher) Notify(names []string) error {
	if len(names) == 0 {
		return errors.New("nothing")
	}
	for _, name := range names {
		w.events <- name // want "nobody receives from `w.events`"
	}
	return nil
}

// A stage whose reader has left, by a labelled break.
type stage struct {
	lines chan []byte
	stop  chan bool
	read  func() ([]byte, error)
	write func([]byte)
}

func (s *stage) start() {
	s.lines = make(chan []byte)
	go s.reader()
	go s.writer()
}

func (s *stage) reader() {
	for {
		line, err := s.read()
		if err != nil {
			return
		}
		s.lines <- line // want "nobody receives from `s.lines`"
	}
}

func (s *stage) writer() {
loop:
	for {
		select {
		case line := <-s.lines:
			s.write(line)
		case <-s.stop:
			break loop
		}
	}
}

// Right: the sender asks for the end as well.
type asking struct {
	asked chan int
	ended chan struct{}
}

func newAsking() *asking {
	a := &asking{asked: make(chan int), ended: make(chan struct{})}
	go a.run()
	return a
}

func (a *asking) run() {
	for {
		select {
		case <-a.asked:
		case <-a.ended:
			return
		}
	}
}

func (a *asking) put(n int) bool {
	select {
	case a.asked <- n:
		return true
	case <-a.ended:
		return false
	}
}

// Right: a flag tells whether the loop runs.
type flagged struct {
	flags   chan int
	over    chan struct{}
	stopped atomic.Bool
}

func newFlagged() *flagged {
	f := &flagged{flags: make(chan int), over: make(chan struct{})}
	go f.run()
	return f
}

func (f *flagged) run() {
	for {
		select {
		case <-f.flags:
		case <-f.over:
			return
		}
	}
}

func (f *flagged) put(n int) {
	if f.stopped.Load() {
		return
	}
	f.flags <- n
}

// Right: there is room, and a value more or less does not matter.
type roomy struct {
	wakes chan struct{}
	done  chan struct{}
}

func newRoomy() *roomy {
	r := &roomy{wakes: make(chan struct{}, 1), done: make(chan struct{})}
	go r.run()
	return r
}

func (r *roomy) run() {
	for {
		select {
		case <-r.wakes:
		case <-r.done:
			return
		}
	}
}

func (r *roomy) wake() {
	select {
	case r.wakes <- struct{}{}:
	default:
	}
}

// Right: the loop drains before it ends.
type draining struct {
	jobs chan func()
	halt chan struct{}
}

func newDraining() *draining {
	d := &draining{jobs: make(chan func()), halt: make(chan struct{})}
	go d.run()
	return d
}

func (d *draining) run() {
	for {
		select {
		case job := <-d.jobs:
			job()
		case <-d.halt:
			for {
				select {
				case <-d.jobs:
				case <-time.After(time.Second):
					return
				}
			}
		}
	}
}

func (d *draining) do(job func()) { d.jobs <- job }

// Right: all senders have ended when the loop is told to.
type counted struct {
	tasks   chan int
	finish  chan struct{}
	senders sync.WaitGroup
}

func newCounted() *counted {
	c := &counted{tasks: make(chan int), finish: make(chan struct{})}
	go c.run()
	return c
}

func (c *counted) run() {
	for {
		select {
		case <-c.tasks:
		case <-c.finish:
			return
		}
	}
}

func (c *counted) feed(n int) {
	defer c.senders.Done()
	c.tasks <- n
}

func (c *counted) stop() {
	c.senders.Wait()
	close(c.finish)
}

// Right: the loop is never left.
type forever struct {
	calls chan func()
	ticks *time.Ticker
}

func newForever() *forever {
	f := &forever{calls: make(chan func()), ticks: time.NewTicker(time.Minute)}
	go f.run()
	return f
}

func (f *forever) run() {
	for {
		select {
		case call := <-f.calls:
			call()
		case <-f.ticks.C:
		}
	}
}

func (f *forever) do(call func()) { f.calls <- call }

// Right as far as is known: somebody else has the channel.
type lent struct {
	out  chan int
	exit chan struct{}
}

func newLent() *lent {
	l := &lent{out: make(chan int), exit: make(chan struct{})}
	go l.run()
	return l
}

func (l *lent) run() {
	for {
		select {
		case <-l.out:
		case <-l.exit:
			return
		}
	}
}

func (l *lent) Out() <-chan int { return l.out }

func (l *lent) put(n int) { l.out <- n }
