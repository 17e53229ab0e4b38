package processes

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

type daemon struct {
	cmd *exec.Cmd
	pid int
}

func run(name string) error {
	return exec.Command(name).Run()
}

func startAndWait(name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Wait()
}

func deferredWait(name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	if name == "" {
		return errors.New("empty")
	}
	return nil
}

func inGoroutine(name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}

func goWait(name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait()
	return nil
}

func (d *daemon) kept(name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	d.cmd = cmd
	return nil
}

func (d *daemon) keptBefore(name string) error {
	cmd := exec.Command(name)
	d.cmd = cmd
	return cmd.Start()
}

func (d *daemon) ofField() error {
	if err := d.cmd.Start(); err != nil {
		return err
	}
	return nil
}

func ofCaller(cmd *exec.Cmd) error {
	return cmd.Start()
}

func returned(name string) (*exec.Cmd, error) {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd, nil
}

func returnedPid(name string) (int, error) {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	return cmd.Process.Pid, nil
}

func released(name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

func waitedByProcess(name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	_, err := cmd.Process.Wait()
	return err
}

func detached(name string) error {
	cmd := exec.Command(name)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

func notStarted(name string) string {
	cmd := exec.Command(name)
	return cmd.String()
}

func throughFunction(name string, wait func(*exec.Cmd) error) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	return wait(cmd)
}

func inSelect(ctx context.Context, name string) error {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-done:
		return err
	}
}

func waitLater(name string) (func() error, error) {
	cmd := exec.Command(name)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd.Wait, nil
}

func waitDefinedBefore(name string) error {
	cmd := exec.Command(name)
	stop := func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer stop()
	return nil
}

func found(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

func processReleased(name string) error {
	p, err := os.StartProcess(name, nil, &os.ProcAttr{})
	if err != nil {
		return err
	}
	return p.Release()
}
