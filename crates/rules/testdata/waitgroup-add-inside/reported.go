package group

import (
	"errors"
	"sync"
	"time"
)

func work(int) error { return errors.New("no") }

func inLoop(jobs []int) {
	var wg sync.WaitGroup
	for _, job := range jobs {
		go func() {
			wg.Add(1) // want "may be after `Wait`"
			defer wg.Done()
			work(job)
		}()
	}
	wg.Wait()
}

func once() {
	wg := sync.WaitGroup{}
	go func() {
		wg.Add(1) // want
		work(1)
		wg.Done()
	}()
	wg.Wait()
}

func doneInDeferredLiteral() {
	wg := new(sync.WaitGroup)
	go func() {
		wg.Add(1) // want-types
		defer func() {
			recover()
			wg.Done()
		}()
		work(1)
	}()
	wg.Wait()
}

func throughParameter(jobs []int) {
	var wg sync.WaitGroup
	for _, job := range jobs {
		go func(job int, group *sync.WaitGroup) {
			group.Add(1) // want
			defer group.Done()
			work(job)
		}(job, &wg)
	}
	wg.Wait()
}

type server struct {
	wg      sync.WaitGroup
	started chan struct{}
	conns   struct{ active sync.WaitGroup }
}

// Another method waits.
func (s *server) start() {
	go func() {
		s.wg.Add(1) // want
		defer s.wg.Done()
		work(1)
	}()
}

func (s *server) fieldOfField() {
	go func() {
		s.conns.active.Add(1) // want
		defer (&s.conns.active).Done()
		work(1)
	}()
}

func (s *server) stop() {
	s.wg.Wait()
	s.conns.active.Wait()
}

var background sync.WaitGroup

func ofPackage() {
	go func() {
		background.Add(1) // want
		defer background.Done()
		work(1)
	}()
}

func literalInVariable(jobs []int) {
	var wg sync.WaitGroup
	worker := func(job int) {
		wg.Add(1) // want
		defer wg.Done()
		work(job)
	}
	for _, job := range jobs {
		go worker(job)
	}
	wg.Wait()
}

// The other group is counted, this one is not.
func anotherIsCounted() {
	var a, b sync.WaitGroup
	a.Add(1)
	go func() {
		defer a.Done()
		b.Add(1) // want
		defer b.Done()
		work(1)
	}()
	b.Wait()
	a.Wait()
}

// The Add comes after the go statement.
func countedTooLate() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1) // want
		defer wg.Done()
		work(1)
	}()
	wg.Add(1)
	wg.Done()
	wg.Wait()
}

// On one way only.
func countedSometimes(early bool) {
	var wg sync.WaitGroup
	if early {
		wg.Add(1)
	}
	go func() {
		wg.Add(1) // want
		defer wg.Done()
		work(1)
	}()
	wg.Wait()
}

func conditional(ok bool) {
	var wg sync.WaitGroup
	go func() {
		if !ok {
			return
		}
		wg.Add(1) // want
		defer wg.Done()
		work(1)
	}()
	time.Sleep(time.Millisecond)
	wg.Wait()
}

// The results are ranged over; the closer waits.
func closer(jobs []int) (n int) {
	results := make(chan error)
	var wg sync.WaitGroup
	for _, job := range jobs {
		go func() {
			wg.Add(1) // want
			defer wg.Done()
			results <- work(job)
		}()
	}
	go func() {
		wg.Wait()
		close(results)
	}()
	for range results {
		n++
	}
	return n
}

// The goroutine starts others that have nothing to do with the group.
func startsOthers() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1) // want
		defer wg.Done()
		go func() {
			work(2)
		}()
		work(1)
	}()
	wg.Wait()
}

func inLiteralCalledThere() {
	var wg sync.WaitGroup
	go func() {
		func() {
			wg.Add(1) // want
		}()
		defer wg.Done()
		work(1)
	}()
	wg.Wait()
}

// The waiting function gets the group.
func passedOn() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1) // want
		defer wg.Done()
		work(1)
	}()
	waitFor(&wg)
}

func waitFor(wg *sync.WaitGroup) { wg.Wait() }

func handedIn(wg *sync.WaitGroup) {
	go func() {
		wg.Add(1) // want
		defer wg.Done()
		work(1)
	}()
}

type pool struct {
	sync.WaitGroup
}

func (p *pool) embedded() {
	go func() {
		p.Add(1) // want-types
		defer p.Done()
		work(1)
	}()
}

func (s *server) run() {
	s.wg.Add(1)
	defer s.wg.Done()
	work(1)
}

func (s *server) startsMethod() {
	go s.run() // want "counts its goroutine itself, by `s.wg.Add(1)`"
}

func worker(wg *sync.WaitGroup, job int) {
	wg.Add(1)
	defer wg.Done()
	work(job)
}

func startsFunction(jobs []int) {
	var wg sync.WaitGroup
	for _, job := range jobs {
		go worker(&wg, job) // want "then nobody waits for this goroutine"
	}
	wg.Wait()
}

func backgroundWorker() {
	background.Add(1)
	work(1)
	background.Done()
}

func startsBackground() {
	go backgroundWorker() // want
}

func addIsForAnother() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		work(1)
	}()
	go func() {
		wg.Add(1) // want
		defer wg.Done()
		work(2)
	}()
	wg.Wait()
}

type runner struct {
	wg   sync.WaitGroup
	jobs chan int
}

func (r *runner) run() {
	r.wg.Add(1)
	defer r.wg.Done()
	for range r.jobs {
	}
}

func sendsTooSeldom(r *runner, job int) {
	go r.run() // want "counts its goroutine itself"
	if job > 0 {
		r.jobs <- job
	}
	r.wg.Wait()
}

// The goroutine counts itself first, and those that it starts later.
type reactor struct {
	routines sync.WaitGroup
	requests chan func()
}

func (r *reactor) start() {
	go r.serve() // want "counts its goroutine itself"
}

func (r *reactor) serve() {
	r.routines.Add(1)
	defer r.routines.Done()
	for request := range r.requests {
		r.routines.Add(1)
		go func() {
			defer r.routines.Done()
			request()
		}()
	}
}

func (r *reactor) stop() { r.routines.Wait() }
