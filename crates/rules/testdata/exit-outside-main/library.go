package library

import (
	"errors"
	"log"
	"os"
)

func Load(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err) // want "`log.Fatal(…)`"
	}
	return data
}

func Stop() {
	os.Exit(1) // want
}

func (s *server) Run() {
	if err := s.listen(); err != nil {
		log.Fatalf("listen: %v", err) // want
	}
}

type server struct{ log *log.Logger }

func (s *server) listen() error { return nil }

func (s *server) logged() {
	s.log.Fatalln("no") // want-types
}

func inLiteral() func() {
	return func() { os.Exit(2) } // want
}

func inGoroutine(s *server) {
	go func() {
		log.Fatal(s.listen()) // want
	}()
}

// Hard: behind an alias.
func behindAlias(err error) {
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	defer func() {
		log.Fatalln(err) // want
	}()
}

// Hard: in a switch that has other ends.
func ends(n int) {
	switch n {
	case 0:
		panic("zero")
	case 1:
		os.Exit(1) // want
	}
}

func MustLoad(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func loadOrDie(name string) {
	if _, err := os.Stat(name); err != nil {
		log.Fatal(err)
	}
}

func fatalf(format string, args ...any) { log.Fatalf(format, args...) }

func usage() { os.Exit(2) }

func checkErr(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func init() {
	if os.Getenv("X") == "" {
		log.Fatal("no X")
	}
}

func panics(err error) { log.Panic(err) }

func prints(err error) { log.Print(err) }

type exiter struct{}

func (exiter) Exit(int) {}

func own(e exiter) { e.Exit(1) }

var Exit = os.Exit

func byValue() { Exit(1) }

func unreachable() {
	panic("no")
	log.Fatal("never")
}

// Hard: a variable called os.
func shadowed(os exiter) { os.Exit(1) }

// Hard: a method of the same name as the one of a logger.
type logger struct{}

func (logger) Fatal(...any) {}

func ownLogger(log logger) { log.Fatal("no") }
