//! A cluster from its pods' side: objects, Services, the birth and the end of a pod.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use serde_json::Value;

use super::{Shared, unmount_below};
use crate::kubelet::facts::{self, Facts};
use crate::kubelet::host;
use crate::kubelet::objects::{Objects, list, text};
use crate::kubelet::pod::Pod;
use crate::kubelet::services::Services;
use crate::kubelet::sidecar;
use crate::kubelet::volume;

impl Shared {
    /// Whether the test is over: nothing is started any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn objects(&self) -> Objects {
        self.lock_objects().clone()
    }

    pub(crate) fn versions(&self) -> BTreeMap<u32, String> {
        self.versions.lock().expect("no panic inside").clone()
    }

    pub(crate) fn clock(&self) -> String {
        self.clock.lock().expect("no panic inside").clone()
    }

    /// What images bring as the bundle of authorities, once a test has said it.
    pub(crate) fn authorities(&self) -> PathBuf {
        self.directory.join("ca-certificates.crt")
    }

    pub(crate) fn pods(&self) -> Vec<Pod> {
        self.lock_pods().clone()
    }

    /// Name, address and first port of every Service with an address.
    pub(crate) fn service_addresses(&self) -> Vec<(String, String, u64)> {
        self.lock_services().addresses(&self.objects())
    }

    /// Lets every Service's address stand at the pod that it selects, and every pod know its name.
    pub(crate) fn update_services(&self) {
        let mut services = self.lock_services();
        services.update(&self.objects(), &self.pods(), &self.network);
    }

    /// Gives birth to a pod from a template.
    #[track_caller]
    pub(crate) fn start_pod(
        self: &Arc<Self>,
        name: &str,
        template: &Value,
        subdomain: &str,
        namespace: &str,
    ) -> Pod {
        let spec = template["spec"].clone();
        self.admit(name, &spec);
        let network = self.network.add_pod(name);
        let uid = format!("00000000-0000-4000-8000-{:0>12}", host::unique());
        let facts = Facts {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            labels: facts::strings(&template["metadata"]["labels"]),
            annotations: facts::strings(&template["metadata"]["annotations"]),
            address: network.address.clone(),
            subdomain: subdomain.to_owned(),
            spec,
            directory: self.directory.join(format!("pod-{uid}")),
            uid,
        };
        let pod = Pod::start(self, facts, network);
        self.lock_pods().push(pod.clone());
        self.update_services();
        pod.begin();
        pod
    }

    /// What the pod leaves behind goes; its logs stay until the cluster ends.
    pub(crate) fn remove_pod(&self, pod: &Pod) {
        self.lock_pods().retain(|other| other.uid() != pod.uid());
        self.update_services();
        self.network.remove_pod(&pod.shared.network);
        let directory = &pod.shared.facts.directory;
        unmount_below(directory);
        for below in ["volumes", "runs", "shm"] {
            drop(fs::remove_dir_all(directory.join(below)));
        }
    }

    #[track_caller]
    pub(crate) fn object(&self, kind: &str, name: &str) -> Value {
        let objects = self.lock_objects();
        let known: Vec<&str> = objects
            .of_kind(kind)
            .map(|object| text(object, "/metadata/name"))
            .collect();
        let object = objects.get(kind, name);
        object
            .cloned()
            .unwrap_or_else(|| panic!("there is no {kind} `{name}`, only {known:?}"))
    }

    /// What the API server would refuse, and what would put something into the pod that is not here.
    #[track_caller]
    fn admit(&self, name: &str, spec: &Value) {
        sidecar::admit(name, spec);
        let objects = self.lock_objects();
        let account = text(spec, "/serviceAccountName");
        let account_object = objects.get("ServiceAccount", account);
        assert!(
            account.is_empty() || account == "default" || account_object.is_some(),
            "pods \"{name}\" is forbidden: error looking up service account: serviceaccount \"{account}\" not found"
        );
        let token = match &spec["automountServiceAccountToken"] {
            Value::Null => account_object.map_or(
                &Value::Null,
                |object| &object["automountServiceAccountToken"],
            ),
            said => said,
        };
        assert!(
            *token == Value::Bool(false),
            "pod {name} would be given a token, which the kubelet in small does not have"
        );
        for field in ["shareProcessNamespace", "stdin", "tty"] {
            let set = |value: &Value| value[field] == Value::Bool(true);
            assert!(
                !set(spec) && !sidecar::lasting(spec).any(set),
                "the kubelet in small does not know `{field}: true`"
            );
        }
    }

    pub(super) fn refresh_volumes(&self) {
        let objects = self.objects();
        for pod in self.pods() {
            for volume in list(&pod.shared.facts.spec["volumes"]) {
                volume::refresh(volume, &pod.shared.facts, &objects);
            }
        }
    }

    pub(super) fn lock_objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock_pods(&self) -> MutexGuard<'_, Vec<Pod>> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock_services(&self) -> MutexGuard<'_, Services> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
