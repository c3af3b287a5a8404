//! The policy as a file: TOML, with what holds without one as the template.

use std::path::Path;

use ostium_correlate::Policy;

use crate::HubError;

/// A policy with everything that can be said, as it holds without a file.
pub const POLICY: &str = include_str!("policy.toml");

/// Reads a policy; what the file does not say is as in [`POLICY`].
///
/// # Errors
/// When it is none, with the line, or would be a danger.
pub fn read_policy(path: &Path) -> Result<Policy, HubError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| HubError::Place(path.display().to_string(), error))?;
    let wrong = |why: String| HubError::Policy(path.to_owned(), why);
    let policy: Policy = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    match policy.fault() {
        None => Ok(policy),
        Some(fault) => Err(wrong(fault.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_what_holds_and_names_every_threshold() {
        let read: Policy = toml::from_str(POLICY).unwrap();
        assert_eq!(read, Policy::default());
        let all = toml::Table::try_from(Policy::default()).unwrap();
        let said: toml::Table = toml::from_str(POLICY).unwrap();
        assert_eq!(said.keys().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let path = std::env::temp_dir().join(format!("ostium-policy-{}", std::process::id()));
        for (text, wanted) in [
            ("prior = 0.001\n\norganisatoins = 2\n", "line 3"),
            ("organisations = 1\n", "nobody alone"),
            ("keep_name = \"soon\"\n", "line 1"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = read_policy(&path).unwrap_err().to_string();
            assert!(error.contains(wanted) && error.contains("ostium hub policy"), "{error}");
        }
        std::fs::write(&path, "organisations = 3\n").unwrap();
        assert_eq!(read_policy(&path).unwrap().organisations, 3);
        drop(std::fs::remove_file(path));
    }
}
