package group

import (
	"sync"
	"sync/atomic"
)

func countedBefore(jobs []int) {
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(job)
		}()
	}
	wg.Wait()
}

func countedAtOnce(jobs []int) {
	var wg sync.WaitGroup
	wg.Add(len(jobs))
	for _, job := range jobs {
		go func() {
			defer wg.Done()
			work(job)
		}()
	}
	wg.Wait()
}

// The goroutine is counted; its own Add is for a part of its work.
func countedTwice() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		wg.Add(1)
		work(1)
		wg.Done()
	}()
	wg.Wait()
}

func countsChild() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(2)
		}()
	}()
	wg.Wait()
}

// Counted by whoever called, as far as anybody can tell.
func (s *server) countsChildOfField() {
	go func() {
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			work(2)
		}()
		work(1)
	}()
}

func (s *server) countsChildByMethod() {
	go func() {
		s.wg.Add(1)
		go s.worker()
		s.wg.Done()
	}()
}

func (s *server) worker() {
	defer s.wg.Done()
	work(1)
}

// The Done is for the Add of a caller: it was there first.
func (s *server) doneForCaller(queue chan<- int) {
	go func() {
		defer s.wg.Done()
		s.wg.Add(1)
		queue <- 1
	}()
}

func ownGroup() {
	go func() {
		var wg sync.WaitGroup
		wg.Add(1)
		work(1)
		wg.Done()
		wg.Wait()
	}()
}

// Nothing in the goroutine is done: the Add is for somebody else.
func (s *server) onlyAdds(queue chan<- int) {
	go func() {
		s.wg.Add(1)
		queue <- 1
	}()
}

// Counts what it works on.
func (s *server) countsJobs(jobs <-chan int) {
	go func() {
		for job := range jobs {
			s.wg.Add(1)
			work(job)
			s.wg.Done()
		}
	}()
}

func (s *server) countsMany(queue chan<- int) {
	go func() {
		s.wg.Add(2)
		queue <- 1
		s.wg.Done()
	}()
}

func (s *server) countsTwice(queue chan<- int) {
	go func() {
		s.wg.Add(1)
		s.wg.Add(1)
		queue <- 1
		s.wg.Done()
	}()
}

// The function waits until the goroutine has counted itself.
func announced() {
	var wg sync.WaitGroup
	started := make(chan struct{})
	go func() {
		wg.Add(1)
		defer wg.Done()
		close(started)
		work(1)
	}()
	<-started
	wg.Wait()
}

func announcedBySend() {
	var wg sync.WaitGroup
	started := make(chan bool, 1)
	go func() {
		wg.Add(1)
		defer wg.Done()
		started <- true
		work(1)
	}()
	if <-started {
		wg.Wait()
	}
}

func (s *server) announcedInField() {
	go func() {
		s.wg.Add(1)
		defer s.wg.Done()
		s.started <- struct{}{}
		work(1)
	}()
	<-s.started
}

func announcedByGroup(jobs []int) {
	var started, wg sync.WaitGroup
	started.Add(len(jobs))
	for _, job := range jobs {
		go func() {
			wg.Add(1)
			defer wg.Done()
			started.Done()
			work(job)
		}()
	}
	started.Wait()
	wg.Wait()
}

// Not in a goroutine.
func calledLiteral() {
	var wg sync.WaitGroup
	func() {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(1)
		}()
	}()
	wg.Wait()
}

func spawner(jobs []int) {
	var wg sync.WaitGroup
	spawn := func(job int) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(job)
		}()
	}
	for _, job := range jobs {
		spawn(job)
	}
	wg.Wait()
}

// Called here and there.
func bothWays() {
	var wg sync.WaitGroup
	run := func() {
		wg.Add(1)
		defer wg.Done()
		work(1)
	}
	run()
	go run()
	wg.Wait()
}

func byGo() {
	var wg sync.WaitGroup
	wg.Go(func() {
		wg.Add(1)
		defer wg.Done()
		work(1)
	})
	wg.Wait()
}

// Nobody waits for it.
func neverWaited() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1)
		defer wg.Done()
		work(1)
	}()
}

type gauge struct{ n atomic.Int64 }

func (g *gauge) Add(n int) { g.n.Add(int64(n)) }
func (g *gauge) Done()     { g.n.Add(-1) }
func (g *gauge) Wait()     {}

