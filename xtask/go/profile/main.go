// A program that knows how often each of its defers ran, and how long it held them: the truth for
// `deferscope profile`.
//
//	profile RATE BUSY WORK
//
// RATE is how many rounds a second it does; 0 is as many as it can. BUSY is how many goroutines do them. WORK is
// how much each round does besides. A round is 2.7 defers and a little.
// A line on standard input makes it print, as JSON, the time and the counts until then.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Counts is what a goroutine did. Each has its own, so that counting costs next to nothing.
type Counts struct {
	Open, Closure, Stack, Heap, Slow, Busy, Panics int64
	// For how long the two were held that know it, in nanoseconds.
	HeldSlow, HeldBusy int64
	_                  [56]byte
}

type worker struct {
	mu     sync.Mutex
	n      int
	work   int
	counts Counts
}

// Report is a line of output.
type Report struct {
	// The time of day, and the processor time until now.
	Unix, CPU int64
	Rounds    int64
	Counts    map[string]int64
	// How long promises were held until now, in nanoseconds, where that is known.
	Held map[string]int64
	// What should not have happened.
	Bad int64
}

var bad atomic.Int64

//go:noinline
func (w *worker) open() {
	w.mu.Lock()
	defer w.mu.Unlock() // site: open
	w.n++
}

//go:noinline
func (w *worker) closure(by int) (sum int) {
	defer func() { // site: closure
		w.n += by
		sum++
	}()
	return spin(by)
}

//go:noinline
func (w *worker) stack(by int) {
	if by > 1000 {
		for {
			defer done(w)
			break
		}
	}
	defer done(w) // site: stack
	w.n += spin(by)
}

//go:noinline
func (w *worker) heap(times int) {
	for i := 0; i < times; i++ {
		defer done(w) // site: heap
	}
}

// Held for a known time.
//
//go:noinline
func (w *worker) slow() {
	defer done(w) // site: slow
	begin := time.Now()
	time.Sleep(slowFor)
	w.counts.HeldSlow += int64(time.Since(begin))
}

// The same, with work.
//
//go:noinline
func (w *worker) busy() {
	defer done(w) // site: busy
	begin := time.Now()
	for time.Since(begin) < busyFor {
		w.n++
	}
	w.counts.HeldBusy += int64(time.Since(begin))
}

const (
	slowFor = 5 * time.Millisecond
	busyFor = 50 * time.Microsecond
)

//go:noinline
func (w *worker) panics() {
	defer func() { // site: panics
		if recover() == nil {
			bad.Add(1)
		}
	}()
	panic("on purpose")
}

//go:noinline
func done(w *worker) { w.n++ }

//go:noinline
func spin(n int) int {
	sum := 0
	for i := 0; i < n; i++ {
		sum += i ^ sum
	}
	return sum & 1
}

// What a round does, and what that adds to the counts.
func (w *worker) round(number int) {
	w.open()
	w.counts.Open++
	if w.closure(w.work) < 1 {
		bad.Add(1)
	}
	w.counts.Closure++
	if number%2 == 0 {
		w.stack(10)
		w.counts.Stack++
	}
	if number%10 == 0 {
		w.heap(5)
		w.counts.Heap += 5
	}
	if number%1000 == 0 {
		w.panics()
		w.counts.Panics++
		w.busy()
		w.counts.Busy++
	}
	if w.mu.TryLock() {
		w.mu.Unlock()
	} else {
		bad.Add(1)
	}
}

// Rounds are done in bursts, some hundreds a second, so that a pace of any height is kept.
func (w *worker) run(rate float64) {
	begin := time.Now()
	for number := 0; ; number++ {
		w.round(number)
		if rate > 0 && number%pause(rate) == 0 {
			due := begin.Add(time.Duration(float64(number) / rate * float64(time.Second)))
			if ahead := time.Until(due); ahead > 0 {
				time.Sleep(ahead)
			}
		}
	}
}

func pause(rate float64) int {
	if rate < 500 {
		return 1
	}
	return int(rate / 500)
}

func main() {
	rate, _ := strconv.ParseFloat(os.Args[1], 64)
	busy, _ := strconv.Atoi(os.Args[2])
	work, _ := strconv.Atoi(os.Args[3])
	workers := make([]*worker, busy)
	for i := range workers {
		workers[i] = &worker{work: work}
		go workers[i].run(rate / float64(busy))
	}
	sleeper := &worker{}
	go func() {
		for {
			sleeper.slow()
			sleeper.counts.Slow++
		}
	}()
	in := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		report := Report{Counts: map[string]int64{}, Held: map[string]int64{}}
		report.Unix = time.Now().UnixNano()
		var usage syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
			report.CPU = usage.Utime.Nano() + usage.Stime.Nano()
		}
		for _, w := range append(workers, sleeper) {
			// Torn by a few at most: nobody stops for this.
			report.Rounds += w.counts.Open
			report.Counts["open"] += w.counts.Open
			report.Counts["closure"] += w.counts.Closure
			report.Counts["stack"] += w.counts.Stack
			report.Counts["heap"] += w.counts.Heap
			report.Counts["slow"] += w.counts.Slow
			report.Counts["busy"] += w.counts.Busy
			report.Counts["panics"] += w.counts.Panics
			report.Held["slow"] += w.counts.HeldSlow
			report.Held["busy"] += w.counts.HeldBusy
		}
		report.Bad = bad.Load()
		if out.Encode(report) != nil {
			return
		}
	}
}
