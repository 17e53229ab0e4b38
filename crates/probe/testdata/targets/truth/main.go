// Truth is a program that knows what it has pending.
//
// It starts goroutines that make promises and wait, says on standard output what that comes to, and ends when
// standard input does. Lines with promises end in "site: NAME"; the same names are in what it says.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Truth is what it says.
type Truth struct {
	// By site, how many calls are pending, and in how many goroutines.
	Pending    map[string]int64 `json:"pending"`
	Goroutines map[string]int64 `json:"goroutines"`
	// By what they wait for, how many goroutines of this package there are.
	Waiting map[string]int64 `json:"waiting"`
	// Panics that were not recovered, those that were, and goroutines that end.
	Panics    int `json:"panics"`
	Recovered int `json:"recovered"`
	Goexits   int `json:"goexits"`
}

var (
	truth = Truth{Pending: map[string]int64{}, Goroutines: map[string]int64{}, Waiting: map[string]int64{}}
	mu    sync.Mutex
	// What is waited for, so that nobody ever wakes up.
	never = make(chan struct{})
	// How many goroutines have said what they hold.
	ready sync.WaitGroup
	// Calls that were made although they should wait: none.
	broken atomic.Int64
	sink   atomic.Int64
)

func done()         { broken.Add(1) }
func release(n int) { broken.Add(int64(n) + 1) }

// holds notes that the calling goroutine has calls pending at a site.
func holds(site string, calls int) {
	mu.Lock()
	truth.Pending[site] += int64(calls)
	truth.Goroutines[site]++
	mu.Unlock()
}

// start runs f in a goroutine that will wait for something.
func start(reason string, f func()) {
	ready.Add(1)
	mu.Lock()
	truth.Waiting[reason]++
	mu.Unlock()
	go f()
}

func loopOfClosures(n int) {
	for i := 0; i < n; i++ {
		defer func() { broken.Add(int64(i)) }() // site: loop of closures
	}
	holds("loop of closures", n)
	ready.Done()
	<-never
}

func loopOfCalls(n int) {
	for i := 0; i < n; i++ {
		defer release(i) // site: loop of calls
		if i%2 == 0 {
			defer done() // site: every other
		}
	}
	holds("loop of calls", n)
	holds("every other", (n+1)/2)
	ready.Done()
	<-never
}

// Nine defers are too many for slots: records on the stack.
func nine(skip bool) {
	defer done() // site: nine 1
	defer done() // site: nine 2
	if !skip {
		defer done() // site: nine 3
		defer done() // site: nine 4
	}
	defer release(1) // site: nine 5
	defer release(2) // site: nine 6
	defer release(3) // site: nine 7
	defer release(4) // site: nine 8
	for _, n := range []int{1, 2, 5, 6, 7, 8} {
		holds(fmt.Sprint("nine ", n), 1)
	}
	if !skip {
		holds("nine 3", 1)
		holds("nine 4", 1)
	}
	ready.Done()
	<-never
	defer done() // never: the ninth
}

func slots(second bool) {
	defer done() // site: slot 1
	if second {
		defer release(2) // site: slot 2
		holds("slot 2", 1)
	}
	name := "x"
	defer func() { broken.Add(int64(len(name))) }() // site: slot 3
	holds("slot 1", 1)
	holds("slot 3", 1)
	ready.Done()
	<-never
}

// One of three is done already: its call has returned.
func slotsInTurn() {
	defer done() // site: in turn 1
	defer func() { // in turn 2: its call has begun
		holds("in turn 1", 1)
		ready.Done()
		<-never
	}()
	defer func() { sink.Add(1) }()
}

func recursion(depth int) {
	defer done() // site: recursion
	if depth > 1 {
		recursion(depth - 1)
		return
	}
	ready.Done()
	<-never
}

func recursionWithRecords(depth int) {
	for i := 0; i < 2; i++ {
		defer release(depth) // site: recursion with records
	}
	if depth > 1 {
		recursionWithRecords(depth - 1)
		return
	}
	ready.Done()
	<-never
}

func waits(reason string, wait func()) {
	start(reason, func() {
		defer done() // site: waits
		holds("waits", 1)
		ready.Done()
		wait()
	})
}

