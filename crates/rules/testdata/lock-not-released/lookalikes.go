package lookalikes

import (
	"errors"
	"fmt"
	"log"
	"os"
	"sync"
	"testing"
)

type pool struct {
	mu     sync.Mutex
	rw     sync.RWMutex
	side   sync.Mutex
	items  map[string]int
	closed bool
	shared bool
	cond   *sync.Cond
}

var errGone = errors.New("gone")

func (p *pool) deferred(key string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	item, ok := p.items[key]
	if !ok {
		return 0, errGone
	}
	return item, nil
}

func (p *pool) byHand(key string) int {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return 0
	}
	item := p.items[key]
	p.mu.Unlock()
	return item
}

// Both conditions ask the same.
func (p *pool) correlated(write bool) {
	if write {
		p.rw.Lock()
	} else {
		p.rw.RLock()
	}
	delete(p.items, "")
	if write {
		p.rw.Unlock()
	} else {
		p.rw.RUnlock()
	}
}

func (p *pool) correlatedField() int {
	if p.shared {
		p.mu.Lock()
	}
	n := len(p.items)
	if !p.shared {
		return n
	}
	p.mu.Unlock()
	return n
}

func (p *pool) correlatedSwitch(kind string) int {
	switch kind {
	case "read":
		p.rw.RLock()
	case "write":
		p.rw.Lock()
	}
	n := len(p.items)
	switch kind {
	case "read":
		p.rw.RUnlock()
	case "write":
		p.rw.Unlock()
	}
	return n
}

func (p *pool) flag(wait bool) error {
	locked := false
	defer func() {
		if locked {
			p.mu.Unlock()
		}
	}()
	if wait {
		locked = true
		p.mu.Lock()
		if p.closed {
			return errGone
		}
	}
	return nil
}

func (p *pool) flagCleared() error {
	unlock := true
	p.mu.Lock()
	defer func() {
		if unlock {
			p.mu.Unlock()
		}
	}()
	if p.closed {
		return errGone
	}
	unlock = false
	p.mu.Unlock()
	return nil
}

// The end of the process, or of the goroutine, is no way out.
func (p *pool) ends(t *testing.T) {
	p.mu.Lock()
	if p.items == nil {
		log.Fatal("no items")
	}
	if p.closed {
		fmt.Fprintln(os.Stderr, "closed")
		os.Exit(1)
	}
	if len(p.items) > 9 {
		panic("too many")
	}
	if p.shared {
		t.Fatal("shared")
	}
	p.mu.Unlock()
}

type reporter interface{ Fatalf(format string, args ...any) }

func (p *pool) endsToo(r reporter) {
	p.mu.Lock()
	if p.closed {
		r.Fatalf("closed")
	} else {
		p.mu.Unlock()
	}
}

func die(text string) {
	fmt.Fprintln(os.Stderr, text)
	os.Exit(2)
}

func (p *pool) endsInHelper() {
	p.mu.Lock()
	if p.closed {
		die("closed")
		return
	}
	p.mu.Unlock()
}

// They are there to come back with the lock.
func (p *pool) Lock()   { p.side.Lock() }
func (p *pool) Unlock() { p.side.Unlock() }

func (p *pool) acquire() {
	p.mu.Lock()
}

func (p *pool) give() func() {
	p.mu.Lock()
	return p.mu.Unlock
}

func (p *pool) giveLiteral() (map[string]int, func()) {
	p.mu.Lock()
	return p.items, func() {
		p.closed = true
		p.mu.Unlock()
	}
}

func (p *pool) giveLater(t *testing.T) {
	p.mu.Lock()
	t.Cleanup(p.mu.Unlock)
}

func (p *pool) once() {
	var once sync.Once
	p.mu.Lock()
	defer once.Do(func() { p.mu.Unlock() })
	if p.closed {
		return
	}
	delete(p.items, "")
}

// Another goroutine gives it back.
func (p *pool) handOver(done chan struct{}) {
	p.mu.Lock()
	go func() {
		<-done
		p.mu.Unlock()
	}()
}

type entry struct {
	mu    sync.Mutex
	value int
}

type table struct {
	mu      sync.Mutex
	entries map[string]*entry
}

// The entry is returned locked.
func (t *table) locked(key string) *entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[key]
	e.mu.Lock()
	return e
}

func (e *entry) done() {
	e.mu.Unlock()
}

// Called with the lock, gives it back for a while.
func (p *pool) pauseLocked(work func() error) error {
	p.mu.Unlock()
	err := work()
	p.mu.Lock()
	if err != nil {
		return err
	}
	p.closed = false
	return nil
}

func (p *pool) retryUnlessShared(work func() error) error {
	for range 3 {
		if !p.shared {
			p.mu.Unlock()
		}
		err := work()
		if !p.shared {
			p.mu.Lock()
		}
		if err == nil {
			return nil
		}
	}
	return errGone
}

func (p *pool) aliased() {
	mu := &p.mu
	mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
}

func (p *pool) inner() *entry { return &entry{} }

func (p *pool) renamed(other *pool) {
	p.mu.Lock()
	q := p
	if p.closed {
		q = other
	}
	q.mu.Unlock()
}

func (p *pool) literalUnlocks() error {
	p.mu.Lock()
	unlock := func() { p.mu.Unlock() }
	if p.closed {
		unlock()
		return errGone
	}
	defer unlock()
	return nil
}

// Taken in one literal and given back in another.
func (p *pool) hooks() (enter, leave func()) {
	enter = func() { p.mu.Lock() }
	leave = func() { p.mu.Unlock() }
	return enter, leave
}

func (p *pool) waiting() {
	p.mu.Lock()
	for !p.closed {
		p.cond.Wait()
	}
	p.mu.Unlock()
}

func (p *pool) tryIt() bool {
	if p.mu.TryLock() {
		defer p.mu.Unlock()
		return p.closed
	}
	return false
}

func (p *pool) spin() {
	for !p.mu.TryLock() {
	}
	defer p.mu.Unlock()
	p.closed = true
}

// The lock stays taken on purpose.
func (p *pool) shutdown() {
	p.mu.Lock() // never to be unlocked again
	p.items = nil
}

func (p *pool) swap(other *entry) {
	e := p.inner()
	e.mu.Lock()
	e, other = other, e
	other.mu.Unlock()
	_ = e
}

func (p *pool) endless(work chan func()) {
	p.mu.Lock()
	for {
		(<-work)()
	}
}

type locker interface {
	Lock() error
	Unlock() error
}

func answered(l locker, work func() error) error {
	if err := l.Lock(); err != nil {
		return err
	}
	defer func() { _ = l.Unlock() }()
	return work()
}

// Taking it means to wait for the goroutine that has it.
type tail struct {
	done sync.Mutex
}

func newTail(run func()) *tail {
	t := &tail{}
	t.done.Lock()
	go func() {
		defer t.done.Unlock()
		run()
	}()
	return t
}

func (t *tail) Close() {
	t.done.Lock()
}

type iterator struct {
	table *table
}

func (t *table) iterate() *iterator {
	t.mu.Lock()
	it := &iterator{table: t}
	return it
}

func (it *iterator) stop() {
	it.table.mu.Unlock()
}

// Nothing but a look: what the conditions say agrees by the error.
func (p *pool) byError(load func() error) (err error) {
	err = load()
	if err == nil {
		p.mu.Lock()
	}
	if err != nil {
		return err
	}
	p.mu.Unlock()
	return nil
}
