package clock

import (
	"fmt"
	"log"
	"strconv"
	"time"
)

type histogram struct{}

func (*histogram) Observe(float64)                     {}
func (*histogram) With(labels ...string) *histogram    { return nil }
func (*histogram) Field(name string, x any) *histogram { return nil }
func (*histogram) Info(msg string)                     {}
func humanize(time.Duration) string                    { return "" }
func work()                                            {}
func record(name string, took time.Duration)           {}
func begin(at time.Duration) func()                    { return func() {} }

var hist histogram

func direct() {
	start := time.Now()
	defer log.Println("took", time.Since(start)) // want "`time.Since(start)` is evaluated at the defer statement, not when `log.Println(…)` runs"
	work()
}

func subtraction() {
	start := time.Now()
	defer fmt.Printf("took %v\n", time.Now().Sub(start)) // want "time.Now().Sub(start)"
	work()
}

func inSeconds() {
	start := time.Now()
	defer hist.Observe(time.Since(start).Seconds()) // want "not when `hist.Observe(…)` runs"
	work()
}

func converted() {
	start := time.Now()
	defer hist.Observe(float64(time.Since(start)) / float64(time.Second)) // want
	work()
}

func formatted() {
	start := time.Now()
	defer log.Print("took " + time.Since(start).Round(time.Millisecond).String()) // want
	work()
}

func sprinted() {
	start := time.Now()
	defer log.Print(fmt.Sprintf("took %d", time.Since(start).Milliseconds())) // want
	work()
}

func asText() {
	start := time.Now()
	defer log.Print(strconv.FormatInt(time.Since(start).Nanoseconds(), 10)) // want
	work()
}

func ofTheCaller(start time.Time) {
	defer record("load", time.Since(start)) // want
	work()
}

func toALiteral() {
	start := time.Now()
	defer func(took time.Duration) { // want "not when `func(…)` runs"
		log.Println(took)
	}(time.Since(start))
	work()
}

func inAChain() {
	start := time.Now()
	defer hist.Field("took", time.Since(start)).Info("done") // want
	work()
}

func throughAHelper() {
	start := time.Now()
	defer log.Print("took ", humanize(time.Since(start))) // want
	work()
}

func overSeveralLines() {
	start := time.Now()
	defer log.Println( // want
		"took",
		time.Since(start),
	)
	work()
}

func inALiteral() {
	run(func() {
		start := time.Now()
		defer record("inner", time.Since(start)) // want
		work()
	})
}

func inASwitch(kind string) {
	start := time.Now()
	switch kind {
	case "fast":
		defer record(kind, time.Since(start)) // want
	default:
		defer func() { record(kind, time.Since(start)) }()
	}
	work()
}

func inAStruct() {
	start := time.Now()
	defer fmt.Println(struct{ Took time.Duration }{Took: time.Since(start)}) // want
	work()
}

// Not too early.

func run(f func()) { f() }

func wrapped() {
	start := time.Now()
	defer func() { log.Println("took", time.Since(start)) }()
	work()
}

func startAsArgument() {
	defer func(start time.Time) {
		log.Println("took", time.Since(start))
	}(time.Now())
	work()
}

func measureSince(what string, start time.Time) {}

func startHandedOver() {
	defer measureSince("load", time.Now())
	work()
}

func literalAsArgument() {
	start := time.Now()
	defer run(func() { log.Println("took", time.Since(start)) })
	work()
}

func both() {
	start := time.Now()
	work()
	defer func(setup time.Duration) {
		log.Println("set up in", setup, "took", time.Since(start))
	}(time.Since(start))
	work()
}

func traced(name string) func() {
	start := time.Now()
	return func() { log.Println(name, time.Since(start)) }
}

func atOnce() {
	defer traced("load")()
	work()
}

func startedAtOnce(boot time.Time) {
	defer begin(time.Since(boot))()
	work()
}

func opaque(boot time.Time) {
	// How long the program had been up when this began.
	defer log.Print("began after ", humanize(time.Since(boot)))
	work()
}

func until(deadline time.Time) {
	defer log.Println("there were", time.Until(deadline))
	work()
}

func notDeferred() {
	start := time.Now()
	work()
	log.Println("took", time.Since(start))
}

func endedBefore() {
	start := time.Now()
	work()
	took := time.Since(start)
	defer log.Println("took", took)
	work()
}

type clock struct{}

func (clock) Since(time.Time) time.Duration { return 0 }

func anotherClock(fake clock) {
	start := time.Now()
	defer log.Println("took", fake.Since(start))
	work()
}

func shadowed() {
	start := time.Now()
	time := clock{}
	defer log.Println("took", time.Since(start))
	work()
}
