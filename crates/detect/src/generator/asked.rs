//! Made names that one host asked for, as prints.

use std::collections::BTreeSet;

use ostium_event::Timestamp;
use ostium_evidence::MadeNames;
use sha2::{Digest, Sha256};

/// A name: its print, when it was asked for last, the length of what somebody chose of it, whether
/// there are digits in that, its top level, and whether it was asked for in vain.
pub(super) type Asked = (u64, Timestamp, u8, bool, Box<str>, bool);

/// Names remembered of one host: as many as the hub hears of at a time.
const REMEMBERED: usize = 64;
/// Top levels that a form tells of.
const TOPS: usize = 6;
/// The longest form, in bytes.
const LONGEST_FORM: usize = 64;

/// Another name.
pub(super) fn remember(asked: &mut Vec<Asked>, domain: &str, at: Timestamp, in_vain: bool) {
    let print = print(domain);
    if let Some((_, last, .., vain)) = asked.iter_mut().find(|asked| asked.0 == print) {
        (*last, *vain) = ((*last).max(at), in_vain);
        return;
    }
    if asked.len() >= REMEMBERED {
        let oldest = asked.iter().enumerate().min_by_key(|(_, asked)| (asked.1, asked.0));
        if let Some((place, _)) = oldest {
            asked.swap_remove(place);
        }
    }
    let (label, top) = domain.split_once('.').unwrap_or((domain, ""));
    let length = u8::try_from(label.len()).unwrap_or(u8::MAX);
    asked.push((print, at, length, label.bytes().any(|b| b.is_ascii_digit()), top.into(), in_vain));
}

/// What of it is told: only what was asked for in vain.
pub(super) fn made_names(asked: &[Asked]) -> Option<MadeNames> {
    let vain = || asked.iter().filter(|asked| asked.5);
    let mut prints: Vec<u64> = vain().map(|asked| asked.0).collect();
    prints.sort_unstable();
    Some(MadeNames {
        prints,
        form: form(vain()),
        first: vain().map(|asked| asked.1).min()?,
        last: vain().map(|asked| asked.1).max()?,
    })
}

/// Such as `a12-16 .biz,.net`: letters (`a`) or letters and digits (`n`), lengths, top levels.
fn form<'a>(asked: impl Iterator<Item = &'a Asked> + Clone) -> String {
    let shortest = asked.clone().map(|asked| asked.2).min().unwrap_or_default();
    let longest = asked.clone().map(|asked| asked.2).max().unwrap_or_default();
    let letters = if asked.clone().any(|asked| asked.3) { 'n' } else { 'a' };
    let mut form = format!("{letters}{shortest}-{longest} ");
    let tops: BTreeSet<&str> = asked.map(|asked| &*asked.4).collect();
    for (turn, top) in tops.into_iter().take(TOPS).enumerate() {
        if form.len() + top.len() + 2 > LONGEST_FORM {
            break;
        }
        form.push_str(if turn > 0 { ",." } else { "." });
        form.push_str(top);
    }
    form
}

/// The first eight bytes of SHA-256 of a name in lower case without a final dot, big end first
/// (docs/protocol.md, generators).
pub(super) fn print(name: &str) -> u64 {
    let hash = Sha256::digest(name.as_bytes());
    hash.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
