package processes

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func never(name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil { // want "never waited for"
		return err
	}
	return nil
}

func returnsStart(name string) error {
	cmd := exec.Command(name)
	cmd.Stdout = os.Stdout
	return cmd.Start() // want
}

func readFails(name string) ([]byte, error) {
	cmd := exec.Command(name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil { // want "not waited for on every path"
		return nil, err
	}
	text, err := io.ReadAll(out)
	if err != nil {
		return nil, err
	}
	return text, cmd.Wait()
}

func withContext(ctx context.Context, name string) error {
	cmd := exec.CommandContext(ctx, name)
	err := cmd.Start() // want
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return cmd.Wait()
}

func killed(name string) error {
	cmd := exec.Command(name)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := cmd.Start(); err != nil { // want-types
		return err
	}
	if _, err := in.Write([]byte("x")); err != nil {
		cmd.Process.Kill()
		return err
	}
	return cmd.Wait()
}

func literal(path string) error {
	cmd := &exec.Cmd{Path: path}
	if err := cmd.Start(); err != nil { // want
		return err
	}
	if path == "" {
		return errors.New("empty")
	}
	return cmd.Wait()
}

func process(name string) (int, error) {
	p, err := os.StartProcess(name, nil, &os.ProcAttr{}) // want
	if err != nil {
		return 0, err
	}
	if name == "" {
		return 0, errors.New("empty")
	}
	state, err := p.Wait()
	if err != nil {
		return 0, err
	}
	return state.ExitCode(), nil
}

func inLoop(names []string) {
	for _, name := range names {
		cmd := exec.Command(name)
		if cmd.Start() != nil { // want
			continue
		}
	}
}

func launch(name string) (*exec.Cmd, error) {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd, nil
}

func throughHelper(name string) error {
	cmd, err := launch(name) // want
	if err != nil {
		return err
	}
	if name == "x" {
		return errors.New("x")
	}
	return cmd.Wait()
}

func scanned(name string) ([]string, error) {
	cmd := exec.Command(name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil { // want
		return nil, err
	}
	var lines []string
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines, scanner.Err()
}
