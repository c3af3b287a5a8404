//! What an input is, by its first bytes and its name.
//!
//! Content goes before name: magic numbers, `#path`, `_path`, the keys of the first JSON line; the
//! name helps where content is silent. What Ostium does not read is refused by name with what to
//! do instead, so that nobody wonders why a file gave nothing.

use crate::error::OpenError;
use crate::header::value_of;
use crate::json::{Members, bare};
use crate::schema::{LogKind, kind_of_path};
use crate::unpack::{Packing, peek};
use crate::zeek;

/// Bytes of the (decompressed) beginning that are looked at.
pub(crate) const HEAD: usize = 1 << 16;

/// What an input is, and how it is compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniff {
    /// How it is compressed.
    pub packing: Packing,
    /// What is inside.
    pub what: Sniffed,
}

/// What an input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sniffed {
    /// A log that can be read.
    Log {
        /// Its kind.
        kind: LogKind,
        /// It tells of connections still going on.
        open: bool,
        /// JSON lines; else TSV with a header.
        json: bool,
    },
    /// A Zeek log that says nothing Ostium uses.
    NotNeeded {
        /// Its kind, as it calls itself.
        path: String,
    },
    /// A packet capture (pcap or pcapng).
    Capture,
    /// A kind of file that is known, but not read.
    Refused {
        /// What it is.
        what: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// Nothing in it.
    Empty,
    /// Nothing tells.
    Unknown,
}

/// What an input is: `name` as given by the user, `head` its first bytes (64 KiB are enough).
pub fn sniff(name: &str, head: &[u8]) -> Sniff {
    let packing = Packing::of(head);
    let what = match packing {
        Packing::Plain => sniff_plain(name, head),
        packed => sniff_plain(name, &peek(packed, head, HEAD)),
    };
    Sniff { packing, what }
}

/// What decompressed bytes are.
pub(crate) fn sniff_plain(name: &str, head: &[u8]) -> Sniffed {
    if head.is_empty() {
        return Sniffed::Empty;
    }
    if let Some(known) = by_magic(head) {
        return known;
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let head = head.trim_ascii_start();
    match head.first() {
        Some(b'#') => sniff_tsv(name, head),
        Some(b'{') => sniff_json(name, head),
        Some(b'[') => Sniffed::Refused {
            what: "it is a JSON array",
            advice: "write one object per line, as with 'jq -c .[]'",
        },
        Some(_) => by_first_line(name, head),
        None => Sniffed::Empty,
    }
}

fn by_magic(head: &[u8]) -> Option<Sniffed> {
    let refused = |what, advice| Some(Sniffed::Refused { what, advice });
    match head {
        [0xa1, 0xb2, 0xc3, 0xd4 | 0xcd, ..]
        | [0xd4 | 0x34, 0xc3, 0xb2, 0xa1, ..]
        | [0xcd, 0xc3, 0xb2, 0xa1, ..]
        | [0xa1, 0xb2, 0x3c, 0x4d, ..]
        | [0x4d, 0x3c, 0xb2, 0xa1, ..]
        | [0x0a, 0x0d, 0x0d, 0x0a, ..] => Some(Sniffed::Capture),
        [0x0c, 0xa5, ..] | [0xa5, 0x0c, ..] => refused(
            "it is an nfdump file",
            "NetFlow is not read; capture packets, or log with Zeek or Suricata",
        ),
        [0xde, 0xad, 0xbe, 0xef, ..] => refused(
            "it is a SiLK file",
            "NetFlow is not read; capture packets, or log with Zeek or Suricata",
        ),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => {
            refused("it is compressed with xz", "decompress it first, with 'unxz'")
        }
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => {
            refused("it is compressed with bzip2", "decompress it first, with 'bunzip2'")
        }
        [b'P', b'K', 3, 4, ..] => refused("it is a zip archive", "unpack it first"),
        [b'7', b'z', 0xbc, 0xaf, ..] => refused("it is a 7z archive", "unpack it first"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            refused("it is text in UTF-16", "convert it to UTF-8, with 'iconv -f UTF-16 -t UTF-8'")
        }
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            refused("it is compressed twice", "decompress it once first")
        }
        _ if head.get(257..262) == Some(b"ustar") => {
            refused("it is a tar archive", "unpack it first, with 'tar -x'")
        }
        _ => None,
    }
}

