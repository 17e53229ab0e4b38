package copies

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"
)

type server struct {
	mu    sync.Mutex
	name  string
	conns map[string]int
}

func (s *server) start() { s.mu.Lock() }

type pool struct {
	servers []server
	byName  map[string]server
	fixed   [2]server
	main    server
	wg      sync.WaitGroup
	ready   atomic.Bool
}

var global server

func newServer() *server      { return &server{} }
func makeServer() server      { return server{} }
func use(...any)              {}
func useServer(s *server)     {}
func useName(name string)     {}
func handler(f func(*server)) {}

func dereferenced(s *server) {
	c := *s // want "`c` gets a copy of `*s` with the `sync.Mutex` in its `mu`: locking the one does not lock the other"
	useName(c.name)
}

func overwritten(dst, src *server) {
	*dst = *src // want "`*dst` gets a copy of `*src`"
}

func declared(s *server) {
	var c = *s // want
	useName(c.name)
}

func field(p *pool) {
	c := p.main // want "`c` gets a copy of `p.main`"
	useName(c.name)
}

func element(p *pool) {
	c := p.servers[0] // want
	useName(c.name)
}

func fromMap(p *pool) {
	c := p.byName["a"] // want
	useName(c.name)
}

func fromArray(p *pool) {
	c := p.fixed[1] // want
	useName(c.name)
}

func ofPackage() {
	c := global // want "`c` gets a copy of `global`"
	useName(c.name)
}

func returned(p *pool) server {
	return p.main // want "the caller gets a copy"
}

func returnedPointee(s *server) (server, error) {
	return *s, nil // want
}

func argument(s *server) {
	fmt.Println(*s) // want "`fmt.Println(…)` gets a copy of `*s`"
}

func appended(p *pool, s *server) {
	p.servers = append(p.servers, *s) // want "`append(…)` gets a copy"
}

func sent(ch chan server, s *server) {
	ch <- *s // want "the receiver from the channel gets a copy"
}

func received(ch chan server) {
	s := <-ch // want
	useName(s.name)
}

func inLiteral(s *server) *pool {
	return &pool{main: *s} // want "the literal gets a copy of `*s`"
}

func inSlice(p *pool) []server {
	return []server{
		p.fixed[0], // want
		p.main,     // want
	}
}

func values(servers []server) {
	for _, s := range servers { // want "`s` gets a copy of a `server` with the `sync.Mutex` in its `mu` in each iteration"
		useName(s.name)
	}
}

func valuesOfMap(p *pool) {
	for name, s := range p.byName { // want
		use(name, s.name)
	}
}

func channelValues(ch chan server) {
	for s := range ch { // want
		useName(s.name)
	}
}

func threeParts() {
	for s := (server{}); len(s.name) < 3; s.name += "x" { // want "each iteration has a `s` of its own"
		useName(s.name)
	}
}

func parameter(s server) { // want "the parameter `s` gets a copy of a `server`"
	useName(s.name)
}

func mutexParameter(mu sync.Mutex, f func()) { // want "a `sync.Mutex`"
	mu.Lock()
	defer mu.Unlock()
	f()
}

func groupParameter(wg sync.WaitGroup) { // want "`Wait` on the other does not see"
	defer wg.Done()
}

func condParameter(c sync.Cond) { // want "panics"
	c.Broadcast()
}

func mapParameter(m sync.Map) { // want "share what they hold inside"
	m.Store(1, 2)
}

func literalParameter(s *server) {
	func(c server) { // want "the parameter `c`"
		useName(c.name)
	}(*s) // want
}

func asserted(x any) {
	if s, ok := x.(*server); ok {
		useServer(s)
	}
	s := x.(server) // want
	useName(s.name)
}

func startedGroup(n int, f func(sync.WaitGroup)) {
	var wg sync.WaitGroup
	wg.Add(n)
	f(wg) // want "`f(…)` gets a copy of `wg`, a `sync.WaitGroup`"
	wg.Wait()
}

func copyOfUsed() server {
	var s server
	s.start()
	return s // want
}

func copyOfShared(h func(*server)) server {
	var s server
	h(&s)
	return s // want
}

func copyOfCaptured() server {
	var s server
	go func() { s.start() }()
	return s // want
}

func ofLocalType() {
	type local struct{ ready atomic.Bool }
	l := &local{}
	use(l)
	c := *l // want "later changes reach only one of the two"
	use(&c)
}

