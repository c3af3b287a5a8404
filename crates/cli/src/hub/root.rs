//! `ostium hub root` and `ostium hub restore`: what the root signs.
//!
//! The root's key is read here and signs here; a hub that runs is only given what was signed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use data_encoding::HEXLOWER;
use ostium_control::Peer;
use ostium_hub::control::{Answer, Ask, KeyRow, NewKeysRow};
use ostium_hub::{
    Authority, Books, By, Folder, HubError, Keys, NewKeys, Proposal, Renewal, sign, wall,
};
use serde_json::json;

use super::args::{ChangeArgs, ExportArgs, KeyArgs, RestoreArgs, RootCommand};
use super::ask::{ask, strange};
use super::fail;
use super::table::time;
use crate::args::Format;
use crate::fail::Fail;
use crate::output::{pretty, print, say};

/// The folder's database: where there is none there is no hub.
const DATABASE: &str = "hub.db";

/// The books, in our hands or in those of a hub that runs.
enum Line {
    Here(Folder),
    Running(PathBuf),
}

/// Runs the command.
pub(super) fn run(command: RootCommand) -> Result<ExitCode, Fail> {
    match command {
        RootCommand::Show(args) => show(&args),
        RootCommand::Export(args) => export(&args),
        RootCommand::Rotate(args) => renew(&args, Renewal::Rotate, "rotate"),
        RootCommand::Recover(args) => renew(&args, Renewal::Recover, "recover"),
        RootCommand::Change(args) => change(&args),
    }
}

