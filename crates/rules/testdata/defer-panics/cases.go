package panics

import (
	"errors"
	"log"
	"os"
)

func direct(work func() error) error {
	defer panic("never") // want "never returns a result"
	return work()
}

func logger(work func() error) error {
	defer log.Panicln("never") // want
	return work()
}

func literal(work func() error) error {
	defer func() { // want "literal"
		log.Print("leaving")
		panic(errors.New("never"))
	}()
	return work()
}

func bothBranches(work func() error, f *os.File) error {
	defer func() { // want
		if err := f.Close(); err != nil {
			panic(err)
		}
		panic("closed")
	}()
	return work()
}

func inBranch(work func() error, strict bool) error {
	if strict {
		defer panic("strict") // want
	}
	return work()
}

func named(work func() error) error {
	leave := func() { panic("leave") }
	defer leave() // want
	return work()
}

// Hard: a switch with a default.
func switched(work func() int) {
	n := 0
	defer func() { // want
		switch {
		case n > 1:
			log.Panic("many")
		default:
			panic("few")
		}
	}()
	n = work()
}

// Hard: a loop comes before it.
func looped(list []int) {
	defer func() { // want
		for range list {
			log.Print("item")
		}
		panic("done")
	}()
}

func conditional(f *os.File) {
	defer func() {
		if err := f.Close(); err != nil {
			panic(err)
		}
	}()
}

func again(work func()) {
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
	}()
	work()
}

func always(work func()) {
	defer func() {
		r := recover()
		log.Print(r)
		panic(r)
	}()
	work()
}

func caught(work func()) {
	defer func() { recover() }()
	defer panic("caught")
	work()
}

func exits(work func()) {
	defer os.Exit(1)
	work()
}

func fatal(work func()) {
	defer log.Fatal("end")
	work()
}

func notDeferred(work func() error) {
	if err := work(); err != nil {
		panic(err)
	}
}

func spawned() {
	defer func() {
		go func() { panic("elsewhere") }()
	}()
}

func made() func() {
	return func() { panic("later") }
}

func returnsFirst(ok *bool) {
	defer func() {
		if *ok {
			return
		}
		panic("not ok")
	}()
}

func logs() {
	defer log.Print("panic")
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func deferredMust(f *os.File) {
	defer must(nil)
	f.Sync()
}

// Hard: it waits for ever instead.
func waits(work func()) {
	defer func() {
		if true {
			select {}
		}
		panic("not reached")
	}()
	work()
}

// Hard: the panic is in a literal that is never called.
func uncalled(work func()) {
	defer func() {
		f := func() { panic("not called") }
		_ = f
	}()
	work()
}
