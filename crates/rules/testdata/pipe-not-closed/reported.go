package pipes

import (
	"fmt"
	"io"
	"os"
	"os/exec"
)

func secondPipeFails() error {
	r, w, err := os.Pipe() // want
	if err != nil {
		return err
	}
	r.Close()
	fmt.Println(w.Name())
	return nil
}

func readEndStays(data []byte) error {
	r, w, err := os.Pipe() // want
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		w.Close()
		r.Close()
		return err
	}
	w.Close()
	fmt.Println(r.Name())
	return nil
}

// Who reads waits for ever.
func writerForgotten(data []byte, fail bool) *io.PipeReader {
	r, w := io.Pipe() // want
	go func() {
		if fail {
			return
		}
		fmt.Println(len(data))
	}()
	w.Write(data)
	return r
}

func stdinForgotten(data []byte) error {
	cmd := exec.Command("sort")
	in, err := cmd.StdinPipe() // want
	if err != nil {
		return err
	}
	if _, err := in.Write(data); err != nil {
		return err
	}
	return nil
}

func pair() (*os.File, *os.File, error) {
	return os.Pipe()
}

func errorBetween(path string) error {
	r, w, err := os.Pipe() // want
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := os.Stat(path); err != nil {
		return err
	}
	return w.Close()
}

func closesWithErrorOnOnePath(data []byte) error {
	r, w := io.Pipe() // want "write end"
	go io.Copy(io.Discard, r)
	if _, err := w.Write(data); err != nil {
		return w.CloseWithError(err)
	}
	return nil
}

func perTry(tries int) {
	for range tries {
		r, w, err := os.Pipe() // want
		if err != nil {
			continue
		}
		if r.Fd() == 3 {
			break
		}
		r.Close()
		w.Close()
	}
}

// The command that would have closed the read end is not started.
func notStarted(cmd *exec.Cmd, check func() error) error {
	r, w, err := os.Pipe() // want
	if err != nil {
		return err
	}
	cmd.Stdout = w
	if err := check(); err != nil {
		w.Close()
		return err
	}
	err = cmd.Run()
	w.Close()
	r.Close()
	return err
}

// Which of them is closed depends on what is asked for.
func oneOfBoth(forReading bool) (*os.File, error) {
	r, w, err := os.Pipe() // want
	if err != nil {
		return nil, err
	}
	if forReading {
		w.Close()
		return r, nil
	}
	return w, nil
}
