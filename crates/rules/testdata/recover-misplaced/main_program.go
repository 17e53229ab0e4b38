package main

import "log"

func main() {
	if r := recover(); r != nil { // want "it is called when nothing panics"
		log.Print(r)
	}
	run()
}

func run() {
	log.Print(recover()) // want "called and never deferred"
}

type app struct{}

func (app) main() {
	log.Print(recover())
}