fn show(args: &KeyArgs) -> Result<ExitCode, Fail> {
    let row = match Line::to(args)? {
        Line::Here(folder) => row_of(&folder)?,
        Line::Running(socket) => match ask(&socket, &Ask::Status)? {
            Answer::Status(status) => status.keys,
            _ => return Err(strange()),
        },
    };
    if args.at.format == Format::Json {
        print(&pretty(&row)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let here = match row.root_here {
        true => "its key is on this machine: ostium hub root export FILE",
        false => "its key is not on this machine",
    };
    print(&format!(
        "root       {}\n           {here}; {} changes of the root so far\n\
         online     {}\n           certificate {} of history {}, from {} until {}\n\
         authority  {}\nfeed       {}\n",
        row.root,
        row.root_changes,
        row.online,
        row.serial,
        row.epoch,
        time(row.from),
        time(row.until),
        row.authority,
        row.feed
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn export(args: &ExportArgs) -> Result<ExitCode, Fail> {
    let keys = Keys::at(&args.keys.state);
    let root = keys.export_root(&args.file).map_err(|error| Fail::new(error.to_string()))?;
    let file = args.file.display();
    let said = format!(
        "the root's key is in {file} and no longer here; keep it, and a copy, where nobody else \
         comes to: it is needed every month, for: ostium hub root rotate --root FILE"
    );
    done(&args.keys, said, json!({ "file": args.file, "root": root.public().to_string() }))
}

fn renew(args: &KeyArgs, what: Renewal, word: &str) -> Result<ExitCode, Fail> {
    let line = Line::to(args)?;
    let root = root(args)?;
    let proposal = line.propose(what)?;
    let signed = sign(&proposal, &root, None, wall()).map_err(|error| fail(&error.into()))?;
    let said = line.install(&signed, word)?;
    let online = proposal.online.to_string();
    done(
        args,
        said,
        json!({ "serial": proposal.serial, "epoch": proposal.epoch, "online": online }),
    )
}

fn change(args: &ChangeArgs) -> Result<ExitCode, Fail> {
    let keys = &args.keys;
    let line = Line::to(keys)?;
    let old = root(keys)?;
    let here = keys.state.join("root.key");
    let to = args.to.clone().unwrap_or_else(|| keys.state.join("root-new.key"));
    let proposal = line.propose(Renewal::Longer)?;
    // It is on the disk before anybody relies on it.
    let new = Keys::make_root(&to).map_err(|error| Fail::new(error.to_string()))?;
    let installed = sign(&proposal, &old, Some(&new), wall())
        .map_err(|error| fail(&error.into()))
        .and_then(|signed| line.install(&signed, "change root"));
    if let Err(error) = installed {
        drop(std::fs::remove_file(&to));
        return Err(error);
    }
    let moved = |from: &Path, to: &Path| {
        std::fs::rename(from, to).map_err(|error| Fail::new(format!("{}: {error}", from.display())))
    };
    if here.exists() {
        moved(&here, &keys.state.join("root-old.key"))?;
    }
    let at = if args.to.is_none() {
        let put = Keys::at(&keys.state).put_root(&new);
        put.map_err(|error| Fail::new(error.to_string()))?;
        std::fs::remove_file(&to)
            .map_err(|error| Fail::new(format!("{}: {error}", to.display())))?;
        here
    } else {
        to
    };
    let said = format!(
        "another root is in force; its key is {}, and the old one signs nothing more",
        at.display()
    );
    done(keys, said, json!({ "root": new.public().to_string(), "file": at }))
}

/// Puts a backup in the place of the database.
pub(super) fn restore(args: &RestoreArgs) -> Result<ExitCode, Fail> {
    let folder = Folder::take(&args.keys.state).map_err(|error| fail(&error))?;
    let root = root(&args.keys)?;
    let by = by(&args.file.display().to_string());
    let restored = ostium_hub::restore(&folder, &args.file, &root, &by, wall());
    let restored = restored.map_err(|error| fail(&error))?;
    let aside: Vec<_> = restored.aside.iter().map(|path| path.display().to_string()).collect();
    let mut said = format!(
        "restored: {} organisations, {} sensors; history {} of the feed begins",
        restored.organisations, restored.sensors, restored.certified.epoch
    );
    if let Some(first) = aside.first() {
        said += &format!("; the old database is {first}");
    }
    said += "\nwhoever was removed after the backup was made is a member again: see 'ostium hub \
             sensors' and 'ostium hub orgs', and remove them once more";
    let epoch = restored.certified.epoch;
    done(&args.keys, said, json!({ "sensors": restored.sensors, "epoch": epoch, "aside": aside }))
}

fn done(args: &KeyArgs, said: String, facts: serde_json::Value) -> Result<ExitCode, Fail> {
    match args.at.format {
        Format::Json => print(&pretty(&facts)?)?,
        Format::Table => print(&format!("{said}\n"))?,
    }
    if args.root.is_none()
        && args.state.join("root.key").exists()
        && args.at.format == Format::Table
    {
        say(format_args!("the root's key is on this machine: ostium hub root export FILE"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The root's key: from the file that was named, or beside the hub.
fn root(args: &KeyArgs) -> Result<ostium_feed::RootKey, Fail> {
    let root = match &args.root {
        Some(path) => Keys::root_in(path),
        None => Keys::at(&args.state).root(),
    };
    root.map_err(|error| Fail::new(error.to_string()))
}

fn row_of(folder: &Folder) -> Result<KeyRow, Fail> {
    let keys = Keys::at(folder.path());
    let books = books(folder, &keys)?;
    let authority = Authority::open(folder.path(), wall()).map_err(|error| fail(&error.into()))?;
    KeyRow::of(&books, &keys, HEXLOWER.encode(&authority.print()))
        .map_err(|error| fail(&error.into()))
}

fn books(folder: &Folder, keys: &Keys) -> Result<Books, Fail> {
    let books = Books::open_to_certify(folder.path(), keys, ostium_correlate::Policy::default());
    books.map_err(|error| fail(&error.into()))
}

fn by(note: &str) -> By {
    By { who: Peer::me().to_string(), note: note.to_owned() }
}

// === impl Line ===

impl Line {
    /// The folder is ours if no hub runs there; a hub that runs is asked.
    fn to(args: &KeyArgs) -> Result<Self, Fail> {
        if !args.state.join(DATABASE).exists() {
            return Ok(Self::Running(args.at.socket.clone()));
        }
        match Folder::take(&args.state) {
            Ok(folder) => Ok(Self::Here(folder)),
            Err(HubError::Runs(_)) => Ok(Self::Running(args.at.socket.clone())),
            Err(error) => Err(fail(&error)),
        }
    }

    fn propose(&self, renewal: Renewal) -> Result<Proposal, Fail> {
        match self {
            Self::Here(folder) => {
                let keys = Keys::at(folder.path());
                let proposal = books(folder, &keys)?.propose(&keys, renewal, wall());
                proposal.map_err(|error| fail(&error.into()))
            }
            Self::Running(socket) => match ask(socket, &Ask::Propose { renewal })? {
                Answer::Proposal { proposal } => proposal.read().ok_or_else(strange),
                _ => Err(strange()),
            },
        }
    }

    fn install(&self, signed: &NewKeys, what: &str) -> Result<String, Fail> {
        match self {
            Self::Here(folder) => {
                let keys = Keys::at(folder.path());
                let new = books(folder, &keys)?.install(&keys, signed, what, &by(""), wall());
                let new = new.map_err(|error| fail(&error.into()))?;
                Ok(format!("certificate {} of history {} is in force", new.serial, new.epoch))
            }
            Self::Running(socket) => {
                let keys = NewKeysRow::from(signed);
                match ask(socket, &Ask::Install { keys, what: what.to_owned() })? {
                    Answer::Done { said } => Ok(said),
                    _ => Err(strange()),
                }
            }
        }
    }
}
