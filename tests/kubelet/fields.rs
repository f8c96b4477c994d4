//! Every field that the kubelet in small knows; another one fails the test.
//!
//! A field that nothing here acts upon and that is missing from these tables could break a real
//! cluster behind a green test. `Acted` fields change what runs. `Inert` ones are known and left
//! alone, each with its reason in the table.

use serde_json::Value;

/// What is below a field.
enum Field {
    /// The code acts upon it (or refuses a value that it does not know).
    Acted,
    /// Known, and deliberately without effect.
    Inert,
    /// A mapping with known fields.
    Object(&'static [(&'static str, Field)]),
    /// A list of such mappings.
    List(&'static [(&'static str, Field)]),
}
use Field::{Acted, Inert, List, Object};

const METADATA: &[(&str, Field)] = &[
    ("name", Acted),
    ("namespace", Acted),
    ("labels", Acted),
    ("annotations", Acted),
    // What kubectl prints of an object that no API server has made yet.
    ("creationTimestamp", Inert),
];

const KEY: &[(&str, Field)] = &[("name", Acted), ("key", Acted), ("optional", Acted)];
const ITEMS: &[(&str, Field)] = &[("key", Acted), ("path", Acted), ("mode", Acted)];
const FIELD_REF: &[(&str, Field)] = &[("fieldPath", Acted), ("apiVersion", Inert)];

const ENV: &[(&str, Field)] = &[
    ("name", Acted),
    ("value", Acted),
    (
        "valueFrom",
        Object(&[
            ("fieldRef", Object(FIELD_REF)),
            ("secretKeyRef", Object(KEY)),
            ("configMapKeyRef", Object(KEY)),
        ]),
    ),
];

const EXEC: &[(&str, Field)] = &[("command", Acted)];

const PROBE: &[(&str, Field)] = &[
    ("exec", Object(EXEC)),
    ("tcpSocket", Object(&[("port", Acted)])),
    ("initialDelaySeconds", Acted),
    ("periodSeconds", Acted),
    ("timeoutSeconds", Acted),
    ("successThreshold", Acted),
    ("failureThreshold", Acted),
    ("terminationGracePeriodSeconds", Acted),
];

// No seccomp filter is installed: what RuntimeDefault forbids nothing of ours needs.
const SECCOMP: Field = Object(&[("type", Inert)]);

const CONTAINER: &[(&str, Field)] = &[
    ("name", Acted),
    ("image", Acted),
    ("imagePullPolicy", Inert),
    ("command", Acted),
    ("args", Acted),
    ("workingDir", Acted),
    ("env", List(ENV)),
    (
        "volumeMounts",
        List(&[
            ("name", Acted),
            ("mountPath", Acted),
            ("subPath", Acted),
            ("readOnly", Acted),
        ]),
    ),
    (
        "securityContext",
        Object(&[
            ("runAsUser", Acted),
            ("runAsGroup", Acted),
            ("runAsNonRoot", Acted),
            ("readOnlyRootFilesystem", Acted),
            ("allowPrivilegeEscalation", Acted),
            ("privileged", Acted),
            ("capabilities", Object(&[("drop", Acted), ("add", Acted)])),
            ("seccompProfile", SECCOMP),
        ]),
    ),
    // Shares and limits of the machine: tests that need a limit set it on the volume.
    (
        "resources",
        Object(&[
            ("requests", Object(RESOURCES)),
            ("limits", Object(RESOURCES)),
        ]),
    ),
    ("startupProbe", Object(PROBE)),
    ("livenessProbe", Object(PROBE)),
    ("readinessProbe", Object(PROBE)),
    (
        "lifecycle",
        Object(&[("preStop", Object(&[("exec", Object(EXEC))]))]),
    ),
    ("terminationMessagePath", Acted),
    ("terminationMessagePolicy", Acted),
    // Names for Services' target ports; a port is open when something listens.
    (
        "ports",
        List(&[
            ("name", Acted),
            ("containerPort", Acted),
            ("protocol", Inert),
        ]),
    ),
    ("stdin", Acted),
    ("tty", Acted),
    // `Always` makes an init container a sidecar; anything else is refused.
    ("restartPolicy", Acted),
];

