//! The product as users run it: a release build, and where it lies.

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::run::cargo;

/// Builds the release and says where its binary is.
pub(crate) fn release(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let words = ["build", "--release", "--quiet", "--package", "ostium-cli"];
    if !cargo(root, &words).status()?.success() {
        return Err("cannot build the release".into());
    }
    Ok(place(root))
}

/// Where the binary of a release build lies.
pub(crate) fn place(root: &Path) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    target.join("release").join("ostium")
}
