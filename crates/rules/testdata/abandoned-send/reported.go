package service

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

type reply struct {
	body []byte
	err  error
}

type client struct {
	timeout time.Duration
	dial    func(string) ([]byte, error)
}

func work() int             { return os.Getpid() }
func tryWork() (int, error) { return strconv.Atoi(os.Args[0]) }
func prepare() error        { return os.Chdir("/") }

func timeout() (int, error) {
	ch := make(chan int)
	go func() {
		ch <- work() // want "nobody receives from `ch`"
	}()
	select {
	case n := <-ch:
		return n, nil
	case <-time.After(time.Second):
		return 0, errors.New("timeout")
	}
}

func cancelled(ctx context.Context) (int, error) {
	result := make(chan int)
	go func() {
		n := work()
		result <- n // want
	}()
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case n := <-result:
		return n, nil
	}
}

func (c *client) fetch(ctx context.Context, url string) ([]byte, error) {
	replies := make(chan reply)
	go func() {
		body, err := c.dial(url)
		replies <- reply{body, err} // want
	}()
	timer := time.NewTimer(c.timeout)
	defer timer.Stop()
	select {
	case r := <-replies:
		return r.body, r.err
	case <-timer.C:
		return nil, errors.New("timeout")
	}
}

func errorFirst() (int, error) {
	ch := make(chan int)
	go func() { ch <- work() }() // want
	if err := prepare(); err != nil {
		return 0, err
	}
	return <-ch, nil
}

func errorAmongOthers(w io.Writer) error {
	done := make(chan error)
	go func() {
		_, err := tryWork()
		done <- err // want
	}()
	if _, err := w.Write(nil); err != nil {
		return err
	}
	if err := prepare(); err != nil {
		return err
	}
	return <-done
}

func throughHelper(ctx context.Context) int {
	ch := make(chan int)
	go produce(ch)
	select {
	case n := <-ch:
		return n
	case <-ctx.Done():
		return 0
	}
}

func produce(out chan<- int) {
	out <- work() // want
}

type job struct {
	done chan error
}

func (j *job) run() {
	j.done <- prepare() // want
}

func startAndWait(ctx context.Context) error {
	j := &job{done: make(chan error)}
	go j.run()
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func secondIsForgotten() int {
	a := make(chan int)
	b := make(chan int)
	go func() { a <- 1 }() // want
	go func() { b <- 2 }() // want
	select {
	case n := <-a:
		return n
	case n := <-b:
		return n
	}
}

func roomForOneOfTwo(ctx context.Context) {
	ch := make(chan int, 1)
	go func() {
		for i := 0; i < 2; i++ {
			ch <- i // want
		}
	}()
	select {
	case <-ch:
	case <-ctx.Done():
	}
}

func noReceiver() {
	ch := make(chan int)
	go func() {
		defer close(ch)
		ch <- 1 // want
	}()
}

func producerOfMany(ctx context.Context, lines []string) error {
	out := make(chan string)
	go func() {
		defer close(out)
		for _, line := range lines {
			out <- line // want
		}
	}()
	for line := range out {
		if line == "" {
			return errors.New("empty")
		}
	}
	return nil
}

func breaks(lines []string) string {
	out := make(chan string)
	go func() {
		for _, line := range lines {
			out <- line // want
		}
		close(out)
	}()
	var found string
	for line := range out {
		if line != "" {
			found = line
			break
		}
	}
	return found
}

func literalInVariable(ctx context.Context) {
	ch := make(chan int)
	send := func(n int) {
		ch <- n // want
	}
	go send(work())
	select {
	case <-ch:
	case <-ctx.Done():
	}
}

func holdsLock(ctx context.Context, mu *sync.Mutex) {
	var own sync.Mutex
	ch := make(chan int)
	go func() {
		own.Lock()
		defer own.Unlock()
		ch <- work() // want
	}()
	select {
	case <-ch:
	case <-ctx.Done():
	}
}

func namedResult(ctx context.Context) (n int, err error) {
	ch := make(chan int)
	go func() { ch <- work() }() // want
	if err = prepare(); err != nil {
		return
	}
	n = <-ch
	return
}

func inLoop(stop <-chan struct{}) {
	for {
		done := make(chan bool)
		go func() {
			done <- work() > 0 // want
		}()
		select {
		case <-stop:
			return
		case <-done:
		}
	}
}

// The sender may come only after it was looked whether it is there.
func lookedTwice(ctx context.Context) (err error) {
	done := make(chan error)
	go func() { done <- prepare() }() // want "nobody receives from `done`"
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		default:
			err = ctx.Err()
		}
	}
	return err
}
