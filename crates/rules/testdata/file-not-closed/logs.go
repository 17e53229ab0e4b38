package files

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
)

// The log of the process goes to the file until the process ends.
func logsToBoth(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	log.SetOutput(io.MultiWriter(os.Stderr, f))
	return nil
}

func logsByHandler(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(f, nil)))
	return nil
}

func writesToBoth(path string) error {
	f, err := os.Create(path) // want
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.MultiWriter(os.Stderr, f), "done")
	return err
}

func logsOnce(path string) error {
	f, err := os.Create(path) // want
	if err != nil {
		return err
	}
	slog.New(slog.NewTextHandler(f, nil)).Info("done")
	return nil
}
