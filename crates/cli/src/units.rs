//! Sizes as people write them.

use std::fmt;
use std::str::FromStr;

use ostium_sensor::config::Size;

/// A number of bytes: `1GiB`, `512MiB`, `800M`, `65536`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Size(bytes) = text.parse()?;
        if bytes < 64 << 20 {
            return Err("64MiB is the least that ostium can work with".to_owned());
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes() {
        assert_eq!("1GiB".parse(), Ok(Bytes(1 << 30)));
        assert_eq!("512m".parse(), Ok(Bytes(512 << 20)));
        assert_eq!("100MB".parse(), Ok(Bytes(100_000_000)));
        for bad in ["", "GiB", "1TB", "-1", "1KiB", "99999999999G", "1.5G"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }
}
