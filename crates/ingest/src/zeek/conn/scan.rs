//! The fields of a TSV row in one pass over its bytes, each read while its end is looked for.
//!
//! Numbers, times and addresses as Zeek writes them are read here; whatever else stands in a field
//! is cut out and read by the functions for single fields, so both ways say the same.

use ostium_event::{Addr, Service, Span, Timestamp};

use super::Conn;
use super::fields::{Fields, duration, port, service};
use super::state::{ConnState, History};
use crate::address::{address, v4_prefix};
use crate::clock::{as_zeek_writes, timestamp};
use crate::header::Layout;
use crate::number::{eight, leading, unsigned};

/// A place in a row.
struct Cursor<'a> {
    row: &'a [u8],
    at: usize,
    separator: u8,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// Reads a row; the same as [`Fields::of`] its cells, only faster. `None` when the layout has
    /// oddities that this reader does not know.
    #[inline]
    pub(crate) fn scan(row: &'a [u8], layout: &Layout) -> Option<Self> {
        if layout.glued.is_some() || layout.unset_looks_set() {
            return None;
        }
        let mut cursor = Cursor { row, at: 0, separator: layout.separator };
        // What a row that is cut short lacks is unset.
        let mut fields =
            Self { ports: (Some(0), Some(0)), duration: duration(b""), ..Self::default() };
        for slot in layout.plan() {
            if cursor.at > row.len() {
                break;
            }
            fields.read(*slot, &mut cursor, layout);
        }
        Some(fields)
    }

    #[inline]
    fn read(&mut self, slot: u8, cursor: &mut Cursor<'a>, layout: &Layout) {
        const TS: u8 = Conn::Ts as u8;
        const UID: u8 = Conn::Uid as u8;
        const ORIG_H: u8 = Conn::OrigH as u8;
        const ORIG_P: u8 = Conn::OrigP as u8;
        const RESP_H: u8 = Conn::RespH as u8;
        const RESP_P: u8 = Conn::RespP as u8;
        const PROTO: u8 = Conn::Proto as u8;
        const SERVICE: u8 = Conn::Service as u8;
        const DURATION: u8 = Conn::Duration as u8;
        const ORIG_BYTES: u8 = Conn::OrigBytes as u8;
        const RESP_BYTES: u8 = Conn::RespBytes as u8;
        const MISSED: u8 = Conn::Missed as u8;
        const ORIG_PKTS: u8 = Conn::OrigPkts as u8;
        const ORIG_IP: u8 = Conn::OrigIpBytes as u8;
        const RESP_PKTS: u8 = Conn::RespPkts as u8;
        const RESP_IP: u8 = Conn::RespIpBytes as u8;
        const STATE: u8 = Conn::State as u8;
        const HISTORY: u8 = Conn::History as u8;
        match slot {
            TS => self.at = cursor.time().or_else(|| timestamp(cursor.text(layout))),
            UID => self.uid = cursor.text(layout),
            ORIG_H => self.orig = cursor.v4().or_else(|| address(cursor.text(layout))),
            RESP_H => self.resp = cursor.v4().or_else(|| address(cursor.text(layout))),
            ORIG_P => self.ports.0 = cursor.port(layout),
            RESP_P => self.ports.1 = cursor.port(layout),
            PROTO => self.proto = cursor.short_text(layout),
            SERVICE => self.service = cursor.service(layout),
            DURATION => {
                self.duration = cursor.seconds().or_else(|| duration(cursor.text(layout)));
            }
            STATE => self.conn_state = ConnState::of(cursor.short_text(layout)),
            HISTORY => self.history = History::of(cursor.short_text(layout)),
            ORIG_BYTES => self.numbers[0] = cursor.count(layout),
            RESP_BYTES => self.numbers[1] = cursor.count(layout),
            MISSED => self.numbers[2] = cursor.count(layout),
            ORIG_PKTS => self.numbers[3] = cursor.count(layout),
            ORIG_IP => self.numbers[4] = cursor.count(layout),
            RESP_PKTS => self.numbers[5] = cursor.count(layout),
            RESP_IP => self.numbers[6] = cursor.count(layout),
            _ => cursor.skip(),
        }
    }
}

// === impl Cursor ===

