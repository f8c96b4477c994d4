//! `.underpin`: which files of a folder are ours, and which contents we gave them.
//!
//! Lines of `sha256  path` as `sha256sum` writes them, sorted by path. A path stands twice, with the
//! old checksum and the new one, while a build is at work or after it was killed.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

/// The list's name in its folder. It does not list itself.
pub(super) const NAME: &str = ".underpin";

/// How the names of our temporary files begin.
pub(super) const TEMPORARY: &str = ".underpin-tmp-";

/// The checksums that each path of ours may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listing {
    sums: BTreeMap<String, BTreeSet<String>>,
}

impl Listing {
    /// The list of a folder that holds just these files.
    pub(super) fn of(files: &BTreeMap<String, String>) -> Self {
        let sums = files
            .iter()
            .map(|(path, text)| (path.clone(), BTreeSet::from([sum(text.as_bytes())])))
            .collect();
        Self { sums }
    }

    /// Reads what stands on disk; false when a line of it is none of ours.
    ///
    /// The marks of a merge that git could not finish are passed over: between them stand the lists
    /// of both sides, and a file that matches either was not edited by hand.
    pub(super) fn parse(bytes: &[u8]) -> (Self, bool) {
        let mut listing = Self::default();
        let mut whole = true;
        for line in String::from_utf8_lossy(bytes).lines() {
            match line.split_once("  ") {
                Some((sum, path)) if is_sum(sum) && is_own_path(path) => listing.insert(path, sum),
                _ if line.is_empty() || is_conflict_mark(line) => {}
                _ => whole = false,
            }
        }
        (listing, whole)
    }

    /// What the list says in a file.
    pub(super) fn render(&self) -> String {
        let lines = self
            .sums
            .iter()
            .flat_map(|(path, sums)| sums.iter().map(move |sum| [sum, "  ", path, "\n"]));
        lines.flatten().collect()
    }

    /// This list and the other: what may be on disk while one is on its way to the other.
    pub(super) fn and(mut self, other: &Self) -> Self {
        for (path, sums) in &other.sums {
            self.sums
                .entry(path.clone())
                .or_default()
                .extend(sums.iter().cloned());
        }
        self
    }

    /// The paths that are listed, in order.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.sums.keys().map(String::as_str)
    }

    /// Whether the path is listed.
    pub(super) fn lists(&self, path: &str) -> bool {
        self.sums.contains_key(path)
    }

    /// Whether the content is one that we gave this path.
    pub(super) fn knows(&self, path: &str, content: &[u8]) -> bool {
        self.sums
            .get(path)
            .is_some_and(|sums| sums.contains(&sum(content)))
    }

    fn insert(&mut self, path: &str, sum: &str) {
        self.sums
            .entry(path.to_owned())
            .or_default()
            .insert(sum.to_owned());
    }
}

/// Whether this is a path inside a folder that a file of ours may have. The list is a file like any
/// other, and one that says `../../etc/passwd` must not lead there.
pub(super) fn is_own_path(path: &str) -> bool {
    !path.chars().any(char::is_control) && path.split('/').all(is_own_name)
}

/// Whether this may be the name of a file or a folder of ours.
pub(super) fn is_own_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && !name.contains('/')
        && name != NAME
        && !name.starts_with(TEMPORARY)
}

fn is_sum(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_conflict_mark(line: &str) -> bool {
    ["<<<<<<< ", "||||||| ", ">>>>>>> "]
        .iter()
        .any(|mark| line.starts_with(mark))
        || line == "======="
}

/// The checksum of a content, in hexadecimal digits.
fn sum(content: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = Sha256::digest(content)
        .into_iter()
        .flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_rendered_list_reads_back() {
        let files = [("a/b.yaml", "b\n"), ("a.yaml", ""), ("c d", "\u{e9}\n")];
        let files = files
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into();
        let old = Listing::of(&files);
        let both = old.clone().and(&Listing::of(
            &[("a.yaml".to_owned(), "new".to_owned())].into(),
        ));
        for listing in [old, both] {
            assert_eq!(Listing::parse(listing.render().as_bytes()), (listing, true));
        }
    }

    #[test]
    fn lines_are_those_of_sha256sum_sorted_by_path() {
        let files = ["b", "a/z", "a"]
            .map(|path| (path.to_owned(), String::new()))
            .into();
        assert_eq!(
            Listing::of(&files).render(),
            format!("{EMPTY}  a\n{EMPTY}  a/z\n{EMPTY}  b\n")
        );
    }

    #[test]
    fn a_path_that_leads_out_of_the_folder_is_not_ours() {
        for path in [
            "../x",
            "/etc/passwd",
            "a/../../x",
            "a//b",
            "a/",
            "",
            ".",
            "a\u{1b}b",
            NAME,
            "a/.underpin-tmp-x",
        ] {
            let (listing, whole) = Listing::parse(format!("{EMPTY}  {path}\n").as_bytes());
            assert_eq!((listing, whole), (Listing::default(), false), "{path}");
        }
    }

    #[test]
    fn other_lines_are_told() {
        for line in [
            "x",
            "# note",
            &format!("{EMPTY} a"),
            &format!("{}  a", &EMPTY[1..]),
            "\u{0}",
        ] {
            assert!(!Listing::parse(line.as_bytes()).1, "{line}");
        }
        assert!(!Listing::parse(b"\xff\xfe").1);
    }

    #[test]
    fn an_unfinished_merge_lists_both_sides() {
        let other = EMPTY.replace('e', "f");
        let text = format!("<<<<<<< HEAD\n{EMPTY}  a\n=======\r\n{other}  a\n>>>>>>> topic\n");
        let (listing, whole) = Listing::parse(text.as_bytes());
        assert!(whole);
        assert_eq!(listing.render(), format!("{EMPTY}  a\n{other}  a\n"));
    }
}