func pointerToPointer(s **server) {
	c := **s // want
	useName(c.name)
}

func sharedPointer(dst *server) {
	s := &server{name: "a"}
	go s.start()
	*dst = *s // want
	t := new(server)
	useServer(t)
	*dst = *t // want
}

// No copy, or one that does no harm.

func fresh() server {
	var s server
	s.name = "fresh"
	return s
}

func freshLiteral() {
	s := server{name: "a"}
	p := pool{main: s}
	use(&p)
}

func freshResult() {
	s := makeServer()
	p := pool{main: s}
	use(&p)
}

func literals() []server {
	s := server{}
	s = server{name: "b"}
	useName(s.name)
	return []server{{name: "a"}, makeServer()}
}

func reset(s *server) {
	*s = server{}
}

func newValue() {
	s := *new(server)
	t := *newServer()
	use(&s, &t)
}

func aliasOfParameter(s *server) {
	t := s
	useServer(t)
}

func indices(servers []server) {
	for i := range servers {
		s := &servers[i]
		useName(s.name)
	}
}

func keys(p *pool) {
	for name := range p.byName {
		useName(name)
	}
	for _, s := range []*server{} {
		useName(s.name)
	}
	for range p.servers {
		useName("")
	}
}

func thrownAway(s *server) {
	_ = *s
	_ = p0.main
}

var p0 pool

func onlyTypes(s *server) {
	use(reflect.TypeOf(*s), unsafe.Sizeof(*s), len(p0.fixed), new(server))
}

func nameOf(s *server) {
	name := s.name
	n := s.conns["a"]
	use(name, n)
}

func addresses(p *pool) {
	a, b := &p.main, &p.fixed[0]
	useServer(a)
	useServer(b)
	p.main.mu.Lock()
	defer p.main.mu.Unlock()
	lock := p.main.mu.Lock
	defer lock()
}

func sliced(p *pool) {
	some := p.servers[1:]
	all := p.fixed[:]
	use(some, all)
}

func pointerParameters(s *server, m *sync.Mutex, list []server, more ...server) {
	use(s, m, list, more)
}

func converted(x any) *server {
	type other server
	return (*server)((*other)(x.(*server)))
}

func interfaces(l sync.Locker) {
	k := l
	k.Lock()
	k.Unlock()
}

func threePartsWithPointer() {
	for s := newServer(); s != nil; s = nil {
		useName(s.name)
	}
}

func copyOfNames(s *server) server {
	return server{name: s.name, conns: s.conns}
}

func capturedUnused() server {
	s := server{name: "a"}
	func() { useName(s.name) }()
	return s
}

func freshPointer(dst *server) []server {
	s := &server{name: "a"}
	s.conns = nil
	t := new(server)
	t.name = s.name
	*dst = *s
	return append([]server(nil), *t)
}

func NewServer(name string) *server { return &server{name: name} }
func find(name string) *server      { return &global }

func moved(p *pool) {
	s := NewServer("a")
	p.servers = append(p.servers, *s)
}

func found(p *pool) {
	s := find("a")
	p.servers = append(p.servers, *s) // want
}

func movedAndKept(p *pool) {
	s := NewServer("a")
	p.servers = append(p.servers, *s) // want
	useServer(s)
}

func register(s server) {
	p0.byName[s.name] = s
}

func registerAll() {
	register(server{name: "a"})
	register(makeServer())
	var s server
	s.name = "b"
	register(s)
}

func enlist(s server) { // want
	useName(s.name)
}

func enlistAll(p *pool) {
	enlist(server{})
	enlist(p.main) // want
}

// One copy, one finding.

func passedOn(s *server) {
	c := *s // want
	d := c
	useName(d.name)
	sink = server{name: d.name}
}

var sink server

func swapped(servers []server) {
	servers[0], servers[1] = servers[1], server{} // want
}

func commaOk(all map[string]server) string {
	s, ok := all["x"] // want
	if !ok {
		return ""
	}
	return s.name
}

func blankOk(all map[string]server) bool {
	_, ok := all["x"]
	return ok
}

func genericValue[S ~struct{ mu sync.Mutex }](s S) { // want
	_ = &s
}

func genericPointer[S ~*struct{ mu sync.Mutex }](s S) {
	_ = s
}
