package servers

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"time"
)

func accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			continue
		}
		defer conn.Close() // want "`conn.Close()` never runs, because nothing else leaves the loop around it: what every iteration opens stays open"
		io.WriteString(conn, "hello\n")
	}
}

func breakOfSelect(jobs <-chan string, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			break
		case path := <-jobs:
			f, err := os.Open(path)
			if err != nil {
				break
			}
			defer f.Close() // want "never runs"
		}
	}
}

func breakOfSwitch(next func() int) {
	for {
		switch next() {
		case 0:
			break
		default:
			timer := time.NewTimer(time.Second)
			defer timer.Stop() // want "what every iteration starts keeps running"
			<-timer.C
		}
	}
}

func inGoroutine(paths <-chan string) {
	go func() {
		for {
			f, err := os.Open(<-paths)
			if err != nil {
				continue
			}
			defer f.Close() // want
		}
	}()
}

func conditionTrue(mu *sync.Mutex) {
	for true {
		mu.Lock()
		defer mu.Unlock() // want "the locks that every iteration takes stay locked"
	}
}

func withGoto(next func() string) {
again:
	name := ""
	name = next()
	defer fmt.Println(name) // want "the calls of every iteration pile up"
	goto again
}

// The inner loops end, the outer one does not.
func innerLoops(next func() []string) {
	for {
		for _, path := range next() {
			f, err := os.Open(path)
			if err != nil {
				break
			}
			defer f.Close() // want
		}
	}
}

func continueOuter(next func() []string) {
outer:
	for {
		for _, path := range next() {
			f, err := os.Open(path)
			if err != nil {
				continue outer
			}
			defer f.Close() // want
		}
	}
}

func onlyExit(next func() (string, error)) {
	for {
		path, err := next()
		if err != nil {
			os.Exit(1)
		}
		defer os.Remove(path) // want "never runs"
	}
}

func onlyPanic(next func() (string, error)) {
	for {
		path, err := next()
		if err != nil {
			panic(err)
		}
		defer os.Remove(path) // want "`os.Remove(…)` runs only if a panic ends the loop"
	}
}

func inLiteralOfLoop(work func()) {
	run := func() {
		for {
			defer fmt.Println("round") // want
			work()
		}
	}
	run()
}

func recovered(jobs <-chan func()) {
	for {
		defer func() { // want "a panic ends the loop all the same"
			if r := recover(); r != nil {
				fmt.Println(r)
			}
		}()
		job := <-jobs
		job()
	}
}

// Look-alikes.

func returns(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		defer conn.Close()
	}
}

func labelledBreak(jobs <-chan string, stop <-chan struct{}) {
loop:
	for {
		select {
		case <-stop:
			break loop
		case path := <-jobs:
			defer os.Remove(path)
		}
	}
}

func gotoOut(next func() string) {
	for {
		path := next()
		if path == "" {
			goto done
		}
		defer os.Remove(path)
	}
done:
	fmt.Println("done")
}

func plainBreak(next func() string) {
	for {
		path := next()
		if path == "" {
			break
		}
		defer os.Remove(path)
	}
}

func condition(next func() string) {
	for path := next(); path != ""; path = next() {
		defer os.Remove(path)
	}
}

func goexit(next func() string) {
	for {
		path := next()
		if path == "" {
			runtime.Goexit()
		}
		defer os.Remove(path)
	}
}

func perIteration(l net.Listener) {
	for {
		func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
		}()
	}
}

func perGoroutine(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			continue
		}
		go func() {
			defer conn.Close()
			io.Copy(io.Discard, conn)
		}()
	}
}

func before(path string, work func()) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	for {
		work()
	}
}

// The iteration that gets to the defer is the last one.
func leaves(next func() (*os.File, error)) *os.File {
	for {
		f, err := next()
		if err != nil {
			continue
		}
		defer fmt.Println("found")
		return f
	}
}
