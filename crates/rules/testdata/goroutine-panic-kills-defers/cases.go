package handlers

import (
	"log"
	"net/http"
)

func asserts(w http.ResponseWriter, r *http.Request) {
	user := r.Context().Value("user")
	go func() { // want "ends the server"
		log.Print(user.(string))
	}()
}

func panics(w http.ResponseWriter, r *http.Request, work func() error) {
	go func() { // want
		if err := work(); err != nil {
			panic(err)
		}
	}()
}

func inMethod(r *http.Request, values chan any) {
	go func() { // want
		defer close(values)
		n := (<-values).(int)
		log.Print(n)
	}()
}

// What follows is right.

func recovered(w http.ResponseWriter, r *http.Request) {
	user := r.Context().Value("user")
	go func() {
		defer func() {
			if v := recover(); v != nil {
				log.Print(v)
			}
		}()
		log.Print(user.(string))
	}()
}

func byHelper(r *http.Request) {
	user := r.Context().Value("user")
	go func() {
		defer logPanics()
		log.Print(user.(string))
	}()
}

func logPanics() { log.Print(recover()) }

func asked(r *http.Request) {
	user := r.Context().Value("user")
	go func() {
		if name, ok := user.(string); ok {
			log.Print(name)
		}
	}()
}

func noRequest(v any) {
	go func() { log.Print(v.(string)) }()
}

func notInGoroutine(r *http.Request) {
	log.Print(r.Context().Value("user").(string))
}