func kinds() {
	waits("chan receive", func() { <-never })
	full := make(chan int)
	waits("chan send", func() { full <- 1 })
	var none chan int
	waits("chan receive (nil chan)", func() { <-none })
	waits("select", func() {
		select {
		case <-never:
		case full <- 1:
		}
	})
	waits("select (no cases)", func() { select {} })
	waits("sleep", func() { time.Sleep(time.Hour) })
	var lock sync.Mutex
	lock.Lock()
	waits("sync.Mutex.Lock", lock.Lock)
	var rw sync.RWMutex
	rw.Lock()
	waits("sync.RWMutex.RLock", rw.RLock)
	var group sync.WaitGroup
	group.Add(1)
	waits("wait group", group.Wait)
	cond := sync.NewCond(&sync.Mutex{})
	waits("sync.Cond.Wait", func() {
		cond.L.Lock()
		cond.Wait()
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		waits("IO wait", func() { listener.Accept() })
	}
	var pipe [2]int
	if syscall.Pipe(pipe[:]) == nil {
		waits("syscall", func() {
			var b [1]byte
			syscall.Read(pipe[0], b[:])
		})
	}
}

func panics() {
	outer := func(inner func()) func() {
		return func() {
			defer done() // site: below a panic
			holds("below a panic", 1)
			inner()
		}
	}
	wait := func() {
		ready.Done()
		<-never
	}
	truth.Panics++
	start("chan receive", outer(func() {
		for i := 0; i < 3; i++ {
			defer release(i) // site: records below a panic
		}
		holds("records below a panic", 3)
		defer wait()
		panic("a panic in flight")
	}))
	truth.Panics += 2
	start("chan receive", outer(func() {
		defer func() {
			defer wait()
			panic(fmt.Errorf("the second"))
		}()
		panic("the first")
	}))
	truth.Recovered++
	start("chan receive", outer(func() {
		defer func() {
			recover()
			wait()
		}()
		var m map[string]int
		m["x"] = 1
	}))
	truth.Goexits++
	start("chan receive", outer(func() {
		defer wait()
		runtime.Goexit()
	}))
}

// spin runs for ever, with promises, and without a call in its loop.
func spin() {
	defer done() // site: spin
	for i := 0; i < 5; i++ {
		defer release(i) // site: spin in a loop
	}
	holds("spin", 1)
	holds("spin in a loop", 5)
	ready.Done()
	for {
		sink.Add(1)
	}
}

func spinOpen() {
	defer done() // site: spin open
	holds("spin open", 1)
	ready.Done()
	for {
		sink.Add(1)
	}
}

// spinInTime asks for the time for ever: that is answered on another stack.
func spinInTime() {
	defer done() // site: spin in time
	holds("spin in time", 1)
	ready.Done()
	for {
		sink.Add(int64(time.Now().Nanosecond()))
	}
}

// churnSignals sends the process signals as fast as it can: those that the runtime stops goroutines with.
func churnSignals() {
	for {
		syscall.Kill(os.Getpid(), syscall.SIGURG)
	}
}

// churn makes and keeps promises as fast as it can.
func churn(a, b chan int) {
	for n := range a {
		func() {
			defer func() { sink.Add(1) }() // churns
			for i := 0; i < n%7; i++ {
				defer func() { sink.Add(1) }() // churns
			}
		}()
		b <- n + 1
	}
}

func one() {
	defer done() // site: one of many
	ready.Done()
	<-never
}

// settle waits until all goroutines do what they will do for ever, but for so many that run.
func settle(running int) {
	buffer := make([]byte, 1<<20)
	for calm := 0; calm < 3; {
		time.Sleep(20 * time.Millisecond)
		text := string(buffer[:runtime.Stack(buffer, true)])
		moving := strings.Count(text, " [running") + strings.Count(text, " [runnable")
		if moving <= running+1 {
			calm++
		} else {
			calm = 0
		}
	}
}

func main() {
	many := flag.Int("many", 0, "so many goroutines with one promise each")
	loop := flag.Int("loop", 1000, "promises in a loop")
	spinning := flag.Bool("spin", false, "also goroutines that run all the time")
	inTime := flag.Bool("time", false, "also a goroutine that asks for the time all the time")
	signals := flag.Bool("signals", false, "send signals all the time")
	churning := flag.Int("churn", 0, "so many pairs of goroutines that make and keep promises")
	flag.Parse()

	start("chan receive", func() { loopOfClosures(*loop) })
	start("chan receive", func() { loopOfCalls(*loop/2 + 1) })
	start("chan receive", func() { nine(false) })
	start("chan receive", func() { nine(true) })
	start("chan receive", func() { slots(false) })
	start("chan receive", func() { slots(true) })
	start("chan receive", func() { slots(true) })
	start("chan receive", slotsInTurn)
	holds("recursion", 300)
	start("chan receive", func() { recursion(300) })
	holds("recursion with records", 2*50)
	start("chan receive", func() { recursionWithRecords(50) })
	ranges()
	kinds()
	panics()
	running := 0
	if *spinning {
		runtime.GOMAXPROCS(4)
		start("running", spin)
		start("running", spinOpen)
		running = 2
	}
	if *inTime {
		start("running", spinInTime)
		running++
	}
	ready.Wait()
	settle(running)
	ready.Add(*many)
	if *many > 0 {
		truth.Pending["one of many"] = int64(*many)
		truth.Goroutines["one of many"] = int64(*many)
		truth.Waiting["chan receive"] += int64(*many)
	}
	for i := 0; i < *many; i++ {
		go one()
	}
	ready.Wait()
	time.Sleep(time.Duration(*many/1000+10) * time.Millisecond)
	for i := 0; i < *churning; i++ {
		a, b := make(chan int), make(chan int)
		go churn(a, b)
		go churn(b, a)
		a <- i
	}
	if *signals {
		go churnSignals()
	}
	text, err := json.Marshal(&truth)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", text)
	io.Copy(io.Discard, os.Stdin)
	// What should have waited did.
	fmt.Printf("{\"broken\":%d}\n", broken.Load())
	os.Exit(0)
}
