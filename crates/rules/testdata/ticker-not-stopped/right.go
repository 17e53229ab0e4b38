// go: 1.21
package tickers

import (
	"sync"
	"time"
)

func deferred(done chan bool, look func()) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			look()
		case <-done:
			return
		}
	}
}

func forEver(look func()) {
	ticker := time.NewTicker(time.Second)
	for range ticker.C {
		look()
		for {
			<-ticker.C
		}
	}
}

func tickForEver(look func()) {
	tick := time.Tick(time.Second)
	for {
		<-tick
		look()
	}
}

func tickGoroutineForEver(look func()) {
	go func() {
		for {
			select {
			case <-time.NewTimer(time.Second).C:
				look()
			}
		}
	}()
	go func() {
		tick := time.Tick(time.Second)
		for {
			<-tick
			look()
		}
	}()
}

type poller struct {
	ticker *time.Ticker
	tick   <-chan time.Time
}

func newPoller() *poller {
	return &poller{ticker: time.NewTicker(time.Second)}
}

func (p *poller) restart() {
	p.ticker.Stop()
	p.ticker = time.NewTicker(time.Minute)
}

func returned() *time.Ticker {
	t := time.NewTicker(time.Second)
	return t
}

func channelReturned() <-chan time.Time {
	t := time.NewTicker(time.Second)
	return t.C
}

func handedOn(run func(*time.Ticker)) {
	t := time.NewTicker(time.Second)
	go run(t)
}

func stoppedInGoroutine(wg *sync.WaitGroup, quit chan bool) {
	t := time.NewTicker(time.Second)
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer t.Stop()
		for {
			select {
			case <-t.C:
			case <-quit:
				return
			}
		}
	}()
}

func stop(t *time.Ticker) { t.Stop() }

func stoppedByHelper(look func()) {
	t := time.NewTicker(time.Second)
	defer stop(t)
	<-t.C
	look()
}

func maybeNil(every time.Duration, quit chan bool) {
	var t *time.Ticker
	var tick <-chan time.Time
	if every > 0 {
		t = time.NewTicker(every)
		defer t.Stop()
		tick = t.C
	}
	select {
	case <-tick:
	case <-quit:
	}
}

func stopReturned() (<-chan time.Time, func()) {
	t := time.NewTicker(time.Second)
	return t.C, t.Stop
}

func reset(quit chan bool) {
	t := time.NewTicker(time.Second)
	defer func() { t.Stop() }()
	for {
		select {
		case <-t.C:
			t.Reset(time.Minute)
		case <-quit:
			return
		}
	}
}

// Hard: the ticker is stopped by the function that the caller gets.
func started(look func()) (stop func()) {
	t := time.NewTicker(time.Second)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-t.C:
				look()
			case <-done:
				return
			}
		}
	}()
	return func() {
		t.Stop()
		close(done)
	}
}

// Hard: every path stops it, each in its way.
func eachInItsWay(n int, quit chan bool) {
	t := time.NewTicker(time.Second)
	switch {
	case n > 2:
		defer t.Stop()
	case n > 1:
		t.Stop()
		return
	default:
		go func() {
			<-quit
			t.Stop()
		}()
	}
	<-t.C
}

func rangeForEver(look func()) {
	for range time.NewTicker(time.Second).C {
		look()
	}
}

func rangeTickForEver(look func()) {
	tick := time.Tick(time.Second)
	for range tick {
		look()
	}
}
