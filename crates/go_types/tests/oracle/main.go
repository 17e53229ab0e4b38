// Command oracle prints what go/types knows of the names and types in packages of the standard
// library, for comparison with go_types:
//
//	go run main.go std cmd >reference
//
// Only what stands within functions is printed, as that is what bodies are resolved for. Lines:
//
//	package PATH
//	map WRITTEN PATH         within the package, an import of WRITTEN means PATH
//	name NAME
//	file PATH
//	in INDEX                 what follows is of this file
//	use OFFSET l OFFSET2     an identifier that means what is declared at OFFSET2 of the same file
//	use OFFSET m FILE OFFSET2   … at the top level of the package
//	use OFFSET p PATH        … an imported package
//	use OFFSET d PATH        … a member of a dot-imported package
//	use OFFSET u             … something predeclared
//	use OFFSET f             … a field, as key of a literal
//	use OFFSET b OFFSET2     … a label
//	use OFFSET n             an identifier that declares something within the function
//	use OFFSET g             the x of switch x := y.(type)
//	type START END TYPE      the type of an expression that is no constant
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
)

type listed struct {
	Dir        string
	ImportPath string
	Name       string
	GoFiles    []string
	ImportMap  map[string]string
}

type checked struct {
	files []*ast.File
	names []string
	pkg   *types.Package
	info  *types.Info
}

type world struct {
	fset   *token.FileSet
	listed map[string]*listed
	done   map[string]*checked
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(2)
	}
}

func run(patterns []string) error {
	if len(patterns) == 0 {
		return errors.New("which packages? for example: std cmd")
	}
	w := &world{fset: token.NewFileSet(), listed: map[string]*listed{}, done: map[string]*checked{}}
	var wanted []string
	all, err := list(append([]string{"-deps"}, patterns...))
	if err != nil {
		return err
	}
	for _, p := range all {
		w.listed[p.ImportPath] = p
		if p.ImportPath != "unsafe" {
			wanted = append(wanted, p.ImportPath)
		}
	}
	sort.Strings(wanted)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for _, path := range wanted {
		c, err := w.check(path)
		if err != nil {
			return err
		}
		w.print(out, path, c)
		c.info = nil
		c.files = nil
	}
	return out.Flush()
}

func list(args []string) ([]*listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-pgo=off", "-json=Dir,ImportPath,Name,GoFiles,ImportMap"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []*listed
	for dec := json.NewDecoder(bytes.NewReader(text)); ; {
		p := new(listed)
		switch err := dec.Decode(p); err {
		case nil:
			all = append(all, p)
		case io.EOF:
			return all, nil
		default:
			return nil, err
		}
	}
}

type importer struct {
	w    *world
	from *listed
}

func (i importer) Import(path string) (*types.Package, error) {
	if mapped, ok := i.from.ImportMap[path]; ok {
		path = mapped
	}
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	c, err := i.w.check(path)
	if err != nil {
		return nil, err
	}
	return c.pkg, nil
}

func (w *world) check(path string) (*checked, error) {
	if c := w.done[path]; c != nil {
		return c, nil
	}
	p := w.listed[path]
	if p == nil {
		return nil, fmt.Errorf("package %s was not listed", path)
	}
	c := &checked{info: &types.Info{
		Types:     map[ast.Expr]types.TypeAndValue{},
		Defs:      map[*ast.Ident]types.Object{},
		Uses:      map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{},
	}}
	for _, name := range p.GoFiles {
		name = filepath.Join(p.Dir, name)
		file, err := parser.ParseFile(w.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		c.files = append(c.files, file)
		c.names = append(c.names, name)
	}
	w.done[path] = c
	conf := types.Config{
		Importer: importer{w, p},
		Sizes:    types.SizesFor("gc", runtime.GOARCH),
		Error:    func(err error) { fmt.Fprintln(os.Stderr, err) },
	}
	c.pkg, _ = conf.Check(path, w.fset, c.files, c.info)
	return c, nil
}

type printer struct {
	w    *world
	out  *bufio.Writer
	c    *checked
	file *token.File
	name string
	// Identifiers that are selected: they are not looked up in scopes.
	selected map[*ast.Ident]bool
	keys     map[*ast.Ident]bool
}

func (w *world) print(out *bufio.Writer, path string, c *checked) {
	fmt.Fprintf(out, "package %s\n", path)
	for written, mapped := range w.listed[path].ImportMap {
		fmt.Fprintf(out, "map %s %s\n", written, mapped)
	}
	fmt.Fprintf(out, "name %s\n", w.listed[path].Name)
	for _, name := range c.names {
		fmt.Fprintf(out, "file %s\n", name)
	}
	for i, file := range c.files {
		p := &printer{w: w, out: out, c: c, file: w.fset.File(file.FileStart), name: c.names[i],
			selected: map[*ast.Ident]bool{}, keys: map[*ast.Ident]bool{}}
		fmt.Fprintf(out, "in %d\n", i)
		for _, decl := range file.Decls {
			ast.Inspect(decl, func(n ast.Node) bool {
				switch n.(type) {
				case *ast.FuncDecl, *ast.FuncLit:
					p.function(n)
					return false
				}
				return true
			})
		}
	}
}

func (p *printer) function(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			p.selected[n.Sel] = true
		case *ast.CompositeLit:
			for _, elt := range n.Elts {
				if kv, ok := elt.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.Ident); ok {
						p.keys[key] = true
					}
				}
			}
		}
		switch n := n.(type) {
		case *ast.Ident:
			p.ident(n)
		}
		// A literal outside of functions belongs to the declaration around it.
		if expr, ok := n.(ast.Expr); ok && n != root {
			p.expr(expr)
		}
		return true
	})
}

