//! The known fields of one row, whichever way it was written.
//!
//! A kind of log names its fields once ([`slots!`]); a TSV row and a JSON line both become the
//! same array of bytes, one place per known field. Unknown columns are never looked at.

use crate::header::Layout;
use crate::json::{BadJson, Items, Members, bare};
use crate::number;

/// Known fields of one kind, at most.
pub(crate) const SLOTS: usize = 24;

/// How a row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Zeek TSV: `\x41` escapes, lists split at this byte.
    Tsv(u8),
    /// JSON: `\u0041` escapes, lists are arrays.
    Json,
}

/// The known fields of one row; a field that is unset, empty or missing is empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'a> {
    values: [&'a [u8]; SLOTS],
    pub(crate) style: Style,
}

/// The elements of a field that holds a list.
pub(crate) enum List<'a> {
    Tsv(u8, Option<&'a [u8]>),
    Json(Items<'a>),
}

/// Names the fields of a kind of log: an enum of places, and their names in the same order.
macro_rules! slots {
    ($(#[$doc:meta])* $kind:ident { $($slot:ident = $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(dead_code, reason = "every kind names the fields common to all")]
        pub(crate) enum $kind { $($slot),* }

        impl $kind {
            pub(crate) const NAMES: &'static [&'static str] = &[$($name),*];
        }
    };
}
pub(crate) use slots;

/// The place of a field among `names`, trying first where the last one was found: producers keep
/// their order. `_` in the key stands for `.`, as some shippers rewrite it.
#[inline]
pub(crate) fn place(names: &[&str], key: &[u8], hint: &mut usize) -> Option<usize> {
    let (before, after) = names.split_at_checked(*hint)?;
    let found = after.iter().position(|name| same(name, key));
    let place = match found {
        Some(at) => at + before.len(),
        None => before.iter().position(|name| same(name, key))?,
    };
    *hint = place + 1;
    Some(place)
}

#[inline]
fn same(name: &str, key: &[u8]) -> bool {
    let name = name.as_bytes();
    name.len() == key.len()
        && (name == key || name.iter().zip(key).all(|(a, b)| a == b || (*a == b'.' && *b == b'_')))
}

/// Columns that are told apart in a row, at most: more than any log of Zeek has.
const FIELDS: usize = 128;
/// The last column of a kind of log that may be asked for.
pub(crate) const LAST_COLUMN: usize = FIELDS - 16;

/// Where the fields of a row begin.
struct Starts {
    at: [u32; FIELDS],
    /// Fields found.
    count: usize,
}

// === impl Starts ===

impl Starts {
    /// Finds the fields up to the column `last`, and perhaps some more.
    ///
    /// Eight bytes at a time: a byte that equals the separator leaves its top bit set.
    #[inline]
    fn of(row: &[u8], separator: u8, last: usize) -> Self {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        let pattern = u64::from(separator) * 0x0101_0101_0101_0101;
        let hits = |word: [u8; 8]| {
            let x = u64::from_le_bytes(word) ^ pattern;
            !(((x & LOW) + LOW) | x | LOW)
        };
        let (mut at, mut count) = ([0u32; FIELDS], 0);
        let mut note = |base: u32, mut hits: u64| {
            while hits != 0 {
                count += 1;
                // At most eight more than asked for, so the mask never bites.
                if let Some(start) = at.get_mut(count & (FIELDS - 1)) {
                    *start = base + (hits.trailing_zeros() >> 3) + 1;
                }
                hits &= hits - 1;
            }
            count
        };
        let (words, tail) = row.as_chunks::<8>();
        let mut base = 0;
        for word in words {
            if note(base, hits(*word)) > last {
                return Self { at, count };
            }
            base += 8;
        }
        let mut padded = [!separator; 8];
        padded.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
        count = note(base, hits(padded)) + 1;
        // The last field ends where one more separator would stand.
        if let Some(start) = at.get_mut(count & (FIELDS - 1)) {
            *start = row.len() as u32 + 1;
        }
        Self { at, count }
    }

    /// The bytes of a field; `None` when the row is shorter.
    #[inline]
    fn field<'a>(&self, row: &'a [u8], column: usize) -> Option<&'a [u8]> {
        if column >= self.count {
            return None;
        }
        let (from, to) = (self.at.get(column)?, self.at.get(column + 1)?);
        row.get(*from as usize..to.wrapping_sub(1) as usize)
    }
}

/// Calls `each` with the place and the bytes of those fields of a row that `wanted` names by column
/// (in ascending order) and place.
#[inline]
pub(crate) fn for_fields<'a>(
    row: &'a [u8],
    separator: u8,
    wanted: &[(u8, u8)],
    mut each: impl FnMut(usize, &'a [u8]),
) {
    let last = wanted.last().map_or(0, |(column, _)| usize::from(*column));
    let starts = Starts::of(row, separator, last);
    for (column, place) in wanted {
        let Some(field) = starts.field(row, usize::from(*column)) else {
            return;
        };
        each(usize::from(*place), field);
    }
}

// === impl Cells ===

impl<'a> Cells<'a> {
    /// The known fields of a TSV row.
    #[inline]
    pub(crate) fn tsv(row: &'a [u8], layout: &Layout) -> Self {
        let mut values = [&b""[..]; SLOTS];
        for_fields(row, layout.separator, &layout.places, |slot, value| {
            if let Some(cell) = values.get_mut(slot)
                && !layout.is_unset(value)
            {
                *cell = value;
            }
        });
        if let Some(cell) = layout.glued.and_then(|slot| values.get_mut(slot)) {
            *cell = unglue(cell, layout);
        }
        Self { values, style: Style::Tsv(layout.set_separator) }
    }

