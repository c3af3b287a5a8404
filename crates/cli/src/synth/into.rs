//! Files that a world goes into, compressed when their name says so.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fail::Fail;

/// Bytes written at once.
const BUFFER: usize = 1 << 18;

/// Where a world's bytes go; `finish` ends what compression has begun.
pub(crate) enum Sink<W: Write> {
    Plain(BufWriter<W>),
    Gzip(BufWriter<GzEncoder<W>>),
    Zstd(BufWriter<zstd::Encoder<'static, W>>),
}

/// Lets `make` write a capture: to standard output, or into a file that gets its name when all is
/// written.
pub(crate) fn capture<T>(
    path: &Path,
    make: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T, Fail> {
    if path == Path::new("-") {
        return to_stdout(make);
    }
    let failed = |error| Fail::new(format!("cannot write {}: {error}", path.display()));
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let file = File::create(&part).map_err(failed)?;
    let mut sink = Sink::new(file, path.extension()).map_err(failed)?;
    let made = make(&mut sink).and_then(|made| sink.finish().map(|()| made)).map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)?;
    Ok(made)
}

fn to_stdout<T>(make: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> Result<T, Fail> {
    let out = io::stdout();
    if out.is_terminal() {
        return Err(Fail::new(
            "a capture is nothing for a terminal; pipe it into another program, or say --out FILE",
        ));
    }
    let mut out = BufWriter::with_capacity(BUFFER, out.lock());
    make(&mut out)
        .and_then(|made| out.flush().map(|()| made))
        .map_err(|error| Fail::new(format!("cannot write to standard output: {error}")))
}

/// A log that is written as it comes.
pub(crate) fn file(path: &Path) -> io::Result<Box<dyn Write>> {
    Ok(Box::new(BufWriter::with_capacity(BUFFER, File::create(path)?)))
}

/// The labels of `office.pcap.zst` are `office.toml`.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let endings = [".zst", ".gz", ".pcap"];
    let stem =
        endings.iter().fold(&*name, |name, ending| name.strip_suffix(ending).unwrap_or(name));
    path.with_file_name(format!("{stem}.toml"))
}

// === impl Sink ===

impl<W: Write> Sink<W> {
    fn new(out: W, extension: Option<&OsStr>) -> io::Result<Self> {
        Ok(match extension.and_then(OsStr::to_str) {
            Some("gz") => {
                let encoder = GzEncoder::new(out, Compression::fast());
                Self::Gzip(BufWriter::with_capacity(BUFFER, encoder))
            }
            Some("zst") => {
                let encoder = zstd::Encoder::new(out, 1)?;
                Self::Zstd(BufWriter::with_capacity(BUFFER, encoder))
            }
            _ => Self::Plain(BufWriter::with_capacity(BUFFER, out)),
        })
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut out) => out.flush(),
            Self::Gzip(out) => {
                out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?.flush()
            }
            Self::Zstd(out) => {
                out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?.flush()
            }
        }
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lie_beside_the_capture() {
        for (path, labels) in [
            ("a/office.pcap.zst", "a/office.toml"),
            ("office.pcap", "office.toml"),
            ("office.pcap.gz", "office.toml"),
            ("office", "office.toml"),
        ] {
            assert_eq!(beside(Path::new(path)), Path::new(labels));
        }
    }
}
