package own

import (
	"sync"
	"sync/atomic"
)

// A member of the group is a function with the object as parameter.
type client struct {
	workers sync.WaitGroup
	stop    chan struct{}
	ping    func() error
}

func (c *client) connect() {
	c.workers.Add(1)
	go keepalive(c)
}

func keepalive(c *client) {
	defer c.workers.Done()
	for {
		if err := c.ping(); err != nil {
			c.lost() // want "one of its own goroutines"
			return
		}
	}
}

func (c *client) lost() {
	close(c.stop)
	c.workers.Wait()
}

// The method that stops is called by the loop that it waits for.
type life struct {
	status atomic.Int32
	group  sync.WaitGroup
	halt   chan struct{}
	alive  func() bool
}

func (l *life) Start() {
	l.group.Add(1)
	go l.loop()
}

func (l *life) loop() {
	defer l.group.Done()
	for l.alive() {
	}
	l.Stop() // want "one of its own goroutines"
}

func (l *life) Stop() {
	if !l.status.CompareAndSwap(1, 2) {
		return
	}
	close(l.halt)
	l.group.Wait()
}

// The lock is embedded, and the loop needs it, whatever room there is.
type table struct {
	sync.Mutex
	flushes chan int
	flushed int
}

func newTable(room int) *table {
	t := &table{flushes: make(chan int, room)}
	go t.flush()
	return t
}

func (t *table) flush() {
	for n := range t.flushes {
		t.Lock()
		t.flushed += n
		t.Unlock()
	}
}

func (t *table) Write(n int) {
	t.Lock()
	defer t.Unlock()
	t.flushes <- n // want "waits for this goroutine"
}

// Right: a goroutine of its own waits.
type bold struct {
	crew sync.WaitGroup
	ping func() error
}

func (b *bold) connect() {
	b.crew.Add(1)
	go watch(b)
}

func watch(b *bold) {
	defer b.crew.Done()
	for b.ping() == nil {
	}
	go b.lost()
}

func (b *bold) lost() { b.crew.Wait() }

// Right: it waits for the group of another object.
type nested struct {
	group sync.WaitGroup
	child *nested
}

func (n *nested) start() {
	n.group.Add(1)
	go run(n)
}

func run(n *nested) {
	defer n.group.Done()
	n.child.end()
}

func (n *nested) end() { n.group.Wait() }

// Right: the loop takes another lock.
type ledger struct {
	sync.Mutex
	inner   sync.Mutex
	entries chan int
	sum     int
}

func newLedger() *ledger {
	l := &ledger{entries: make(chan int, 8)}
	go l.add()
	return l
}

func (l *ledger) add() {
	for n := range l.entries {
		l.inner.Lock()
		l.sum += n
		l.inner.Unlock()
	}
}

func (l *ledger) Enter(n int) {
	l.Lock()
	defer l.Unlock()
	l.entries <- n
}

// Right: the lock is given back before.
type register struct {
	sync.Mutex
	marks chan int
	seen  int
}

func newRegister() *register {
	r := &register{marks: make(chan int, 8)}
	go r.read()
	return r
}

func (r *register) read() {
	for n := range r.marks {
		r.Lock()
		r.seen = n
		r.Unlock()
	}
}

func (r *register) Mark(n int) {
	r.Lock()
	r.seen = n
	r.Unlock()
	r.marks <- n
}
