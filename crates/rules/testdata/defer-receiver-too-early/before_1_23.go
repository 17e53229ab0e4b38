// go: 1.22

package before

import "time"

func ticker() {
	t := time.NewTicker(1)
	defer t.Stop() // want "never stopped, and the first is stopped twice"
	t.Stop()
	t = time.NewTicker(2)
	<-t.C
}
