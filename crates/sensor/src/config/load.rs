//! Reading and checking a configuration.

use std::path::{Path, PathBuf};

use ostium_event::Span;

use super::Config;

/// Why a configuration cannot be used; nothing of it is then.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, #[source] std::io::Error),
    /// It is not what it should be; the text names the line.
    #[error("{0}: {1}")]
    Wrong(String, String),
}

/// Reads a configuration.
///
/// # Errors
/// When it cannot be read, or says something that makes no sense, with the line.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| ConfigError::Read(path.to_owned(), error))?;
    parse(&path.display().to_string(), &text)
}

/// Reads a configuration from text that came from `name`.
///
/// # Errors
/// When it says something that makes no sense, with the line.
pub fn parse(name: &str, text: &str) -> Result<Config, ConfigError> {
    let wrong = |why: String| ConfigError::Wrong(name.to_owned(), why);
    let config: Config = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| line_of(text, span.start));
        let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        wrong(format!("{at}{}", error.message()))
    })?;
    match check(&config) {
        Some((key, why)) => {
            let at = line_with(text, key).map(|line| format!("line {line}: ")).unwrap_or_default();
            Err(wrong(format!("{at}{key}: {why}")))
        }
        None => Ok(config),
    }
}

/// The first thing that makes no sense, by the name of its key.
fn check(config: &Config) -> Option<(&'static str, &'static str)> {
    let percent = |value: f64| (0.0..=100.0).contains(&value);
    let checks = [
        (!(config.prior > 0.0 && config.prior < 0.5), "prior", "must lie between 0 and 0.5"),
        (config.memory.0 < 64 << 20, "memory", "64MiB is the least that ostium can work with"),
        (!(1..=64).contains(&config.threads), "threads", "must be 1 to 64"),
        (
            !(Span::from_millis(100)..=Span::from_secs(3600)).contains(&config.look_every),
            "look-every",
            "must lie between 100ms and 1h",
        ),
        (config.checkpoint > Span::from_secs(3600), "checkpoint", "an hour is the longest"),
        (config.capture.snap_length < 64, "snap-length", "64 bytes are the least"),
        (config.indicators.block_from > 100, "block-from", "a confidence is 0 to 100"),
        (config.enforce.hold < Span::from_secs(1), "hold", "a block holds for a second or more"),
        (config.hub.most_entries == 0, "most-entries", "a set of no entry blocks nothing"),
        (config.hub.most_memory.0 < 16 << 20, "most-memory", "16MiB is the least"),
        (config.hub.spool == 0, "spool", "a report is kept at least until it is sent"),
        (config.enforce.elements == 0, "elements", "no element blocks nothing"),
        (!percent(config.enforce.host_percent), "host-percent", "must lie between 0 and 100"),
        (!percent(config.enforce.flow_percent), "flow-percent", "must lie between 0 and 100"),
        (
            config.rpz.is_for_nobody(),
            "listen",
            "no [[rpz.resolver]] may have the zone; list the resolvers of the site",
        ),
        (
            config.rpz.resolver.iter().any(|r| r.key.is_some() != r.secret_file.is_some()),
            "secret-file",
            "a key needs both key = \"NAME\" and secret-file = \"PATH\"",
        ),
        (!of_a_record(config.rpz.ttl), "ttl", "must lie between 1s and 1d"),
        (!of_a_record(config.rpz.expire), "expire", "must lie between 1s and 1d"),
    ];
    checks.into_iter().find(|(bad, _, _)| *bad).map(|(_, key, why)| (key, why))
}

/// A time that a record of the DNS may say.
fn of_a_record(span: Span) -> bool {
    (Span::from_secs(1)..=Span::from_secs(86_400)).contains(&span)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn line_with(text: &str, key: &str) -> Option<usize> {
    let is_it = |line: &str| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().position(is_it).map(|place| place + 1)
}
