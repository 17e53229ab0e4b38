//! The JSON formats against schemas. Which of these are official and which are ours is said in
//! `tests/schemas/README.md`.

use report::Format;
use serde_json::{Value, json};

use crate::documents::reports;

fn validator(schema: &str) -> jsonschema::Validator {
    let path = format!("{}/tests/schemas/{schema}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    // The standard was published with a pattern for languages that is no regular expression. The
    // errata to it have it as here.
    let text = text.replace(
        "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$",
        "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$",
    );
    let schema = serde_json::from_str(&text).expect("a schema is JSON");
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[track_caller]
fn check(validator: &jsonschema::Validator, name: &str, document: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{document:#}");
}

#[test]
fn sarif() {
    let validator = validator("sarif-schema-2.1.0.json");
    for (name, report) in reports() {
        check(&validator, name, &report.json(Format::Sarif));
    }
}

#[test]
fn gitlab() {
    let validator = validator("gitlab-code-quality.schema.json");
    for (name, report) in reports() {
        check(&validator, name, &report.json(Format::Gitlab));
    }
}

#[test]
fn rdjson() {
    let validator = validator("rdjson.schema.json");
    for (name, report) in reports() {
        check(&validator, name, &report.json(Format::Rdjson));
    }
}

/// A schema that lets everything pass would make the tests above worthless.
#[test]
fn the_schemas_do_refuse() {
    let sarif = validator("sarif-schema-2.1.0.json");
    let gitlab = validator("gitlab-code-quality.schema.json");
    let rdjson = validator("rdjson.schema.json");
    let reports = reports();
    let (_, shop) = &reports[0];
    let break_one = |format, pointer: &str, value: Value| {
        let mut document = shop.json(format);
        *document
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("no {pointer}")) = value;
        document
    };
    let place = "/runs/0/results/0/locations/0/physicalLocation";
    for (pointer, value) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/columnKind", json!("bytes")),
        ("/runs/0/results/0/level", json!("fatal")),
        (&format!("{place}/region/startLine"), json!(0)),
        (&format!("{place}/artifactLocation/uri"), json!("a b")),
        ("/runs/0/results/0/fixes/0/artifactChanges", json!([])),
    ] {
        let document = break_one(Format::Sarif, pointer, value);
        assert!(!sarif.is_valid(&document), "{pointer}");
    }
    for (pointer, value) in [
        ("/0/severity", json!("warning")),
        ("/0/fingerprint", json!("")),
        ("/0/location/lines/begin", json!("12")),
        ("/0/location", json!({"path": "a.go"})),
    ] {
        assert!(
            !gitlab.is_valid(&break_one(Format::Gitlab, pointer, value)),
            "{pointer}"
        );
    }
    for (pointer, value) in [
        ("/severity", json!("warning")),
        ("/diagnostics/0/location/range/start", json!({"line": 0})),
        ("/diagnostics/0/code", json!("defer-in-loop")),
        ("/diagnostics/0/suggestions/0", json!({"text": "x"})),
    ] {
        assert!(
            !rdjson.is_valid(&break_one(Format::Rdjson, pointer, value)),
            "{pointer}"
        );
    }
}
