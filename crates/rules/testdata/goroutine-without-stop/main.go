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
