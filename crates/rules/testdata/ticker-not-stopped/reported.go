// go: 1.21
package tickers

import (
	"context"
	"errors"
	"time"
)

func untilDone(done chan bool, look func()) {
	ticker := time.NewTicker(time.Second) // want "never stopped"
	for {
		select {
		case <-ticker.C:
			look()
		case <-done:
			return
		}
	}
}

func earlyReturn(ctx context.Context, look func() error) error {
	ticker := time.NewTicker(time.Second) // want "not stopped on every path"
	for range ticker.C {
		if err := look(); err != nil {
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	ticker.Stop()
	return nil
}

func tickRange(done func() bool) {
	for range time.Tick(time.Second) { // want "nobody can stop"
		if done() {
			return
		}
	}
}

func tickVariable(quit chan struct{}, look func()) {
	tick := time.Tick(time.Minute) // want "nobody can stop"
	for {
		select {
		case <-tick:
			look()
		case <-quit:
			return
		}
	}
}

// The loop never ends, and each round makes one.
func eachRound(events chan int, look func()) {
	for {
		select {
		case <-events:
		case <-time.Tick(time.Second): // want "each round"
			look()
		}
	}
}

func inGoroutine(quit chan struct{}, look func()) {
	go func() {
		ticker := time.NewTicker(time.Second) // want "never stopped"
		for {
			select {
			case <-ticker.C:
				look()
			case <-quit:
				return
			}
		}
	}()
}

func tickInGoroutine(quit chan struct{}, look func()) {
	go func() {
		tick := time.Tick(time.Second) // want "nobody can stop"
		for {
			select {
			case <-tick:
				look()
			case <-quit:
				return
			}
		}
	}()
}

func twoTickers(quit chan struct{}, look func()) {
	fast := time.NewTicker(time.Second)
	defer fast.Stop()
	slow := time.NewTicker(time.Hour) // want "`slow`"
	for {
		select {
		case <-fast.C:
			look()
		case <-slow.C:
			look()
		case <-quit:
			return
		}
	}
}

func discarded() {
	_ = time.NewTicker(time.Second) // want "nothing holds"
}

func overwritten(again func() bool) {
	t := time.NewTicker(time.Second) // want "overwritten"
	if again() {
		t = time.NewTicker(time.Minute)
	}
	<-t.C
	t.Stop()
}

// Hard: the stop stands at the end of the round, and a labelled continue jumps past it.
func pastTheStop(rows [][]int, bad func(int) bool) error {
rows:
	for _, row := range rows {
		t := time.NewTicker(time.Second) // want
		for _, cell := range row {
			<-t.C
			if bad(cell) {
				continue rows
			}
		}
		t.Stop()
	}
	return nil
}

func newTicker() *time.Ticker { return time.NewTicker(time.Second) }

// Hard: another function of the package makes it.
func byHelper(work func() error) error {
	t := newTicker() // want "`newTicker()`"
	if err := work(); err != nil {
		return errors.Join(err)
	}
	t.Stop()
	return nil
}

func rangeChannel(done func() bool) {
	for range time.NewTicker(time.Second).C { // want "nobody can stop"
		if done() {
			return
		}
	}
}
