//! One change of each field of the schema.

/// The volume that `[storage]` has in the base.
const CLASS: &str = "class = \"fast-ssd\"\n";
const LOCAL: &str = "volume.local = { path = \"/mnt/disks/orders\", node = \"db-1\" }\n";
const HOST_PATH: &str = "volume.host_path = { path = \"/mnt/orders\", node = \"db-1\" }\n";
const NFS: &str =
    "volume.nfs = { server = \"nfs.internal\", path = \"/orders\", options = [\"hard\"] }\n";
const CSI: &str = "volume.csi = { driver = \"ebs.csi.aws.com\", handle = \"vol-1\", fs_type = \"ext4\", attributes = { a = \"b\" } }\n";

/// A change of one field, or of one setting of the server.
pub struct Change {
    /// The field as the schema knows it; after a `:`, which of several changes of it this is.
    pub field: &'static str,
    /// What stands in the base instead of its class, for fields of an existing volume.
    pub volume: &'static str,
    /// The text that is replaced.
    pub from: &'static str,
    /// What replaces it.
    pub to: &'static str,
}

const fn change(field: &'static str, from: &'static str, to: &'static str) -> Change {
    on(CLASS, field, from, to)
}

const fn on(
    volume: &'static str,
    field: &'static str,
    from: &'static str,
    to: &'static str,
) -> Change {
    Change {
        field,
        volume,
        from,
        to,
    }
}

/// What the base says of its volume.
pub const VOLUME: &str = CLASS;

