// Command typeref prints what go/types knows of packages, in the form of `deferscope dev types`, for
// comparison:
//
//	typeref [-deps] [-tests=false] [-count] PATTERN…
//
// Packages are found by `go list` in the current folder and checked from source, without cgo. Lines:
//
//	file PATH                     what follows is of this file
//	T START END TYPE              the type of an expression that is a value and no constant
//	D OFFSET OBJECT               an identifier that declares something
//	U OFFSET OBJECT               … that uses something
//	package PATH                  everything of this package has been printed
//	skipped PATH ERROR            go/types does not accept the package, or not with its tests
//
// An object is written as import path, `@` and the offset of its declaration in its file; as
// `package PATH` for the name of an imported package; or as `predeclared`. Fields are separated by
// tabs.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A listed package is what `go list` says of one; a package is listed again for each test that
// makes another package of it.
type listed struct {
	Dir        string
	ImportPath string
	Name       string
	ForTest    string
	Standard   bool
	DepOnly    bool
	GoFiles    []string
	ImportMap  map[string]string
	Imports    []string
	Incomplete bool
}

// path is the import path without the test that it is listed for.
func (p *listed) path() string {
	path, _, _ := strings.Cut(p.ImportPath, " ")
	return path
}

type world struct {
	out    *bufio.Writer
	fset   *token.FileSet
	count  bool
	listed map[string]*listed
	wanted map[string]bool
	done   map[string]*types.Package
	broken map[string]error
	// Parsed files without bodies, by path.
	declarations map[string]*ast.File
	total        tally
}

type tally struct{ packages, files, bodies, expressions, skipped int }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "typeref:", err)
		os.Exit(2)
	}
}

func run() error {
	deps := flag.Bool("deps", false, "also the dependencies outside of the standard library")
	tests := flag.Bool("tests", true, "also test files")
	count := flag.Bool("count", false, "check everything, but print only how much that was")
	flag.Parse()
	if flag.NArg() == 0 {
		return errors.New("which packages? for example: std cmd")
	}
	args := []string{"list", "-e", "-pgo=off", "-deps",
		"-json=Dir,ImportPath,Name,ForTest,Standard,DepOnly,GoFiles,ImportMap,Imports,Incomplete"}
	if *tests {
		args = append(args, "-test")
	}
	all, err := list(append(append(args, "--"), flag.Args()...))
	if err != nil {
		return err
	}
	w := &world{
		out:          bufio.NewWriterSize(os.Stdout, 1<<20),
		fset:         token.NewFileSet(),
		count:        *count,
		listed:       map[string]*listed{},
		wanted:       map[string]bool{},
		done:         map[string]*types.Package{},
		broken:       map[string]error{},
		declarations: map[string]*ast.File{},
	}
	augmented := map[string]bool{}
	for _, p := range all {
		w.listed[p.ImportPath] = p
		if p.ForTest == p.path() {
			augmented[p.ForTest] = true
		}
	}
	for _, p := range all {
		switch {
		case p.ImportPath == "unsafe", strings.HasSuffix(p.path(), ".test"), len(p.GoFiles) == 0:
		case p.ForTest != "":
			// The package with its tests, or its external tests; not what is built again for them.
			w.wanted[p.ImportPath] = !p.DepOnly && strings.TrimSuffix(p.path(), "_test") == p.ForTest
		case p.DepOnly:
			w.wanted[p.ImportPath] = *deps && !p.Standard
		default:
			w.wanted[p.ImportPath] = !augmented[p.ImportPath]
		}
	}
	// What is built for one test is forgotten after it.
	for i, p := range all {
		if w.wanted[p.ImportPath] {
			if _, err := w.check(p.ImportPath); err != nil && p.ForTest == p.path() {
				// Its tests are at fault, perhaps.
				w.wanted[p.ForTest] = true
				if base := w.listed[p.ForTest]; base != nil {
					w.checkListed(base)
				}
			}
		}
		if p.ForTest != "" && (i+1 == len(all) || all[i+1].ForTest != p.ForTest) {
			for path := range w.done {
				if strings.HasSuffix(path, "["+p.ForTest+".test]") && !w.wanted[path] {
					delete(w.done, path)
				}
			}
		}
	}
	if *count {
		fmt.Fprintf(w.out, "%d packages, %d files, %d bodies, %d expressions, %d packages skipped\n",
			w.total.packages, w.total.files, w.total.bodies, w.total.expressions, w.total.skipped)
	}
	return w.out.Flush()
}

func list(args []string) ([]*listed, error) {
	goCommand := "go"
	if root := os.Getenv("GOROOT"); root != "" {
		goCommand = filepath.Join(root, "bin", "go")
	}
	cmd := exec.Command(goCommand, args...)
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
	return i.w.check(path)
}

