package main

import (
	"log"
	"os"
	"os/exec"
)

func work(string) {}

func main() {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) // want "stays on disk"
	f, err := os.Create("lock")
	if err != nil {
		log.Print(err)
		return
	}
	defer f.Close()
	defer os.Remove(f.Name()) // want
	cmd := exec.Command("sleep", "10")
	if err := cmd.Start(); err != nil {
		log.Print(err)
		return
	}
	defer cmd.Process.Kill() // want-types
	defer func() {           // want
		os.Remove("pid")
	}()
	work(dir)
}

// Other functions of the command are not looked at.
func other(dir string) {
	defer os.RemoveAll(dir)
	work(dir)
}
