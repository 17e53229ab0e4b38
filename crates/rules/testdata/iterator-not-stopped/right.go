package iterators

import (
	"iter"
	"sync"
)

func first(seq iter.Seq[int]) (int, bool) {
	next, stop := iter.Pull(seq)
	defer stop()
	return next()
}

func zip(a, b iter.Seq[int]) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		next, stop := iter.Pull(b)
		defer stop()
		for x := range a {
			y, ok := next()
			if !ok || !yield(x, y) {
				return
			}
		}
	}
}

type reader struct {
	next func() (int, bool)
	stop func()
}

func newReader(seq iter.Seq[int]) *reader {
	next, stop := iter.Pull(seq)
	return &reader{next: next, stop: stop}
}

func newReaderByFields(seq iter.Seq[int]) *reader {
	r := &reader{}
	r.next, r.stop = iter.Pull(seq)
	return r
}

func (r *reader) restart(seq iter.Seq[int]) {
	r.stop()
	r.next, r.stop = iter.Pull(seq)
}

func given(seq iter.Seq[int]) (func() (int, bool), func()) {
	return iter.Pull(seq)
}

func givenNamed(seq iter.Seq[int]) (next func() (int, bool), stop func()) {
	next, stop = iter.Pull(seq)
	next()
	return
}

func literal(seq iter.Seq[int]) int {
	next, stop := iter.Pull(seq)
	defer func() {
		stop()
	}()
	v, _ := next()
	return v
}

func everyPath(seq iter.Seq[int]) int {
	next, stop := iter.Pull(seq)
	v, ok := next()
	if !ok {
		stop()
		return 0
	}
	stop()
	return v
}

func once(seq iter.Seq[int]) (next func() (int, bool), closeAll func()) {
	next, stop := iter.Pull(seq)
	return next, sync.OnceFunc(stop)
}

func merge(seqs []iter.Seq[int]) []int {
	var stops []func()
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	var heads []int
	for _, seq := range seqs {
		next, stop := iter.Pull(seq)
		stops = append(stops, stop)
		if v, ok := next(); ok {
			heads = append(heads, v)
		}
	}
	return heads
}

// A sequence that has ended needs no stop.
func exhausted(seq iter.Seq[int]) (sum int) {
	next, stop := iter.Pull(seq)
	for {
		v, ok := next()
		if !ok {
			return sum
		}
		if v < 0 {
			stop()
			return -1
		}
		sum += v
	}
}

func optional(seq iter.Seq[int], wanted bool) {
	stop := func() {}
	if wanted {
		_, stop = iter.Pull(seq)
	}
	defer stop()
}

func goroutine(seq iter.Seq[int], out chan<- int) {
	next, stop := iter.Pull(seq)
	go func() {
		defer stop()
		for {
			v, ok := next()
			if !ok {
				return
			}
			out <- v
		}
	}()
}

func callIt(stop func()) { stop() }

func helper(seq iter.Seq[int]) {
	next, stop := iter.Pull(seq)
	defer callIt(stop)
	next()
}

func conditional(seq iter.Seq[int]) {
	var stop func()
	defer func() {
		if stop != nil {
			stop()
		}
	}()
	var next func() (int, bool)
	next, stop = iter.Pull(seq)
	next()
}

func equal(a, b iter.Seq[int]) bool {
	nextA, stopA := iter.Pull(a)
	defer stopA()
	nextB, stopB := iter.Pull(b)
	defer stopB()
	for {
		x, okA := nextA()
		y, okB := nextB()
		if okA != okB || x != y {
			return false
		}
		if !okA {
			return true
		}
	}
}
