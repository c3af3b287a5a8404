//! Names that Zeek gives to connections and files: a letter and 17 digits of base 62.

use crate::record::Told;
use crate::rng::mix;

/// Of a flow of a machine.
pub(super) fn uid(seed: u64, machine: usize, number: u64) -> String {
    name('C', mix(seed ^ mix(machine as u64)) ^ number)
}

/// Of the file that a reply carried.
pub(super) fn fuid(seed: u64, told: &Told) -> String {
    name('F', mix(seed ^ told.at.nanos()) ^ told.ends.number)
}

fn name(kind: char, hash: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut bits = u128::from(mix(hash)) << 64 | u128::from(mix(hash ^ 0x5eed));
    let mut out = String::with_capacity(18);
    out.push(kind);
    for _ in 0..17 {
        out.push(char::from(DIGITS[(bits % 62) as usize]));
        bits /= 62;
    }
    out
}
