//! Hashing a password with Argon2id (RFC 9106). Hashes are PHC strings.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, phc, try_generate_salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};

// The second option of the OWASP Password Storage Cheat Sheet.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// glibc maps allocations beyond 32 MiB separately and returns them to the system when they are freed;
/// smaller ones may stay with the process. Pages that are not touched use no memory.
const RESERVED_BLOCKS: usize = 33 * 1024 * 1024 / Block::SIZE;

/// The result of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The hash is of another password.
    Mismatch,
    /// The hash is of this password.
    Match {
        /// Whether the hash has the parameters of new ones.
        is_current: bool,
    },
}

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum ArgonError {
    /// Argon2 itself failed.
    #[error("Argon2 failed")]
    Argon2(#[from] argon2::Error),
    /// The hash has another algorithm.
    #[error("a stored hash is not an Argon2 hash")]
    Algorithm(#[from] password_hash::Error),
    /// The hash is not a PHC string.
    #[error("cannot parse a stored hash")]
    Parse(#[from] phc::Error),
    /// The system provides no randomness.
    #[error("cannot generate a salt")]
    Random(#[from] getrandom::Error),
}

/// Hashes a password with a random salt.
pub fn hash(password: &SecretString) -> Result<String, ArgonError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    let salt = try_generate_salt()?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(derive(
            Algorithm::Argon2id,
            Version::V0x13,
            params,
            password,
            &salt,
        )?),
    };
    Ok(hash.to_string())
}

/// Compares a password with a stored hash.
pub fn compare(password: &SecretString, stored: &str) -> Result<Comparison, ArgonError> {
    let stored = PasswordHash::new(stored)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Ok(Comparison::Mismatch);
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored
        .version
        .map_or(Ok(Version::V0x13), Version::try_from)?;
    let params = Params::try_from(&stored)?;
    let is_current = (params.m_cost(), params.t_cost(), params.p_cost())
        == (MEMORY_KIB, PASSES, LANES)
        && (algorithm, version) == (Algorithm::Argon2id, Version::V0x13);
    // The comparison of `Output` takes constant time.
    Ok(
        if derive(algorithm, version, params, password, &salt)? == expected {
            Comparison::Match { is_current }
        } else {
            Comparison::Mismatch
        },
    )
}

fn derive(
    algorithm: Algorithm,
    version: Version,
    params: Params,
    password: &SecretString,
    salt: &[u8],
) -> Result<Output, ArgonError> {
    #[cfg(test)]
    tests::HASHES.set(tests::HASHES.get() + 1);
    let mut memory: Vec<Block> = Vec::with_capacity(RESERVED_BLOCKS.max(params.block_count()));
    memory.resize(params.block_count(), Block::default());
    let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    let password = password.expose_secret().as_bytes();
    Argon2::new(algorithm, version, params).hash_password_into_with_memory(
        password,
        salt,
        &mut output,
        &mut memory,
    )?;
    Ok(Output::new(&output)?)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// How many hashes this thread has computed.
        pub(crate) static HASHES: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn given_a_hash_when_compared_then_only_the_same_password_matches() {
        let stored = hash(&"correct horse".into()).expect("hashes");
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert_ne!(
            stored,
            hash(&"correct horse".into()).expect("hashes"),
            "each hash has its own salt"
        );
        let check = |password: &str, expected: Comparison| {
            assert_eq!(
                compare(&password.into(), &stored).expect("compares"),
                expected,
                "{password}"
            );
        };
        check("correct horse", Comparison::Match { is_current: true });
        check("Correct horse", Comparison::Mismatch);
        check("correct horse ", Comparison::Mismatch);
        check("", Comparison::Mismatch);
    }

    #[test]
    fn given_an_invalid_stored_hash_when_compared_then_it_is_an_error_and_no_match() {
        for stored in [
            "",
            "password",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2id$v=19$m=1,t=0,p=0$c29tZXNhbHQ$nf65",
        ] {
            assert!(compare(&"password".into(), stored).is_err(), "{stored}");
        }
    }
}
