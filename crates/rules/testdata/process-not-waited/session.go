package sessions

import (
	"os/exec"

	"github.com/onsi/gomega/gexec"
)

// The channel is closed when the process has ended.
func exited(name string) (int, error) {
	session, err := gexec.Start(exec.Command(name), nil, nil)
	if err != nil {
		return 0, err
	}
	<-session.Exited
	return session.ExitCode(), nil
}

func again(name string) error {
	for {
		session, err := gexec.Start(exec.Command(name), nil, nil)
		if err != nil {
			return err
		}
		<-session.Exited
		if session.ExitCode() == 0 {
			return nil
		}
	}
}

func forgotten(name string, early bool) error {
	session, err := gexec.Start(exec.Command(name), nil, nil) // want
	if err != nil {
		return err
	}
	if early {
		return nil
	}
	<-session.Exited
	return nil
}