// check returns a package, and prints it if it is wanted.
func (w *world) check(path string) (*types.Package, error) {
	if err := w.broken[path]; err != nil {
		return nil, err
	}
	if pkg := w.done[path]; pkg != nil {
		return pkg, nil
	}
	p := w.listed[path]
	if p == nil {
		return nil, fmt.Errorf("package %s was not listed", path)
	}
	pkg, err := w.checkListed(p)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
		w.broken[path] = err
		if w.wanted[path] {
			w.total.skipped++
			if !w.count {
				fmt.Fprintf(w.out, "skipped\t%s\t%s\n", p.path(), strings.ReplaceAll(err.Error(), "\n", " "))
			}
		}
		return nil, err
	}
	w.done[path] = pkg
	return pkg, nil
}

func (w *world) checkListed(p *listed) (*types.Package, error) {
	wanted := w.wanted[p.ImportPath]
	var files []*ast.File
	var names []string
	for _, name := range p.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		file, err := w.parse(name, wanted)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
		names = append(names, name)
	}
	if len(files) == 0 {
		return nil, errors.New("no Go files")
	}
	var first error
	conf := types.Config{
		Importer:         importer{w, p},
		Sizes:            types.SizesFor("gc", "amd64"),
		IgnoreFuncBodies: !wanted,
		Error: func(err error) {
			var soft types.Error
			if errors.As(err, &soft) && soft.Soft {
				return
			}
			if first == nil {
				first = err
			}
		},
	}
	var info *types.Info
	switch {
	case wanted && w.count:
		info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	case wanted:
		info = &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{},
			Defs:  map[*ast.Ident]types.Object{},
			Uses:  map[*ast.Ident]types.Object{},
		}
	}
	pkg, _ := conf.Check(p.path(), w.fset, files, info)
	if first != nil {
		return nil, first
	}
	if wanted {
		w.total.packages++
		w.total.files += len(files)
		for i, file := range files {
			p := &printer{w: w, info: info, file: w.fset.File(file.FileStart)}
			p.print(names[i], file)
		}
		if !w.count {
			fmt.Fprintf(w.out, "package\t%s\n", p.path())
		}
	}
	return pkg, nil
}

// parse parses a file; the trees of files of which only the declarations are wanted are kept.
func (w *world) parse(name string, bodies bool) (*ast.File, error) {
	if file := w.declarations[name]; file != nil && !bodies {
		return file, nil
	}
	file, err := parser.ParseFile(w.fset, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if !bodies {
		for _, decl := range file.Decls {
			// Without a block go/types believes that the function is written in assembly.
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				f.Body.List = nil
			}
		}
		w.declarations[name] = file
	}
	return file, nil
}

type printer struct {
	w    *world
	info *types.Info
	file *token.File
}

func (p *printer) print(name string, file *ast.File) {
	if !p.w.count {
		fmt.Fprintf(p.w.out, "file\t%s\n", name)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			p.w.total.bodies++
		case *ast.Ident:
			if !p.w.count {
				p.ident(n)
			}
		}
		if expr, ok := n.(ast.Expr); ok {
			p.expr(expr)
		}
		return true
	})
}

func (p *printer) offset(pos token.Pos) int { return p.file.Offset(pos) }

func (p *printer) ident(id *ast.Ident) {
	if id.Name == "_" {
		return
	}
	if obj := p.info.Defs[id]; obj != nil {
		fmt.Fprintf(p.w.out, "D\t%d\t%s\n", p.offset(id.Pos()), p.w.place(obj, true))
	}
	if obj := p.info.Uses[id]; obj != nil {
		fmt.Fprintf(p.w.out, "U\t%d\t%s\n", p.offset(id.Pos()), p.w.place(obj, false))
	}
}

// place says where an object is declared.
func (w *world) place(obj types.Object, definition bool) string {
	if name, ok := obj.(*types.PkgName); ok && !definition {
		return "package " + name.Imported().Path()
	}
	if obj.Pkg() == nil || obj.Pkg() == types.Unsafe {
		return "predeclared"
	}
	if !obj.Pos().IsValid() {
		return obj.Pkg().Path() + "@?"
	}
	return fmt.Sprintf("%s@%d", obj.Pkg().Path(), w.fset.File(obj.Pos()).Offset(obj.Pos()))
}

func (p *printer) expr(expr ast.Expr) {
	tv, ok := p.info.Types[expr]
	if !ok || tv.Value != nil || !tv.IsValue() && !tv.IsVoid() {
		return
	}
	p.w.total.expressions++
	if !p.w.count {
		fmt.Fprintf(p.w.out, "T\t%d\t%d\t%s\n", p.offset(expr.Pos()), p.offset(expr.End()), typeString(tv.Type))
	}
}

// typeString writes a type with full package paths.
func typeString(typ types.Type) string {
	if typ == nil {
		return "()"
	}
	return types.TypeString(typ, (*types.Package).Path)
}
