package waits

import (
	"errors"
	"os"
	"sync"
)

func loop(jobs chan func()) {
	for {
		(<-jobs)()
	}
}

func park() { select {} }

func parkDeep() { park() }

func once(jobs chan func()) { (<-jobs)() }

func maybe(jobs chan func()) {
	for job := range jobs {
		job()
	}
}

func die() { panic("no") }

func leave() { os.Exit(1) }

func untilError(jobs chan func() error) {
	for {
		if err := (<-jobs)(); err != nil {
			panic(errors.Join(err))
		}
	}
}

func worker(jobs chan func(), wg *sync.WaitGroup) {
	defer wg.Done() // want "`loop(…)` never returns"
	loop(jobs)
}

func spawnedWorker(jobs chan func(), wg *sync.WaitGroup) {
	go func() {
		defer wg.Done() // want
		loop(jobs)
	}()
}

func parked(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock() // want
	parkDeep()
}

type pump struct{ jobs chan func() }

func (p *pump) run() {
	for {
		(<-p.jobs)()
	}
}

func (p *pump) start(f *os.File) {
	defer f.Close() // want "`p.run()`"
	p.run()
}

// Hard: both branches end in one.
func branches(jobs chan func(), n int) {
	defer os.Remove("x") // want
	if n > 1 {
		loop(jobs)
	} else {
		park()
	}
}

// Hard: statements after it change nothing.
func after(jobs chan func()) error {
	defer os.Remove("x") // want
	loop(jobs)
	return nil
}

func returns(jobs chan func()) {
	defer os.Remove("x")
	once(jobs)
}

func ends(jobs chan func()) {
	defer os.Remove("x")
	maybe(jobs)
}

func panics() {
	defer os.Remove("x")
	die()
}

func exits() {
	defer recover()
	leave()
}

func mayPanic(jobs chan func() error) {
	defer os.Remove("x")
	untilError(jobs)
}

func onePath(jobs chan func(), n int) {
	defer os.Remove("x")
	if n > 1 {
		return
	}
	loop(jobs)
}

func spawns(jobs chan func()) {
	defer os.Remove("x")
	go loop(jobs)
}

func before(jobs chan func()) {
	if len(jobs) > 3 {
		loop(jobs)
	}
	defer os.Remove("x")
}

func deferred(jobs chan func()) {
	defer os.Remove("x")
	defer loop(jobs)
}

func value(jobs chan func(), loop func(chan func())) {
	defer os.Remove("x")
	loop(jobs)
}

// Hard: a recovering literal is for panics in the loop.
func recovering(jobs chan func()) {
	defer func() {
		if r := recover(); r != nil {
			println("panic")
		}
	}()
	loop(jobs)
}

func handle(err *error) {}

// What gets the address of the error is there for panics.
func setsError(jobs chan func()) (err error) {
	defer handle(&err)
	for {
		(<-jobs)()
	}
}