/// Text that is neither TSV with a header nor JSON.
fn by_first_line(name: &str, head: &[u8]) -> Sniffed {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.starts_with(b"StartTime") || line.starts_with(b"StartTime,Dur,Proto") {
        return Sniffed::Refused {
            what: "it is an Argus flow list (binetflow)",
            advice: "Argus flows are not read; give the capture that they were made from",
        };
    }
    if line.contains(&b',') && (line.starts_with(b"Flow ID") || line.starts_with(b"Dst Port,")) {
        return Sniffed::Refused {
            what: "it is a flow list in CSV",
            advice: "flow statistics are not read; give the capture that they were made from",
        };
    }
    match kind_of_name(name) {
        Some(_) => Sniffed::Refused {
            what: "it is named like a Zeek log, but has no header (#fields)",
            advice: "write it with its header (LogAscii::include_meta), or as JSON lines",
        },
        None => Sniffed::Unknown,
    }
}

/// Zeek TSV, by its header.
fn sniff_tsv(name: &str, head: &[u8]) -> Sniffed {
    let mut separator = b'\t';
    let named = kind_of_name(name);
    let mut path = None;
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.starts_with(b"#") {
            break;
        }
        if let Some([one]) = value_of(line, "#separator") {
            separator = *one;
        } else if let Some(value) = value_of(line, "#path") {
            path = Some(String::from_utf8_lossy(value).into_owned());
        } else if let Some(value) = value_of(line, "#fields") {
            let fields: Vec<_> = value.split(|byte| *byte == separator).collect();
            let by_fields = || {
                let has = |field: &str| fields.contains(&field.as_bytes());
                zeek::kind_by_fields(has).map(|kind| (kind, false))
            };
            let found = match &path {
                Some(path) => kind_of_path(path),
                None => named.or_else(by_fields),
            };
            return match (found, path) {
                (Some((kind, open)), _) => Sniffed::Log {
                    kind,
                    open: open || named.is_some_and(|(_, open)| open),
                    json: false,
                },
                (None, Some(path)) => Sniffed::NotNeeded { path },
                (None, None) => Sniffed::Unknown,
            };
        }
    }
    Sniffed::Unknown
}

/// JSON lines, by the keys of the first.
fn sniff_json(name: &str, head: &[u8]) -> Sniffed {
    let mut keys: Vec<&str> = Vec::new();
    let mut path = None;
    if let Ok(mut members) = Members::of(head) {
        // A first line longer than the head ends in an error: its keys until there will do.
        while let Ok(Some((key, value))) = members.next() {
            let key = std::str::from_utf8(key).unwrap_or_default();
            keys.push(key);
            if key == "_path" {
                path = std::str::from_utf8(bare(value)).ok();
            }
            if keys.len() > 256 {
                break;
            }
        }
    }
    let has = |key: &str| {
        keys.contains(&key) || (key.contains('.') && keys.contains(&key.replace('.', "_").as_str()))
    };
    let log = |kind, open| Sniffed::Log { kind, open, json: true };
    if path.is_some() {
        return log(LogKind::ZeekMixed, false);
    }
    if has("event_type") && has("timestamp") {
        return log(LogKind::Eve, false);
    }
    // The one log of Zeek that has no time.
    if !has("ts") && stem(name) != "loaded_scripts" {
        return Sniffed::Unknown;
    }
    let by_fields = || zeek::kind_by_fields(has).map(|kind| (kind, false));
    match kind_of_name(name).or_else(by_fields) {
        Some((kind, open)) => log(kind, open),
        None => Sniffed::NotNeeded { path: stem(name).to_owned() },
    }
}

/// The last part of a name up to its first dot.
fn stem(name: &str) -> &str {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    base.split('.').next().unwrap_or(base)
}

