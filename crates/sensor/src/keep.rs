//! Blocks and releases over a restart: one file, written whole, or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use ostium_enforce::rails::State;
use serde::{Deserialize, Serialize};

/// Where they are kept.
#[derive(Debug)]
pub(crate) struct Keep {
    path: PathBuf,
}

/// What a file says.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    state: State,
}

/// What was found at the start.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nothing: the first start.
    Nothing,
    /// This.
    State(Box<State>),
    /// Something that cannot be read; it was set aside under this name.
    Damaged(PathBuf, String),
}

const VERSION: u32 = 1;

// === impl Keep ===

impl Keep {
    /// Kept in this folder, which is made when it is missing.
    pub(crate) fn new(folder: &Path) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { path: folder.join("blocks.json") })
    }

    /// What was kept. What cannot be read is set aside, never written over.
    pub(crate) fn load(&self) -> std::io::Result<Found> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Found::Nothing);
            }
            Err(error) => return Err(error),
        };
        let why = match serde_json::from_slice::<Kept>(&text) {
            Ok(kept) if kept.version == VERSION => return Ok(Found::State(Box::new(kept.state))),
            Ok(kept) => format!("it is of version {}, this one reads {VERSION}", kept.version),
            Err(error) => error.to_string(),
        };
        let aside = self.path.with_extension("json.damaged");
        fs::rename(&self.path, &aside)?;
        Ok(Found::Damaged(aside, why))
    }

    /// Keeps this. After a crash the file holds this or what was there before.
    pub(crate) fn save(&self, state: &State) -> std::io::Result<()> {
        let kept = Kept { version: VERSION, state: state.clone() };
        let text = serde_json::to_vec(&kept).map_err(std::io::Error::other)?;
        let fresh = self.path.with_extension("json.new");
        let mut file = File::create(&fresh)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ostium_event::{Span, Timestamp};
    use ostium_verdict::{Block, Mode, Origin};

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("ostium-keep-{}-{name}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        folder
    }

    #[test]
    fn what_is_kept_comes_back() {
        let folder = folder("back");
        let keep = Keep::new(&folder).unwrap();
        assert!(matches!(keep.load().unwrap(), Found::Nothing));
        let mut state = State::default();
        let now = Timestamp::from_secs(1_700_000_000);
        state.blocks.put(Block::new(
            "c2.example".parse().unwrap(),
            Origin::Operator,
            Mode::Block,
            now,
            Span::from_secs(60),
        ));
        state.release(&"198.51.100.7".parse().unwrap(), now, Span::from_secs(99));
        keep.save(&state).unwrap();
        let Found::State(found) = keep.load().unwrap() else { panic!("it was kept") };
        assert_eq!(found.blocks, state.blocks);
        assert_eq!(found.released().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_damaged_is_set_aside_and_told() {
        let folder = folder("damaged");
        let keep = Keep::new(&folder).unwrap();
        for text in ["{\"version\":1,\"sta", "", "{\"version\":9,\"state\":{}}"] {
            fs::write(folder.join("blocks.json"), text).unwrap();
            let Found::Damaged(aside, _) = keep.load().unwrap() else { panic!("{text}") };
            assert_eq!(fs::read_to_string(aside).unwrap(), text);
            assert!(matches!(keep.load().unwrap(), Found::Nothing));
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
