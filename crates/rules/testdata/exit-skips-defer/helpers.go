package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
)

func die(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func checkDeep(err error) { check(err) }

func flushAndDie(out *bufio.Writer) {
	out.Flush()
	os.Exit(1)
}

func warn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func panics(err error) {
	if err != nil {
		panic(err)
	}
}

func byHelper(work func() error) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "start")
	if err := work(); err != nil {
		die(err) // want "ends the process"
	}
}

func byCheck(name string) {
	dir, err := os.MkdirTemp("", name)
	check(err)
	defer os.RemoveAll(dir)
	_, err = os.Create(dir + "/x")
	check(err) // want "may end the process"
}

func byCheckOfCheck(dir string, work func() error) {
	defer os.RemoveAll(dir)
	checkDeep(work()) // want "may end"
}

type app struct{ out *bufio.Writer }

func (a *app) fail(why string) {
	log.Fatal(why)
}

func (a *app) run(n int) {
	defer os.Remove("lock")
	if n > 3 {
		a.fail("too many") // want
	}
}

// Hard: in a deferred literal of another defer.
func inDeferred(work func() error) {
	defer os.Remove("lock")
	defer func() {
		if err := work(); err != nil {
			die(err) // want
		}
	}()
}

// Hard: on one path the work is done by hand, on the other it is not.
func onOnePath(work func() error, n int) {
	defer os.Remove("lock")
	if err := work(); err != nil {
		if n > 1 {
			os.Remove("lock")
		}
		die(err) // want
	}
}

func harmless(f *os.File, work func() error) {
	defer f.Close()
	check(work())
}

func before(work func() error) {
	check(work())
	defer os.Remove("lock")
	work()
}

func flushed(work func() error) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "start")
	if err := work(); err != nil {
		flushAndDie(out)
	}
}

func warned(work func() error) {
	defer os.Remove("lock")
	warn(work())
}

func panicked(work func() error) {
	defer os.Remove("lock")
	panics(work())
}

func spawned(work func() error) {
	defer os.Remove("lock")
	go check(work())
}

func byHand(work func() error) {
	defer os.Remove("lock")
	if err := work(); err != nil {
		os.Remove("lock")
		die(err)
	}
}

func literal() func(error) {
	defer os.Remove("lock")
	return func(err error) { die(err) }
}

func main() {
	byHelper(nil)
}
