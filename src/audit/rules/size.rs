//! UP0943: objects are small enough to be applied.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::Context;
use serde_json::Value;

const CODE: &str = "UP0943";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "objects are small enough to be applied",
    documentation: "
No object of ours is larger than 200 KiB.

`kubectl apply` keeps the whole object in an annotation of itself, and all annotations together may
have 256 KiB. Beyond that the object can be made once and not be applied again.

The example would be too long to print.
",
    good: r"
apiVersion: v1
kind: ConfigMap
metadata: { name: orders-settings, labels: { app.kubernetes.io/managed-by: underpin } }
",
    // Alone among the rules: the tests make one.
    bad: "",
    check,
};

const LIMIT: usize = 200 << 10;

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for item in context.items.iter().filter(|item| item.ours) {
        let size = length(item.value);
        if size > LIMIT {
            let message = format!("the object has {size} bytes, and may have {LIMIT}");
            findings.push(item.error(CODE, "metadata.name", message));
        }
    }
    findings
}

/// How long the object is as JSON, without writing it down.
fn length(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // A counter takes everything.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}