impl<'a> Cursor<'a> {
    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.row.get(self.at..).unwrap_or_default()
    }

    /// The field, if it is set; goes past its end.
    #[inline]
    fn text(&mut self, layout: &Layout) -> &'a [u8] {
        let from = self.at;
        self.skip();
        let text = self.row.get(from..self.at - 1).unwrap_or_default();
        if layout.is_unset(text) { b"" } else { text }
    }

    /// The same of a field that mostly ends within eight bytes.
    #[inline(always)]
    fn short_text(&mut self, layout: &Layout) -> &'a [u8] {
        let Some((text, len)) = self.next_eight() else {
            return self.text(layout);
        };
        self.at += len + 1;
        let text = text.get(..len).unwrap_or_default();
        if layout.is_unset(text) { b"" } else { text }
    }

    /// The first service that is known; mostly there is one, and no other.
    #[inline(always)]
    fn service(&mut self, layout: &Layout) -> Option<Service> {
        let text = self.short_text(layout);
        let known = match text {
            // A head may say that a letter of these words parts the names of a set.
            _ if layout.set_separator.is_ascii_alphanumeric() => {
                return service(text.split(|byte| *byte == layout.set_separator));
            }
            b"ssl" => Service::Tls,
            b"dns" => Service::Dns,
            b"http" => Service::Http,
            b"" => return None,
            _ => return service(text.split(|byte| *byte == layout.set_separator)),
        };
        Some(known)
    }

    /// The next eight bytes, when the field ends within them, and where.
    #[inline(always)]
    fn next_eight(&self) -> Option<(&'a [u8; 8], usize)> {
        let bytes = self.row.get(self.at..)?.first_chunk::<8>()?;
        let hits = first_zero(u64::from_le_bytes(*bytes) ^ (u64::from(self.separator) * EACH));
        (hits != 0).then_some((bytes, (hits.trailing_zeros() >> 3) as usize))
    }

    /// Goes past the end of the field, eight bytes at a time: a byte that equals the separator
    /// leaves its top bit set.
    #[inline]
    fn skip(&mut self) {
        while let Some(word) = self.rest().first_chunk::<8>() {
            let hits = first_zero(u64::from_le_bytes(*word) ^ (u64::from(self.separator) * EACH));
            if hits != 0 {
                self.at += (hits.trailing_zeros() >> 3) as usize + 1;
                return;
            }
            self.at += 8;
        }
        let rest = self.rest();
        let end = rest.iter().position(|byte| *byte == self.separator);
        self.at += end.unwrap_or(rest.len()) + 1;
    }

    /// A whole number of at most nineteen digits up to the end of the field; the cursor stays when
    /// there is something else.
    #[inline(always)]
    fn number(&mut self) -> Option<u64> {
        if let Some((digits, len)) = self.next_eight()
            && let Some(value) = leading(*digits, len)
        {
            self.at += len + 1;
            return Some(u64::from(value));
        }
        self.long_number()
    }

    #[cold]
    #[inline(never)]
    fn long_number(&mut self) -> Option<u64> {
        let (mut value, mut digits) = (0u64, 0);
        let mut end = self.separator;
        for byte in self.rest() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                end = *byte;
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        }
        if end != self.separator || !(1..=19).contains(&digits) {
            return None;
        }
        self.at += digits + 1;
        Some(value)
    }

    #[inline]
    fn count(&mut self, layout: &Layout) -> Option<u64> {
        self.number().or_else(|| unsigned(self.text(layout)))
    }

    #[inline]
    fn port(&mut self, layout: &Layout) -> Option<u16> {
        match self.number() {
            Some(number) => u16::try_from(number).ok(),
            None => port(self.text(layout)),
        }
    }

    /// Ten digits, a point, six digits.
    #[inline]
    fn time(&mut self) -> Option<Timestamp> {
        let (text, after) = self.rest().split_first_chunk::<17>()?;
        if after.first().is_some_and(|end| *end != self.separator) {
            return None;
        }
        let at = as_zeek_writes(text)?;
        self.at += 18;
        Some(at)
    }

    /// Digits, a point, six digits.
    #[inline]
    fn seconds(&mut self) -> Option<Span> {
        let rest = self.rest();
        let (mut micros, mut digits) = (0u64, 0);
        for byte in rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            micros = micros.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        }
        let (part, after) = rest.get(digits..)?.split_first_chunk::<7>()?;
        let [b'.', a, b, c, d, e, f] = *part else {
            return None;
        };
        if !(1..=9).contains(&digits) || after.first().is_some_and(|end| *end != self.separator) {
            return None;
        }
        let part = u64::from(eight([b'0', b'0', a, b, c, d, e, f])?);
        self.at += digits + 8;
        Some(Span::from_nanos((micros * 1_000_000 + part) * 1000))
    }

    /// An address up to the end of the field.
    #[inline]
    fn v4(&mut self) -> Option<Addr> {
        let (bits, after) = v4_prefix(self.rest())?;
        if after.first().is_some_and(|end| *end != self.separator) {
            return None;
        }
        self.at = self.row.len() - after.len() + 1;
        Some(Addr::v4(bits.to_be_bytes()))
    }
}

/// A byte of 1 in each place.
const EACH: u64 = 0x0101_0101_0101_0101;

