package misplaced

import (
	"fmt"
	"log"
)

func work()                {}
func report(x any)         {}
func run(f func())         { f() }
func wrap(f func()) func() { return f }

func deferred() {
	defer recover() // want "`defer recover()` does not stop a panic"
	work()
}

func argument() {
	defer log.Println("recovered:", recover()) // want "recover is called at the defer statement, when nothing panics yet"
	work()
}

func literalArgument() {
	defer func(r any) {
		if r != nil {
			log.Print(r)
		}
	}(recover()) // want "at the defer statement"
	work()
}

func nested() {
	defer func() {
		func() {
			if r := recover(); r != nil { // want "the literal around it is called, not deferred"
				log.Print(r)
			}
		}()
	}()
	work()
}

func calledOnTheSpot() {
	func() {
		recover() // want "the literal around it is called"
	}()
	work()
}

func goroutine() {
	go func() {
		if r := recover(); r != nil { // want "a later panic of the goroutine ends the process"
			log.Print(r)
		}
		work()
	}()
}

func spawned() {
	go recover() // want "runs in a goroutine of its own"
}

func deferredInGoroutine() {
	go func() {
		defer recover() // want "`defer recover()` does not stop a panic"
		work()
	}()
}

func spawnedInDeferred() {
	defer func() {
		go func() {
			log.Print(recover()) // want
		}()
	}()
	work()
}

func literalByName() {
	check := func() {
		if r := recover(); r != nil { // want "the literal around it is called"
			log.Print(r)
		}
	}
	work()
	check()
}

func literalByNameInDeferred() {
	check := func() {
		if r := recover(); r != nil { // want
			log.Print(r)
		}
	}
	defer func() {
		check()
	}()
	work()
}

func init() {
	recover() // want "a later panic does not come back to it"
	work()
}

func handlePanic() {
	if r := recover(); r != nil {
		log.Print(r)
	}
}

func withName(name string) {
	if r := recover(); r != nil {
		log.Print(name, r)
	}
}

type server struct{}

func (s *server) handlePanic(name string) {
	if r := recover(); r != nil {
		log.Print(name, r)
	}
}

type outer struct{ *server }

func helperInLiteral() {
	defer func() {
		handlePanic() // want "recover returns nil in `handlePanic()`, because the function literal calls it"
	}()
	work()
}

func helperWithArguments() {
	defer func() {
		log.Print("leaving")
		withName("load") // want "recover returns nil in `withName(…)`"
	}()
	work()
}

func methodInLiteral(s *server) {
	defer func() {
		s.handlePanic("x") // want "recover returns nil in `s.handlePanic(…)`"
	}()
	work()
}

func promotedMethod(o outer) {
	defer func() {
		o.handlePanic("x") // want
	}()
	work()
}

// In the right place.

func right() {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}()
	work()
}

func inGoroutine() {
	go func() {
		defer func() {
			log.Print(recover())
		}()
		work()
	}()
}

func helperDeferred(s *server) {
	defer handlePanic()
	defer withName("x")
	defer s.handlePanic("x")
	work()
}

// A deferred function that defers recover: that one is called by a deferred function.
func deferredInDeferred() {
	defer func() {
		defer recover()
	}()
	work()
}

func argumentInDeferred() {
	defer func() {
		defer log.Println(recover())
	}()
	work()
}

// Guards the cleanup, whatever happens outside.
func guarded() {
	defer func() {
		defer func() {
			if r := recover(); r != nil {
				log.Print(r)
			}
		}()
		work()
	}()
	work()
}

func passedLiteral() {
	defer run(func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	})
	work()
}

func wrapped() {
	defer wrap(func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	})()
	work()
}

func literalDeferredByName() {
	check := func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}
	defer check()
	work()
}

func calledAndDeferred() {
	check := func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}
	defer check()
	work()
	check()
}

func returned() func() {
	return func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}
}

var stored = func() {
	if r := recover(); r != nil {
		log.Print(r)
	}
}

func inABlock(b bool) {
	defer func() {
		if b {
			for range 3 {
				switch r := recover(); r {
				case nil:
				default:
					log.Print(r)
				}
			}
		}
	}()
	work()
}

func shadowed() {
	recover := func() any { return nil }
	defer recover()
	func() { report(recover()) }()
	work()
}

type table struct{}

func (table) recover() {}

func ownMethod(t table) {
	defer t.recover()
	func() { t.recover() }()
	work()
}

// This one recovers in a deferred literal of its own, so it may be called anywhere.
func safely(f func()) {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}()
	f()
}

func guardInLiteral() {
	defer func() {
		safely(work)
	}()
	work()
}

// The result says that nothing is left to do.
func helperElsewhere() {
	handlePanic()
	work()
}

func helperCalledByHelper() {
	defer fmt.Println("x")
	log.Print(recover())
}
