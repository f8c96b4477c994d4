//! One change of each field of the schema.

/// The volume that `[storage]` has in the base.
const CLASS: &str = "class = \"fast-ssd\"\n";
const LOCAL: &str = "volume.local = { path = \"/mnt/disks/orders\", node = \"db-1\" }\n";
const HOST_PATH: &str = "volume.host_path = { path = \"/mnt/orders\", node = \"db-1\" }\n";
const NFS: &str =
    "volume.nfs = { server = \"nfs.internal\", path = \"/orders\", options = [\"hard\"] }\n";
const CSI: &str = "volume.csi = { driver = \"ebs.csi.aws.com\", handle = \"vol-1\", fs_type = \"ext4\", attributes = { a = \"b\" } }\n";

/// The volume that `[backup.volume]` has in the base.
const BACKUP_CLASS: &str = "class = \"standard\"\n";
const BACKUP_LOCAL: &str = "local = { path = \"/mnt/disks/backups\", node = \"db-1\" }\n";
const BACKUP_HOST_PATH: &str = "host_path = { path = \"/mnt/backups\", node = \"db-1\" }\n";
const BACKUP_NFS: &str =
    "nfs = { server = \"nfs.internal\", path = \"/backups\", options = [\"hard\"] }\n";
const BACKUP_CSI: &str = "csi = { driver = \"ebs.csi.aws.com\", handle = \"vol-1\", fs_type = \"ext4\", attributes = { a = \"b\" } }\n";

/// The Secret that the base names, and one that is made from a store.
const NAMED: &str = "secret = \"orders-postgres\"";
const EXTERNAL: &str =
    "{ external = { store = \"vault\", kind = \"ClusterSecretStore\", path = \"shop/orders\" } }";
const MADE: &str = "secret.external = { store = \"vault\", kind = \"ClusterSecretStore\", path = \"shop/orders\" }";
/// Where TLS comes from in the base, and who is trusted.
const TLS: &str = "tls = { issuer = \"internal-ca\", kind = \"ClusterIssuer\", ca = { config_map = \"authorities\", key = \"ca.crt\" } }\n";
const CA: &str = ", ca = { config_map = \"authorities\", key = \"ca.crt\" }";

/// What stands before `[backup]` in the base, with a pooler.
const NO_POOLER: &str = "[backup]\nverify";
const POOLER: &str = "[pooler]\nimage = \"docker.io/edoburu/pgbouncer:v1.25.2-p0\"\nreplicas = 2\npool_mode = \"transaction\"\npool_size = 20\nmax_clients = 1000\ncpu = \"150m\"\nmemory = \"96Mi\"\ncpu_limit = \"900m\"\nexporter = { image = \"quay.io/prometheuscommunity/pgbouncer-exporter:v0.11.0\", cpu = \"15m\", memory = \"48Mi\", cpu_limit = \"140m\" }\n\n[backup]\nverify";

/// The last tables of the base.
const MONITORING: &str = "[monitoring]\nrules = \"config-map\"\nexporter = { image = \"quay.io/prometheuscommunity/postgres-exporter:v0.17.1\", cpu = \"25m\", memory = \"72Mi\", cpu_limit = \"225m\" }\nscrapers = [{ namespace = \"watch\", pods = { app = \"prom\" } }]\ndashboard = true\n";
const EXPORTER: &str = "exporter = { image = \"quay.io/prometheuscommunity/postgres-exporter:v0.17.1\", cpu = \"25m\", memory = \"72Mi\", cpu_limit = \"225m\" }\nscrapers = [{ namespace = \"watch\", pods = { app = \"prom\" } }]\n";
const SCRAPERS: &str = "scrapers = [{ namespace = \"watch\", pods = { app = \"prom\" } }]\n";

const POOLER_EXPORTER: &str = "exporter = { image = \"quay.io/prometheuscommunity/pgbouncer-exporter:v0.11.0\", cpu = \"15m\", memory = \"48Mi\", cpu_limit = \"140m\" }\n";

/// What stands in the other base.
const NEON: &str = "[neon]\n";

/// A change of one field, or of one setting of the server.
pub struct Change {
    /// The field as the schema knows it; after a `:`, which of several changes of it this is.
    pub field: &'static str,
    /// The class of the base, and what stands there instead, for fields of an existing volume; or
    /// where a pooler would stand, for its fields.
    pub volume: (&'static str, &'static str),
    /// The text that is replaced.
    pub from: &'static str,
    /// What replaces it.
    pub to: &'static str,
}

