//! `cargo xtask secrets`: the passwords and keys for containers.

use anyhow::Result;

use crate::{console::relative, state::State};

/// Creates the secrets that are missing. Prints none of them.
pub(crate) fn run(state: &State) -> Result<()> {
    let folder = state.create()?.root.join("secrets");
    let created = ::secrets::make_missing(&folder)?.len();
    let folder = relative(&folder);
    print_line!("created {created} secrets in {folder}; existing ones are unchanged");
    Ok(())
}
