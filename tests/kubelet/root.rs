//! A container's root file system: a skeleton of directories of its own, and this machine's `/usr`,
//! cut down to the programs that the image has.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::host;
use super::image::{self, Image, Userland};

/// Links of the skeleton; a mount below one lands where it points to.
const LINKS: &[(&str, &str)] = &[
    ("bin", "usr/bin"),
    ("sbin", "usr/sbin"),
    ("lib", "usr/lib"),
    ("lib64", "usr/lib64"),
    ("var/run", "../run"),
    ("var/lock", "../run/lock"),
];

/// Makes the skeleton of a container's root; mount points are added by `mount_point`.
pub(crate) fn build(root: &Path, image: &Image) {
    for directory in [
        "usr/bin",
        "usr/sbin",
        "usr/lib",
        "usr/lib64",
        "usr/share",
        "usr/local",
        "etc",
        "proc",
        "sys",
        "dev",
        "tmp",
        "run/lock",
        "var/lib",
        "var/tmp",
        "var/log",
        "root",
        "home",
        "mnt",
        "media",
        "opt",
        "srv",
        "docker-entrypoint-initdb.d",
        ".kubelet/bin",
        ".kubelet/sbin",
    ] {
        fs::create_dir_all(root.join(directory)).expect("our directory");
    }
    for (link, target) in LINKS {
        symlink(target, root.join(link)).expect("our directory");
    }
    for directory in ["tmp", "var/tmp"] {
        set_mode(&root.join(directory), 0o1777);
    }
    set_mode(&root.join("root"), 0o700);
    let id = image.postgres;
    let home = "/var/lib/postgresql";
    let directories = [("run/postgresql", 0o3777), (home, 0o1777)];
    let volume = image.volume.map(|volume| (volume, 0o1777));
    for (directory, mode) in directories.into_iter().chain(volume) {
        let directory = root.join(directory.trim_start_matches('/'));
        fs::create_dir_all(&directory).expect("our directory");
        chown(&directory, Some(id), Some(id)).expect("the tests run as root");
        set_mode(&directory, mode);
    }
    let users = format!(
        "root:x:0:0:root:/root:/bin/bash\npostgres:x:{id}:{id}::{home}:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    );
    let groups = format!("root:x:0:\npostgres:x:{id}:\nnogroup:x:65534:\n");
    for (file, content) in [
        ("passwd", users.as_str()),
        ("group", groups.as_str()),
        (
            "nsswitch.conf",
            "passwd: files\ngroup: files\nhosts: files\n",
        ),
        ("hosts", ""),
        ("hostname", ""),
        ("resolv.conf", ""),
    ] {
        fs::write(root.join("etc").join(file), content).expect("our directory");
    }
    // Where this machine's libraries are.
    fs::copy("/etc/ld.so.cache", root.join("etc/ld.so.cache")).expect("Debian has it");
}

/// The arguments that make bwrap mount the image's programs over the skeleton.
pub(crate) fn programs(image: &Image) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut mount = |from: &Path, to: &str| {
        arguments.extend([
            "--ro-bind".to_owned(),
            from.to_string_lossy().into_owned(),
            to.to_owned(),
        ]);
    };
    let userland = userland(image.userland);
    let libraries = image.libraries.as_deref().unwrap_or(Path::new("/usr"));
    mount(&libraries.join("lib"), "/usr/lib");
    if libraries.join("lib64").exists() {
        mount(&libraries.join("lib64"), "/usr/lib64");
    }
    mount(Path::new("/usr/share"), "/usr/share");
    mount(&host::tools().join("locale"), "/usr/lib/locale");
    mount(&userland.join("bin"), "/usr/bin");
    mount(&userland.join("sbin"), "/usr/sbin");
    mount(&image.local, "/usr/local");
    mount(Path::new("/usr/bin"), "/.kubelet/bin");
    mount(Path::new("/usr/sbin"), "/.kubelet/sbin");
    arguments
}

/// Makes the place where something is mounted, and says where it is once links are followed.
pub(crate) fn mount_point(root: &Path, path: &str, is_directory: bool) -> String {
    let mut path = path.trim_matches('/').to_owned();
    for (link, target) in LINKS {
        if let Some(rest) = path.strip_prefix(&format!("{link}/")) {
            path = format!("{}/{rest}", target.trim_start_matches("../"));
        }
    }
    let place = root.join(&path);
    // Below /proc, /dev and /sys, and below another mount, bwrap makes the place.
    if is_directory {
        fs::create_dir_all(&place).expect("our directory");
    } else {
        fs::create_dir_all(place.parent().expect("below the root")).expect("our directory");
        if !place.exists() {
            fs::write(&place, "").expect("our directory");
        }
    }
    format!("/{path}")
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our directory");
}