// No wait group, whatever it is called.
func gauged() {
	var wg gauge
	go func() {
		wg.Add(1)
		defer wg.Done()
		work(1)
	}()
	wg.Wait()
}

func atomics() {
	var running atomic.Int64
	go func() {
		running.Add(1)
		defer running.Add(-1)
		work(1)
	}()
}

// Two groups, each as it should be.
func handsOver() {
	var a, b sync.WaitGroup
	a.Add(1)
	go func() {
		defer a.Done()
		b.Add(1)
		go func() {
			defer b.Done()
			work(1)
		}()
	}()
	a.Wait()
	b.Wait()
}

// The receive comes before the deferred Wait, which is written first.
func deferredWait() {
	var wg sync.WaitGroup
	started := make(chan struct{})
	defer wg.Wait()
	go func() {
		wg.Add(1)
		defer wg.Done()
		close(started)
		work(1)
	}()
	<-started
}

type queue struct {
	wg    sync.WaitGroup
	ready chan bool
}

func (p *queue) run() {
	p.wg.Add(1)
	defer p.wg.Done()
	p.ready <- true
	work(1)
}

func (p *queue) waitsUntilReady() {
	go p.run()
	<-p.ready
}

func (p *queue) countedBefore() {
	p.wg.Add(1)
	go p.run()
}

func (p *queue) called() {
	p.run()
}

func (p *queue) dispatch() {
	for i := range 3 {
		p.wg.Add(1)
		go func() {
			defer p.wg.Done()
			work(i)
		}()
	}
}

// What is counted there are the goroutines that it starts.
func (p *queue) startsDispatch() {
	go p.dispatch()
}

func groupOfItsOwn() {
	var wg sync.WaitGroup
	wg.Add(1)
	defer wg.Done()
	work(1)
}

func startsGroupOfItsOwn() {
	go groupOfItsOwn()
}

func doneOnly(wg *sync.WaitGroup) {
	defer wg.Done()
	work(1)
}

func startsDoneOnly() {
	var wg sync.WaitGroup
	wg.Add(1)
	go doneOnly(&wg)
	wg.Wait()
}

func nobodyWaits() {
	var wg sync.WaitGroup
	go addsAndDoes(&wg)
}

func addsAndDoes(wg *sync.WaitGroup) {
	wg.Add(1)
	defer wg.Done()
	work(1)
}

func oneIsHeldBack() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
	}()
	go func() {
		wg.Add(1)
		defer wg.Done()
	}()
	wg.Done()
	wg.Wait()
}

func twoAddsOneStarted() {
	var wg sync.WaitGroup
	wg.Add(1)
	wg.Add(1)
	go func() {
		defer wg.Done()
	}()
	go func() {
		wg.Add(1)
		defer wg.Done()
	}()
	wg.Done()
	wg.Wait()
}

// The loop answers before the group is waited for.

type dialer struct {
	wg   sync.WaitGroup
	asks chan chan int
}

func (d *dialer) loop() {
	d.wg.Add(1)
	defer d.wg.Done()
	for ask := range d.asks {
		ask <- 1
	}
}

func answersFirst() int {
	asks := make(chan chan int)
	d := &dialer{asks: asks}
	go d.loop()
	answer := make(chan int)
	asks <- answer
	n := <-answer
	close(asks)
	d.wg.Wait()
	return n
}

func asksBesides(n int) {
	asks := make(chan chan int)
	d := &dialer{asks: asks}
	go d.loop()
	var others sync.WaitGroup
	for range n {
		others.Add(1)
		go func() {
			defer others.Done()
			answer := make(chan int)
			asks <- answer
			<-answer
		}()
	}
	others.Wait()
	close(asks)
	d.wg.Wait()
}

func asksOrGivesUp(late <-chan struct{}) {
	asks := make(chan chan int)
	d := &dialer{asks: asks}
	go d.loop()
	answer := make(chan int)
	select {
	case asks <- answer:
		<-answer
	case <-late:
		return
	}
	close(asks)
	d.wg.Wait()
}

// The goroutine is counted before it starts, and counts those that it starts later.
type engine struct {
	running sync.WaitGroup
	tasks   chan func()
}

func (e *engine) start() {
	e.running.Add(1)
	go e.serve()
}

func (e *engine) serve() {
	defer e.running.Done()
	for task := range e.tasks {
		e.running.Add(1)
		go func() {
			defer e.running.Done()
			task()
		}()
	}
}

func (e *engine) stop() { e.running.Wait() }
