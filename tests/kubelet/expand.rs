//! `$(VARIABLE)` as Kubernetes expands it: in env values, commands and arguments.
//!
//! The rules of `k8s.io/kubernetes/third_party/forked/golang/expansion`, byte for byte, the odd
//! ones too: `$$` is one dollar sign wherever it stands, a reference to a name that is not known
//! stays as it was written, and a dollar sign before a byte that is not ASCII breaks the character.

/// Expands `input`; `lookup` gives the value of a name, or nothing if it is not known.
pub(crate) fn expand(input: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let bytes = input.as_bytes();
    let mut output = Vec::new();
    let mut checkpoint = 0;
    let mut cursor = 0;
    while cursor < bytes.len() {
        if bytes[cursor] == b'$' && cursor + 1 < bytes.len() {
            output.extend_from_slice(&bytes[checkpoint..cursor]);
            let (text, advance) = read_reference(&bytes[cursor + 1..], &lookup);
            output.extend_from_slice(&text);
            cursor += advance;
            checkpoint = cursor + 1;
        }
        cursor += 1;
    }
    output.extend_from_slice(&bytes[checkpoint..]);
    String::from_utf8_lossy(&output).into_owned()
}

/// What stands for the text after a dollar sign, and how many bytes of it that replaces.
fn read_reference(input: &[u8], lookup: impl Fn(&str) -> Option<String>) -> (Vec<u8>, usize) {
    match input[0] {
        b'$' => (b"$".to_vec(), 1),
        b'(' => match input.iter().position(|byte| *byte == b')') {
            Some(end) => {
                let name = String::from_utf8_lossy(&input[1..end]);
                let value = lookup(&name).unwrap_or_else(|| format!("$({name})"));
                (value.into_bytes(), end + 1)
            }
            None => (b"$(".to_vec(), 1),
        },
        // Go's string(byte) makes the character of that number out of the byte.
        other => (format!("${}", char::from(other)).into_bytes(), 1),
    }
}
