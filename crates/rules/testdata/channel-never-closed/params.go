package params

import "errors"

func check() error        { return errors.New("no") }
func produce(ch chan int) { ch <- 1 }

func list(name string, ch chan int) error {
	if err := check(); err != nil {
		return err // want "before `ch` is closed"
	}
	defer close(ch)
	produce(ch)
	return nil
}

func walk(ch chan<- string, names []string) {
	if len(names) == 0 {
		return // want "before `ch` is closed"
	}
	defer close(ch)
	for _, name := range names {
		ch <- name
	}
}

// Right: it is closed on all ways.
func first(name string, ch chan int) error {
	defer close(ch)
	if err := check(); err != nil {
		return err
	}
	produce(ch)
	return nil
}

// Right: there is nothing to close.
func optional(ch chan int) error {
	if ch == nil {
		return check()
	}
	defer close(ch)
	produce(ch)
	return nil
}

// Right: it is closed before it returns.
func early(ch chan int) error {
	if err := check(); err != nil {
		close(ch)
		return err
	}
	defer close(ch)
	produce(ch)
	return nil
}

// Right as far as is known: a channel of its own.
func own() (chan int, error) {
	if err := check(); err != nil {
		return nil, err
	}
	ch := make(chan int, 1)
	defer close(ch)
	produce(ch)
	return ch, nil
}

// Right: no way leads around it.
func plain(ch chan int) error {
	err := check()
	defer close(ch)
	if err != nil {
		return err
	}
	produce(ch)
	return nil
}
