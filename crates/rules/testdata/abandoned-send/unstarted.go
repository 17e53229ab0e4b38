package commands

import (
	"bufio"
	"fmt"
	"os/exec"
)

// A command that was not started says nothing.
func starts(cmd *exec.Cmd) (chan string, func(), error) {
	out, _ := cmd.StdoutPipe()
	scanner := bufio.NewScanner(out)
	lines := make(chan string)
	go tells(scanner, lines)
	err := cmd.Start()
	if err != nil {
		return nil, nil, fmt.Errorf("start: %w", err)
	}
	return lines, func() { cmd.Process.Kill() }, nil
}

func tells(scanner *bufio.Scanner, lines chan string) {
	for scanner.Scan() {
		lines <- scanner.Text() // bug
	}
}