const fn change(field: &'static str, from: &'static str, to: &'static str) -> Change {
    on_volume((CLASS, CLASS), field, from, to)
}

const fn on(
    volume: &'static str,
    field: &'static str,
    from: &'static str,
    to: &'static str,
) -> Change {
    on_volume((CLASS, volume), field, from, to)
}

const fn external(field: &'static str, from: &'static str, to: &'static str) -> Change {
    on_volume((NAMED, MADE), field, from, to)
}

const fn on_backup(
    volume: &'static str,
    field: &'static str,
    from: &'static str,
    to: &'static str,
) -> Change {
    on_volume((BACKUP_CLASS, volume), field, from, to)
}

const fn on_pooler(field: &'static str, from: &'static str, to: &'static str) -> Change {
    on_volume((NO_POOLER, POOLER), field, from, to)
}

const fn on_neon(field: &'static str, from: &'static str, to: &'static str) -> Change {
    on_volume((NEON, NEON), field, from, to)
}

const fn on_volume(
    volume: (&'static str, &'static str),
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
    change("secret:external", "\"orders-postgres\"", EXTERNAL),
    external("secret.external.store", "\"vault\"", "\"safe\""),
    external(
        "secret.external.kind",
        "\"ClusterSecretStore\"",
        "\"SecretStore\"",
    ),
    external("secret.external.path", "\"shop/orders\"", "\"eu/orders\""),
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
        "access_mode = \"ReadWriteOnce\"\nreserve",
        "access_mode = \"ReadWriteOncePod\"\nreserve",
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
    on_neon(
        "neon: another project",
        "host = \"ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech\"\ndatabase = \"orders\"\nrole = \"orders_owner\"\n",
        "host = \"ep-warm-light-e5f6.eu-central-1.aws.neon.tech\"\ndatabase = \"sales\"\nrole = \"sales_owner\"\n",
    ),
    on_neon(
        "neon.host",
        "ep-cool-darkness-a1b2c3d4",
        "ep-warm-light-e5f6",
    ),
    on_neon(
        "neon.database",
        "database = \"orders\"",
        "database = \"sales\"",
    ),
    on_neon("neon.role", "\"orders_owner\"", "\"sales_owner\""),
    on_neon("neon.postgres", "postgres = 17", "postgres = 18"),
    on_neon(
        "neon.min_compute",
        "min_compute = 0.25",
        "min_compute = 0.5",
    ),
    on_neon(
        "neon.ca",
        "ca = { config_map = \"isrg-root\", key = \"ca.crt\" }\n",
        "",
    ),
    on_neon("neon.ca.config_map", "\"isrg-root\"", "\"authorities\""),
    on_neon("neon.ca.key", "\"ca.crt\"", "\"root.crt\""),
    on_neon(
        "neon.branch: the parent itself",
        "\n[neon.branch]\nproject = \"round-river-12345678\"\nname = \"preview/pr-7\"\nparent = \"br-young-forest-a5b6c7d8\"\nttl = \"48h\"\nimage = \"docker.io/library/python:3.13.14-alpine3.24\"\n",
        "host = \"ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech\"\npostgres = 17\n",
    ),
    on_neon(
        "neon.branch.project",
        "\"round-river-12345678\"",
        "\"wide-lake-87654321\"",
    ),
    on_neon("neon.branch.name", "\"preview/pr-7\"", "\"preview/pr-8\""),
    on_neon(
        "neon.branch.parent",
        "parent = \"br-young-forest-a5b6c7d8\"\n",
        "",
    ),
    on_neon("neon.branch.ttl", "\"48h\"", "\"72h\""),
    on_neon(
        "neon.branch.image",
        "python:3.13.14-alpine3.24",
        "python:3.14.4-alpine3.23",
    ),
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
        "[access]\nclients = [{ namespace = \"bi\", pods = { app = \"etl\" } }]\ndns = { namespace = \"kube-system\", pods = { k8s-app = \"kube-dns\" }, port = 53 }\ntls = { issuer = \"internal-ca\", kind = \"ClusterIssuer\", ca = { config_map = \"authorities\", key = \"ca.crt\" } }\n",
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
    change("access.tls", TLS, ""),
    change(
        "access.tls.secret",
        "issuer = \"internal-ca\", kind = \"ClusterIssuer\"",
        "secret = \"orders-certificate\"",
    ),
    change("access.tls.issuer", "\"internal-ca\"", "\"vault\""),
    change("access.tls.kind", "\"ClusterIssuer\"", "\"Issuer\""),
    change("access.tls.ca", CA, ""),
    change("access.tls.ca.config_map", "\"authorities\"", "\"trusted\""),
    change("access.tls.ca.key", "\"ca.crt\"", "\"bundle.pem\""),
    change("pooler", NO_POOLER, POOLER),
    on_pooler("pooler.image", "v1.25.2-p0", "v1.25.3-p0"),
    on_pooler("pooler.replicas", "replicas = 2", "replicas = 3"),
    on_pooler("pooler.replicas: one alone", "replicas = 2", "replicas = 1"),
    on_pooler("pooler.pool_mode", "\"transaction\"", "\"session\""),
    on_pooler("pooler.pool_size", "pool_size = 20", "pool_size = 30"),
    on_pooler(
        "pooler.max_clients",
        "max_clients = 1000",
        "max_clients = 2000",
    ),
    on_pooler("pooler.cpu", "\"150m\"", "\"160m\""),
    on_pooler("pooler.memory", "\"96Mi\"", "\"97Mi\""),
    on_pooler("pooler.cpu_limit", "cpu_limit = \"900m\"\n", ""),
    on_pooler("pooler.exporter", POOLER_EXPORTER, ""),
    on_pooler(
        "pooler.exporter.image",
        "pgbouncer-exporter:v0.11.0",
        "pgbouncer-exporter:v0.11.1",
    ),
    on_pooler("pooler.exporter.cpu", "\"15m\"", "\"16m\""),
    on_pooler("pooler.exporter.memory", "\"48Mi\"", "\"49Mi\""),
    on_pooler(
        "pooler.exporter.cpu_limit",
        ", cpu_limit = \"140m\" }",
        " }",
    ),
    on_pooler(
        "roles.password.key: with a pooler",
        "\"password\"",
        "\"pass\"",
    ),
    change(
        "backup",
        "[backup]\nverify = \"content\"\nexclude = [\"scratch\"]\ndeadline = \"3h\"\ncpu = \"500m\"\nmemory = \"1Gi\"\ncpu_limit = \"1500m\"\n\n[[backup.schedules]]\nname = \"nightly\"\ncron = \"15 2 * * *\"\ntime_zone = \"Asia/Kolkata\"\n\n[backup.volume]\nsize = \"200Gi\"\nclass = \"standard\"\naccess_mode = \"ReadWriteOnce\"\nkeep = { last = 7, daily = 14, weekly = 8, monthly = 12, yearly = 3, minimum = 2 }\n\n[backup.rehearsal]\ndeadline = \"26m\"\ncpu = \"155m\"\nmemory = \"896Mi\"\ncpu_limit = \"1350m\"\n\n[backup.drill]\ncron = \"0 5 * * 0\"\nolder = \"30 5 15 * *\"\ntime_zone = \"Asia/Kolkata\"\nsize = \"60Gi\"\nclass = \"throwaway\"\ndeadline = \"5h\"\ncpu = \"300m\"\nmemory = \"640Mi\"\ncpu_limit = \"1750m\"\nasserts = [{ database = \"postgres\", sql = \"select true\" }]\n\n",
        "",
    ),
    change("backup.verify", "\"content\"", "\"decode\""),
    change("backup.exclude", "\"scratch\"", "\"archive\""),
    change(
        "backup.schedules",
        "[[backup.schedules]]\nname = \"nightly\"",
        "[[backup.schedules]]\nname = \"noon\"\ncron = \"0 12 * * *\"\n\n[[backup.schedules]]\nname = \"nightly\"",
    ),
    change("backup.schedules.name", "\"nightly\"", "\"night\""),
    change("backup.schedules.cron", "15 2", "45 2"),
    change(
        "backup.schedules.time_zone",
        "15 2 * * *\"\ntime_zone = \"Asia/Kolkata\"",
        "15 2 * * *\"\ntime_zone = \"Asia/Tokyo\"",
    ),
    change("backup.deadline", "\"3h\"", "\"2h\""),
    change(
        "backup.volume",
        "[backup.volume]\nsize = \"200Gi\"\nclass = \"standard\"\naccess_mode = \"ReadWriteOnce\"\nkeep = { last = 7, daily = 14, weekly = 8, monthly = 12, yearly = 3, minimum = 2 }\n\n",
        "",
    ),
    change("backup.volume.size", "200Gi", "300Gi"),
    on_backup(
        BACKUP_LOCAL,
        "backup.volume.size: of an existing volume",
        "200Gi",
        "300Gi",
    ),
    on_backup(BACKUP_CLASS, "backup.volume.class", BACKUP_CLASS, ""),
    change(
        "backup.volume.access_mode",
        "\"standard\"\naccess_mode = \"ReadWriteOnce\"",
        "\"standard\"\naccess_mode = \"ReadWriteMany\"",
    ),
    on_backup(
        BACKUP_LOCAL,
        "backup.volume.local",
        BACKUP_LOCAL,
        BACKUP_CSI,
    ),
    on_backup(
        BACKUP_LOCAL,
        "backup.volume.local.path",
        "/mnt/disks/backups",
        "/mnt/disks/other",
    ),
    on_backup(BACKUP_LOCAL, "backup.volume.local.node", "db-1", "db-2"),
    on_backup(BACKUP_NFS, "backup.volume.nfs", BACKUP_NFS, BACKUP_CSI),
    on_backup(
        BACKUP_NFS,
        "backup.volume.nfs.server",
        "nfs.internal",
        "nas.internal",
    ),
    on_backup(
        BACKUP_NFS,
        "backup.volume.nfs.path",
        "\"/backups\"",
        "\"/other\"",
    ),
    on_backup(
        BACKUP_NFS,
        "backup.volume.nfs.options",
        "[\"hard\"]",
        "[\"hard\", \"nfsvers=4.2\"]",
    ),
    on_backup(BACKUP_CSI, "backup.volume.csi", BACKUP_CSI, BACKUP_LOCAL),
    on_backup(
        BACKUP_CSI,
        "backup.volume.csi.driver",
        "ebs.csi.aws.com",
        "disk.csi.azure.com",
    ),
    on_backup(BACKUP_CSI, "backup.volume.csi.handle", "vol-1", "vol-2"),
    on_backup(
        BACKUP_CSI,
        "backup.volume.csi.fs_type",
        "\"ext4\"",
        "\"xfs\"",
    ),
    on_backup(
        BACKUP_CSI,
        "backup.volume.csi.attributes",
        "a = \"b\"",
        "a = \"c\"",
    ),
    on_backup(
        BACKUP_HOST_PATH,
        "backup.volume.host_path",
        BACKUP_HOST_PATH,
        BACKUP_CSI,
    ),
    on_backup(
        BACKUP_HOST_PATH,
        "backup.volume.host_path.path",
        "/mnt/backups",
        "/mnt/other",
    ),
    on_backup(
        BACKUP_HOST_PATH,
        "backup.volume.host_path.node",
        "db-1",
        "db-2",
    ),
    change(
        "backup.volume.keep",
        "keep = { last = 7, daily = 14, weekly = 8, monthly = 12, yearly = 3, minimum = 2 }\n",
        "",
    ),
    change("backup.volume.keep.last", "last = 7", "last = 8"),
    change("backup.volume.keep.daily", "daily = 14", "daily = 15"),
    change("backup.volume.keep.weekly", "weekly = 8", "weekly = 9"),
    change("backup.volume.keep.monthly", "monthly = 12", "monthly = 13"),
    change("backup.volume.keep.yearly", "yearly = 3", "yearly = 4"),
    change("backup.volume.keep.minimum", "minimum = 2", "minimum = 3"),
    change("backup.cpu", "\"500m\"", "\"600m\""),
    change("backup.memory", "memory = \"1Gi\"", "memory = \"2Gi\""),
    change("backup.cpu_limit", "cpu_limit = \"1500m\"\n", ""),
    change(
        "backup.rehearsal",
        "[backup.rehearsal]\ndeadline = \"26m\"\ncpu = \"155m\"\nmemory = \"896Mi\"\ncpu_limit = \"1350m\"\n\n",
        "",
    ),
    change("backup.rehearsal.deadline", "\"26m\"", "\"36m\""),
    change("backup.rehearsal.cpu", "\"155m\"", "\"165m\""),
    change("backup.rehearsal.memory", "\"896Mi\"", "\"960Mi\""),
    change("backup.rehearsal.cpu_limit", "cpu_limit = \"1350m\"\n", ""),
    change(
        "backup.drill",
        "[backup.drill]\ncron = \"0 5 * * 0\"\nolder = \"30 5 15 * *\"\ntime_zone = \"Asia/Kolkata\"\nsize = \"60Gi\"\nclass = \"throwaway\"\ndeadline = \"5h\"\ncpu = \"300m\"\nmemory = \"640Mi\"\ncpu_limit = \"1750m\"\nasserts = [{ database = \"postgres\", sql = \"select true\" }]\n\n",
        "",
    ),
    change("backup.drill.cron", "\"0 5 * * 0\"", "\"0 6 * * 0\""),
    change("backup.drill.older", "\"30 5 15", "\"30 6 15"),
    change(
        "backup.drill.time_zone",
        "30 5 15 * *\"\ntime_zone = \"Asia/Kolkata\"",
        "30 5 15 * *\"\ntime_zone = \"Asia/Tokyo\"",
    ),
    change("backup.drill.size", "\"60Gi\"", "\"70Gi\""),
    change("backup.drill.class", "class = \"throwaway\"\n", ""),
    change("backup.drill.deadline", "\"5h\"", "\"4h\""),
    change("backup.drill.cpu", "\"300m\"", "\"400m\""),
    change("backup.drill.memory", "\"640Mi\"", "\"1536Mi\""),
    change("backup.drill.cpu_limit", "cpu_limit = \"1750m\"\n", ""),
    change(
        "backup.drill.asserts",
        "asserts = [{ database = \"postgres\", sql = \"select true\" }]\n",
        "",
    ),
    change(
        "backup.drill.asserts.database",
        "[{ database = \"postgres\"",
        "[{ database = \"orders\"",
    ),
    change("backup.drill.asserts.sql", "select true", "select 1 = 1"),
    change(
        "restore",
        "[restore]\ndatabase = \"orders\"\nbackup = \"latest\"\nbefore = \"2026-11-20T12:00:00Z\"\ninto = \"orders_back\"\nreplace = false\nsecret = \"orders-back\"\nas_superuser = false\ndeadline = \"6h\"\ncpu = \"750m\"\nmemory = \"768Mi\"\ncpu_limit = \"1250m\"\n",
        "",
    ),
    change(
        "restore.database",
        "database = \"orders\"",
        "database = \"archive\"",
    ),
    change(
        "restore.backup",
        "backup = \"latest\"\nbefore = \"2026-11-20T12:00:00Z\"\n",
        "backup = \"20261120T021500Z-k3x9p\"\n",
    ),
    change("restore.before", "2026-11-20T12", "2026-11-20T13"),
    change("restore.into", "\"orders_back\"", "\"orders_again\""),
    change("restore.replace", "replace = false", "replace = true"),
    change("restore.secret", "\"orders-back\"", "\"orders-again\""),
    change(
        "restore.as_superuser",
        "as_superuser = false",
        "as_superuser = true",
    ),
    change("restore.deadline", "\"6h\"", "\"7h\""),
    change("restore.cpu", "\"750m\"", "\"850m\""),
    change("restore.memory", "\"768Mi\"", "\"896Mi\""),
    change("restore.cpu_limit", "cpu_limit = \"1250m\"\n", ""),
    change("monitoring", MONITORING, ""),
    change(
        "monitoring.rules: a PrometheusRule",
        "\"config-map\"",
        "\"prometheus-operator\"",
    ),
    change("monitoring.rules: none", "\"config-map\"", "\"none\""),
    change("monitoring.exporter: none", EXPORTER, ""),
    change(
        "monitoring.exporter.image",
        "exporter:v0.17.1",
        "exporter:v0.18.0",
    ),
    change("monitoring.exporter.cpu", "\"25m\"", "\"35m\""),
    change("monitoring.exporter.memory", "\"72Mi\"", "\"80Mi\""),
    change(
        "monitoring.exporter.cpu_limit",
        ", cpu_limit = \"225m\"",
        "",
    ),
    change("monitoring.scrapers", SCRAPERS, ""),
    change(
        "monitoring.scrapers.namespace",
        "namespace = \"watch\", ",
        "",
    ),
    change(
        "monitoring.scrapers.pods",
        "app = \"prom\"",
        "app = \"prometheus\"",
    ),
    change(
        "monitoring.dashboard",
        "dashboard = true",
        "dashboard = false",
    ),
    on_pooler(
        "allow",
        "pull_secrets = [\"registry\"]\n",
        "pull_secrets = [\"registry\"]\nallow = [{ rule = \"UP1001\" }]\n",
    ),
    on_pooler(
        "allow.rule",
        "pull_secrets = [\"registry\"]\n",
        "pull_secrets = [\"registry\"]\nallow = [{ rule = \"UP1003\" }]\n",
    ),
];
