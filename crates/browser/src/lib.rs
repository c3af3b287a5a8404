//! A real browser for tests and pictures: Chromium without a window, told what to do through a pipe.
//!
//! The pipe speaks the DevTools protocol (JSON, ended by a NUL), so nothing but Chromium is needed:
//! no driver, no port, no library of another language. Bias: every wait has an end, and what the
//! page said, asked for or threw is kept for whoever looks. The process ends with its owner.
#![forbid(unsafe_code)]

mod page;
mod pipe;

use std::path::{Path, PathBuf};

pub use page::{Media, Page, Said};
pub use pipe::{Browser, QUIET, Trouble};

/// Names that Chromium goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Where the browser is: `OSTIUM_BROWSER`, or the first on the path that has one of its names.
pub fn find() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("OSTIUM_BROWSER") {
        return Some(PathBuf::from(given)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let named = |name: &&str| folders.iter().map(|f| f.join(name)).find(|p| p.is_file());
    NAMES.iter().find_map(named)
}

/// The address of a file.
pub fn address_of(file: &Path) -> String {
    let mut address = String::from("file://");
    for byte in file.to_string_lossy().bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => address.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_file_has_no_space() {
        assert_eq!(address_of(Path::new("/a b/ä.html")), "file:///a%20b/%C3%A4.html");
    }
}
