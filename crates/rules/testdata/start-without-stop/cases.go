package poll

import (
	"context"
	"sync"
	"time"
)

type poller struct {
	ticker *time.Ticker
	poll   func()
}

func newPoller(poll func()) *poller {
	p := &poller{ticker: time.NewTicker(time.Second), poll: poll}
	go p.run() // want "does not end this goroutine"
	return p
}

func (p *poller) run() {
	for range p.ticker.C {
		p.poll()
	}
}

func (p *poller) Close() { p.ticker.Stop() }

type server struct {
	mu   sync.Mutex
	jobs chan int
	gone chan struct{}
	done chan struct{}
}

func (s *server) listen() {
	go func() { // want "`Stop` of `server`"
		for {
			s.mu.Lock()
			s.mu.Unlock()
			time.Sleep(time.Second)
		}
	}()
}

func (s *server) listenOnDead() {
	s.gone = make(chan struct{})
	go func() { // want
		for {
			select {
			case <-s.jobs:
			case <-s.gone:
				return
			}
		}
	}()
}

func (s *server) Stop() error { return nil }

func (s *server) listenRight() {
	s.done = make(chan struct{})
	go func() {
		for {
			select {
			case <-s.jobs:
			case <-s.done:
				return
			}
		}
	}()
}

func (s *server) Shutdown(ctx context.Context) { close(s.done) }

type worker struct {
	quit chan struct{}
	work func()
}

func newWorker(work func()) *worker { return &worker{quit: make(chan struct{}), work: work} }

func (w *worker) Start() {
	go func() {
		for {
			select {
			case <-w.quit:
				return
			default:
				w.work()
			}
		}
	}()
}

func (w *worker) Run() {
	<-w.quit
}

func (w *worker) Stop() { close(w.quit) }

func (w *worker) name() string { return "" }

func forgets(work func()) string {
	w := newWorker(work)
	w.Start() // want "nobody stops"
	return w.name()
}

func forgetsRun(work func()) {
	w := &worker{quit: make(chan struct{}), work: work}
	go w.Run() // want
	work()
}

func stopsTooRarely(work func() error) error {
	w := newWorker(nil)
	w.Start() // want
	if err := work(); err != nil {
		return err
	}
	return nil
}

// One message ends one of two goroutines.

type sender struct {
	halt chan struct{}
	n    int
}

func newSender() *sender {
	s := &sender{halt: make(chan struct{}, 1)}
	go s.flush()
	go s.count() // want "`Close` of `sender` sends to `halt` once"
	return s
}

func (s *sender) flush() {
	for {
		select {
		case <-s.halt:
			return
		default:
			s.n++
		}
	}
}

func (s *sender) count() {
	for {
		select {
		case <-time.After(time.Second):
			s.n--
		case <-s.halt:
			return
		}
	}
}

func (s *sender) Close() error {
	select {
	case s.halt <- struct{}{}:
	default:
	}
	return nil
}

// As many messages as goroutines, and a closed channel for all.

type even struct {
	each  chan struct{}
	every chan struct{}
}

func newEven() *even {
	e := &even{each: make(chan struct{}), every: make(chan struct{})}
	go e.first()
	go e.second()
	return e
}

func (e *even) first() {
	<-e.each
	<-e.every
}

func (e *even) second() {
	for {
		select {
		case <-e.each:
			return
		case <-e.every:
			return
		}
	}
}

func (e *even) Close() {
	e.each <- struct{}{}
	e.each <- struct{}{}
	close(e.every)
}

// A loop sends to each of them.

type looped struct{ rounds chan struct{} }

func newLooped() *looped {
	l := &looped{rounds: make(chan struct{})}
	go l.wait()
	go l.wait()
	return l
}

func (l *looped) wait() { <-l.rounds }

func (l *looped) Close() {
	for range 2 {
		l.rounds <- struct{}{}
	}
}

// The second has another way out.

type ways struct {
	way   chan struct{}
	other chan struct{}
}

func newWays() *ways {
	w := &ways{way: make(chan struct{}), other: make(chan struct{})}
	go w.one()
	go w.two()
	return w
}

func (w *ways) one() { <-w.way }