const RESOURCES: &[(&str, Field)] = &[
    ("cpu", Inert),
    ("memory", Inert),
    ("ephemeral-storage", Inert),
];

const SOURCE: &[(&str, Field)] = &[("name", Acted), ("items", List(ITEMS)), ("optional", Acted)];

const VOLUME: &[(&str, Field)] = &[
    ("name", Acted),
    (
        "persistentVolumeClaim",
        Object(&[("claimName", Acted), ("readOnly", Acted)]),
    ),
    (
        "configMap",
        Object(&[
            ("name", Acted),
            ("items", List(ITEMS)),
            ("optional", Acted),
            ("defaultMode", Acted),
        ]),
    ),
    (
        "secret",
        Object(&[
            ("secretName", Acted),
            ("items", List(ITEMS)),
            ("optional", Acted),
            ("defaultMode", Acted),
        ]),
    ),
    (
        "projected",
        Object(&[
            ("defaultMode", Acted),
            (
                "sources",
                List(&[
                    ("configMap", Object(SOURCE)),
                    ("secret", Object(SOURCE)),
                    (
                        "downwardAPI",
                        Object(&[(
                            "items",
                            List(&[
                                ("path", Acted),
                                ("mode", Acted),
                                ("fieldRef", Object(FIELD_REF)),
                            ]),
                        )]),
                    ),
                ]),
            ),
        ]),
    ),
    (
        "emptyDir",
        Object(&[("medium", Acted), ("sizeLimit", Acted)]),
    ),
    // The claim is a volume that goes with the pod; its class is not looked at.
    (
        "ephemeral",
        Object(&[(
            "volumeClaimTemplate",
            Object(&[("metadata", Inert), ("spec", Acted)]),
        )]),
    ),
];

const POD: &[(&str, Field)] = &[
    ("containers", List(CONTAINER)),
    ("initContainers", List(CONTAINER)),
    ("volumes", List(VOLUME)),
    ("restartPolicy", Acted),
    ("terminationGracePeriodSeconds", Acted),
    ("activeDeadlineSeconds", Acted),
    ("serviceAccountName", Acted),
    ("automountServiceAccountToken", Acted),
    ("enableServiceLinks", Acted),
    (
        "securityContext",
        Object(&[
            ("runAsUser", Acted),
            ("runAsGroup", Acted),
            ("runAsNonRoot", Acted),
            ("fsGroup", Acted),
            ("fsGroupChangePolicy", Acted),
            ("supplementalGroups", Acted),
            ("seccompProfile", SECCOMP),
        ]),
    ),
    // There is one node and one scheduler's answer: here.
    ("nodeSelector", Inert),
    ("nodeName", Inert),
    ("tolerations", Inert),
    ("affinity", Inert),
    ("topologySpreadConstraints", Inert),
    ("priorityClassName", Inert),
    ("schedulerName", Inert),
    // Nothing is pulled, and names are resolved by /etc/hosts.
    ("imagePullSecrets", Inert),
    ("dnsPolicy", Inert),
    ("dnsConfig", Object(&[("options", Inert)])),
    // Hands out no token and no privilege to what runs here.
    ("shareProcessNamespace", Acted),
];

const TEMPLATE: &[(&str, Field)] = &[("metadata", Object(METADATA)), ("spec", Object(POD))];

const STATEFUL_SET: &[(&str, Field)] = &[
    ("replicas", Acted),
    ("serviceName", Acted),
    ("selector", Object(&[("matchLabels", Acted)])),
    ("template", Object(TEMPLATE)),
    // What a controller does over time: a test starts and deletes the pods itself.
    ("updateStrategy", Inert),
    ("podManagementPolicy", Inert),
    ("revisionHistoryLimit", Inert),
    ("minReadySeconds", Inert),
    // Speaks of volumeClaimTemplates, which are not known here.
    ("persistentVolumeClaimRetentionPolicy", Inert),
];

