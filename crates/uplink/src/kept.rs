//! The last good set over a restart: the frames that led to it, in the order they were taken.
//!
//! They are read through the same checks as from the wire, each as of the time when it was taken,
//! so that a file that somebody changed is believed no more than a hub that lies.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use ostium_feed::wire::{Frame, frame::Step};
use ostium_feed::{Follower, LONGEST_BODY, Refusal};
use prost::Message;

/// Above this the file is begun anew by a snapshot, if it is also several times as long as after
/// the last one.
const LONG: u64 = 64 << 20;
const TIMES: u64 = 4;

/// The file.
#[derive(Debug)]
pub(crate) struct Kept {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    bytes: u64,
    /// Its length after the last snapshot.
    base: u64,
    /// The newest certificate and all changes of the root: a new file begins with them.
    keys: Vec<(u64, Vec<u8>)>,
    /// A snapshot that is not complete: it is written beside.
    begun: Option<BufWriter<File>>,
    begun_bytes: u64,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Frames that were taken.
    pub(crate) frames: u64,
    /// Why the rest was not.
    pub(crate) trouble: Option<String>,
}

// === impl Kept ===

impl Kept {
    /// Reads the file into a follower, as far as it is sound, and goes on writing behind that.
    pub(crate) fn open(folder: &Path, follower: &mut Follower) -> io::Result<(Self, Found)> {
        let path = folder.join("feed.log");
        let mut kept = Self {
            path,
            file: None,
            bytes: 0,
            base: 0,
            keys: Vec::new(),
            begun: None,
            begun_bytes: 0,
        };
        let mut found = Found { frames: 0, trouble: None };
        match File::open(&kept.path) {
            Ok(file) => {
                let mut file = BufReader::with_capacity(1 << 20, file);
                loop {
                    match next(&mut file) {
                        Ok(Some((at, frame))) => match follower.take_bytes(&frame, at) {
                            Ok(taken) => {
                                found.frames += 1;
                                kept.bytes += (frame.len() + HEAD) as u64;
                                kept.remember(&frame, at);
                                if taken == ostium_feed::Taken::Snapshot {
                                    kept.base = kept.bytes;
                                }
                            }
                            // Heard twice, before and after a stop.
                            Err(Refusal::Replay) => kept.bytes += (frame.len() + HEAD) as u64,
                            Err(refusal) => {
                                found.trouble = Some(refusal.to_string());
                                break;
                            }
                        },
                        Ok(None) => break,
                        Err(error) => {
                            found.trouble = Some(error.to_string());
                            break;
                        }
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(&kept.path)?;
        // Behind the last frame that was taken: half a frame would make the next one unreadable.
        file.set_len(kept.bytes)?;
        let mut file = BufWriter::new(file);
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        kept.file = Some(file);
        Ok((kept, found))
    }

    /// A frame was taken at this time.
    pub(crate) fn add(&mut self, bytes: &[u8], now_ms: u64, whole: bool) -> io::Result<()> {
        match Frame::decode(bytes).ok().and_then(|frame| frame.step) {
            Some(Step::Certificate(_) | Step::RootChange(_)) => {
                self.remember(bytes, now_ms);
                self.write(bytes, now_ms)
            }
            Some(Step::Delta(_)) => self.write(bytes, now_ms),
            Some(Step::Snapshot(_)) => {
                let mut new = BufWriter::with_capacity(1 << 20, File::create(self.beside())?);
                self.begun_bytes = 0;
                for (at, key) in &self.keys {
                    self.begun_bytes += put(&mut new, key, *at)?;
                }
                self.begun = Some(new);
                self.part(bytes, now_ms, whole)
            }
            Some(Step::Part(_)) => self.part(bytes, now_ms, whole),
            // That somebody lived then says nothing about now.
            Some(Step::Heartbeat(_)) | None => Ok(()),
        }
    }

    /// Is it so long that a snapshot would be shorter?
    pub(crate) fn is_long(&self) -> bool {
        self.bytes > LONG && self.bytes > self.base.saturating_mul(TIMES)
    }

    /// Puts all on the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.flush()?;
            file.get_ref().sync_data()?;
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], now_ms: u64) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            self.bytes += put(file, bytes, now_ms)?;
            file.flush()?;
        }
        Ok(())
    }

    /// More of a snapshot; when it is whole it takes the place of all that was.
    fn part(&mut self, bytes: &[u8], now_ms: u64, whole: bool) -> io::Result<()> {
        let Some(begun) = &mut self.begun else { return Ok(()) };
        self.begun_bytes += put(begun, bytes, now_ms)?;
        if !whole {
            return Ok(());
        }
        let Some(mut new) = self.begun.take() else { return Ok(()) };
        new.flush()?;
        new.get_ref().sync_all()?;
        std::fs::rename(self.beside(), &self.path)?;
        (self.bytes, self.base) = (self.begun_bytes, self.begun_bytes);
        self.file = Some(new);
        Ok(())
    }

    fn remember(&mut self, bytes: &[u8], now_ms: u64) {
        match Frame::decode(bytes).ok().and_then(|frame| frame.step) {
            // Certificates of before are refused after a change of the root anyway.
            Some(Step::Certificate(_)) => {
                self.keys.retain(|(_, key)| !is_certificate(key));
                self.keys.push((now_ms, bytes.to_vec()));
            }
            Some(Step::RootChange(_)) if !self.keys.iter().any(|(_, key)| key == bytes) => {
                self.keys.push((now_ms, bytes.to_vec()));
            }
            _ => {}
        }
    }

    fn beside(&self) -> PathBuf {
        self.path.with_extension("new")
    }
}

fn is_certificate(bytes: &[u8]) -> bool {
    let step = Frame::decode(bytes).ok().and_then(|frame| frame.step);
    matches!(step, Some(Step::Certificate(_)))
}

/// Length of the frame and the time, in milliseconds since 1970; little end first.
const HEAD: usize = 12;

fn put(to: &mut impl Write, frame: &[u8], now_ms: u64) -> io::Result<u64> {
    let len = u32::try_from(frame.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    to.write_all(&len.to_le_bytes())?;
    to.write_all(&now_ms.to_le_bytes())?;
    to.write_all(frame)?;
    Ok((HEAD + frame.len()) as u64)
}

/// The next frame with its time; `None` at the end, also in the middle of a frame that a stop cut.
fn next(from: &mut impl Read) -> io::Result<Option<(u64, Vec<u8>)>> {
    let (mut len, mut at) = ([0; 4], [0; 8]);
    let cut = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Ok(None),
        _ => Err(error),
    };
    if let Err(error) = from.read_exact(&mut len).and_then(|()| from.read_exact(&mut at)) {
        return cut(error);
    }
    let len = u32::from_le_bytes(len) as usize;
    if len > LONGEST_BODY + 1_024 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a kept frame is too long"));
    }
    let mut frame = vec![0; len];
    match from.read_exact(&mut frame) {
        Ok(()) => Ok(Some((u64::from_le_bytes(at), frame))),
        Err(error) => cut(error),
    }
}
