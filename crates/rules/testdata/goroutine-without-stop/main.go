package main

import (
	"context"
	"time"
)

type watcher struct{ n int }

func newWatcher() *watcher {
	w := &watcher{}
	go w.run()
	return w
}

func (w *watcher) run() {
	for {
		w.n++
		time.Sleep(time.Second)
	}
}

func run(ctx context.Context) {
	go newWatcher().run()
	<-ctx.Done()
}

func main() {
	run(context.Background())
	go func() {
		for {
			time.Sleep(time.Second)
		}
	}()
	select {}
}

type limiter struct {
	ticker *time.Ticker
	tokens int
}

func (l *limiter) start() {
	go func() { // want "stopping `l.ticker` does not close its channel"
		for range l.ticker.C {
			l.tokens++
		}
	}()
}

func (l *limiter) startByMethod() {
	go l.fill() // want
}

func (l *limiter) fill() {
	ch := l.ticker.C
	for range ch {
		l.tokens++
	}
}

func (l *limiter) stop() { l.ticker.Stop() }

func progress(work, print func()) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	go func() { // want
		for range ticker.C {
			print()
		}
	}()
	work()
}

func progressRight(work, print func()) {
	ticker := time.NewTicker(time.Second)
	done := make(chan struct{})
	defer close(done)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				print()
			case <-done:
				return
			}
		}
	}()
	work()
}

func ticksForEver(print func()) {
	ticker := time.NewTicker(time.Second)
	go func() {
		for range ticker.C {
			print()
		}
	}()
}

func leavesLoop(print func() bool) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	go func() {
		for range ticker.C {
			if print() {
				return
			}
		}
	}()
}
