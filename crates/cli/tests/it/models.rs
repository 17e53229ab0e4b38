//! Models of libraries in `deferscope.toml`.

use crate::harness::{Folder, Run};

const LEASE: &str = r#"
[[class]]
name = "lease"
rule = "closer-not-closed"
noun = "lease"
types = ["*example.com/m/coord.Lease"]
release = ["Release"]
process_end = "matters"
note = "nobody else gets the lease until it runs out"

[[acquire]]
funcs = ["(*example.com/m/coord.Client).Lease"]
class = "lease"
"#;

const COORD: &str = "package coord\n\ntype Client struct{ held map[string]bool }\n\ntype Lease struct{ c *Client }\n\nfunc (c *Client) Lease(name string) (*Lease, error)\n\nfunc (l *Lease) Release() error\n\nfunc (l *Lease) Name() string\n";

const USES: &str = "package p\n\nimport \"example.com/m/coord\"\n\nfunc Use(c *coord.Client) error {\n\tl, err := c.Lease(\"x\")\n\tif err != nil {\n\t\treturn err\n\t}\n\tif l.Name() == \"\" {\n\t\treturn nil\n\t}\n\treturn l.Release()\n}\n";

const LEAK: &str = "p/p.go:6:12: closer-not-closed";

fn module(configuration: &str) -> Folder {
    let folder = Folder::module(&[("coord/coord.go", COORD), ("p/p.go", USES)]);
    folder.write("deferscope.toml", configuration);
    folder
}

fn check(folder: &Folder) -> Run {
    folder.check(&["--select", "closer-not-closed", "--cache-dir", "cache"])
}

/// The models as tables of a configuration.
fn tables() -> String {
    LEASE.replace("[[", "[[models.")
}

#[test]
fn own_models_are_followed() {
    let folder = module("");
    check(&folder).exits(0);
    folder.write("deferscope.toml", tables());
    let run = check(&folder).exits(1).finds(&[LEAK]);
    assert!(run.stdout.contains("lease"), "{run:#?}");
    folder.write("models/lease.toml", LEASE);
    folder.write("deferscope.toml", "models = [\"models/lease.toml\"]\n");
    check(&folder).exits(1).finds(&[LEAK]);
    folder.write(
        "models/lease.toml",
        LEASE.replace("Client).Lease", "Client).Borrow"),
    );
    check(&folder).exits(0);
}

#[test]
fn the_settings_in_effect_have_them() {
    let folder = module(&tables());
    let shown = folder.run(&["config", "show"]).exits(0).stdout;
    folder.write("deferscope.toml", &shown);
    check(&folder).exits(1).finds(&[LEAK]);
    let again = folder.run(&["config", "show"]).exits(0).stdout;
    assert_eq!(again, shown);
}

#[test]
fn mistakes_are_told_with_their_places() {
    let folder = module(&tables().replace("class = \"lease\"", "class = \"leese\""));
    check(&folder)
        .exits(2)
        .says(&["deferscope.toml:13:9: there is no class `leese`", "help: "]);
    folder.write("deferscope.toml", tables().replace("noun =", "nuon ="));
    check(&folder)
        .exits(2)
        .says(&["deferscope.toml:5:1: unknown field `nuon`", "help: "]);
    folder.write(
        "deferscope.toml",
        tables().replace("models.acquire", "models.aquire"),
    );
    check(&folder).exits(2).says(&[
        "unknown key `aquire` in `models`",
        "did you mean `acquire`?",
    ]);
    folder.write(
        "deferscope.toml",
        "tests = true\nmodels = [\"nowhere.toml\"]\n",
    );
    check(&folder).exits(2).says(&[
        "deferscope.toml:2:11: cannot read nowhere.toml",
        "help: paths",
    ]);
    folder.write("deferscope.toml", "models = 3\n");
    check(&folder)
        .exits(2)
        .says(&["`models` must be a list of paths of files, or tables"]);
    folder.write(
        "models/lease.toml",
        LEASE.replace("closer-not-closed", "lease-not-released"),
    );
    folder.write("deferscope.toml", "models = [\"models/lease.toml\"]\n");
    check(&folder).exits(2).says(&[
        "models/lease.toml:4:8: there is no rule `lease-not-released`",
        "help: ",
    ]);
}
