package gotos

import "os"

func again(next func() string) error {
again:
	path := ""
	path = next()
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // want "`f.Close()` runs when `again` returns"
	goto again
}

func forward(path string, quick bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if quick {
		goto done
	}
	if _, err := f.Stat(); err != nil {
		return err
	}
done:
	return nil
}

// The jump back comes before the defer is passed.
func retryOpen(path string) error {
retry:
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		goto retry
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return nil
}
