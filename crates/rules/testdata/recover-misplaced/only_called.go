package called

import "log"

func job() {}

func check() bool {
	return recover() != nil // want "called and never deferred"
}

func callsIt() {
	job()
	if check() {
		log.Print("never")
	}
}

// Deferred here, called there: the one that defers it is right.
func both() {
	log.Print(recover())
}

func defersBoth() {
	defer both()
	job()
}

func callsBoth() { both() }

// A deferred literal that calls it is what is reported.
func helper() {
	log.Print(recover())
}

func inLiteral() {
	defer func() {
		helper() // want "because the function literal calls it"
	}()
	job()
}

func callsHelper() { helper() }

// Who gets it as a value may defer it.
func value() {
	log.Print(recover())
}

func takes(f func()) {
	defer f()
	job()
}

func passes() {
	value()
	takes(value)
}

func inTable() {
	log.Print(recover())
}

var table = map[string]func(){"x": inTable}

func callsInTable() { inTable() }

// Nobody in this package calls these.
func nobody() {
	log.Print(recover())
}

func Exported() {
	log.Print(recover())
}

func callsExported() { Exported() }
