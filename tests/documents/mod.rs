//! What README and the other documents say of the repository is so.

use crate::tools;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const BEGIN: &str = "<!-- files: written by `just docs`, from generated/minimal -->\n";
const END: &str = "<!-- end of files -->\n";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// `underpin build` writes it anew.
#[test]
fn the_committed_output_is_what_the_specs_say() {
    let check = tools::underpin()
        .arg("check")
        .current_dir(ROOT)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(check.status.success(), "{said}");
}

/// `UNDERPIN_OVERWRITE=1 cargo test` writes the list anew.
#[test]
fn the_readme_lists_the_files_of_the_small_spec() {
    let readme = read("README.md");
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let mut list = String::from("```text\ngenerated/minimal/\n");
    let folder = Path::new(ROOT).join("generated/minimal");
    let mut files: Vec<String> = WalkDir::new(&folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(&folder).unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect();
    files.sort();
    for file in files {
        writeln!(list, "  {file}").unwrap();
    }
    list.push_str("```\n");
    let wanted = [before, BEGIN, &list, END, after].concat();
    if std::env::var_os("UNDERPIN_OVERWRITE").is_some() {
        fs::write(Path::new(ROOT).join("README.md"), &wanted).unwrap();
    } else {
        snapbox::assert_data_eq!(readme, snapbox::Data::from(wanted).raw());
    }
}

#[test]
fn the_readme_shows_the_small_spec() {
    let block = ["```toml\n", &read("specs/minimal/database.toml"), "```\n"].concat();
    assert!(
        read("README.md").contains(&block),
        "the first spec of README.md is not specs/minimal/database.toml"
    );
}

#[test]
fn the_readme_lists_every_command() {
    let help = tools::underpin().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands = commands.split("\n\n").next().unwrap();
    let names = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let readme = read("README.md");
    let mut number = 0;
    for name in names.filter(|name| *name != "help") {
        assert!(readme.contains(&format!("\n| `underpin {name}")), "{name}");
        number += 1;
    }
    assert!(number > 5, "{help}");
}

#[test]
fn links_lead_somewhere() {
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ];
    let mut lost = Vec::new();
    for document in documents {
        let text = read(document);
        for part in text.split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.is_empty();
            if !elsewhere && !Path::new(ROOT).join(target).exists() {
                lost.push(format!("{document}: {target}"));
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

/// The folders that ARCHITECTURE.md explains are those that there are.
#[test]
fn each_folder_of_the_source_is_explained() {
    let text = read("ARCHITECTURE.md");
    let folders: Vec<PathBuf> = fs::read_dir(Path::new(ROOT).join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(!folders.is_empty());
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(
            text.contains(&format!("\n`{name}/`")),
            "ARCHITECTURE.md has no paragraph for src/{name}/"
        );
    }
}

/// Each line of it names the tests that hold it.
#[test]
fn the_tests_that_the_threat_model_names_are_there() {
    let page = read("docs/security.md");
    let names: Vec<_> = page
        .split('`')
        .filter(|word| word.contains("::") && !word.contains(' '))
        .collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let (module, test) = name.rsplit_once("::").unwrap();
        // Of the soak alone: its rooms are files.
        let room = module.replace("_matrix", "").replace("::", "/");
        let files = ["tests/", "tests/soak/"]
            .iter()
            .flat_map(|root| [format!("{root}{room}.rs"), format!("{root}{room}/mod.rs")]);
        let is_there = files
            .map(|file| Path::new(ROOT).join(file))
            .filter_map(|file| fs::read_to_string(file).ok())
            .any(|code| code.contains(&format!("#[test]\nfn {test}() {{")));
        assert!(is_there, "{name}");
    }
}
