package main

import (
	"fmt"
	"log"
	"os"
	"sync"
)

func said(failed bool) {
	defer println("done")
	if failed {
		os.Exit(1) // want "what it would print is not printed"
	}
}

func saidByLiteral(n int) {
	defer func(n int) {
		println(n)
	}(n)
	os.Exit(0) // want
}

func logged(err error) {
	defer log.Printf("ended")
	if err != nil {
		log.Fatal(err) // want
	}
}

// It does more than to say something, and what it does is harmless.
func saidWithMore(mu *sync.Mutex) {
	mu.Lock()
	defer func() {
		fmt.Println("unlocking")
		mu.Unlock()
	}()
	os.Exit(1)
}

func saidByHand() {
	defer fmt.Println("done")
	fmt.Println("done")
	os.Exit(1)
}

func main() {
	said(false)
	saidByLiteral(1)
	logged(nil)
	saidWithMore(&sync.Mutex{})
	saidByHand()
}
