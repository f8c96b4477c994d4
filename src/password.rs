//! Passwords, made of random bytes that somebody else gets. Pure.

/// What a password is made of: nothing that a URL, a shell, a connection string or YAML reads as
/// something else.
pub const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// So many of them: 238 bits.
pub const LENGTH: usize = 40;

/// A password of bytes that `fill` puts in place, each value as likely as any other.
pub fn password<E>(mut fill: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<String, E> {
    // The largest multiple of the alphabet: what is above would make some signs likelier.
    let fair = 256 / ALPHABET.len() * ALPHABET.len();
    let mut password = String::with_capacity(LENGTH);
    while password.len() < LENGTH {
        let mut bytes = [0; LENGTH];
        fill(&mut bytes)?;
        let usable = bytes
            .into_iter()
            .map(usize::from)
            .filter(|byte| *byte < fair);
        let signs = usable.map(|byte| char::from(ALPHABET[byte % ALPHABET.len()]));
        password.extend(signs.take(LENGTH - password.len()));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    /// Of the bytes that are used, the same number leads to each sign.
    #[test]
    fn no_sign_is_likelier_than_another() {
        let mut leads: BTreeMap<char, Vec<u8>> = BTreeMap::new();
        for byte in 0..=255 {
            // One that is not used is asked for again, and `A` is what comes then.
            let mut first = Some(byte);
            let password = password(|place| {
                place.fill(first.take().unwrap_or_default());
                Ok::<_, Infallible>(())
            });
            let password = password.unwrap();
            let sign = password.chars().next().unwrap();
            assert_eq!(password, sign.to_string().repeat(LENGTH));
            leads.entry(sign).or_default().push(byte);
        }
        let unused = leads.get_mut(&'A').unwrap().split_off(4);
        assert_eq!(unused, (248..=255).collect::<Vec<u8>>());
        assert_eq!(leads.len(), ALPHABET.len());
        assert!(leads.values().all(|bytes| bytes.len() == 4), "{leads:?}");
    }

    #[test]
    fn it_is_long_enough_whatever_comes() {
        let mut bytes = [255_u8, 248, 0, 255, 61].into_iter().cycle();
        let password = password(|place| {
            place.fill_with(|| bytes.next().unwrap());
            Ok::<_, Infallible>(())
        });
        assert_eq!(password.unwrap(), "A9".repeat(LENGTH / 2));
    }

    #[test]
    fn without_random_bytes_there_is_none() {
        assert_eq!(password(|_| Err("no entropy")), Err("no entropy"));
    }
}
