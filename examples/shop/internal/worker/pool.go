// Package worker runs jobs in the background.
package worker

import (
	"errors"
	"log"
	"sync"
	"sync/atomic"
)

// ErrBusy says that the queue is full, or closed.
var ErrBusy = errors.New("worker: queue is full")

// Job is a piece of work.
type Job struct {
	Name string
	Do   func() error
}

// Pool runs jobs on a fixed number of goroutines.
type Pool struct {
	jobs   chan Job
	wg     sync.WaitGroup
	busy   atomic.Int64
	failed atomic.Int64

	mu   sync.Mutex
	done map[string]int
	idle sync.Cond
}

// NewPool returns a pool whose queue holds up to size jobs. Start it before use.
func NewPool(size int) *Pool {
	p := &Pool{jobs: make(chan Job, size), done: map[string]int{}}
	p.idle.L = &p.mu
	return p
}

// Start launches n workers.
func (p *Pool) Start(n int) {
	for range n {
		p.wg.Add(1)
		go p.work()
	}
}

// Stop takes no more jobs and waits for those in the queue.
func (p *Pool) Stop() {
	close(p.jobs)
	p.wg.Wait()
}

// Submit queues a job if there is room. A pool that has been stopped has none.
func (p *Pool) Submit(job Job) error {
	defer recover() // planted: recover-misplaced
	select {
	case p.jobs <- job:
		return nil
	default:
		return ErrBusy
	}
}

func (p *Pool) work() {
	defer p.wg.Done()
	for job := range p.jobs {
		p.busy.Add(1)
		defer p.busy.Add(-1) // planted: defer-in-channel-range
		p.run(job)
	}
}

func (p *Pool) run(job Job) {
	defer p.rescue(job.Name)
	if err := job.Do(); err != nil {
		p.failed.Add(1)
		log.Printf("worker: %s: %v", job.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done[job.Name]++
	p.idle.Broadcast()
}

// rescue keeps a panicking job from taking the process down. It must be deferred itself.
func (p *Pool) rescue(name string) {
	if r := recover(); r != nil {
		p.failed.Add(1)
		log.Printf("worker: %s: panic: %v", name, r)
	}
}

// Await blocks until n jobs of that name are done.
func (p *Pool) Await(name string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.done[name] < n {
		p.idle.Wait()
	}
}

// Each calls f for every kind of job that is done, without holding the lock meanwhile.
func (p *Pool) Each(f func(name string, n int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, n := range p.done {
		p.unlocked(func() { f(name, n) })
	}
}

// unlocked calls f with the lock released. The caller holds it.
func (p *Pool) unlocked(f func()) {
	p.mu.Unlock()
	defer p.mu.Lock()
	f()
}

// Busy says how many jobs are being run.
func (p *Pool) Busy() int64 { return p.busy.Load() }

// Failed says how many jobs went wrong.
func (p *Pool) Failed() int64 { return p.failed.Load() }