    /// The known fields of a JSON object.
    #[inline]
    pub(crate) fn json(object: &'a [u8], names: &[&str]) -> Result<Self, BadJson> {
        let mut cells = Self { values: [b""; SLOTS], style: Style::Json };
        let mut members = Members::of(object)?;
        let mut hint = 0;
        while let Some((key, value)) = members.next()? {
            // Zeek's `id` record, where a shipper has nested it.
            if key == b"id" && value.first() == Some(&b'{') {
                cells.nested_id(value)?;
            } else if let Some(place) = place(names, key, &mut hint) {
                cells.set(place, bare(value));
            }
        }
        Ok(cells)
    }

    fn nested_id(&mut self, object: &'a [u8]) -> Result<(), BadJson> {
        let mut members = Members::of(object)?;
        while let Some((key, value)) = members.next()? {
            let names: [&[u8]; 4] = [b"orig_h", b"orig_p", b"resp_h", b"resp_p"];
            if let Some(at) = names.iter().position(|name| *name == key) {
                self.set(at + crate::zeek::ORIG_H, bare(value));
            }
        }
        Ok(())
    }

    fn set(&mut self, place: usize, value: &'a [u8]) {
        if let Some(cell) = self.values.get_mut(place) {
            *cell = value;
        }
    }

    /// A field; empty when it is unset.
    #[inline]
    pub(crate) fn get(&self, slot: usize) -> &'a [u8] {
        self.values.get(slot).copied().unwrap_or_default()
    }

    /// Is a field set?
    #[inline]
    pub(crate) fn is_set(&self, slot: usize) -> bool {
        !self.get(slot).is_empty()
    }

    /// A whole number.
    #[inline]
    pub(crate) fn number(&self, slot: usize) -> Option<u64> {
        number::unsigned(self.get(slot))
    }

    /// A truth value: `T` or `true`.
    pub(crate) fn is_true(&self, slot: usize) -> bool {
        matches!(self.get(slot), b"T" | b"true")
    }

    /// The elements of a field.
    pub(crate) fn list(&self, slot: usize) -> List<'a> {
        let value = self.get(slot);
        match self.style {
            Style::Json if value.first() == Some(&b'[') => List::Json(Items::of(value)),
            Style::Json => List::Tsv(0, (!value.is_empty()).then_some(value)),
            Style::Tsv(separator) => List::Tsv(separator, (!value.is_empty()).then_some(value)),
        }
    }
}

/// The value of a last column whose header had further columns glued on by spaces.
#[cold]
fn unglue<'a>(cell: &'a [u8], layout: &Layout) -> &'a [u8] {
    let end = memchr::memmem::find(cell, b"   ").unwrap_or(cell.len());
    let value = cell.get(..end).unwrap_or_default();
    if layout.is_unset(value) { b"" } else { value }
}

// === impl List ===

impl<'a> Iterator for List<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self {
            List::Json(items) => items.next().map(bare),
            List::Tsv(separator, rest) => {
                let list = (*rest)?;
                // Short, and of one element mostly: a call costs more than a look at each byte.
                let Some(end) = list.iter().position(|byte| byte == separator) else {
                    *rest = None;
                    return Some(list);
                };
                *rest = list.get(end + 1..);
                list.get(..end)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_places_in_any_order() {
        let names = ["ts", "id.orig_h", "proto"];
        let mut hint = 0;
        assert_eq!(place(&names, b"proto", &mut hint), Some(2));
        assert_eq!(place(&names, b"label", &mut hint), None);
        assert_eq!(place(&names, b"id_orig_h", &mut hint), Some(1));
        assert_eq!(place(&names, b"ts", &mut hint), Some(0));
    }

    #[test]
    fn reads_json_lists() {
        let names = ["", "", "id.orig_h", "a", "b", "c"];
        let row = br#"{"b":["x",1,null],"a":[],"c":"one","id":{"orig_h":"10.0.0.1"}}"#;
        let cells = Cells::json(row, &names).unwrap();
        assert_eq!(cells.get(2), b"10.0.0.1");
        assert_eq!(cells.list(3).count(), 0);
        assert_eq!(cells.list(4).collect::<Vec<_>>(), [&b"x"[..], b"1", b""]);
        assert_eq!(cells.list(5).collect::<Vec<_>>(), [b"one"]);
    }

    proptest! {
        #[test]
        fn fields_are_those_of_split(text in "[\ta-c\u{89}]{0,200}", from in 0u8..9, step in 1u8..5) {
            let wanted: Vec<(u8, u8)> =
                (from..112).step_by(usize::from(step)).map(|column| (column, column)).collect();
            let mut fields = Vec::new();
            for_fields(text.as_bytes(), b'\t', &wanted, |place, field| fields.push((place, field)));
            let want: Vec<_> = text
                .as_bytes()
                .split(|byte| *byte == b'\t')
                .enumerate()
                .filter(|(column, _)| wanted.iter().any(|(w, _)| usize::from(*w) == *column))
                .collect();
            prop_assert_eq!(fields, want);
        }
    }
}
