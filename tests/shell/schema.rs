//! Two texts of a schema, as schema.sh compares them: what differs is blamed, and nothing beside it.

use std::fs;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The lines of compare_schemas.
fn compared(name: &str, expected: &str, found: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let files = [("expected", expected), ("found", found)].map(|(side, text)| {
        let file = folder.join(side);
        fs::write(
            &file,
            format!("--\n-- PostgreSQL database dump\n--\n\n{text}"),
        )
        .unwrap();
        file
    });
    let output = Command::new("bash")
        .args([
            "-c",
            "source src/scripts/schema.sh; compare_schemas \"$1\" \"$2\" || true",
            "bash",
        ])
        .args(files)
        .current_dir(ROOT)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn object(name: &str, kind: &str, before: &str) -> String {
    format!(
        "{before}--\n-- Name: {name}; Type: {kind}; Schema: public; Owner: orders\n--\n\nCREATE {kind} public.{name};\n\n\n"
    )
}

const HEAP: &str = "SET default_table_access_method = heap;\n\n";
const OTHER: &str = "SET default_table_access_method = other;\n\n";

/// pg_dump writes the access method before the comment of the first table that it is for.
#[test]
fn what_is_set_for_a_table_is_no_part_of_the_object_before() {
    let queue = object("queue", "SEQUENCE", "");
    let (lost, kept) = (object("lost", "TABLE", HEAP), object("kept", "TABLE", ""));
    let found = object("kept", "TABLE", HEAP);
    let said = compared(
        "lost-table",
        &format!("{lost}{queue}{kept}"),
        &format!("{queue}{found}"),
    );
    let lost = "event=schema object=\"Name: lost; Type: TABLE; Schema: public; Owner: orders\" result=missing\n";
    assert_eq!(said, lost);
}

#[test]
fn another_access_method_is_a_difference_of_its_tables() {
    let (one, two) = (object("one", "TABLE", OTHER), object("two", "TABLE", ""));
    let changed = object("two", "TABLE", HEAP);
    let said = compared(
        "access-method",
        &format!("{one}{two}"),
        &format!("{one}{changed}"),
    );
    let differs = "event=schema object=\"Name: two; Type: TABLE; Schema: public; Owner: orders\" result=differs\n";
    assert_eq!(said, differs);
}
