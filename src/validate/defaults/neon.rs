//! What a spec leaves out of `[neon]`, and what Neon itself decides.

use super::known;
use crate::model::{Authorities, Branch, Neon, Place, Role};
use crate::spec::types;
use crate::value::{Duration, Image, NeonHost, SecretKey, Size};

/// What our Jobs run, for each major version that Neon may have.
pub const CLIENTS: [(u8, &str); 4] = [
    (15, "docker.io/library/postgres:15.20-bookworm"),
    (16, "docker.io/library/postgres:16.16-bookworm"),
    (17, "docker.io/library/postgres:17.12-bookworm"),
    (18, "docker.io/library/postgres:18.7-bookworm"),
];
/// The key of the Secret that holds the password of `neon.role`.
pub const KEY: &str = "neon";
/// `neon.branch.ttl`.
pub const TTL: &str = "24h";
/// `neon.branch.image`.
pub const IMAGE: &str = "docker.io/library/python:3.13.14-alpine3.24";
/// `neon.min_compute`.
pub const MIN_COMPUTE: f64 = 0.25;
/// `backup.volume.size`, where there is no `storage.size` to reckon with.
pub const BACKUP_SIZE: &str = "10Gi";

/// `max_connections` by the size of a compute
/// (<https://neon.com/docs/connect/connection-pooling>): from this size on, so many.
const CONNECTIONS: [(f64, u64); 11] = [
    (9.0, 4000),
    (8.0, 3357),
    (7.0, 2937),
    (6.0, 2517),
    (5.0, 2098),
    (4.0, 1678),
    (3.0, 1258),
    (2.0, 839),
    (1.0, 419),
    (0.5, 209),
    (0.25, 104),
];

/// How many connections a compute takes that has shrunk as far as it may.
pub fn max_connections(neon: &types::Neon) -> u64 {
    let size = neon.min_compute.unwrap_or(MIN_COMPUTE);
    let known = CONNECTIONS.iter().find(|(from, _)| *from <= size);
    known.map_or(CONNECTIONS[10].1, |(_, connections)| *connections)
}

/// Where the databases are.
pub fn neon(neon: &types::Neon) -> Neon {
    let major = neon.postgres.and_then(|major| u8::try_from(major).ok());
    let newest = CLIENTS[3];
    let client = CLIENTS.iter().find(|(of, _)| Some(*of) == major);
    Neon {
        place: match (&neon.branch, &neon.host) {
            (Some(branch), _) => Place::Branch(of_branch(branch)),
            (None, Some(host)) => Place::Endpoint {
                host: known(host, NeonHost::parse),
                major: major.unwrap_or(newest.0),
            },
            (None, None) => unreachable!("the schema asks for one of them"),
        },
        database: neon.database.clone(),
        role: neon.role.clone(),
        client: known(client.unwrap_or(&newest).1, Image::parse),
        authorities: match &neon.ca {
            None => Authorities::Bundle,
            Some(ca) => Authorities::ConfigMap {
                name: ca.config_map.clone(),
                key: ca.key.clone(),
            },
        },
    }
}

fn of_branch(branch: &types::Branch) -> Branch {
    Branch {
        project: branch.project.clone(),
        name: branch.name.clone(),
        parent: branch.parent.clone(),
        ttl: branch.ttl.unwrap_or_else(|| known(TTL, Duration::parse)),
        image: branch
            .image
            .clone()
            .unwrap_or_else(|| known(IMAGE, Image::parse)),
    }
}

/// Who owns the databases, as one of the roles that log in.
pub fn role(neon: &types::Neon) -> Role {
    Role {
        name: neon.role.clone(),
        password_secret: None,
        password_key: known(KEY, SecretKey::parse),
        member_of: Vec::new(),
    }
}

/// `backup.volume.size`.
pub fn backup_size() -> Size {
    known(BACKUP_SIZE, Size::parse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;

    #[test]
    fn every_client_is_one_that_a_spec_could_name() {
        for (major, image) in CLIENTS {
            let image = Image::parse(image).unwrap();
            assert_eq!(image.major(), Some(major));
            assert!(image.minor() >= data::minimum_minor(major), "{image}");
            assert!(image.flavour().is_some());
        }
        assert!(
            data::MAJORS
                .iter()
                .all(|major| CLIENTS.iter().any(|(of, _)| of == major))
        );
    }

    #[test]
    fn the_smallest_size_decides() {
        for (size, connections) in [
            (0.25, 104),
            (0.3, 104),
            (0.5, 209),
            (1.0, 419),
            (8.0, 3357),
            (10.0, 4000),
            (56.0, 4000),
        ] {
            let neon = types::Neon {
                host: None,
                database: crate::value::Identifier::parse("a").unwrap(),
                role: crate::value::Identifier::parse("a").unwrap(),
                postgres: None,
                min_compute: Some(size),
                ca: None,
                branch: None,
            };
            assert_eq!(max_connections(&neon), connections, "{size}");
        }
    }
}
