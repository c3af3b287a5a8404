//! What a label looks like, as numbers of about the same size.
//!
//! After the features of FANCI (Schüppen et al., USENIX Security 2018) that can be had in one pass,
//! with two language models in place of its n-gram statistics.

use super::trigrams::{EDGE, STEPS_PER_BIT, Trigrams, symbol};

/// How many numbers describe a label.
pub const FEATURES: usize = 11;
/// No label is longer (RFC 1035, section 2.3.4).
pub const LONGEST_LABEL: usize = 63;
/// Trigrams of a window; its dearest and cheapest place are features.
const WINDOW: usize = 4;

/// Counts of one pass over the label.
#[derive(Default)]
struct Counts {
    digits: u16,
    vowels: u16,
    hyphens: u16,
    hex: u16,
    turns: u16,
    run: u16,
    longest_run: u16,
    distinct: u64,
}

/// The numbers that describe a label; `None` when it is empty, too long or holds what no
/// registered label holds.
pub fn features(label: &[u8], human: &Trigrams, machine: &Trigrams) -> Option<[f32; FEATURES]> {
    let n = label.len();
    if n == 0 || n > LONGEST_LABEL {
        return None;
    }
    let mut counts = Counts::default();
    let mut window = [0u16; WINDOW];
    let (mut a, mut b) = (EDGE, EDGE);
    let (mut people, mut machines) = (0u16, 0u16);
    let (mut dearest, mut cheapest) = (0u16, u16::MAX);
    for (at, byte) in label.iter().copied().map(Some).chain([None]).enumerate() {
        let c = match byte {
            Some(byte) => symbol(byte)?,
            None => EDGE,
        };
        counts.add(b, c);
        let cost = u16::from(human.cost(a, b, c));
        people += cost;
        machines += u16::from(machine.cost(a, b, c));
        if let Some(slot) = window.get_mut(at % WINDOW) {
            *slot = cost;
        }
        if at + 1 >= WINDOW.min(n + 1) {
            let sum = window.iter().sum();
            dearest = dearest.max(sum);
            cheapest = cheapest.min(sum);
        }
        (a, b) = (b, c);
    }
    let places = (n + 1) as f32 * f32::from(STEPS_PER_BIT);
    let in_window = f32::from(STEPS_PER_BIT) * WINDOW.min(n + 1) as f32;
    let share = |count: u16| f32::from(count) / n as f32;
    let gain = (f32::from(people) - f32::from(machines)) / f32::from(STEPS_PER_BIT);
    Some([
        f32::from(people) / places / 4.0,
        gain / (n + 1) as f32,
        gain.clamp(-30.0, 30.0) / 10.0,
        f32::from(dearest) / in_window / 4.0,
        f32::from(cheapest) / in_window / 4.0,
        share(counts.digits),
        share(counts.vowels),
        f32::from(counts.longest_run.min(8)) / 4.0,
        share(counts.turns) * 2.0,
        counts.distinct.count_ones() as f32 / n as f32,
        counts.all_hex(n) + share(counts.hyphens),
    ])
}

// === impl Counts ===

impl Counts {
    /// Takes the symbol `c` after `b` into account.
    fn add(&mut self, b: u8, c: u8) {
        if c == EDGE {
            return;
        }
        let (digit, hyphen) = ((27..37).contains(&c), c == 37);
        // a, e, i, o, u and y by their places in the alphabet.
        let vowel = matches!(c, 1 | 5 | 9 | 15 | 21 | 25);
        self.digits += u16::from(digit);
        self.vowels += u16::from(vowel);
        self.hyphens += u16::from(hyphen);
        self.hex += u16::from(digit || c <= 6);
        self.turns += u16::from(b != EDGE && digit != (27..37).contains(&b));
        self.run = if vowel || digit || hyphen { 0 } else { self.run + 1 };
        self.longest_run = self.longest_run.max(self.run);
        self.distinct |= 1 << c;
    }

    /// 1 when the label is hexadecimal with digits and letters both.
    fn all_hex(&self, n: usize) -> f32 {
        let all = usize::from(self.hex) == n && self.digits > 0 && usize::from(self.digits) < n;
        f32::from(u8::from(all))
    }
}
