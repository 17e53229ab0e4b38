package compare

import (
	"reflect"
	"sync"
	"testing"
)

type server struct {
	mu   sync.Mutex
	name string
}

func TestEqual(t *testing.T) {
	a, b := &server{}, &server{}
	fill(a, b)
	if !reflect.DeepEqual(*a, *b) {
		t.Fatalf("%v differs from %v", *a, *b)
	}
	c := *a // want
	fill(&c)
}

func fill(...*server) {}
