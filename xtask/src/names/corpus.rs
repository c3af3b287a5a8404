//! The corpus as the trainer sees it: labels of people, labels of machines by family, and the
//! archives of lists.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// Families that teach the character model of machines and the weights.
const TAUGHT: &[&str] = &[
    "conficker",
    "corebot",
    "cryptolocker",
    "dmsniff",
    "kraken",
    "murofet",
    "padcrypt",
    "proslikefan",
    "pushdo",
    "qadars",
    "ramdo",
    "reconyc",
    "vawtrak",
    "zeus",
];

/// Families that the character model never saw, but the weights and the calibration did.
const CALIBRATED: &[&str] =
    &["banjori", "chinad", "dircrypt", "goz", MADE_UP, "necurs", "orchard", "tempedreve"];

/// Hexadecimal labels: several generators print bytes of a hash, but the corpus has few of them.
const MADE_UP: &str = "hexadecimal";

/// Not one generator each (mixtures of unknown origin), or no generator of registrable names.
const LEFT_OUT: &[&str] = &[
    "dds-malicious-domains",
    "fosniw",
    "opendns-random-domains",
    "opendns-top-domains",
    "others_dga",
    "unnamed_downloader",
];

/// What a family is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Taught,
    Calibrated,
    HeldOut,
}

/// The labels of one family.
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) use_: Use,
    pub(crate) labels: Vec<String>,
}

/// A label of people, and under which top level it stands.
pub(crate) struct Human {
    pub(crate) label: String,
    pub(crate) top: String,
    /// One of ten parts of all labels, by a hash of the label.
    pub(crate) fold: u64,
}

/// Everything that the trainer reads.
pub(crate) struct Samples {
    pub(crate) humans: Vec<Human>,
    pub(crate) families: Vec<Family>,
}

/// No family counts for more than this many labels.
const PER_FAMILY: usize = 4000;

// === impl Samples ===

impl Samples {
    pub(crate) fn read(corpus: &Path) -> Result<Self, Box<dyn Error>> {
        Ok(Self { humans: humans(corpus)?, families: families(corpus)? })
    }
}

/// FNV-1a, for splits that never change.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Which of ten parts a label belongs to.
pub(crate) fn fold(label: &str) -> u64 {
    (hash(label) >> 17) % 10
}

/// The text of one gzip file.
pub(crate) fn gunzip(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let file =
        File::open(path).map_err(|error| format!("cannot read '{}': {error}", path.display()))?;
    let mut bytes = Vec::new();
    MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// One regular file of a `.tar.gz`, by the end of its path.
pub(crate) fn member(archive: &Path, ending: &str) -> Result<String, Box<dyn Error>> {
    let bytes = gunzip(archive)?;
    let mut rest = bytes.as_slice();
    let mut long_name: Option<String> = None;
    while let Some((head, body)) = rest.split_at_checked(512) {
        let text = |from: usize, to: usize| {
            let field = head.get(from..to).unwrap_or_default();
            let end = field.iter().position(|&b| b == 0).unwrap_or(field.len());
            String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
        };
        let size = usize::from_str_radix(text(124, 136).trim(), 8).unwrap_or(0);
        let data = body.get(..size).ok_or("a tar archive is cut short")?;
        let kind = head.get(156).copied().unwrap_or(0);
        // A path that is too long for its field comes before, as a file of its own.
        let name = long_name.take().unwrap_or_else(|| text(0, 100));
        if kind == b'L' {
            long_name = Some(String::from_utf8_lossy(data).trim_end_matches('\0').to_owned());
        } else if name.ends_with(ending) {
            return Ok(String::from_utf8_lossy(data).into_owned());
        }
        rest = body.get(size.div_ceil(512) * 512..).unwrap_or_default();
    }
    Err(format!("no '{ending}' in '{}'", archive.display()).into())
}

/// Distinct labels of the lists of names, sorted.
fn humans(corpus: &Path) -> Result<Vec<Human>, Box<dyn Error>> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for file in [
        "opendns__opendns-random-domains.txt.gz",
        "opendns__opendns-top-domains.txt.gz",
        "SuperCowPowers__alexa_100k.csv.gz",
        "errantmind__top-65535.csv.gz",
    ] {
        let text = gunzip(&corpus.join("names").join(file))?;
        for line in String::from_utf8_lossy(&text).lines() {
            let name = line.rsplit(',').next().unwrap_or(line).trim();
            let name = name.to_ascii_lowercase();
            let Some(registrable) = ostium_names::registrable(&name) else {
                continue;
            };
            let Some((label, zone)) = registrable.split_once('.') else {
                continue;
            };
            let top = zone.rsplit('.').next().unwrap_or(zone);
            if !label.starts_with("xn--") {
                found.entry(label.to_owned()).or_insert_with(|| top.to_owned());
            }
        }
    }
    let human = |(label, top): (String, String)| Human { fold: fold(&label), label, top };
    Ok(found.into_iter().map(human).collect())
}

/// The families of the corpus, sorted by name; versions of one generator are one family.
fn families(corpus: &Path) -> Result<Vec<Family>, Box<dyn Error>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut files: Vec<_> = fs::read_dir(corpus.join("dga"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    for path in files {
        let Some(family) = family_of(&path) else {
            continue;
        };
        let labels = found.entry(family).or_default();
        for line in String::from_utf8_lossy(&gunzip(&path)?).lines() {
            let name = line.trim().to_ascii_lowercase();
            let label = ostium_names::registrable(&name).unwrap_or(&name);
            let label = label.split('.').next().unwrap_or(label);
            if !label.is_empty() {
                labels.insert(label.to_owned());
            }
        }
    }
    found.insert(MADE_UP.to_owned(), hexadecimal());
    Ok(found
        .into_iter()
        .filter(|(_, labels)| !labels.is_empty())
        .map(|(name, labels)| Family { use_: use_of(&name), labels: thin(labels), name })
        .collect())
}

/// Hashes of the numbers from 0, cut to 6 to 16 digits.
fn hexadecimal() -> BTreeSet<String> {
    let label = |number: usize| {
        let mut digits = format!("{:016x}", hash(&number.to_string()));
        digits.truncate(6 + number % 11);
        digits
    };
    (0..1100).map(label).collect()
}

/// The family that a file is about; `None` for files that are left out.
fn family_of(path: &Path) -> Option<String> {
    let stem = path.file_name()?.to_str()?;
    let stem = stem.split('.').next()?;
    let mut parts = stem.split("__");
    let family = match parts.next()? {
        "andrewaeva" => parts.nth(1)?,
        _ => parts.next()?,
    };
    let family = match family {
        "new_goz" => "newgoz",
        other => other,
    };
    (!LEFT_OUT.contains(&family)).then(|| family.to_owned())
}

fn use_of(family: &str) -> Use {
    if TAUGHT.contains(&family) {
        Use::Taught
    } else if CALIBRATED.contains(&family) {
        Use::Calibrated
    } else {
        Use::HeldOut
    }
}

/// At most [`PER_FAMILY`] labels, spread over all of them by a hash.
fn thin(labels: BTreeSet<String>) -> Vec<String> {
    let mut labels: Vec<String> = labels.into_iter().collect();
    labels.sort_by_cached_key(|label| hash(label));
    labels.truncate(PER_FAMILY);
    labels
}
