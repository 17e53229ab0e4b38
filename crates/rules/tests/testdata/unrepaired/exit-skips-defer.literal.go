package main

import (
	"log"
	"os"
)

func main() {
	dir, err := os.MkdirTemp("", "x")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	func() {
		if _, err := os.Create(dir + "/x"); err != nil {
			log.Fatal(err)
		}
	}()
}