/// In the order of the schema. A table that must be there has no row; its fields have.
pub const CHANGES: &[Change] = &[
    change(
        "name",
        "name = \"orders\"\nnamespace",
        "name = \"sales\"\nnamespace",
    ),
    change("namespace", "\"shop\"", "\"store\""),
    change("kubernetes", "\"1.33\"", "\"1.36\""),
    change("secret", "\"orders-postgres\"", "\"orders-passwords\""),
    change("labels", "\"checkout\"", "\"payments\""),
    change("pull_secrets", "\"registry\"", "\"mirror\""),
    change("postgres.image", "17.12-bookworm", "17.13-bookworm"),
    change("postgres.cpu", "cpu = \"2\"", "cpu = \"3\""),
    change("postgres.memory", "memory = \"4Gi\"", "memory = \"8Gi\""),
    change("postgres.cpu_limit", "cpu_limit = \"4\"\n", ""),
    change("postgres.shm", "512Mi", "256Mi"),
    change("postgres.locale", "\"C.UTF-8\"", "\"C\""),
    change(
        "postgres.settings: one that restarts",
        "max_connections = 200",
        "max_connections = 300",
    ),
    change("postgres.settings: one that reloads", "8MB", "16MB"),
    change("storage.size", "size = \"50Gi\"", "size = \"60Gi\""),
    on(
        LOCAL,
        "storage.size: of an existing volume",
        "size = \"50Gi\"",
        "size = \"60Gi\"",
    ),
    change("storage.class", "class = \"fast-ssd\"\n", ""),
    change(
        "storage.access_mode",
        "\"ReadWriteOnce\"",
        "\"ReadWriteOncePod\"",
    ),
    change("storage.reserve", "2%", "3%"),
    change("storage.volume", CLASS, LOCAL),
    on(LOCAL, "storage.volume.local", LOCAL, CSI),
    on(
        LOCAL,
        "storage.volume.local.path",
        "/mnt/disks/orders",
        "/mnt/disks/other",
    ),
    on(LOCAL, "storage.volume.local.node", "db-1", "db-2"),
    on(NFS, "storage.volume.nfs", NFS, CSI),
    on(
        NFS,
        "storage.volume.nfs.server",
        "nfs.internal",
        "nas.internal",
    ),
    on(NFS, "storage.volume.nfs.path", "\"/orders\"", "\"/other\""),
    on(
        NFS,
        "storage.volume.nfs.options",
        "[\"hard\"]",
        "[\"hard\", \"nfsvers=4.2\"]",
    ),
    on(CSI, "storage.volume.csi", CSI, LOCAL),
    on(
        CSI,
        "storage.volume.csi.driver",
        "ebs.csi.aws.com",
        "disk.csi.azure.com",
    ),
    on(CSI, "storage.volume.csi.handle", "vol-1", "vol-2"),
    on(CSI, "storage.volume.csi.fs_type", "\"ext4\"", "\"xfs\""),
    on(
        CSI,
        "storage.volume.csi.attributes",
        "a = \"b\"",
        "a = \"c\"",
    ),
    on(HOST_PATH, "storage.volume.host_path", HOST_PATH, CSI),
    on(
        HOST_PATH,
        "storage.volume.host_path.path",
        "/mnt/orders",
        "/mnt/other",
    ),
    on(HOST_PATH, "storage.volume.host_path.node", "db-1", "db-2"),
    change(
        "databases",
        "[[databases]]\nname = \"archive\"\nowner = \"orders\"\n",
        "",
    ),
    change("databases.name", "\"archive\"", "\"history\""),
    change(
        "databases.owner",
        "\"archive\"\nowner = \"orders\"",
        "\"archive\"\nowner = \"report\"",
    ),
    change("databases.extensions", "\"pgcrypto\"", "\"pg_trgm\""),
    change(
        "roles",
        "[[roles]]\nname = \"report\"\npassword = { secret = \"report-db\", key = \"password\" }\nmember_of = [\"pg_read_all_data\"]\n",
        "",
    ),
    change("roles.name", "\"report\"", "\"reader\""),
    change(
        "roles.password",
        "password = { secret = \"report-db\", key = \"password\" }\n",
        "",
    ),
    change("roles.password.secret", "\"report-db\"", "\"report\""),
    change("roles.password.key", "\"password\"", "\"pass\""),
    change("roles.member_of", "\"pg_read_all_data\"", "\"pg_monitor\""),
    change(
        "placement",
        "[placement]\nnode = { pool = \"db\" }\ntolerations = [{ key = \"dedicated\", value = \"db\", effect = \"NoExecute\", seconds = 60 }]\npriority_class = \"database\"\n",
        "",
    ),
    change("placement.node", "pool = \"db\"", "pool = \"big\""),
    change(
        "placement.tolerations",
        "tolerations = [{ key = \"dedicated\", value = \"db\", effect = \"NoExecute\", seconds = 60 }]\n",
        "",
    ),
    change("placement.tolerations.key", "\"dedicated\"", "\"reserved\""),
    change("placement.tolerations.value", "value = \"db\", ", ""),
    change(
        "placement.tolerations.effect",
        "\"NoExecute\", seconds = 60",
        "\"NoSchedule\"",
    ),
    change(
        "placement.tolerations.seconds",
        "seconds = 60",
        "seconds = 90",
    ),
    change("placement.priority_class", "\"database\"", "\"critical\""),
    change(
        "access",
        "[access]\nclients = [{ namespace = \"bi\", pods = { app = \"etl\" } }]\ndns = { namespace = \"kube-system\", pods = { k8s-app = \"kube-dns\" }, port = 53 }\n",
        "",
    ),
    change(
        "access.clients",
        "clients = [{ namespace = \"bi\", pods = { app = \"etl\" } }]\n",
        "",
    ),
    change("access.clients.namespace", "\"bi\"", "\"reports\""),
    change("access.clients.pods", "\"etl\"", "\"reporter\""),
    change(
        "access.dns",
        "dns = { namespace = \"kube-system\", pods = { k8s-app = \"kube-dns\" }, port = 53 }\n",
        "dns = { namespace = \"openshift-dns\", pods = { dns = \"default\" }, port = 5353 }\n",
    ),
    change("access.dns.namespace", "\"kube-system\"", "\"dns\""),
    change("access.dns.pods", "\"kube-dns\"", "\"coredns\""),
    change("access.dns.port", "port = 53", "port = 5353"),
];
