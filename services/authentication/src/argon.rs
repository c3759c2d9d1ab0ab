//! One password, one hash: Argon2id (RFC 9106), stored as a PHC string.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, phc, try_generate_salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};

/// Kibibytes, passes and lanes: OWASP's password storage cheat sheet, second choice.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// An allocation beyond 32 MiB is always a mapping of its own in glibc, which goes back to the
/// system when it is freed; a smaller one stays with the process for good. What is not touched
/// takes no memory.
const RESERVED_BLOCKS: usize = 33 * 1024 * 1024 / Block::SIZE;

/// What came of comparing a password with a stored hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is another password, or there is no such account.
    Wrong,
    /// It is the right one. `rehashed` replaces a hash that was made with other parameters.
    Right {
        /// The new hash to store.
        rehashed: Option<String>,
    },
}

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArgonError {
    #[error("Argon2 refused")]
    Argon2(#[from] argon2::Error),
    #[error("a stored hash was made with something else than Argon2")]
    Kind(#[from] password_hash::Error),
    #[error("a stored hash cannot be read")]
    Stored(#[from] phc::Error),
    #[error("no random numbers for a salt")]
    Random(#[from] getrandom::Error),
}

/// Hashes a password with a salt of its own.
pub(crate) fn hash(password: &SecretString) -> Result<String, ArgonError> {
    let params = Params::new(MEMORY, PASSES, LANES, None)?;
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
pub(crate) fn verify(password: &SecretString, stored: &str) -> Result<Verdict, ArgonError> {
    let stored = PasswordHash::new(stored)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Ok(Verdict::Wrong);
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored
        .version
        .map_or(Ok(Version::V0x13), Version::try_from)?;
    let params = Params::try_from(&stored)?;
    let is_current = (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY, PASSES, LANES)
        && (algorithm, version) == (Algorithm::Argon2id, Version::V0x13);
    // `Output` compares in constant time.
    if derive(algorithm, version, params, password, &salt)? != expected {
        return Ok(Verdict::Wrong);
    }
    let rehashed = if is_current {
        None
    } else {
        Some(hash(password)?)
    };
    Ok(Verdict::Right { rehashed })
}

fn derive(
    algorithm: Algorithm,
    version: Version,
    params: Params,
    password: &SecretString,
    salt: &[u8],
) -> Result<Output, ArgonError> {
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
mod tests {
    use super::*;

    #[test]
    fn given_a_hash_when_compared_then_only_the_same_password_is_right() {
        let stored = hash(&"correct horse".into()).expect("hashes");
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert_ne!(
            stored,
            hash(&"correct horse".into()).expect("hashes"),
            "each has its own salt"
        );
        let check = |password: &str, expected: Verdict| {
            assert_eq!(
                verify(&password.into(), &stored).expect("compares"),
                expected,
                "{password}"
            );
        };
        check("correct horse", Verdict::Right { rehashed: None });
        check("Correct horse", Verdict::Wrong);
        check("correct horse ", Verdict::Wrong);
        check("", Verdict::Wrong);
    }

    /// The stored hash is a vector of the reference implementation (phc-winner-argon2, src/test.c).
    #[test]
    fn given_a_hash_with_other_parameters_when_the_password_is_right_then_it_is_hashed_anew() {
        let stored =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let verdict = verify(&"password".into(), stored).expect("compares");
        let Verdict::Right {
            rehashed: Some(new),
        } = verdict
        else {
            panic!("{verdict:?}")
        };
        assert!(new.contains("m=19456,t=2,p=1"), "{new}");
        assert_eq!(
            verify(&"password".into(), &new).expect("compares"),
            Verdict::Right { rehashed: None }
        );
        assert_eq!(
            verify(&"Password".into(), stored).expect("compares"),
            Verdict::Wrong
        );
    }

    #[test]
    fn given_stored_nonsense_when_compared_then_it_is_an_error_and_never_right() {
        for stored in [
            "",
            "password",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2id$v=19$m=1,t=0,p=0$c29tZXNhbHQ$nf65",
        ] {
            assert!(verify(&"password".into(), stored).is_err(), "{stored}");
        }
    }
}
