package service

import (
	"context"
	"os"
	"strconv"
	"sync"
	"time"
)

func tryWork() (int, error) { return strconv.Atoi(os.Args[0]) }
func prepare() error        { return os.Chdir("/") }

func closedInDefer() int {
	ch := make(chan int)
	go func() {
		defer close(ch)
		n, err := tryWork()
		if err != nil {
			return
		}
		ch <- n
	}()
	return <-ch
}

func sendsErrorToo() (int, error) {
	type result struct {
		n   int
		err error
	}
	ch := make(chan result)
	go func() {
		n, err := tryWork()
		ch <- result{n, err}
	}()
	r := <-ch
	return r.n, r.err
}

func stopInDefer() error {
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		<-stop
	}()
	return prepare()
}

func ticking(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

func parentsContext(ctx context.Context) {
	own, cancel := context.WithCancel(ctx)
	_ = cancel
	go func() {
		<-own.Done()
	}()
}

func timeLimit() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	_ = cancel
	go func() {
		<-ctx.Done()
	}()
}

func cancelled() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-ctx.Done()
	}()
	return prepare()
}

type watcher struct {
	stop chan struct{}
	once sync.Once
}

func (w *watcher) Stop() { w.once.Do(func() { close(w.stop) }) }

func (w *watcher) watch() { <-w.stop }

func newWatcher() *watcher {
	w := &watcher{stop: make(chan struct{})}
	go w.watch()
	return w
}

func stopped() error {
	w := newWatcher()
	defer w.Stop()
	return prepare()
}

func theirs(signals <-chan int) {
	go func() { <-signals }()
}

func atOnce() {
	ch := make(chan int, 1)
	ch <- 1
	go func() { <-ch }()
}

func lateStart() {
	var once sync.Once
	ready := make(chan struct{})
	go func() {
		<-ready
	}()
	once.Do(func() { close(ready) })
}

func pingPong() int {
	ping, pong := make(chan int), make(chan int)
	go func() {
		n := <-ping
		pong <- n + 1
	}()
	ping <- 1
	return <-pong
}

func doneAndError() error {
	done := make(chan struct{})
	errs := make(chan error, 1)
	go func() {
		if err := prepare(); err != nil {
			errs <- err
			return
		}
		close(done)
	}()
	select {
	case <-done:
		return nil
	case err := <-errs:
		return err
	}
}

func onPurpose() {
	go func() {
		select {}
	}()
}

func atExit(cleanup []func()) {
	ch := make(chan struct{})
	go func() {
		<-ch
		for _, f := range cleanup {
			f()
		}
	}()
	if prepare() != nil {
		panic("not prepared")
	}
	close(ch)
}
