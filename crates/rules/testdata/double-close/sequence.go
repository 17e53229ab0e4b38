package closes

import (
	"context"
	"errors"
	"sync"
)

func twice(c chan int) {
	close(c)
	close(c) // want "closed already"
}

func inBranchFirst(c chan int, early bool) {
	if early {
		close(c)
	}
	close(c) // want
}

func inBranchLast(c chan int, err error) {
	close(c)
	if err != nil {
		close(c) // want
	}
}

func deferredAndByHand(out chan<- int, next func() (int, error)) {
	defer close(out)
	for {
		n, err := next()
		if err != nil {
			close(out) // want "again by the deferred call"
			return
		}
		out <- n
	}
}

func deferredLiteral(out chan int, err error) error {
	defer func() {
		close(out)
	}()
	if err != nil {
		close(out) // want
		return err
	}
	return nil
}

func twoDefers(out chan int) {
	defer close(out)
	defer close(out) // want "two deferred calls"
	out <- 1
}

func inLoop(done chan struct{}, events <-chan int) {
	for e := range events {
		if e > 10 {
			close(done) // want "next round"
		}
	}
}

func inSelectLoop(ctx context.Context, quit chan struct{}, kicks <-chan int) {
	for {
		select {
		case <-kicks:
			close(quit) // want "next round"
		case <-ctx.Done():
			return
		}
	}
}

type server struct {
	done   chan struct{}
	closed bool
	once   sync.Once
}

func (s *server) stop() {
	close(s.done)
	close(s.done) // want
}

func ofNil() {
	var c chan int
	close(c) // want "is nil"
}

func eachGoroutine(n int) chan int {
	results := make(chan int)
	for i := 0; i < n; i++ {
		go func() {
			results <- i
			close(results) // want "each of the goroutines"
		}()
	}
	return results
}

func eachDefers(jobs []int) chan int {
	results := make(chan int)
	for _, job := range jobs {
		go func(job int) {
			defer close(results) // want
			results <- job
		}(job)
	}
	return results
}

func bothClose(work func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	work()
	close(done) // want "by the goroutine"
}

// What follows is right.

func once(c chan int) {
	close(c)
}

func eitherOr(c chan int, early bool) {
	if early {
		close(c)
		return
	}
	close(c)
}

func elseBranch(c chan int, early bool) {
	if early {
		close(c)
	} else {
		close(c)
	}
}

func bySwitch(c chan int, kind int) {
	switch kind {
	case 1:
		close(c)
	case 2:
		close(c)
	}
}

func guarded(c chan int, kicks <-chan int) {
	closed := false
	for range kicks {
		if !closed {
			closed = true
			close(c)
		}
	}
	if !closed {
		close(c)
	}
}

func remade(events <-chan int) {
	changed := make(chan struct{})
	for range events {
		close(changed)
		changed = make(chan struct{})
	}
	close(changed)
}

func leavesLoop(c chan int, events <-chan int) {
	for e := range events {
		if e > 10 {
			close(c)
			break
		}
	}
}

func returnsFromSelect(ctx context.Context, quit chan struct{}, kicks <-chan int) {
	for {
		select {
		case <-kicks:
		case <-ctx.Done():
			close(quit)
			return
		}
	}
}

func setNil(c chan int, kicks <-chan int) {
	for range kicks {
		if c != nil {
			close(c)
			c = nil
		}
	}
}

func all(cs []chan int) {
	for _, c := range cs {
		close(c)
	}
	for i := range cs {
		close(cs[i])
	}
}

func byIndex(cs [4]chan int) {
	for i := 0; i < 4; i++ {
		close(cs[i])
	}
}

func (s *server) Close() {
	s.once.Do(func() { close(s.done) })
}

func (s *server) closeFlag() error {
	if s.closed {
		return errors.New("closed")
	}
	s.closed = true
	close(s.done)
	return nil
}

func (s *server) restart() {
	close(s.done)
	s.start()
	close(s.done)
}

func (s *server) start() { s.done = make(chan struct{}) }

func ownChannelEach(n int) {
	for i := 0; i < n; i++ {
		done := make(chan struct{})
		go func() {
			defer close(done)
		}()
		<-done
	}
}

func handedOver(n int) {
	for i := 0; i < n; i++ {
		done := make(chan struct{})
		go func(done chan struct{}) {
			close(done)
		}(done)
		<-done
	}
}

func lastCloses(jobs []func()) chan struct{} {
	done := make(chan struct{})
	left := len(jobs)
	var mu sync.Mutex
	for _, job := range jobs {
		go func() {
			job()
			mu.Lock()
			defer mu.Unlock()
			left--
			if left == 0 {
				close(done)
			}
		}()
	}
	return done
}

func closerAfterWait(jobs []func()) chan struct{} {
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			job()
		}()
	}
	go func() {
		wg.Wait()
		close(done)
	}()
	return done
}

func swapped(a, b chan int) {
	close(a)
	a = b
	close(a)
}

func notAClose(s *server) {
	close := func(c chan struct{}) {}
	close(s.done)
	close(s.done)
}

func switchedOff(in <-chan int, done chan struct{}, quit <-chan struct{}) {
	for {
		select {
		case _, ok := <-in:
			if !ok {
				close(done)
				in = nil
				continue
			}
		case <-quit:
			return
		}
	}
}

func inOneRound(done chan struct{}, work func(int)) {
	for i := range 50 {
		work(i)
		if i == 2 {
			close(done)
		}
	}
}

func inOneRoundCounted(done chan struct{}, work func(int)) {
	for i := 0; i < 50; i++ {
		work(i)
		if i == 2 {
			close(done)
		}
	}
}

func startedInOneRound(n int, work func()) chan struct{} {
	half := make(chan struct{})
	for i := 0; i < n; i++ {
		if i == n/2 {
			go func() {
				work()
				close(half)
			}()
		}
	}
	return half
}

type suite interface{ FailNow(string) }

func endsTest(s suite, stop, returned chan struct{}) {
	select {
	case <-returned:
	default:
		close(stop)
		s.FailNow("late")
	}
	close(stop)
}

func (s *server) closeIfOpen() {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

func (l *locked) closeIfOpen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.done:
	default:
		close(l.done)
	}
}

func (l *locked) closeLocked() {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
}

type locked struct {
	mu   sync.Mutex
	done chan struct{}
}

func ownIfOpen(kicks <-chan int) {
	done := make(chan struct{})
	for range kicks {
		select {
		case <-done:
		default:
			close(done)
		}
	}
}
