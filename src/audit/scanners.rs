//! What other tools look at in Kubernetes YAML, and what of it Underpin promises: each of their
//! checks is answered by rules of [`super::rules`], by something else that makes it impossible, or
//! is waived, with the reason. `docs/scanners.md` is made of it.
//!
//! The checks are those of kube-linter, kube-score, polaris, checkov and kubescape (controls of the
//! NSA's framework) as of August 2026.

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// <https://docs.kubelinter.io/#/generated/checks>
    KubeLinter,
    /// <https://github.com/zegl/kube-score/blob/master/README_CHECKS.md>
    KubeScore,
    /// <https://polaris.docs.fairwinds.com/checks/security/>
    Polaris,
    /// <https://www.checkov.io/5.Policy%20Index/kubernetes.html>
    Checkov,
    /// <https://kubescape.io/docs/frameworks-and-controls/controls/>
    Kubescape,
}

impl Tool {
    /// How it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::KubeLinter => "kube-linter",
            Self::KubeScore => "kube-score",
            Self::Polaris => "polaris",
            Self::Checkov => "checkov",
            Self::Kubescape => "kubescape",
        }
    }
}

/// Checks that ask for the same, and what is answered.
#[derive(Debug)]
pub struct Row {
    /// What they ask for: a lowercase phrase.
    pub asked: &'static str,
    /// By their names.
    pub checks: &'static [(Tool, &'static [&'static str])],
    /// What is answered.
    pub answer: Answer,
}

/// What is answered.
#[derive(Debug)]
pub enum Answer {
    /// Rules of ours hold it: nothing is written that fails them.
    Held(&'static [&'static str]),
    /// It cannot be otherwise, because of this.
    Given(&'static str),
    /// These checks fail on what Underpin writes, on purpose, because of this.
    Waived(&'static str),
}

use Answer::{Given, Held, Waived};
use Tool::{Checkov, KubeLinter, KubeScore, Kubescape, Polaris};

/// Every row.
pub const ROWS: &[Row] = &[
    Row {
        asked: "nothing runs as root, or in its group",
        checks: &[
            (KubeLinter, &["run-as-non-root"]),
            (Checkov, &["CKV_K8S_6", "CKV_K8S_23"]),
            (Polaris, &["runAsRootAllowed"]),
            (Kubescape, &["C-0013"]),
        ],
        answer: Held(&["UP0903"]),
    },
    Row {
        asked: "users and groups are 10000 or higher",
        checks: &[
            (KubeScore, &["container-security-context-user-group-id"]),
            (Checkov, &["CKV_K8S_40"]),
        ],
        answer: Waived(
            "The files on a volume belong to the user of the stock image, 999 on Debian and 70 on Alpine. Another one cannot read a volume that the image has written before, nor be found in the image's list of users, which PostgreSQL's `peer` asks.",
        ),
    },
    Row {
        asked: "root file systems are read-only",
        checks: &[
            (KubeLinter, &["no-read-only-root-fs"]),
            (
                KubeScore,
                &["container-security-context-readonlyrootfilesystem"],
            ),
            (Checkov, &["CKV_K8S_22"]),
            (Polaris, &["notReadOnlyRootFilesystem"]),
            (Kubescape, &["C-0017"]),
        ],
        answer: Held(&["UP0906"]),
    },
    Row {
        asked: "containers have no privileges and gain none",
        checks: &[
            (
                KubeLinter,
                &[
                    "privileged-container",
                    "privilege-escalation-container",
                    "drop-net-raw-capability",
                ],
            ),
            (KubeScore, &["container-security-context-privileged"]),
            (
                Checkov,
                &[
                    "CKV_K8S_16",
                    "CKV_K8S_20",
                    "CKV_K8S_25",
                    "CKV_K8S_28",
                    "CKV_K8S_37",
                    "CKV_K8S_39",
                ],
            ),
            (
                Polaris,
                &[
                    "privilegeEscalationAllowed",
                    "runAsPrivileged",
                    "insecureCapabilities",
                    "dangerousCapabilities",
                ],
            ),
            (Kubescape, &["C-0016", "C-0046", "C-0057"]),
        ],
        answer: Held(&["UP0902"]),
    },
    Row {
        asked: "a seccomp profile, and no other guard of the kernel taken away",
        checks: &[
            (KubeLinter, &["unsafe-proc-mount", "unsafe-sysctls"]),
            (KubeScore, &["container-seccomp-profile"]),
            (Checkov, &["CKV_K8S_31", "CKV_K8S_32"]),
            (Polaris, &["linuxHardening", "procMount"]),
            (Kubescape, &["C-0055"]),
        ],
        answer: Held(&["UP0904"]),
    },
    Row {
        asked: "a security context for the pod and for its containers",
        checks: &[(Checkov, &["CKV_K8S_29", "CKV_K8S_30"])],
        answer: Held(&["UP0902", "UP0903", "UP0904"]),
    },
    Row {
        asked: "pods do not reach into their node",
        checks: &[
            (
                KubeLinter,
                &[
                    "host-ipc",
                    "host-network",
                    "host-pid",
                    "docker-sock",
                    "sensitive-host-mounts",
                    "writable-host-mount",
                ],
            ),
            (
                Checkov,
                &[
                    "CKV_K8S_17",
                    "CKV_K8S_18",
                    "CKV_K8S_19",
                    "CKV_K8S_26",
                    "CKV_K8S_27",
                ],
            ),
            (
                Polaris,
                &[
                    "hostIPCSet",
                    "hostNetworkSet",
                    "hostPIDSet",
                    "hostPortSet",
                    "hostPathSet",
                ],
            ),
            (
                Kubescape,
                &["C-0038", "C-0041", "C-0044", "C-0045", "C-0048", "C-0074"],
            ),
        ],
        answer: Held(&["UP0901", "UP0905"]),
    },
    Row {
        asked: "images have a tag that stays",
        checks: &[
            (KubeLinter, &["latest-tag"]),
            (KubeScore, &["container-image-tag"]),
            (Checkov, &["CKV_K8S_14"]),
            (Polaris, &["tagNotSpecified"]),
        ],
        answer: Held(&["UP0909"]),
    },
    Row {
        asked: "images have a digest",
        checks: &[(Checkov, &["CKV_K8S_43"])],
        answer: Waived(
            "A spec says which image: `postgres.image`, `pooler.image` and the like take a digest (`…:17.12-bookworm@sha256:…`), and then the check passes. A tag with the minor version and the base is the least that `UP0909` lets through.",
        ),
    },
    Row {
        asked: "images are pulled at every start",
        checks: &[
            (KubeScore, &["container-image-pull-policy"]),
            (Checkov, &["CKV_K8S_15"]),
            (Polaris, &["pullPolicyNotAlways"]),
        ],
        answer: Waived(
            "A database must start again when the registry does not answer. The image is pinned, so that the one on the node is the one that was reviewed.",
        ),
    },
    Row {
        asked: "requests for cpu, memory and ephemeral storage, and limits for the last two",
        checks: &[
            (
                KubeLinter,
                &["unset-cpu-requirements", "unset-memory-requirements"],
            ),
            (
                KubeScore,
                &[
                    "container-resources",
                    "container-ephemeral-storage-request-and-limit",
                ],
            ),
            (Checkov, &["CKV_K8S_10", "CKV_K8S_12", "CKV_K8S_13"]),
            (
                Polaris,
                &[
                    "cpuRequestsMissing",
                    "memoryRequestsMissing",
                    "memoryLimitsMissing",
                ],
            ),
            (Kubescape, &["C-0271"]),
        ],
        answer: Held(&["UP0908", "UP0910"]),
    },
    Row {
        asked: "a limit for cpu",
        checks: &[
            (Checkov, &["CKV_K8S_11"]),
            (Polaris, &["cpuLimitsMissing"]),
            (Kubescape, &["C-0270"]),
        ],
        answer: Waived(
            "It throttles a database on a node that has processors to spare, and a checkpoint or a backup then takes many times as long. Who wants one writes `cpu_limit`.",
        ),
    },
    Row {
        asked: "what runs for long is probed, and liveness is not readiness",
        checks: &[
            (KubeLinter, &["no-liveness-probe", "no-readiness-probe"]),
            (KubeScore, &["pod-probes", "pod-probes-identical"]),
            (Checkov, &["CKV_K8S_8", "CKV_K8S_9"]),
            (Polaris, &["livenessProbeMissing", "readinessProbeMissing"]),
            (Kubescape, &["C-0018", "C-0056"]),
        ],
        answer: Held(&["UP0911"]),
    },
    Row {
        asked: "a service account of its own, without a token",
        checks: &[
            (
                KubeLinter,
                &["default-service-account", "non-existent-service-account"],
            ),
            (Checkov, &["CKV_K8S_38", "CKV_K8S_41", "CKV_K8S_42"]),
            (Polaris, &["automountServiceAccountToken"]),
            (Kubescape, &["C-0034", "C-0189", "C-0190"]),
        ],
        answer: Held(&["UP0907", "UP0920"]),
    },
    Row {
        asked: "no rights in the cluster",
        checks: &[
            (
                KubeLinter,
                &[
                    "access-to-create-pods",
                    "access-to-secrets",
                    "cluster-admin-role-binding",
                    "wildcard-in-rules",
                ],
            ),
            (
                Checkov,
                &[
                    "CKV_K8S_49",
                    "CKV_K8S_155",
                    "CKV_K8S_156",
                    "CKV_K8S_157",
                    "CKV_K8S_158",
                ],
            ),
            (
                Polaris,
                &[
                    "clusterrolebindingClusterAdmin",
                    "rolebindingClusterAdminClusterRole",
                ],
            ),
            (Kubescape, &["C-0015", "C-0035"]),
        ],
        answer: Held(&["UP0913"]),
    },
    Row {
        asked: "no secret in a ConfigMap, a variable, or a Secret that is committed",
        checks: &[
            (KubeLinter, &["env-var-secret"]),
            (
                Polaris,
                &["sensitiveContainerEnvVar", "sensitiveConfigmapContent"],
            ),
            (Kubescape, &["C-0012"]),
        ],
        answer: Held(&["UP0925"]),
    },
    Row {
        asked: "secrets as files",
        checks: &[
            (KubeLinter, &["read-secret-from-env-var"]),
            (Checkov, &["CKV_K8S_35"]),
            (Kubescape, &["C-0207"]),
        ],
        answer: Held(&["UP0928"]),
    },
    Row {
        asked: "every pod is selected by a policy that names both directions",
        checks: &[
            (KubeLinter, &["non-isolated-pod"]),
            (KubeScore, &["pod-networkpolicy"]),
            (Kubescape, &["C-0030", "C-0260"]),
        ],
        answer: Held(&["UP0932", "UP0933"]),
    },
    Row {
        asked: "every policy lists at least one rule for ingress and for egress",
        checks: &[(Polaris, &["missingNetworkPolicy"])],
        answer: Waived(
            "A direction that is named under `policyTypes` and lists nothing lets nothing through, which is what most pods here need. A rule that allows something, written for the check alone, would be a hole.",
        ),
    },
    Row {
        asked: "policies, Services and budgets select a pod that is there",
        checks: &[
            (
                KubeLinter,
                &[
                    "dangling-networkpolicy",
                    "dangling-networkpolicypeer-podselector",
                    "dangling-service",
                ],
            ),
            (
                KubeScore,
                &[
                    "networkpolicy-targets-pod",
                    "service-targets-pod",
                    "poddisruptionbudget-has-policy",
                ],
            ),
        ],
        answer: Held(&["UP0930", "UP0931", "UP0934", "UP0935"]),
    },
    Row {
        asked: "Services are of the type `ClusterIP`",
        checks: &[
            (KubeLinter, &["exposed-services"]),
            (KubeScore, &["service-type"]),
            (Kubescape, &["C-0256"]),
        ],
        answer: Held(&["UP0938"]),
    },
    Row {
        asked: "a StatefulSet has its headless Service",
        checks: &[(KubeScore, &["statefulset-has-servicename"])],
        answer: Held(&["UP0923"]),
    },
    Row {
        asked: "a budget for disruptions that lets nodes be drained",
        checks: &[
            (
                KubeLinter,
                &[
                    "pdb-max-unavailable",
                    "pdb-min-available",
                    "pdb-unhealthy-pod-eviction-policy",
                ],
            ),
            (
                KubeScore,
                &[
                    "statefulset-has-poddisruptionbudget",
                    "deployment-has-poddisruptionbudget",
                ],
            ),
            (
                Polaris,
                &["pdbDisruptionsIsZero", "missingPodDisruptionBudget"],
            ),
        ],
        answer: Held(&["UP0937"]),
    },
    Row {
        asked: "copies of a pod are spread over nodes",
        checks: &[(Polaris, &["topologySpreadConstraint"])],
        answer: Held(&["UP0912"]),
    },
    Row {
        asked: "copies of a pod are spread by `podAntiAffinity`",
        checks: &[
            (KubeLinter, &["no-anti-affinity"]),
            (
                KubeScore,
                &[
                    "deployment-has-host-podantiaffinity",
                    "statefulset-has-host-podantiaffinity",
                ],
            ),
        ],
        answer: Waived(
            "Poolers are spread by `topologySpreadConstraints`, which these checks do not read. Those count the pods of one version, so that a rollout leaves them spread; `podAntiAffinity` counts the old ones too.",
        ),
    },
    Row {
        asked: "a priority class",
        checks: &[(Polaris, &["priorityClassNotSet"])],
        answer: Waived(
            "Which classes there are is the cluster's; `placement.priority_class` names one, and then the check passes for the pods that it is for.",
        ),
    },
    Row {
        asked: "the label `app.kubernetes.io/instance` is the object's name",
        checks: &[(Polaris, &["metadataAndInstanceMismatched"])],
        answer: Waived(
            "It is the name of the database, the same on all its objects, as Kubernetes recommends it: that is how one lists them.",
        ),
    },
    Row {
        asked: "a CronJob has a deadline for its start, and its pods a restart policy",
        checks: &[(
            KubeScore,
            &["cronjob-has-deadline", "cronjob-restartpolicy"],
        )],
        answer: Held(&["UP0951"]),
    },
    Row {
        asked: "a finished Job is deleted after a time",
        checks: &[(KubeLinter, &["job-ttl-seconds-after-finished"])],
        answer: Waived(
            "A Job that stands in a repository and is deleted in the cluster is made again by whatever applies the repository, and runs again. Those of CronJobs are cleaned up by the history limits.",
        ),
    },
    Row {
        asked: "a namespace, and not `default`",
        checks: &[
            (KubeLinter, &["use-namespace"]),
            (Checkov, &["CKV_K8S_21"]),
            (Kubescape, &["C-0061", "C-0212"]),
        ],
        answer: Held(&["UP0942"]),
    },
    Row {
        asked: "objects are what their schema says",
        checks: &[(KubeLinter, &["schema-validation"])],
        answer: Given(
            "They are made with the types of k8s-openapi, and the tests hold every file against Kubernetes' own schemas.",
        ),
    },
    Row {
        asked: "keys in alphabetical order",
        checks: &[(KubeLinter, &["sorted-keys"])],
        answer: Waived(
            "Fields stand in the order in which people write them: what it is, what it runs, what that needs.",
        ),
    },
    Row {
        asked: "names of applications and owners, by labels and annotations of one's own",
        checks: &[(
            KubeLinter,
            &["required-label-owner", "required-annotation-email"],
        )],
        answer: Waived("`labels` in the spec puts a team's own labels on every object."),
    },
    Row {
        asked: "the cluster itself: its API server, its nodes, its admission",
        checks: &[(Kubescape, &["C-0066", "C-0067", "C-0069", "C-0070"])],
        answer: Given("Nothing of that is in these files."),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::rules;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_that_is_named_is_one_and_every_check_is_answered_once() {
        let mut seen = BTreeSet::new();
        for row in ROWS {
            if let Held(codes) = row.answer {
                assert!(!codes.is_empty(), "{}", row.asked);
                for code in codes {
                    assert!(rules::find(code).is_some(), "{}: {code}", row.asked);
                }
            }
            for (tool, checks) in row.checks {
                for check in *checks {
                    assert!(seen.insert((*tool, *check)), "{check} stands twice");
                }
            }
        }
    }
}
