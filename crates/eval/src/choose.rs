//! Which cases of a manifest are run.

use std::path::{Path, PathBuf};

use crate::manifest::{Case, Manifest, ManifestError, Purpose};

/// Which cases are run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only those of this use.
    pub purpose: Option<Purpose>,
    /// Only those of these names.
    pub names: Vec<String>,
}

// === impl Manifest ===

impl Manifest {
    /// Keeps the cases that are asked for.
    ///
    /// # Errors
    /// When a name is no case's, or nothing is left.
    pub fn choose(&mut self, choice: &Choice) -> Result<(), ManifestError> {
        for name in &choice.names {
            if !self.cases.iter().any(|case| case.name == *name) {
                let like = |case: &&Case| case.name.contains(name.as_str());
                let near: Vec<&str> =
                    self.cases.iter().filter(like).take(5).map(|case| case.name.as_str()).collect();
                let hint = match near.is_empty() {
                    true => String::new(),
                    false => format!("; there are {}", near.join(", ")),
                };
                return Err(ManifestError::new(format!("no case is called {name}{hint}")));
            }
        }
        self.cases.retain(|case| {
            (choice.names.is_empty() || choice.names.contains(&case.name))
                && choice.purpose.is_none_or(|purpose| case.purpose == Some(purpose))
        });
        match self.cases.is_empty() {
            true => Err(ManifestError::new("no case is left to run".to_owned())),
            false => Ok(()),
        }
    }

    /// Adds every file below a folder as a case of its own, of which nothing is known.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn add_each(&mut self, folder: &Path) -> Result<(), ManifestError> {
        let failed =
            |error| ManifestError::new(format!("cannot read {}: {error}", folder.display()));
        let folder = folder.canonicalize().map_err(failed)?;
        for file in files_below(&folder).map_err(failed)? {
            let name = file.strip_prefix(&folder).unwrap_or(&file).display().to_string();
            self.cases.push(Case::unlabelled(name, file.display().to_string()));
        }
        Ok(())
    }
}

/// All files below a folder, sorted.
fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = vec![folder.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => folders.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files.sort();
    Ok(files)
}
