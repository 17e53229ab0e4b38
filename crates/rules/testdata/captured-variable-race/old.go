package race

// go: 1.21

func each(names []string) {
	for i, name := range names {
		go func() {
			println(name) // want "before Go 1.22 all rounds share one variable"
			println(i)    // want "before Go 1.22"
		}()
	}
}

func counted(n int) {
	for i := 0; i < n; i++ {
		go func() {
			println(i) // want "while the loop assigns the next value"
		}()
	}
}

func copied(names []string) {
	for _, name := range names {
		name := name
		go func() { println(name) }()
	}
}

func passed(names []string) {
	for _, name := range names {
		go func(name string) { println(name) }(name)
	}
}

func waits(names []string) {
	for _, name := range names {
		done := make(chan bool)
		go func() {
			println(name)
			close(done)
		}()
		<-done
	}
}

func leaves(names []string) {
	for _, name := range names {
		if name != "" {
			go func() { println(name) }()
			return
		}
	}
}

func evaluatedAtOnce(names []string) {
	for _, name := range names {
		go println(name)
	}
}
