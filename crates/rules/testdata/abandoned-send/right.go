package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

func work() int             { return os.Getpid() }
func tryWork() (int, error) { return strconv.Atoi(os.Args[0]) }
func prepare() error        { return os.Chdir("/") }

func roomForOne(ctx context.Context) (int, error) {
	ch := make(chan int, 1)
	go func() {
		ch <- work()
	}()
	select {
	case n := <-ch:
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func senderListensToo(ctx context.Context) (int, error) {
	ch := make(chan int)
	go func() {
		select {
		case ch <- work():
		case <-ctx.Done():
		}
	}()
	select {
	case n := <-ch:
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func senderDoesNotWait() (int, error) {
	ch := make(chan int)
	go func() {
		select {
		case ch <- work():
		default:
		}
	}()
	select {
	case n := <-ch:
		return n, nil
	case <-time.After(time.Second):
		return 0, errors.New("timeout")
	}
}

func drained(ctx context.Context) error {
	ch := make(chan int)
	go func() {
		defer close(ch)
		for i := 0; i < 3; i++ {
			ch <- i
		}
	}()
	defer func() {
		for range ch {
		}
	}()
	for n := range ch {
		if n == 1 {
			return errors.New("one")
		}
	}
	return nil
}

func doneIsClosed(lines []string) string {
	out := make(chan string)
	done := make(chan struct{})
	defer close(done)
	go func() {
		defer close(out)
		for _, line := range lines {
			select {
			case out <- line:
			case <-done:
				return
			}
		}
	}()
	for line := range out {
		if line != "" {
			return line
		}
	}
	return ""
}

func ownContext(parent context.Context, lines []string) string {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	out := make(chan string)
	go func() {
		defer close(out)
		for _, line := range lines {
			select {
			case out <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
	return <-out
}

func receivedOnAllWays() (int, error) {
	ch := make(chan int)
	go func() { ch <- work() }()
	if err := prepare(); err != nil {
		<-ch
		return 0, err
	}
	return <-ch, nil
}

func receivedLater(ctx context.Context) {
	ch := make(chan int)
	go func() { ch <- work() }()
	select {
	case n := <-ch:
		fmt.Println(n)
	case <-ctx.Done():
		fmt.Println("stopping")
		<-ch
	}
}

func anotherReceives(ctx context.Context) {
	ch := make(chan int)
	go func() { ch <- work() }()
	select {
	case <-ch:
	case <-ctx.Done():
		go func() { <-ch }()
	}
}

func handedOut() <-chan int {
	ch := make(chan int)
	go func() { ch <- work() }()
	return ch
}

type server struct {
	results chan int
}

func (s *server) kept() {
	ch := make(chan int)
	s.results = ch
	go func() { ch <- work() }()
}

func (s *server) theirs(ctx context.Context) {
	go func() { s.results <- work() }()
	select {
	case <-s.results:
	case <-ctx.Done():
	}
}

func handedToOthers(register func(chan int)) {
	ch := make(chan int)
	register(ch)
	go func() { ch <- work() }()
}

func roomForAll(urls []string) error {
	errs := make(chan error, len(urls))
	for range urls {
		go func() { errs <- prepare() }()
	}
	for range urls {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func roomForBoth() error {
	errs := make(chan error, 2)
	go func() { errs <- prepare() }()
	go func() { errs <- prepare() }()
	return <-errs
}

func waitedFor() []int {
	ch := make(chan int)
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ch <- i
		}()
	}
	go func() {
		wg.Wait()
		close(ch)
	}()
	var all []int
	for n := range ch {
		all = append(all, n)
	}
	return all
}

func oneOfTwoByCondition(fast bool) int {
	ch := make(chan int)
	if fast {
		go func() { ch <- work() }()
	}
	if fast {
		return <-ch
	}
	return 0
}

func errorMeansNoSender() (int, error) {
	ch := make(chan int)
	err := prepare()
	if err == nil {
		go func() { ch <- work() }()
	}
	if err != nil {
		return 0, err
	}
	return <-ch, nil
}

func semaphore(items []int) {
	tokens := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for range items {
		wg.Add(1)
		tokens <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-tokens }()
			work()
		}()
	}
	wg.Wait()
}

func requestAndReply() int {
	requests := make(chan chan int)
	go func() {
		for reply := range requests {
			reply <- work()
		}
	}()
	defer close(requests)
	reply := make(chan int)
	requests <- reply
	return <-reply
}

type pool struct {
	jobs chan int
	wg   sync.WaitGroup
}

func (p *pool) worker() {
	defer p.wg.Done()
	for range p.jobs {
		work()
	}
}

func pooled(items []int) {
	p := &pool{jobs: make(chan int)}
	for range 2 {
		p.wg.Add(1)
		go p.worker()
	}
	for _, item := range items {
		p.jobs <- item
	}
	close(p.jobs)
	p.wg.Wait()
}
