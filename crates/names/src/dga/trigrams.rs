//! What a character costs after the two before it, in sixths of a bit.
//!
//! A table of 38 symbols (letters, digits, hyphen, edge of the label) is written as printable
//! text, one row of 38 characters for each pair of symbols, so that a change of the model shows in
//! a diff. Anything unreadable is refused when the model is read, never while scoring.

/// Letters, digits, hyphen and the edge of a label.
pub const SYMBOLS: usize = 38;
/// Steps of a cost in one bit.
pub const STEPS_PER_BIT: u8 = 6;
/// The highest cost, in steps.
pub const HIGHEST_COST: u8 = 93;
/// The symbol of both edges of a label.
pub const EDGE: u8 = 0;
/// Rows of a table.
pub const ROWS: usize = SYMBOLS * SYMBOLS;

/// Costs of all trigrams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigrams {
    costs: Vec<u8>,
}

/// The symbol of a byte of a label; `None` for what no label of a registered name holds.
pub const fn symbol(byte: u8) -> Option<u8> {
    match byte {
        b'a'..=b'z' => Some(byte - b'a' + 1),
        b'A'..=b'Z' => Some(byte - b'A' + 1),
        b'0'..=b'9' => Some(byte - b'0' + 27),
        b'-' => Some(37),
        _ => None,
    }
}

// === impl Trigrams ===

impl Trigrams {
    /// From a cost for each trigram, in the order of their symbols; higher than the highest is the
    /// highest. `None` when there are not 38 x 38 x 38 of them.
    pub fn new(mut costs: Vec<u8>) -> Option<Self> {
        if costs.len() != ROWS * SYMBOLS {
            return None;
        }
        for cost in &mut costs {
            *cost = (*cost).min(HIGHEST_COST);
        }
        Some(Self { costs })
    }

    /// The cost of `c` after `a` and `b`, in steps.
    pub fn cost(&self, a: u8, b: u8, c: u8) -> u8 {
        let at = (usize::from(a) * SYMBOLS + usize::from(b)) * SYMBOLS + usize::from(c);
        self.costs.get(at).copied().unwrap_or(HIGHEST_COST)
    }

    /// The rows as text; [`Trigrams::from_rows`] reads them back.
    pub fn rows(&self) -> impl Iterator<Item = String> + '_ {
        self.costs
            .chunks(SYMBOLS)
            .map(|row| row.iter().map(|cost| char::from(b'!' + cost)).collect())
    }

    /// From the rows of [`Trigrams::rows`]; `None` when a row or a character is amiss.
    pub fn from_rows<'a>(rows: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut costs = Vec::with_capacity(ROWS * SYMBOLS);
        for row in rows {
            if row.len() != SYMBOLS || costs.len() >= ROWS * SYMBOLS {
                return None;
            }
            for byte in row.bytes() {
                costs.push(byte.checked_sub(b'!').filter(|&cost| cost <= HIGHEST_COST)?);
            }
        }
        Self::new(costs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read_back() {
        let costs = (0..ROWS * SYMBOLS).map(|at| (at % 94) as u8).collect();
        let table = Trigrams::new(costs).unwrap();
        let rows: Vec<String> = table.rows().collect();
        assert_eq!(Trigrams::from_rows(rows.iter().map(String::as_str)), Some(table));
    }

    #[test]
    fn odd_rows_are_refused() {
        let short = "!".repeat(SYMBOLS - 1);
        let odd = "\u{7f}".repeat(SYMBOLS);
        let good = "!".repeat(SYMBOLS);
        for rows in [vec![short.as_str(); ROWS], vec![odd.as_str(); ROWS]] {
            assert_eq!(Trigrams::from_rows(rows.into_iter()), None);
        }
        for count in [0, ROWS - 1, ROWS + 1] {
            assert_eq!(Trigrams::from_rows(vec![good.as_str(); count].into_iter()), None);
        }
        assert!(Trigrams::from_rows(vec![good.as_str(); ROWS].into_iter()).is_some());
    }

    #[test]
    fn letters_of_either_case_are_one() {
        assert_eq!(symbol(b'a'), symbol(b'A'));
        assert_eq!(symbol(b'_'), None);
        assert!((0..=255u8).filter_map(symbol).all(|s| usize::from(s) < SYMBOLS && s != EDGE));
    }
}
