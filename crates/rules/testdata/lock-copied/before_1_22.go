// go: 1.21

package before

import "sync"

type item struct {
	sync.Mutex
	n int
}

func loop() {
	for it := (item{}); it.n < 3; it.n++ {
		println(it.n)
	}
}

func first(items []item) item {
	return items[0] // want
}
