//! The words of a command line: options, switches and positions. An unknown word is an error.

use std::fmt;

/// The words that no one has taken yet.
pub(crate) struct Args {
    words: Vec<String>,
}

/// A command line that cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misuse(String);

// === impl Args ===

impl Args {
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self { words: words.into_iter().collect() }
    }

    /// Is `--help` or `-h` among them (before a `--`)?
    pub(crate) fn wants_help(&self) -> bool {
        self.words
            .iter()
            .take_while(|word| *word != "--")
            .any(|word| word == "--help" || word == "-h")
    }

    /// Takes `--name VALUE` or `--name=VALUE`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>, Misuse> {
        let joined = format!("{name}=");
        let Some(at) = self.words.iter().position(|word| word == name || word.starts_with(&joined))
        else {
            return Ok(None);
        };
        let word = self.words.remove(at);
        if let Some(value) = word.strip_prefix(&joined) {
            return Ok(Some(value.to_owned()));
        }
        if at >= self.words.len() {
            return Err(Misuse(format!("{name} needs a value")));
        }
        Ok(Some(self.words.remove(at)))
    }

    /// Takes `--name`, if it is there.
    pub(crate) fn switch(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes a whole number of at least 1.
    pub(crate) fn count(&mut self, name: &str, default: usize) -> Result<usize, Misuse> {
        match self.value(name)? {
            None => Ok(default),
            Some(text) => match text.parse() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(Misuse(format!("{name} takes a number, not '{text}'"))),
            },
        }
    }

    /// Takes the next word that is no option.
    pub(crate) fn position(&mut self) -> Option<String> {
        let at = self.words.iter().position(|word| !word.starts_with('-'))?;
        Some(self.words.remove(at))
    }

    /// Takes everything that is left, options included.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::mem::take(&mut self.words)
    }

    /// Nothing may be left.
    pub(crate) fn done(&self) -> Result<(), Misuse> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(Misuse(format!("unexpected '{word}'; try --help"))),
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Args {
        Args::new(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_come_in_two_spellings() {
        for text in ["file --runs 3", "--runs=3 file"] {
            let mut args = args(text);
            assert_eq!(args.count("--runs", 1), Ok(3), "{text}");
            assert_eq!(args.position().as_deref(), Some("file"), "{text}");
            assert_eq!(args.done(), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(args("--runs").count("--runs", 1).is_err());
        assert!(args("--runs 0").count("--runs", 1).is_err());
        assert!(args("--runs x").count("--runs", 1).is_err());
        assert!(args("--what").done().is_err());
    }

    #[test]
    fn help_after_a_double_dash_is_for_another() {
        assert!(args("a --help").wants_help());
        assert!(!args("a -- --help").wants_help());
    }
}