/// A directory with `bin` and `sbin` that hold the image's programs, as links; made once.
fn userland(userland: Userland) -> &'static Path {
    static DEBIAN: OnceLock<PathBuf> = OnceLock::new();
    static ALPINE: OnceLock<PathBuf> = OnceLock::new();
    static BUSYBOX: OnceLock<PathBuf> = OnceLock::new();
    match userland {
        Userland::Debian => DEBIAN.get_or_init(debian),
        Userland::Alpine => ALPINE.get_or_init(alpine),
        Userland::Busybox => BUSYBOX.get_or_init(busybox),
    }
}

fn empty_userland(name: &str) -> PathBuf {
    let directory = host::state().join("userland").join(name);
    for part in ["bin", "sbin"] {
        fs::create_dir_all(directory.join(part)).expect("our directory");
    }
    directory
}

fn debian() -> PathBuf {
    let directory = empty_userland("debian");
    let installed = host::run(
        "dpkg-query",
        &["--show", "--showformat", "${Package}\t${Essential}\n"],
    );
    let packages: BTreeSet<&str> = installed
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(package, essential)| {
            *essential == "yes" || image::DEBIAN_PACKAGES.contains(package)
        })
        .map(|(package, _)| package)
        .collect();
    let mut arguments = vec!["--listfiles"];
    arguments.extend(packages);
    let files = host::run("dpkg-query", &arguments);
    let mut programs: BTreeSet<(&str, String)> = BTreeSet::new();
    for file in files.lines() {
        let path = file.strip_prefix("/usr").unwrap_or(file);
        for part in ["bin", "sbin"] {
            let name = path.strip_prefix(&format!("/{part}/"));
            if let Some(name) = name.filter(|name| !name.contains('/')) {
                programs.insert((part, name.to_owned()));
            }
        }
    }
    programs.extend(
        image::DEBIAN_LINKS
            .iter()
            .map(|name| ("bin", (*name).to_owned())),
    );
    for (part, name) in &programs {
        link_program(&directory, part, name);
    }
    directory
}

fn applets(name: &str) -> PathBuf {
    let directory = empty_userland(name);
    for applet in host::run("busybox", &["--list"]).lines() {
        let link = directory.join("bin").join(applet);
        symlink("/.kubelet/bin/busybox", link).expect("our directory");
    }
    directory
}

fn busybox() -> PathBuf {
    let directory = applets("busybox");
    for (name, target) in image::BESIDE_BUSYBOX {
        symlink(target, directory.join("bin").join(name)).expect("our directory");
    }
    directory
}

/// What stands in `/usr/local` of an image of Python; made once.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let directory = host::state().join("userland/python");
        fs::create_dir_all(directory.join("bin")).expect("our directory");
        let program = directory.join("bin/python3");
        symlink("/.kubelet/bin/python3", program).expect("our directory");
        directory
    })
}

fn alpine() -> PathBuf {
    let directory = applets("alpine");
    let bin = directory.join("bin");
    let others = image::ALPINE_PROGRAMS.iter().chain(image::ALPINE_APPLETS);
    for name in others.filter(|name| !bin.join(name).is_symlink()) {
        link_program(&directory, "bin", name);
    }
    let flock = bin.join("flock");
    fs::write(&flock, image::ALPINE_FLOCK).expect("our directory");
    set_mode(&flock, 0o755);
    directory
}

/// Links a program of this machine, through its alternatives, to where the root has it.
fn link_program(userland: &Path, part: &str, name: &str) {
    let Ok(program) = fs::canonicalize(Path::new("/usr").join(part).join(name)) else {
        return;
    };
    for from in ["bin", "sbin"] {
        if let Ok(rest) = program.strip_prefix(format!("/usr/{from}")) {
            let target = Path::new("/.kubelet").join(from).join(rest);
            symlink(target, userland.join(part).join(name)).expect("each name once");
            return;
        }
    }
    // Some stand in /usr/lib or /usr/share, which every root has.
    symlink(program, userland.join(part).join(name)).expect("each name once");
}