func (p *printer) offset(pos token.Pos) int { return p.file.Offset(pos) }

func (p *printer) ident(id *ast.Ident) {
	if obj, ok := p.c.info.Defs[id]; ok && id.Name != "_" {
		v, _ := obj.(*types.Var)
		_, isLabel := obj.(*types.Label)
		switch {
		case obj == nil:
			fmt.Fprintf(p.out, "use %d g\n", p.offset(id.Pos()))
		case obj.Parent() != nil && obj.Parent() != p.c.pkg.Scope() && !isLabel && !(v != nil && v.IsField()):
			fmt.Fprintf(p.out, "use %d n\n", p.offset(id.Pos()))
		}
	}
	obj := p.c.info.Uses[id]
	if obj == nil || p.selected[id] || id.Name == "_" {
		return
	}
	if obj.Pos() == id.Pos() {
		return // The type parameters of a receiver are uses and definitions in one.
	}
	at := p.offset(id.Pos())
	switch o := obj.(type) {
	case *types.PkgName:
		fmt.Fprintf(p.out, "use %d p %s\n", at, o.Imported().Path())
		return
	case *types.Label:
		fmt.Fprintf(p.out, "use %d b %d\n", at, p.offset(o.Pos()))
		return
	case *types.Var:
		if o.IsField() && p.keys[id] {
			fmt.Fprintf(p.out, "use %d f\n", at)
			return
		}
	}
	switch {
	case obj.Pkg() == nil:
		fmt.Fprintf(p.out, "use %d u\n", at)
	case obj.Pkg() != p.c.pkg:
		fmt.Fprintf(p.out, "use %d d %s\n", at, obj.Pkg().Path())
	case obj.Parent() == p.c.pkg.Scope():
		position := p.w.fset.Position(obj.Pos())
		fmt.Fprintf(p.out, "use %d m %s %d\n", at, filepath.Base(p.w.fset.File(obj.Pos()).Name()), position.Offset)
	default:
		fmt.Fprintf(p.out, "use %d l %d\n", at, p.offset(obj.Pos()))
	}
}

func (p *printer) expr(expr ast.Expr) {
	tv, ok := p.c.info.Types[expr]
	if !ok {
		if id, isIdent := expr.(*ast.Ident); isIdent {
			if v, isVar := p.c.info.Defs[id].(*types.Var); isVar && !v.IsField() && id.Name != "_" {
				p.typ(expr, v.Type())
			}
		}
		return
	}
	if tv.Value == nil && (tv.IsValue() || tv.IsVoid()) {
		p.typ(expr, tv.Type)
	}
}

func (p *printer) typ(expr ast.Expr, typ types.Type) {
	fmt.Fprintf(p.out, "type %d %d %s\n", p.offset(expr.Pos()), p.offset(expr.End()), typeString(typ))
}

// typeString writes a type with full package paths.
func typeString(typ types.Type) string {
	if typ == nil {
		return "()"
	}
	return types.TypeString(typ, (*types.Package).Path)
}