func (w *ways) two() {
	select {
	case <-w.way:
	case <-w.other:
	}
}

func (w *ways) Close() {
	w.way <- struct{}{}
	close(w.other)
}

type owner struct {
	left *worker
	kept *worker
	out  *worker
}

func (o *owner) start() {
	o.left.Start() // want "`o.left.Start()`"
	o.kept.Start()
	o.out.Start()
}

func (o *owner) Close() { o.kept.Stop() }

func (o *owner) give() *worker { return o.out }

// What follows is right.

func stops(work func()) {
	w := newWorker(work)
	w.Start()
	defer w.Stop()
	work()
}

func stopsInLiteral(work func()) {
	w := newWorker(work)
	w.Start()
	defer func() { w.Stop() }()
	work()
}

func returns(work func()) *worker {
	w := newWorker(work)
	w.Start()
	return w
}

func handsOn(work func(), keep func(*worker)) {
	w := newWorker(work)
	w.Start()
	keep(w)
}

func stores(o *owner, work func()) {
	w := newWorker(work)
	w.Start()
	o.kept = w
}

func parameter(w *worker) {
	w.Start()
}

func keepsRunning(work func()) {
	w := newWorker(work)
	w.Start()
	for {
		work()
	}
}

func cleansUp(t interface{ Cleanup(func()) }, work func()) {
	w := newWorker(work)
	w.Start()
	t.Cleanup(w.Stop)
}

type runner struct{}

func (r *runner) Start(ctx context.Context) { go func() { <-ctx.Done() }() }
func (r *runner) Stop()                     {}

func byContext(ctx context.Context) {
	r := &runner{}
	r.Start(ctx)
}

type flag struct{ on bool }

func (f *flag) Start() { f.on = true }
func (f *flag) Stop()  { f.on = false }

func startsNothing() bool {
	f := &flag{}
	f.Start()
	return f.on
}

type noOwner struct{ w *worker }

func (n *noOwner) start() { n.w.Start() }

type unfinished struct{}

func (u *unfinished) Start() {
	go func() {
		for {
			time.Sleep(time.Second)
		}
	}()
}

func (u *unfinished) Stop() { panic("not implemented") }

func (s *server) two() {
	go func() { // want
		for {
			time.Sleep(time.Second)
			s.listen()
		}
	}()
	go func() {
		for {
			time.Sleep(time.Second)
			s.listen()
		}
	}()
}

type pool struct {
	quit chan struct{}
	size int
}

func (p *pool) health() {
	for {
		select {
		case <-p.quit:
			return
		case <-time.After(time.Second):
			p.size++
		}
	}
}

func (p *pool) connect() error { return nil }

func (p *pool) Close() { close(p.quit) }

func newPool() (*pool, error) {
	p := &pool{quit: make(chan struct{})}
	go p.health() // want "an error return drops `p`"
	if err := p.connect(); err != nil {
		return nil, err
	}
	return p, nil
}

func newPoolCloses() (*pool, error) {
	p := &pool{quit: make(chan struct{})}
	go p.health()
	if err := p.connect(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func newPoolStartsLast() (*pool, error) {
	p := &pool{quit: make(chan struct{})}
	if err := p.connect(); err != nil {
		return nil, err
	}
	go p.health()
	return p, nil
}

func newPoolDefers() (_ *pool, err error) {
	p := &pool{quit: make(chan struct{})}
	go p.health()
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if err := p.connect(); err != nil {
		return nil, err
	}
	return p, nil
}

func newPoolReturnsIt() (*pool, error) {
	p := &pool{quit: make(chan struct{})}
	go p.health()
	if err := p.connect(); err != nil {
		return p, err
	}
	return p, nil
}

func (p *pool) warm(n int) error { return nil }

func newPoolConverts() (*pool, error) {
	p := &pool{quit: make(chan struct{})}
	go p.health() // want
	if err := p.warm(int(p.size)); err != nil {
		return nil, err
	}
	return p, nil
}

func newPoolHandsOn(keep func(*pool) error) (*pool, error) {
	p := &pool{quit: make(chan struct{})}
	go p.health()
	if err := keep(p); err != nil {
		return nil, err
	}
	return p, nil
}
