//! Lists the models of libraries, so that a new file needs no line elsewhere.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    let folder = Path::new("models");
    println!("cargo::rerun-if-changed=models");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of models is there")
        .map(|entry| entry.expect("the folder can be read").file_name())
        .map(|name| name.into_string().expect("models have plain names"))
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    let mut list = String::from("&[");
    for name in names {
        let path = Path::new(&root).join("models").join(&name);
        write!(list, "({name:?}, include_str!({path:?})),").expect("strings can be written to");
    }
    list.push(']');
    let out = std::env::var("OUT_DIR").expect("cargo says where output goes");
    std::fs::write(Path::new(&out).join("models.rs"), list).expect("the list is written");
}
