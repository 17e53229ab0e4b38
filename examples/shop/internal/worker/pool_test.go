package worker

import (
	"errors"
	"testing"
)

func TestPoolSurvivesFailuresAndPanics(t *testing.T) {
	p := NewPool(8)
	p.Start(2)
	jobs := []Job{
		{"good", func() error { return nil }},
		{"bad", func() error { return errors.New("no") }},
		{"panicking", func() error { panic("oh") }},
		{"good", func() error { return nil }},
	}
	for _, job := range jobs {
		if err := p.Submit(job); err != nil {
			t.Fatal(err)
		}
	}
	p.Await("good", 2)
	p.Stop()
	if n := p.Failed(); n != 2 {
		t.Errorf("%d failed, want 2", n)
	}
	total := 0
	p.Each(func(_ string, n int) { total += n })
	if total != 3 {
		t.Errorf("%d done, want 3", total)
	}
}

func TestSubmitWhenFull(t *testing.T) {
	p := NewPool(1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		job := Job{"never", func() error { return nil }}
		if err := p.Submit(job); err != nil {
			t.Fatal(err) // planted: fatal-in-goroutine
		}
		if err := p.Submit(job); !errors.Is(err, ErrBusy) {
			t.Errorf("full queue: %v", err)
		}
	}()
	<-done
}
