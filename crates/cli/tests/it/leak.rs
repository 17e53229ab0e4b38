//! "Follow one leak" of the README, as it stands there: the shop runs, the snapshot names the line, `check` the
//! rule, `fix` repairs it, and the snapshot shows it gone.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Folder, go_root, repository};

/// That part of the README.
fn section() -> String {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("the README");
    let (_, rest) = readme
        .split_once("## Follow one leak\n")
        .expect("the section");
    let (section, _) = rest.split_once("\n## ").expect("the next one");
    section.to_owned()
}

/// The arguments of the command `deferscope VERB …` there.
fn arguments<'s>(section: &'s str, verb: &str) -> Vec<&'s str> {
    let start = format!("deferscope {verb} ");
    let (at, _) = section.match_indices(&start).next().expect(&start);
    let command = section[at..].split(['\n', '`', '$']).next();
    command
        .expect("a command")
        .split_whitespace()
        .skip(1)
        .collect()
}

/// The running shop; it ends with this.
struct Shop {
    process: Child,
    port: u16,
}

impl Drop for Shop {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Shop {
    fn open(go: &Path, folder: &Folder) -> Self {
        let program = folder.path("shop");
        probe::truth::build(go, &folder.root, "./cmd/shop", &[], &program).expect("it compiles");
        // Room for all orders: on a busy machine the workers may not keep up, and what finds the queue full is
        // dropped.
        folder.write("long-queue.json", r#"{"queue": 1000}"#);
        loop {
            let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let port = free.local_addr().expect("its number").port();
            drop(free);
            let process = Command::new(&program)
                .current_dir(&folder.root)
                .args(["-config", "long-queue.json"])
                .args(["-addr", &format!("127.0.0.1:{port}")])
                .stderr(Stdio::null())
                .spawn()
                .expect("the shop starts");
            let mut shop = Self { process, port };
            let patience = Instant::now() + Duration::from_secs(60);
            // It ends if somebody else took the port meanwhile.
            while shop.process.try_wait().expect("it is ours").is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return shop;
                }
                assert!(Instant::now() < patience, "nobody listens at {port}");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    fn order(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the shop is open");
        let body = r#"{"sku":"beans-250","quantity":1}"#;
        write!(
            stream,
            "POST /orders HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder is made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("its type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file is copied");
        }
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[test]
fn the_leak_of_the_readme_is_seen_named_repaired_and_gone() {
    let Some(go) = go_root() else { return };
    let section = section();
    let folder = Folder::new(&[]);
    copy(&repository().join("examples/shop"), &folder.root);
    let orders = section
        .split_once("$(seq ")
        .and_then(|(_, rest)| rest.split_once(')')?.0.parse::<u64>().ok())
        .expect("how many orders to place");
    let table: Vec<_> = section
        .lines()
        .skip_while(|line| !line.starts_with("PENDING"))
        .take_while(|line| !line.starts_with("```"))
        .map(words)
        .collect();
    assert_eq!(table.len(), 2, "a head and a row: {section}");
    let finding = section
        .lines()
        .find(|line| line.starts_with("internal/worker/pool.go:"))
        .and_then(|line| line.strip_suffix('…'))
        .expect("what check says");
    let place = finding.split(": ").next().expect("a place");
    let line = place.rsplit_once(':').expect("a column").0;

    let look = |is_there: &dyn Fn(&str) -> bool| {
        let shop = Shop::open(&go, &folder);
        for _ in 0..orders {
            shop.order();
        }
        let pid = shop.process.id().to_string();
        let command = [&arguments(&section, "snapshot")[..], &[pid.as_str()]].concat();
        // The last orders are still being worked on.
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let text = folder.run(&command).exits(0).stdout;
            if is_there(&text) || Instant::now() >= patience {
                return text;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let has_table = |text: &str| {
        table
            .iter()
            .all(|row| text.lines().any(|line| words(line) == *row))
    };
    let text = look(&has_table);
    assert!(has_table(&text), "{table:?} is not in {text}");

    let check = folder.run(&arguments(&section, "check"));
    check.exits(1);
    let check = folder.check(&arguments(&section, "check")[1..]).stdout;
    assert!(check.contains(finding), "{finding} is not in {check}");
    folder.run(&arguments(&section, "fix"));
    let check = folder.check(&arguments(&section, "check")[1..]).stdout;
    assert!(!check.contains("defer-in-channel-range"), "{check}");

    // The workers are there as before, with the promise to say when they end.
    let text = look(&|text| text.contains("internal/worker/pool.go:"));
    let calls = table[1].get(5).expect("what is called");
    assert!(
        text.contains("internal/worker/pool.go:") && !text.contains(line) && !text.contains(calls),
        "{text}"
    );
}
