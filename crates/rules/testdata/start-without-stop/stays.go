package batches

import "errors"

// Nobody is to be left waiting, says a comment in the loop.

type batch struct {
	item chan chan error
	quit chan struct{}
}

func newBatch() *batch {
	b := &batch{item: make(chan chan error), quit: make(chan struct{})}
	b.Start()
	return b
}

func (b *batch) work() {
	for {
		select {
		case done := <-b.item:
			done <- nil
		case <-b.quit:
			// This stays here forever, to answer whoever comes late.
			for done := range b.item {
				done <- errors.New("shutting down")
			}
			return
		}
	}
}

func (b *batch) Start() { go b.work() }

func (b *batch) Shutdown() { close(b.quit) }

func (b *batch) Add() error {
	done := make(chan error, 1)
	b.item <- done
	return <-done
}

// The same without a word.

type tally struct {
	points chan int
	over   chan struct{}
	sum    int
}

func newTally() *tally {
	t := &tally{points: make(chan int), over: make(chan struct{})}
	t.Start()
	return t
}

func (t *tally) work() {
	for {
		select {
		case n := <-t.points:
			t.sum += n
		case <-t.over:
			for n := range t.points {
				t.sum += n
			}
			return
		}
	}
}

func (t *tally) Start() {
	go t.work() // want "does not end this goroutine"
}

func (t *tally) Shutdown() { close(t.over) }

func (t *tally) Add(n int) { t.points <- n }
