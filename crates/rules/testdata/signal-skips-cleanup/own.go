package main

import "os"

func handleSignals(stop func()) {}

func run() {}

// The program asks for signals in its own way.
func main() {
	defer os.RemoveAll("work")
	handleSignals(func() { os.RemoveAll("work") })
	run()
}
