package sends

import (
	"context"
	"fmt"
	"sync"
	"time"
)

func straight(c chan int) {
	close(c)
	c <- 1 // want "closed, so this send panics"
}

func inBranch(c chan int, err error) {
	close(c)
	if err != nil {
		c <- 1 // want
	}
}

func closedInBranch(c chan int, done bool) {
	if done {
		close(c)
	}
	c <- 1 // want
}

func nextRound(c chan int, items []int) {
	for _, item := range items {
		c <- item // want
		close(c)
	}
}

func inSelect(ctx context.Context, c chan int) {
	close(c)
	select {
	case c <- 1: // want
	case <-ctx.Done():
	}
}

func notWaited(jobs []int) {
	results := make(chan int, len(jobs))
	for _, job := range jobs {
		go func() {
			results <- job * 2 // want "may be closed before the goroutine sends"
		}()
	}
	close(results)
	for r := range results {
		fmt.Println(r)
	}
}

func leftByContext(ctx context.Context, ask func() int) int {
	answer := make(chan int)
	defer close(answer)
	go func() {
		answer <- ask() // want "before the goroutine sends"
	}()
	select {
	case a := <-answer:
		return a
	case <-ctx.Done():
		return 0
	}
}

func leftByTimeout(ask func() int) (int, error) {
	answer := make(chan int, 1)
	defer close(answer)
	go func() {
		answer <- ask() // want
	}()
	select {
	case a := <-answer:
		return a, nil
	case <-time.After(time.Second):
		return 0, fmt.Errorf("timeout")
	}
}

type feed struct{ c chan int }

func (f *feed) end(last int) {
	close(f.c)
	f.c <- last // want
}

// What follows is right.

func closesLast(c chan int) {
	c <- 1
	close(c)
}

func eitherWay(c chan int, done bool) {
	if done {
		close(c)
		return
	}
	c <- 1
}

func remade(c chan int, items []int) {
	for _, item := range items {
		c = make(chan int, 1)
		c <- item
		close(c)
	}
}

func flagged(c chan int, done bool) {
	closed := false
	if done {
		closed = true
		close(c)
	}
	if !closed {
		c <- 1
	}
}

func waited(jobs []int) []int {
	results := make(chan int, len(jobs))
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results <- job * 2
		}()
	}
	wg.Wait()
	close(results)
	var all []int
	for r := range results {
		all = append(all, r)
	}
	return all
}

func receivedAll(jobs []int) (sum int) {
	results := make(chan int)
	for _, job := range jobs {
		go func() { results <- job }()
	}
	for range jobs {
		sum += <-results
	}
	close(results)
	return sum
}

func deferredAndReceived(ask func() int) int {
	answer := make(chan int)
	defer close(answer)
	go func() { answer <- ask() }()
	return <-answer
}

func senderCloses(items []int) <-chan int {
	c := make(chan int)
	go func() {
		defer close(c)
		for _, item := range items {
			c <- item
		}
	}()
	return c
}

func waitsOnTimeout(ctx context.Context, ask func(context.Context) int) int {
	ctx, cancel := context.WithCancel(ctx)
	answer := make(chan int, 1)
	defer close(answer)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		answer <- ask(ctx)
	}()
	select {
	case a := <-answer:
		cancel()
		<-finished
		return a
	case <-ctx.Done():
		cancel()
		<-finished
		return 0
	}
}

func otherChannel(a, b chan int) {
	close(a)
	b <- 1
}

func (f *feed) reopen(v int) {
	close(f.c)
	f.open()
	f.c <- v
}

func (f *feed) open() { f.c = make(chan int, 1) }

func poolWaits(jobs []int, pool interface {
	Run(func())
	Wait()
}) {
	results := make(chan int, len(jobs))
	for _, job := range jobs {
		pool.Run(func() { results <- job })
	}
	pool.Wait()
	close(results)
}

func helperWaits(jobs []int, drain func(chan int)) {
	results := make(chan int)
	for _, job := range jobs {
		go func() { results <- job }()
	}
	drain(results)
	close(results)
}

// What another method closes.

type snapshots struct {
	events chan int
	result chan int
	done   chan struct{}
	wg     sync.WaitGroup
	mu     sync.Mutex
	closed bool
}

func (s *snapshots) shutdown() {
	close(s.events)
}

type ledger struct{ snaps *snapshots }

func (l *ledger) process(make func() int) {
	events := l.snaps.events
	for n := range events {
		if n == 0 {
			go func() {
				events <- make() // want "`shutdown` of `snapshots` may close `events`"
			}()
		}
	}
}

func (s *snapshots) direct(make func() int) {
	go func() { s.events <- make() }() // want
}

func (s *snapshots) counted(make func() int) {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.events <- make()
	}()
}

func (s *snapshots) underLock(make func() int) {
	go func() {
		n := make()
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed {
			s.events <- n
		}
	}()
}

func (s *snapshots) neverClosed(make func() int) {
	go func() { s.result <- make() }()
}

func (s *snapshots) unlessDone(make func() int) {
	go func() {
		select {
		case s.events <- make():
		case <-s.done:
		}
	}()
}

type waiting struct {
	events chan int
	wg     sync.WaitGroup
}

func (w *waiting) Close() {
	w.wg.Wait()
	close(w.events)
}

func (w *waiting) start(make func() int) {
	go func() { w.events <- make() }()
}

type heard struct {
	events chan int
	idle   chan struct{}
}

func (h *heard) Stop() {
	<-h.idle
	close(h.events)
}

func (h *heard) start(make func() int) {
	go func() { h.events <- make() }()
}

func (s *snapshots) recovering(make func() int) {
	go func() {
		defer func() { recover() }()
		s.events <- make()
	}()
}
