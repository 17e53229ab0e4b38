package signals

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func kill(c chan os.Signal) {
	signal.Notify(c, os.Interrupt, os.Kill) // want "never gets `os.Kill`"
}

func sigkill(c chan os.Signal) {
	signal.Notify(c, syscall.SIGKILL) // want
}

func withTerm(c chan os.Signal) {
	signal.Notify(c, syscall.SIGTERM, syscall.SIGKILL) // want
}

func ofContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, syscall.SIGSTOP) // want
}

func ignored() {
	signal.Ignore(syscall.SIGKILL) // want
}

// What follows is right.

func term(c chan os.Signal) {
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
}

func tstp(c chan os.Signal) {
	signal.Notify(c, syscall.SIGTSTP, syscall.SIGHUP)
}

func sends(p *os.Process) error {
	if err := p.Signal(os.Kill); err != nil {
		return err
	}
	return syscall.Kill(p.Pid, syscall.SIGKILL)
}
