// Astdump says what go/parser makes of Go files, for the syntax oracle.
//
// On standard input it reads records "LENGTH\n" followed by that many bytes of source text, and
// answers each with one line:
//
//	accept TREE NODES DECLARATIONS IMPORTS COMMENTS COUNT
//	reject MESSAGE
//
// TREE, DECLARATIONS (the tree without the bodies of functions), IMPORTS and COMMENTS are FNV-1a
// digests of lines, one line for each node or comment. All positions are byte offsets, without
// regard to line directives.
//
// With arguments it prints, for each file named, the lines instead of their digests.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/fnv"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
)

func main() {
	flag.Parse()
	if flag.NArg() > 0 {
		for _, name := range flag.Args() {
			src, err := os.ReadFile(name)
			if err != nil {
				fail(err)
			}
			dump(src)
		}
		return
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "astdump:", err)
	os.Exit(1)
}

// serve answers records in order, several at once.
func serve(in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, 1<<20)
	answers := make(chan chan string, 2*runtime.GOMAXPROCS(0))
	failed := make(chan error, 1)
	go func() {
		defer close(answers)
		for {
			src, err := record(r)
			if err == io.EOF {
				failed <- nil
				return
			}
			if err != nil {
				failed <- err
				return
			}
			answer := make(chan string, 1)
			answers <- answer
			go func() { answer <- summary(src) }()
		}
	}()
	w := bufio.NewWriter(out)
	for answer := range answers {
		fmt.Fprintln(w, <-answer)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return <-failed
}

// record reads one record; io.EOF says that there are no more.
func record(r *bufio.Reader) ([]byte, error) {
	head, err := r.ReadString('\n')
	if err == io.EOF && head == "" {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("reading the head of a record: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(head, "\n"))
	if err != nil {
		return nil, fmt.Errorf("reading the head of a record: %w", err)
	}
	src := make([]byte, n)
	if _, err := io.ReadFull(r, src); err != nil {
		return nil, fmt.Errorf("reading a record of %d bytes: %w", n, err)
	}
	return src, nil
}

func parse(src []byte) (*ast.File, int, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, 0, err
	}
	return file, fset.File(file.FileStart).Base(), nil
}

func summary(src []byte) string {
	file, base, err := parse(src)
	if err != nil {
		return "reject " + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	tree, declarations, imports := newDigest(), newDigest(), newDigest()
	walk(file, base, func(l line) {
		tree.add(l.text)
		if !l.inBody {
			declarations.add(l.text)
		}
		if l.inImports {
			imports.add(l.text)
		}
	})
	comments := newDigest()
	eachComment(file, base, src, func(l string) { comments.add(l) })
	return fmt.Sprintf("accept %016x %d %016x %016x %016x %d",
		tree.sum(), tree.n, declarations.sum(), imports.sum(), comments.sum(), comments.n)
}

func dump(src []byte) {
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	file, base, err := parse(src)
	if err != nil {
		fmt.Fprintln(w, "reject", strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	walk(file, base, func(l line) { w.WriteString(l.text) })
	eachComment(file, base, src, func(l string) { w.WriteString(l) })
}

type digest struct {
	hash interface {
		io.Writer
		Sum64() uint64
	}
	n int
}

func newDigest() *digest       { return &digest{hash: fnv.New64a()} }
func (d *digest) add(s string) { io.WriteString(d.hash, s); d.n++ }
func (d *digest) sum() uint64  { return d.hash.Sum64() }

// A line describes one node.
type line struct {
	text      string
	inBody    bool // within the body of a function
	inImports bool // the package name, or within an import declaration
}

// walk calls emit for each node in preorder, comments apart.
func walk(file *ast.File, base int, emit func(line)) {
	var bodies, imports []ast.Node // the nodes that we are within
	var stack []ast.Node
	isBody := make(map[ast.Node]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(bodies) > 0 && bodies[len(bodies)-1] == top {
				bodies = bodies[:len(bodies)-1]
			}
			if len(imports) > 0 && imports[len(imports)-1] == top {
				imports = imports[:len(imports)-1]
			}
			return true
		}
		switch n := n.(type) {
		case *ast.CommentGroup:
			return false
		case *ast.FuncDecl:
			if n.Body != nil {
				isBody[n.Body] = true
			}
		case *ast.FuncLit:
			isBody[n.Body] = true
		case *ast.GenDecl:
			if n.Tok == token.IMPORT {
				imports = append(imports, n)
			}
		}
		if isBody[n] {
			bodies = append(bodies, n)
		}
		stack = append(stack, n)
		emit(line{
			text:      describe(n, base),
			inBody:    len(bodies) > 0,
			inImports: len(imports) > 0 || n == ast.Node(file.Name),
		})
		return true
	})
}

// describe returns "Kind start end" and, where the kind does not say it all, a detail.
func describe(n ast.Node, base int) string {
	kind := strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast.")
	text := fmt.Sprintf("%s %d %d", kind, int(n.Pos())-base, int(n.End())-base)
	if d := detail(n, base); d != "" {
		text += " " + d
	}
	return text + "\n"
}

func detail(n ast.Node, base int) string {
	switch n := n.(type) {
	case *ast.BasicLit:
		return n.Kind.String()
	case *ast.CompositeLit:
		return strconv.Itoa(int(n.Lbrace) - base)
	case *ast.SliceExpr:
		if n.Slice3 {
			return "3"
		}
	case *ast.CallExpr:
		if n.Ellipsis.IsValid() {
			return "..."
		}
	case *ast.UnaryExpr:
		return n.Op.String()
	case *ast.BinaryExpr:
		return n.Op.String()
	case *ast.ChanType:
		return map[ast.ChanDir]string{ast.SEND: "send", ast.RECV: "recv", ast.SEND | ast.RECV: "both"}[n.Dir]
	case *ast.EmptyStmt:
		if n.Implicit {
			return "implicit"
		}
	case *ast.IncDecStmt:
		return n.Tok.String()
	case *ast.AssignStmt:
		return n.Tok.String()
	case *ast.BranchStmt:
		return n.Tok.String()
	case *ast.CaseClause:
		if n.List == nil {
			return "default"
		}
	case *ast.CommClause:
		if n.Comm == nil {
			return "default"
		}
	case *ast.RangeStmt:
		if n.Key != nil {
			return n.Tok.String()
		}
	case *ast.TypeSpec:
		if n.Assign.IsValid() {
			return "="
		}
	case *ast.GenDecl:
		if n.Lparen.IsValid() {
			return n.Tok.String() + " ("
		}
		return n.Tok.String()
	}
	return ""
}

// eachComment calls emit with "Comment start end" for each comment. The scanner drops carriage
// returns from the text, so ends are looked up in the source, and the text is compared without.
func eachComment(file *ast.File, base int, src []byte, emit func(string)) {
	for _, group := range file.Comments {
		for _, c := range group.List {
			start := int(c.Slash) - base
			end := len(src)
			if bytes.HasPrefix(src[start:], []byte("//")) {
				if i := bytes.IndexByte(src[start:], '\n'); i >= 0 {
					end = start + i
				}
				if src[end-1] == '\r' {
					end--
				}
			} else if i := bytes.Index(src[start+2:], []byte("*/")); i >= 0 {
				end = start + 2 + i + 2
			}
			stripped := bytes.ReplaceAll(src[start:end], []byte("\r"), nil)
			if string(stripped) != strings.ReplaceAll(c.Text, "\r", "") {
				fail(fmt.Errorf("comment at %d: text %q, source %q", start, c.Text, src[start:end]))
			}
			emit(fmt.Sprintf("Comment %d %d\n", start, end))
		}
	}
}