/// The top bit of the first byte that is 0, and perhaps some behind it.
#[inline(always)]
const fn first_zero(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & (0x80 * EACH)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cells::Cells;
    use crate::header::{Header, HeaderLine};
    use proptest::prelude::*;

    pub(in super::super) fn layout(fields: &str, more: &[&str]) -> Layout {
        let mut header = Header::default();
        let fields = format!("#fields\t{}", fields.replace(' ', "\t"));
        for (line, number) in more.iter().copied().chain([fields.as_str()]).zip(1..) {
            if let HeaderLine::Rows(layout) =
                header.line(line.as_bytes(), number, "conn.log", None).unwrap()
            {
                return *layout;
            }
        }
        panic!("no fields");
    }

    pub(in super::super) const USUAL: &str = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration \
        orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts \
        orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents";

    /// Values that are usual, unset, odd or wrong in any column.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[0-9]{1,6}",
            1 => "[0-9]{9,21}",
            3 => "1[0-9]{9}\\.[0-9]{6}",
            2 => "[0-9]{0,10}\\.[0-9]{0,8}",
            3 => "[0-9]{1,3}(\\.[0-9]{1,3}){3}",
            1 => "[0-9a-f:]{1,20}",
            2 => Just("-".to_owned()),
            1 => Just("(empty)".to_owned()),
            1 => Just(String::new()),
            2 => "(tcp|udp|icmp|S[0-9FH]|REJ|OTH|ssl|dns,-ssl|ssl,http|ShADadFf|\\^dfA)",
            1 => "[ -~]{0,20}",
        ]
    }

    fn agree(row: &str, layout: &Layout) -> Result<(), TestCaseError> {
        let scanned = Fields::scan(row.as_bytes(), layout).unwrap();
        prop_assert_eq!(scanned, Fields::of(&Cells::tsv(row.as_bytes(), layout)), "{}", row);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn one_pass_says_what_single_fields_say(
            values in prop::collection::vec(value(), 0..26),
            order in any::<prop::sample::Index>(),
        ) {
            let mut columns: Vec<&str> = USUAL.split_whitespace().collect();
            let by = order.index(columns.len());
            for moved in [0, by] {
                columns.rotate_left(moved);
                columns.insert(3, "label");
                agree(&values.join("\t"), &layout(&columns.join(" "), &[]))?;
                columns.remove(3);
            }
        }

        #[test]
        fn usual_rows(micros in 0..2_000_000_000_000_000u64, octets: [u8; 8], n: [u32; 8]) {
            let [a, b, c, d, e, f, g, h] = octets;
            let row = format!(
                "{}.{:06}\tCx\t{a}.{b}.{c}.{d}\t{}\t{e}.{f}.{g}.{h}\t443\ttcp\tssl\t{}.{:06}\t{}\t{}\t\
                 SF\tT\tF\t0\tShADadFf\t{}\t{}\t{}\t{}\t-",
                micros / 1_000_000, micros % 1_000_000, n[0] % 65_536, n[1] % 90_000,
                n[2] % 1_000_000, n[3], n[4], n[5], n[6], n[7], n[0]
            );
            let layout = layout(USUAL, &[]);
            agree(&row, &layout)?;
            for cut in 0..row.len() {
                agree(row.get(..cut).unwrap(), &layout)?;
            }
        }
    }

    #[test]
    fn other_marks_and_separators() {
        let more = ["#separator |", "#set_separator|;", "#unset_field|?", "#path|conn"];
        let mut header = Header::default();
        more.iter().zip(1..).for_each(|(line, n)| {
            header.line(line.as_bytes(), n, "conn.log", None).unwrap();
        });
        let fields = format!("#fields|{}", USUAL.split_whitespace().collect::<Vec<_>>().join("|"));
        let HeaderLine::Rows(layout) = header.line(fields.as_bytes(), 5, "x", None).unwrap() else {
            panic!("rows follow");
        };
        let row = "1600000000.5|C|10.0.0.1|?|192.0.2.1|443|tcp|?;ssl|?|7|-|SF|T|F|0|?|1|2|3|4|?";
        agree(row, &layout).unwrap();
        let fields = Fields::scan(row.as_bytes(), &layout).unwrap();
        assert_eq!((fields.ports, fields.numbers[1]), ((Some(0), Some(443)), None));
    }

    #[test]
    fn a_letter_may_part_a_set() {
        let row = "1600000000.5\tC\t10.0.0.1\t9\t192.0.2.1\t443\ttcp\tssl\t-\t7";
        let usual = layout(USUAL, &[]);
        assert_eq!(Fields::scan(row.as_bytes(), &usual).unwrap().service, Some(Service::Tls));
        let odd = layout(USUAL, &["#set_separator\ts"]);
        agree(row, &odd).unwrap();
        assert_eq!(Fields::scan(row.as_bytes(), &odd).unwrap().service, Some(Service::Other));
    }

    #[test]
    fn an_unset_mark_that_looks_set_is_left_to_the_other_reader() {
        let layout = layout(USUAL, &["#unset_field\t0"]);
        assert_eq!(Fields::scan(b"1600000000.5\tC\t10.0.0.1", &layout), None);
    }
}