const DEPLOYMENT: &[(&str, Field)] = &[
    ("replicas", Acted),
    ("selector", Object(&[("matchLabels", Acted)])),
    ("template", Object(TEMPLATE)),
    // What a controller does over time: a test starts and deletes the pods itself.
    ("strategy", Inert),
    ("revisionHistoryLimit", Inert),
    ("minReadySeconds", Inert),
    ("progressDeadlineSeconds", Inert),
];

const JOB: &[(&str, Field)] = &[
    ("template", Object(TEMPLATE)),
    ("backoffLimit", Acted),
    ("activeDeadlineSeconds", Acted),
    ("completions", Acted),
    ("parallelism", Acted),
    ("suspend", Acted),
    // The pods of a finished Job stay readable for the test.
    ("ttlSecondsAfterFinished", Inert),
    ("completionMode", Acted),
    // Failed pods are always waited for here.
    ("podReplacementPolicy", Inert),
    (
        "podFailurePolicy",
        Object(&[(
            "rules",
            List(&[
                ("action", Acted),
                (
                    "onExitCodes",
                    Object(&[
                        ("operator", Acted),
                        ("values", Acted),
                        ("containerName", Acted),
                    ]),
                ),
                (
                    "onPodConditions",
                    List(&[("type", Acted), ("status", Acted)]),
                ),
            ]),
        )]),
    ),
];

const CRON_JOB: &[(&str, Field)] = &[
    (
        "jobTemplate",
        Object(&[("metadata", Object(METADATA)), ("spec", Object(JOB))]),
    ),
    // Nothing runs by the clock: a test makes the Job.
    ("schedule", Inert),
    ("timeZone", Inert),
    ("concurrencyPolicy", Inert),
    ("suspend", Inert),
    ("startingDeadlineSeconds", Inert),
    ("successfulJobsHistoryLimit", Inert),
    ("failedJobsHistoryLimit", Inert),
];

const SERVICE: &[(&str, Field)] = &[
    ("selector", Acted),
    ("clusterIP", Acted),
    ("type", Acted),
    ("publishNotReadyAddresses", Acted),
    (
        "ports",
        List(&[
            ("name", Inert),
            ("port", Acted),
            ("targetPort", Acted),
            ("protocol", Inert),
            ("appProtocol", Inert),
        ]),
    ),
    // One node, one family, one pod behind each address.
    ("sessionAffinity", Inert),
    ("internalTrafficPolicy", Inert),
    ("ipFamilyPolicy", Inert),
    ("ipFamilies", Inert),
];

/// Every field of an object's spec that is not known, with its path; the kinds that run nothing
/// have none.
pub(crate) fn unknown(object: &Value) -> Vec<String> {
    let fields = match object["kind"].as_str() {
        Some("StatefulSet") => STATEFUL_SET,
        Some("Deployment") => DEPLOYMENT,
        Some("Job") => JOB,
        Some("CronJob") => CRON_JOB,
        Some("Service") => SERVICE,
        Some("Pod") => POD,
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    walk(&object["spec"], fields, "spec", &mut found);
    found
}

fn walk(value: &Value, fields: &[(&str, Field)], path: &str, found: &mut Vec<String>) {
    let Some(members) = value.as_object() else {
        if !value.is_null() {
            found.push(format!("{path} (a mapping is expected)"));
        }
        return;
    };
    for (name, below) in members {
        let here = format!("{path}.{name}");
        match fields.iter().find(|(known, _)| known == name) {
            None => found.push(here),
            Some((_, Acted | Inert)) => {}
            Some((_, Object(fields))) => walk(below, fields, &here, found),
            Some((_, List(fields))) => match below.as_array() {
                Some(items) => {
                    for (index, item) in items.iter().enumerate() {
                        walk(item, fields, &format!("{here}[{index}]"), found);
                    }
                }
                None => found.push(format!("{here} (a list is expected)")),
            },
        }
    }
}
