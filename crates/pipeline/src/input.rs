//! Opening what the user named: files, folders, standard input.
//!
//! What an input is, its content says. Folders are read whole, in the order of their names; files
//! in them that say nothing Ostium uses are passed over with a note. Bias: a file named by the user
//! that cannot serve is an error that says what to do; in a folder it is a note.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ostium_capture::{CaptureError, CaptureFile};
use ostium_ingest::{LogFile, OpenError, Packing, Sniffed, Unpacked, sniff};

/// Bytes looked at to tell what an input is: a block of zstd may be 128 KiB long and gives nothing
/// before it is whole.
const HEAD: usize = 1 << 18;

/// An input that is open.
pub struct Input {
    /// As the user named it.
    pub name: String,
    /// Its size in bytes, where it is known.
    pub size: Option<u64>,
    pub(crate) read: Arc<AtomicU64>,
    pub(crate) source: Source,
}

pub(crate) enum Source {
    Packets(Box<CaptureFile>),
    Rows(Box<LogFile>),
}

/// An input that cannot be read, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The system refuses.
    #[error("cannot open {name}: {source}")]
    Open {
        /// As the user named it.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// No capture, or one that cannot be decoded.
    #[error("cannot read {name}: {source}")]
    Capture {
        /// As the user named it.
        name: String,
        /// Why.
        source: CaptureError,
    },
    /// No log that can be read.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// A compressed file of which nothing can be unpacked.
    #[error("cannot read {0}: the compressed data ends early or is damaged; copy it again")]
    Damaged(String),
    /// A folder without anything to read.
    #[error(
        "nothing to read in {0}: put captures (pcap, pcapng), Zeek logs (conn, dns, ssl, x509, http) or \
         Suricata EVE files there"
    )]
    EmptyFolder(String),
}

/// Something the user should know about an input, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(pub String);

/// Opens what `path` names; `-` is standard input. Every input that can be read is returned; what
/// cannot comes back as errors, and what was passed over as notes.
pub fn open(path: &str) -> (Vec<Input>, Vec<InputError>, Vec<Note>) {
    if path == "-" {
        let stdin = Box::new(std::io::stdin());
        return sort("standard input", from_reader("standard input", None, stdin), true);
    }
    let given = Path::new(path);
    if !given.is_dir() {
        return sort(path, open_file(path, given), false);
    }
    let mut all = (Vec::new(), Vec::new(), Vec::new());
    let files = match files_of(given) {
        Ok(files) => files,
        Err(source) => {
            all.1.push(InputError::Open { name: path.to_owned(), source });
            return all;
        }
    };
    for file in files {
        let name = file.display().to_string();
        match open_file(&name, &file) {
            Ok(input) => all.0.push(input),
            Err(error) => all.2.push(Note(error.to_string())),
        }
    }
    if all.0.is_empty() {
        all.1.push(InputError::EmptyFolder(path.to_owned()));
    }
    all
}

/// A single input is there, is an error, or (a log that says nothing of use) is a note.
fn sort(
    name: &str,
    opened: Result<Input, InputError>,
    stream: bool,
) -> (Vec<Input>, Vec<InputError>, Vec<Note>) {
    match opened {
        Ok(input) => (vec![input], vec![], vec![]),
        Err(InputError::Log(error @ OpenError::NotNeeded { .. })) if !stream => {
            (vec![], vec![], vec![Note(error.to_string())])
        }
        Err(error) => {
            debug_assert!(!name.is_empty(), "an input has a name");
            (vec![], vec![error], vec![])
        }
    }
}

/// All files below a folder, by name; links are not followed out of it.
fn files_of(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if !entry.file_name().to_string_lossy().starts_with('.') {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn open_file(name: &str, path: &Path) -> Result<Input, InputError> {
    let failed = |source| InputError::Open { name: name.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().ok().filter(|m| m.is_file()).map(|m| m.len());
    from_reader(name, size, Box::new(file))
}

/// Opens what a reader gives; `size` is for progress.
///
/// # Errors
/// When it is nothing that can be read.
pub fn from_reader(
    name: &str,
    size: Option<u64>,
    stream: Box<dyn Read + Send>,
) -> Result<Input, InputError> {
    let failed = |source| InputError::Open { name: name.to_owned(), source };
    let read = Arc::new(AtomicU64::new(0));
    let mut stream = Counted { stream, read: Arc::clone(&read) };
    let mut head = Vec::with_capacity(HEAD);
    stream.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(failed)?;
    let sniffed = sniff(name, &head);
    let source = match sniffed.what {
        Sniffed::Empty if is_damaged(sniffed.packing, &head).map_err(failed)? => {
            return Err(InputError::Damaged(name.to_owned()));
        }
        Sniffed::Capture => {
            let whole: Box<dyn Read + Send> = Box::new(Cursor::new(head).chain(stream));
            let plain: Box<dyn Read + Send> = match sniffed.packing {
                Packing::Plain => whole,
                packing => Box::new(Checked(Unpacked::new(packing, whole).map_err(failed)?)),
            };
            let capture = CaptureFile::open(plain)
                .map_err(|source| InputError::Capture { name: name.to_owned(), source })?;
            Source::Packets(Box::new(capture))
        }
        _ => Source::Rows(Box::new(LogFile::open(name, &head, Box::new(stream))?)),
    };
    Ok(Input { name: name.to_owned(), size, read, source })
}

/// Does a compressed input that gives nothing end early, rather than hold nothing?
fn is_damaged(packing: Packing, head: &[u8]) -> std::io::Result<bool> {
    let mut unpacked = Unpacked::new(packing, Box::new(Cursor::new(head.to_vec())))?;
    std::io::copy(&mut unpacked, &mut std::io::sink())?;
    Ok(unpacked.damaged())
}

/// Counts what is read, for progress.
struct Counted {
    stream: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.stream.read(buffer)?;
        self.read.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// Tells the end of a damaged compressed stream from its true end.
struct Checked(Unpacked);

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.0.read(buffer)?;
        if got == 0 && !buffer.is_empty() && self.0.damaged() {
            return Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "the compressed data ends early or is damaged",
            ));
        }
        Ok(got)
    }
}
