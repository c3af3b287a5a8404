//! The zone as a master file (RFC 1035, section 5), for resolvers that read files.
//!
//! A reader sees the old file or the new one, never half of one: it is written beside its place
//! and moved there. The file is also where the next life finds the serial that it must go beyond.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::RpzError;
use crate::zone::{Record, Zone};

/// The SOA is the second line, so it is within so many bytes.
const HEAD: u64 = 4096;

/// Writes the zone to a stream. The same zone gives the same bytes.
///
/// # Errors
/// When the stream fails.
pub fn write(zone: &Zone, out: &mut impl Write) -> io::Result<()> {
    let config = zone.config();
    let origin = config.origin.strip_suffix('.').unwrap_or(&config.origin);
    writeln!(out, "; Response policy zone, written by ostium; changes made here are lost.")?;
    // The SOA, the NS, and two for each rule: a transfer ends with the SOA again, a file does not.
    let records = zone.rules().len().saturating_mul(2).saturating_add(2);
    for record in zone.whole().take(records) {
        let ttl = config.ttl;
        match record {
            Record::Soa(serial) => writeln!(
                out,
                "{origin}. {ttl} IN SOA localhost. root.localhost. {serial} {} {} {} {ttl}",
                config.refresh, config.retry, config.expire
            )?,
            Record::Ns => writeln!(out, "{origin}. {ttl} IN NS localhost.")?,
            Record::Rule { name, wild, action } => {
                let star = if wild { "*." } else { "" };
                writeln!(out, "{star}{name}.{origin}. {ttl} IN CNAME {}", config.alias(action))?;
            }
        }
    }
    Ok(())
}

/// Puts the zone in the place of a file, at once.
///
/// # Errors
/// When it cannot; the file is as it was.
pub fn write_atomically(zone: &Zone, path: &Path) -> Result<(), RpzError> {
    let fresh = beside(path);
    let fault = |action| {
        let path = path.to_owned();
        move |source| RpzError::File { action, path, source }
    };
    let written = File::create(&fresh).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(zone, &mut out)?;
        // Or after a crash of the machine the name could be there without the bytes.
        out.into_inner()?.sync_all()
    });
    let done = written
        .map_err(fault("write"))
        .and_then(|()| fs::rename(&fresh, path).map_err(fault("replace")));
    if done.is_err() {
        fs::remove_file(&fresh).ok();
        return done;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or_else(|| Path::new("."))).and_then(|f| f.sync_all());
    folder.map_err(fault("make sure of"))
}

/// The serial of a file that was written by [`write_atomically`]; `None` where there is no such
/// file, or it was written by somebody else.
///
/// # Errors
/// When there is a file that cannot be read.
pub fn serial_of(path: &Path) -> Result<Option<u32>, RpzError> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    match read {
        Ok(_) => Ok(serial_in(&String::from_utf8_lossy(&head))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RpzError::File { action: "read", path: path.to_owned(), source }),
    }
}

fn serial_in(head: &str) -> Option<u32> {
    let line = head.lines().nth(1)?;
    let mut words = line.split(' ').skip_while(|word| *word != "SOA");
    words.nth(3)?.parse().ok()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::tests::{rules, zone};
    use crate::{OnBlock, ZoneConfig};

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("ostium-rpz-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn what_is_written_is_a_zone_and_its_serial_is_found_again() {
        let folder = folder("file");
        let path = folder.join("rpz.zone");
        assert_eq!(serial_of(&path).unwrap(), None);
        let on_block = OnBlock::Garden("Garden.example".to_owned());
        let config = ZoneConfig { on_block, ..ZoneConfig::new("rpz.test") };
        let mut zone = Zone::new(config, 41, rules(&["b.example"], &["a.example"])).unwrap();
        write_atomically(&zone, &path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "rpz.test. 30 IN SOA localhost. root.localhost. 42 60 30 3600 30",
                "rpz.test. 30 IN NS localhost.",
                "a.example.rpz.test. 30 IN CNAME rpz-passthru.",
                "*.a.example.rpz.test. 30 IN CNAME rpz-passthru.",
                "b.example.rpz.test. 30 IN CNAME garden.example.",
                "*.b.example.rpz.test. 30 IN CNAME garden.example.",
            ]
        );
        assert_eq!(serial_of(&path).unwrap(), Some(42));
        zone.publish(rules(&["c.example"], &[]));
        write_atomically(&zone, &path).unwrap();
        assert_eq!(serial_of(&path).unwrap(), Some(43));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::write(&path, "something\nelse SOA a b\n").unwrap();
        assert_eq!(serial_of(&path).unwrap(), None);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = folder("nowhere");
        // A folder stands where the file should be.
        let path = folder.join("taken");
        fs::create_dir_all(path.join("inside")).unwrap();
        let bad = write_atomically(&zone(&["a.example"]), &path).unwrap_err();
        assert!(bad.to_string().contains("left as it was"), "{bad}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        let bad = write_atomically(&zone(&["a.example"]), &folder.join("no/such/folder"));
        assert!(bad.unwrap_err().to_string().contains("cannot write"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
