//! Scenarios: small TOML files that describe a world, and the ones that ship with the product.
//!
//! Reading has two steps. `file` is the text as it stands, with unknown fields refused; `build`
//! makes machines of it, and draws what a scenario leaves to chance (`vary`). Failure choice: the
//! first error ends reading, with its line and what to do about it.

mod build;
mod file;
mod hours;
mod shipped;
mod vary;

use std::fmt;

use crate::world::World;

pub use shipped::{Shipped, shipped};

/// A scenario that was read.
#[derive(Debug)]
pub struct Scenario {
    name: String,
    text: String,
    file: file::File,
}

/// What may be asked of a scenario besides what it says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// Another seed.
    pub seed: Option<u64>,
    /// Another length in days.
    pub days: Option<f64>,
    /// So many times the machines of each group of more than one; infections stay as they are.
    pub scale: Option<f64>,
}

/// Why a scenario makes no world.
#[derive(Debug)]
pub struct ScenarioError {
    name: String,
    line: Option<usize>,
    what: String,
}

// === impl Scenario ===

impl Scenario {
    /// Reads a scenario; `name` is what errors call it.
    ///
    /// # Errors
    ///
    /// When the text is no TOML, or says something that scenarios do not know.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let file = toml::from_str(text).map_err(|error| ScenarioError {
            name: name.to_owned(),
            line: error.span().map(|span| line(text, span.start)),
            what: error.message().trim().replace('\n', "; "),
        })?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), file })
    }

    /// The scenario of that name that ships with the product.
    pub fn named(name: &str) -> Option<Self> {
        let found = shipped().iter().find(|shipped| shipped.name == name)?;
        Self::parse(found.name, found.text).ok()
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is about, in a line.
    pub fn about(&self) -> &str {
        &self.file.about
    }

    /// The world that it describes.
    ///
    /// # Errors
    ///
    /// When it names a habit, group or kit that does not exist, or more machines than fit.
    pub fn world(&self, wishes: &Wishes) -> Result<World, ScenarioError> {
        build::world(&self.file, wishes).map_err(|fault| ScenarioError {
            name: self.name.clone(),
            line: fault.at.map(|at| line(&self.text, at)),
            what: fault.what,
        })
    }
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

// === impl ScenarioError ===

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for ScenarioError {}

#[cfg(test)]
mod tests;
