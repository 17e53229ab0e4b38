package aliases

import "context"

// The loop gets the channels as parameters.
type planner struct {
	changes chan int
	stopped chan struct{}
	sum     int
}

func newPlanner() *planner {
	p := &planner{changes: make(chan int), stopped: make(chan struct{})}
	go p.watch(p.stopped, p.changes)
	return p
}

func (p *planner) watch(stopped chan struct{}, changes <-chan int) {
	for {
		select {
		case n := <-changes:
			p.sum += n
		case <-stopped:
			return
		}
	}
}

func (p *planner) change(n int) {
	p.changes <- n // want "nobody receives from `p.changes`"
}

// A function that is no method serves the channel of an embedded struct, until its context ends.
type trigger struct {
	now  chan struct{}
	runs int
}

type poller struct {
	trigger
	path string
}

func newPoller(ctx context.Context, path string) *poller {
	p := &poller{trigger: trigger{now: make(chan struct{})}, path: path}
	go poll(ctx, p)
	return p
}

func poll(ctx context.Context, p *poller) {
	for {
		select {
		case <-p.now:
			p.runs++
		case <-ctx.Done():
			return
		}
	}
}

func (t *trigger) Fire() {
	t.now <- struct{}{} // want "nobody receives from `t.now`"
}

// The channel is a variable first, and the loop has a name of its own for it.
type feed struct {
	lines chan string
	close chan struct{}
	last  string
}

func newFeed() *feed {
	lines := make(chan string)
	f := &feed{lines: lines, close: make(chan struct{})}
	go f.run()
	return f
}

func (f *feed) run() {
	in := f.lines
	for {
		select {
		case line := <-in:
			f.last = line
		case <-f.close:
			return
		}
	}
}

func (f *feed) add(line string) {
	f.lines <- line // want "nobody receives from `f.lines`"
}

// A variable ends the loop.
type prober struct {
	enabled chan bool
	on      bool
}

func newProber(quit <-chan struct{}) *prober {
	p := &prober{enabled: make(chan bool)}
	go p.loop(quit)
	return p
}

func (p *prober) loop(quit <-chan struct{}) {
	done := false
	for !done {
		select {
		case <-quit:
			done = true
		case p.on = <-p.enabled:
		}
	}
}

func (p *prober) enable() {
	p.enabled <- true // want "nobody receives from `p.enabled`"
}

// The room is used up: the sender goes on until reading fails.
type screen struct {
	keys chan []byte
	over chan struct{}
	errs chan error
	read func() ([]byte, error)
	show func([]byte)
}

func (s *screen) start() {
	s.keys = make(chan []byte, 10)
	go s.input()
	go s.output()
}

func (s *screen) input() {
	for {
		key, err := s.read()
		if err != nil {
			select {
			case s.errs <- err:
			case <-s.over:
			}
			return
		}
		s.keys <- key // want "nobody receives from `s.keys`"
	}
}

func (s *screen) output() {
	for {
		select {
		case key := <-s.keys:
			s.show(key)
		case <-s.over:
			return
		}
	}
}

// Two loops share the work, and both end.
type pool struct {
	jobs chan func()
	end  chan struct{}
}

func newPool() *pool {
	p := &pool{jobs: make(chan func()), end: make(chan struct{})}
	go p.fast()
	go p.slow()
	return p
}

func (p *pool) fast() {
	for {
		select {
		case job := <-p.jobs:
			job()
		case <-p.end:
			return
		}
	}
}

func (p *pool) slow() {
	for {
		select {
		case job := <-p.jobs:
			job()
		case <-p.end:
			return
		}
	}
}

func (p *pool) do(job func()) {
	p.jobs <- job // want "nobody receives from `p.jobs`"
}

// Right: one of the two loops is never left.
type half struct {
	calls chan func()
	leave chan struct{}
}

func newHalf() *half {
	h := &half{calls: make(chan func()), leave: make(chan struct{})}
	go h.guest()
	go h.host()
	return h
}

func (h *half) guest() {
	for {
		select {
		case call := <-h.calls:
			call()
		case <-h.leave:
			return
		}
	}
}

func (h *half) host() {
	for call := range h.calls {
		call()
	}
}

func (h *half) do(call func()) { h.calls <- call }

// Right: who has the channel as a variable receives from it as well.
type shared struct {
	values chan int
	halt   chan struct{}
}

func newShared() *shared {
	values := make(chan int)
	s := &shared{values: values, halt: make(chan struct{})}
	go s.run()
	go func() {
		for range values {
		}
	}()
	return s
}

func (s *shared) run() {
	for {
		select {
		case <-s.values:
		case <-s.halt:
			return
		}
	}
}

func (s *shared) put(n int) { s.values <- n }

// Right as far as is known: the channel is in two objects.
type left struct {
	pipe chan int
	gone chan struct{}
}

type right struct{ pipe2 chan int }

func newPair() (*left, *right) {
	pipe := make(chan int)
	l, r := &left{pipe: pipe, gone: make(chan struct{})}, &right{pipe2: pipe}
	go l.run()
	return l, r
}

func (l *left) run() {
	for {
		select {
		case <-l.pipe:
		case <-l.gone:
			return
		}
	}
}

func (l *left) put(n int) { l.pipe <- n }

func (r *right) take() int { return <-r.pipe2 }

// Right: the end is asked for before each send.
type careful struct {
	parts chan int
	fin   chan struct{}
	next  func() int
}

func newCareful(next func() int) *careful {
	c := &careful{parts: make(chan int, 1), fin: make(chan struct{}), next: next}
	go c.run()
	return c
}

func (c *careful) run() {
	for {
		select {
		case <-c.parts:
		case <-c.fin:
			return
		}
	}
}

func (c *careful) feed() {
	for {
		select {
		case <-c.fin:
			return
		default:
		}
		c.parts <- c.next()
	}
}

// Right: there is room for the one value.
type single struct {
	results chan error
	quit    chan struct{}
}

func newSingle() *single {
	s := &single{results: make(chan error, 1), quit: make(chan struct{})}
	go s.run()
	return s
}

func (s *single) run() {
	for {
		select {
		case <-s.results:
		case <-s.quit:
			return
		}
	}
}

func (s *single) finish(err error) { s.results <- err }

// Right: the variable ends the loop only after the channel was served.
type polite struct {
	asks chan int
	bye  chan struct{}
}

func newPolite() *polite {
	p := &polite{asks: make(chan int), bye: make(chan struct{})}
	go p.loop()
	return p
}

func (p *polite) loop() {
	done := false
	for !done {
		select {
		case <-p.bye:
			<-p.asks
			done = true
		case <-p.asks:
		}
	}
}

func (p *polite) ask(n int) { p.asks <- n }

// Right: the sender ends the loop itself.
type ending struct {
	inputs chan int
	closes chan struct{}
}

func newEnding() *ending {
	e := &ending{inputs: make(chan int), closes: make(chan struct{})}
	go e.run()
	return e
}

func (e *ending) run() {
	for {
		select {
		case <-e.inputs:
		case <-e.closes:
			return
		}
	}
}

func (e *ending) last(n int) {
	e.inputs <- n
	close(e.closes)
}