/// The kind by a name such as `conn.log`, `conn.12:00:00-13:00:00.log.gz` or `dns_20240131.log`.
pub(crate) fn kind_of_name(name: &str) -> Option<(LogKind, bool)> {
    let stem = stem(name);
    let end = stem
        .find(|letter: char| matches!(letter, '-' | ':') || letter.is_ascii_digit())
        .unwrap_or(stem.len());
    // `x509` has digits of its own, and `conn-summary` is not `conn`.
    let whole = kind_of_path(stem);
    let cut = stem.split_at_checked(end).and_then(|(word, rest)| {
        let dated = rest.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
        kind_of_path(word.trim_end_matches('_')).filter(|_| dated)
    });
    let x509 = stem
        .strip_prefix("x509")
        .filter(|rest| rest.starts_with(['-', '_']))
        .and_then(|_| kind_of_path("x509"));
    whole.or(cut).or(x509)
}

// === impl Sniffed ===

impl Sniffed {
    /// The error of an input that is no log.
    pub(crate) fn refuse(self, name: &str) -> OpenError {
        let name = name.to_owned();
        match self {
            Self::NotNeeded { path } => OpenError::NotNeeded { name, what: path },
            Self::Capture => OpenError::Capture { name },
            Self::Refused { what, advice } => OpenError::Refused { name, what, advice },
            Self::Empty => OpenError::Empty { name },
            Self::Unknown | Self::Log { .. } => OpenError::Unknown { name },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_tell_kinds() {
        for (name, want) in [
            ("conn.log", Some((LogKind::ZeekConn, false))),
            ("a/b/conn.12:00:00-13:00:00.log.gz", Some((LogKind::ZeekConn, false))),
            ("conn.log.labeled.gz", Some((LogKind::ZeekConn, false))),
            ("conn_20240131.log", Some((LogKind::ZeekConn, false))),
            ("dns-2024-01-31.json", Some((LogKind::ZeekDns, false))),
            ("open_http.log", Some((LogKind::ZeekHttp, true))),
            ("x509.log", Some((LogKind::ZeekX509, false))),
            ("x509_20240131.log", Some((LogKind::ZeekX509, false))),
            ("conn-summary.log", None),
            ("connection.log", None),
            ("weird.log", None),
        ] {
            assert_eq!(kind_of_name(name), want, "{name}");
        }
    }

    #[test]
    fn refuses_by_name() {
        for (head, word) in [
            (&b"\x0c\xa5\x01\x00"[..], "nfdump"),
            (b"StartTime,Dur,Proto,SrcAddr\n", "Argus"),
            (b"PK\x03\x04", "zip"),
            (b"\xfd7zXZ\x00", "xz"),
            (b"[{\"ts\":1}]", "array"),
        ] {
            let Sniffed::Refused { what, .. } = sniff("x", head).what else {
                panic!("{word} is refused")
            };
            assert!(what.contains(word), "{what}");
        }
        assert_eq!(sniff("x", b"\xd4\xc3\xb2\xa1").what, Sniffed::Capture);
        assert_eq!(sniff("x", b"").what, Sniffed::Empty);
        assert_eq!(sniff("x", b"hello").what, Sniffed::Unknown);
        assert!(matches!(sniff("conn.log", b"1.5\tC1\n").what, Sniffed::Refused { .. }));
    }

    #[test]
    fn json_tells_by_its_keys() {
        let of = |name, line: &str| sniff(name, line.as_bytes()).what;
        let log = |kind| Sniffed::Log { kind, open: false, json: true };
        let conn = r#"{"ts":1,"uid":"C","id.orig_h":"10.0.0.1","conn_state":"SF"}"#;
        assert_eq!(of("any.txt", conn), log(LogKind::ZeekConn));
        assert_eq!(of("x", r#"{"_path":"dns","ts":1}"#), log(LogKind::ZeekMixed));
        assert_eq!(of("conn.log", r#"{"timestamp":"x","event_type":"flow"}"#), log(LogKind::Eve));
        assert_eq!(
            of("ssh.log.gz", r#"{"ts":1,"id.orig_h":"10.0.0.1"}"#),
            Sniffed::NotNeeded { path: "ssh".to_owned() }
        );
        assert_eq!(of("x", r#"{"a":1}"#), Sniffed::Unknown);
    }

    proptest! {
        #[test]
        fn any_bytes(name in "\\PC{0,20}", head in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = sniff(&name, &head);
        }

        #[test]
        fn any_lines(head in "[#{\\[\"a-f:,\t\n]{0,80}") {
            let _ = sniff("conn.log", head.as_bytes());
        }
    }
}
