package feeders

type source interface {
	Next() bool
	At() int
	Close() error
}

// What is read ahead stays when the iterator is closed early.
type ahead struct {
	source
	buffer chan int
	at     int
}

func newAhead(from source, size int) *ahead {
	a := &ahead{source: from, buffer: make(chan int, size)}
	go a.fill()
	return a
}

func (a *ahead) fill() {
	defer close(a.buffer)
	for a.source.Next() {
		a.buffer <- a.source.At() // want "nobody receives from `a.buffer`"
	}
}

func (a *ahead) Next() bool {
	at, ok := <-a.buffer
	a.at = at
	return ok
}

// The method that ends it does not look at the channel.
type reader struct {
	frames chan []byte
	read   func() ([]byte, error)
	closed bool
}

func newReader(read func() ([]byte, error)) *reader {
	r := &reader{frames: make(chan []byte), read: read}
	go func() {
		for {
			frame, err := r.read()
			if err != nil {
				return
			}
			r.frames <- frame // want "nobody receives from `r.frames`"
		}
	}()
	return r
}

func (r *reader) Frame() []byte { return <-r.frames }
func (r *reader) Close()        { r.closed = true }

type loader struct {
	pages chan []byte
	load  func() ([]byte, error)
	done  bool
}

func (l *loader) start() {
	l.pages = make(chan []byte, 2)
	go l.run()
}

func (l *loader) run() {
	for {
		page, err := l.load()
		if err != nil {
			return
		}
		l.pages <- page // want "nobody receives from `l.pages`"
	}
}

func (l *loader) Page() []byte { return <-l.pages }
func (l *loader) Stop()        { l.done = true }

// Right: the rest is taken before the end.
type drained struct {
	parts chan int
	next  func() int
}

func newDrained(next func() int) *drained {
	d := &drained{parts: make(chan int, 1), next: next}
	go d.fill()
	return d
}

func (d *drained) fill() {
	defer close(d.parts)
	for n := d.next(); n > 0; n = d.next() {
		d.parts <- n
	}
}

func (d *drained) Next() int { return <-d.parts }

func (d *drained) Close() {
	for d.Next() > 0 {
	}
}

// Right: the goroutine listens to the end.
type listening struct {
	items chan int
	quit  chan struct{}
	next  func() int
}

func newListening(next func() int) *listening {
	l := &listening{items: make(chan int), quit: make(chan struct{}), next: next}
	go l.fill()
	return l
}

func (l *listening) fill() {
	for {
		select {
		case l.items <- l.next():
		case <-l.quit:
			return
		}
	}
}

func (l *listening) Next() int { return <-l.items }
func (l *listening) Close()    { close(l.quit) }

// Right as far as is known: nobody ends it.
type endless struct {
	ids  chan int
	last int
}

func newEndless() *endless {
	e := &endless{ids: make(chan int)}
	go e.fill()
	return e
}

func (e *endless) fill() {
	for {
		e.last++
		e.ids <- e.last
	}
}

func (e *endless) Next() int { return <-e.ids }

// Right: one value only, and room for it.
type once struct {
	result chan int
	work   func() int
}

func newOnce(work func() int) *once {
	o := &once{result: make(chan int, 1), work: work}
	go o.run()
	return o
}

func (o *once) run()      { o.result <- o.work() }
func (o *once) Wait() int { return <-o.result }
func (o *once) Close()    {}

// Right: it sends a reply to each request.
type answering struct {
	asks    chan int
	answers chan int
	closed  bool
}

func newAnswering() *answering {
	a := &answering{asks: make(chan int), answers: make(chan int)}
	go a.run()
	return a
}

func (a *answering) run() {
	for {
		n := <-a.asks
		a.answers <- n * n
	}
}

func (a *answering) Ask(n int) int {
	a.asks <- n
	return <-a.answers
}

func (a *answering) Close() { a.closed = true }
