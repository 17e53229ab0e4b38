package signals

import (
	"os"
	"os/signal"
	"syscall"
)

func plain() {
	c := make(chan os.Signal)
	signal.Notify(c, os.Interrupt) // want "has no buffer"
	<-c
}

func zero() {
	c := make(chan os.Signal, 0)
	signal.Notify(c) // want
	<-c
}

func declared() {
	var stop = make(chan os.Signal)
	signal.Notify(stop, syscall.SIGTERM) // want
	go func() { <-stop }()
}

// What follows is right.

func buffered() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
}

func sized(n int) {
	c := make(chan os.Signal, n)
	signal.Notify(c, os.Interrupt)
}

func given(c chan os.Signal) {
	signal.Notify(c, os.Interrupt)
}

func stopped() {
	c := make(chan os.Signal)
	signal.Stop(c)
}

func onTheSpot() {
	// Nobody can receive from it: the handler of the runtime is all that is wanted.
	signal.Notify(make(chan os.Signal), os.Interrupt)
}
