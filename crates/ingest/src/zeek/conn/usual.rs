//! A TSV row whose columns stand as Zeek writes them when nobody told it otherwise.
//!
//! Each field is known by its number, so nothing is asked and little is compared: the ends of the
//! fields come out of a mask of the separators, numbers are cut out by their ends and read four at
//! a time. Bias: a row in which anything is odd is left to [`Fields::scan`]; what is read here is
//! what that says.

use ostium_event::{Addr, Service, Span};

use super::Conn;
use super::fields::{Fields, duration, service};
use super::state::{ConnState, History};
use crate::address::address;
use crate::clock::bounded;
use crate::header::{Layout, NOWHERE};
use crate::lanes::{NOUGHTS, eights, octets, places, places16};
use crate::lines::{REACH, Text};
use crate::number::unsigned;

/// The columns up to the last that is known.
const COLUMNS: [u8; 20] = [
    Conn::Ts as u8,
    Conn::Uid as u8,
    Conn::OrigH as u8,
    Conn::OrigP as u8,
    Conn::RespH as u8,
    Conn::RespP as u8,
    Conn::Proto as u8,
    Conn::Service as u8,
    Conn::Duration as u8,
    Conn::OrigBytes as u8,
    Conn::RespBytes as u8,
    Conn::State as u8,
    NOWHERE,
    NOWHERE,
    Conn::Missed as u8,
    Conn::History as u8,
    Conn::OrigPkts as u8,
    Conn::OrigIpBytes as u8,
    Conn::RespPkts as u8,
    Conn::RespIpBytes as u8,
];
/// The longest row: a place in it fits into a byte, and 64 bytes behind it are within reach.
const LONGEST: usize = 255;
const _: () = assert!(LONGEST + 64 < REACH);

/// Are rows of this layout written as usual?
pub(crate) fn is_usual(layout: &Layout) -> bool {
    let odd = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-');
    layout.plan() == COLUMNS
        && layout.glued.is_none()
        && !layout.unset_looks_set()
        && !odd(layout.separator)
        && !odd(layout.set_separator)
}

/// A row and how far it was read.
struct Reader<'a> {
    text: &'a [u8; REACH],
    len: usize,
    separator: u8,
    /// The field that comes next.
    at: usize,
    /// Separators from `base` on that were not passed yet.
    mask: u64,
    base: usize,
    /// A field was longer than could be seen.
    lost: bool,
}

/// How far an address was cut into its numbers.
struct Cuts {
    /// A bit for the end of each number that is left.
    ends: u32,
    begin: u32,
    /// The lengths of all so far, joined: 3 at most when each is.
    lens: u32,
}

/// Where a field lies.
#[derive(Clone, Copy)]
struct Place {
    from: usize,
    end: usize,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// Reads a row of a layout that [`is_usual`]; `None` when something about the row is not.
    #[inline(always)]
    pub(crate) fn usual(text: Text<'a>, layout: &Layout) -> Option<Self> {
        let len = text.line.len();
        if len > LONGEST {
            return None;
        }
        let text = text.from.first_chunk::<REACH>()?;
        let mut row =
            Reader { text, len, separator: layout.separator, at: 0, mask: 0, base: 0, lost: false };
        row.look();
        let [seconds, rest] = row.time()?;
        let uid = row.text(layout);
        row.look();
        let orig = row.address()?;
        let orig_port = row.number()?;
        row.look();
        let resp = row.address()?;
        let resp_port = row.number()?;
        let proto = row.text(layout);
        row.look();
        let service = row.service(layout);
        let lasted = row.next();
        let carried = [row.next(), row.next()];
        let conn_state = ConnState::of(row.text(layout));
        let (_local_orig, _local_resp) = (row.next(), row.next());
        let missed = row.number()?;
        row.look();
        let history = History::of(row.text(layout));
        let counts = [row.number()?, row.number()?, row.number()?, row.number()?];
        // All ends were seen, the last of them in this row.
        if row.lost || row.is_past() || row.at > len + 1 {
            return None;
        }
        let [high, low, orig_port, resp_port] = eights([seconds, rest, orig_port, resp_port])?;
        let ports = (u16::try_from(orig_port).ok()?, u16::try_from(resp_port).ok()?);
        let at = bounded((u64::from(high) * 100_000_000 + u64::from(low)) * 1000)?;
        let (duration, carried, missed) = row.amounts(lasted, carried, missed, layout)?;
        let [a, b, c, d] = eights(counts)?.map(|count| Some(u64::from(count)));
        Some(Self {
            at: Some(at),
            uid,
            orig: Some(orig),
            resp: Some(resp),
            ports: (Some(ports.0), Some(ports.1)),
            proto,
            service,
            duration,
            numbers: [carried[0], carried[1], Some(missed), a, b, c, d],
            conn_state,
            history,
        })
    }
}

// === impl Reader ===

impl<'a> Reader<'a> {
    /// Finds the separators of the next 64 bytes. The row's end counts as one, whatever stands there.
    #[inline(always)]
    fn look(&mut self) {
        self.lost |= self.is_past();
        self.mask = match self.ahead(self.at) {
            Some(bytes) => places(bytes, self.separator),
            None => 0,
        };
        self.base = self.at;
        if let Some(bit) = 1u64.checked_shl(self.len.wrapping_sub(self.at) as u32) {
            self.mask |= bit;
        }
    }

    /// Was no end found for the last field?
    #[inline(always)]
    fn is_past(&self) -> bool {
        self.at > self.base + 63
    }

    /// The next field; of no meaning when its end was not seen.
    #[inline(always)]
    fn next(&mut self) -> Place {
        let from = self.at;
        // Where none is left the last bit stands for one, which spares a question.
        let end = self.base + (self.mask | 1 << 63).trailing_zeros() as usize;
        self.mask &= self.mask.wrapping_sub(1);
        self.at = end + 1;
        Place { from, end }
    }

    /// Bytes from a place in the row on.
    #[inline(always)]
    fn ahead<const N: usize>(&self, at: usize) -> Option<&'a [u8; N]> {
        // The mask tells the compiler that they are within reach.
        let at = at & LONGEST;
        self.text.get(at..at + N)?.first_chunk()
    }

    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        match self.ahead(at) {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => 0,
        }
    }

    #[inline(always)]
    fn bytes(&self, place: Place) -> &'a [u8] {
        self.text.get(place.from..place.end).unwrap_or_default()
    }

    /// A text, if it is set.
    #[inline(always)]
    fn text(&mut self, layout: &Layout) -> &'a [u8] {
        let place = self.next();
        let text = self.bytes(place);
        if layout.is_unset(text) { b"" } else { text }
    }

    /// Ten digits, a point, six digits, as two eights.
    #[inline(always)]
    fn time(&mut self) -> Option<[u64; 2]> {
        let point = self.ahead::<1>(10);
        if self.next().end != 17 || point != Some(b".") {
            return None;
        }
        let two = self.word(8) & 0xffff;
        let six = self.word(9) & !0xffff;
        Some([self.word(0) ^ NOUGHTS, (two | six) ^ NOUGHTS])
    }

    /// The digits of a number of one to eight, without `0`, the last of them on top.
    #[inline(always)]
    fn digits(&self, Place { from, end }: Place) -> Option<u64> {
        let len = end.wrapping_sub(from);
        if len.wrapping_sub(1) > 7 {
            return None;
        }
        let ending = self.word(end.wrapping_sub(8)) ^ NOUGHTS;
        Some(ending & u64::MAX << (64 - 8 * len))
    }

    #[inline(always)]
    fn number(&mut self) -> Option<u64> {
        let place = self.next();
        self.digits(place)
    }

    #[inline(always)]
    fn address(&mut self) -> Option<Addr> {
        let place = self.next();
        match self.v4(place) {
            Some(bits) => Some(Addr::v4(bits.to_be_bytes())),
            None => address(self.bytes(place)),
        }
    }

    /// The four numbers lie before the three points and the end.
    #[inline(always)]
    fn v4(&self, Place { from, end }: Place) -> Option<u32> {
        let len = end.wrapping_sub(from);
        if len > 15 {
            return None;
        }
        let text = self.ahead::<16>(from)?;
        let end = 1u32 << len;
        let points = places16(text, b'.') & (end - 1);
        let ends = points | end;
        let starts = points << 1 | 1;
        // No number is empty, and none of several digits begins with 0.
        if ends & starts != 0 || places16(text, b'0') & starts & !(ends >> 1) != 0 {
            return None;
        }
        let mut cuts = Cuts { ends, begin: 0, lens: 0 };
        let numbers = [
            self.cut(from, &mut cuts),
            self.cut(from, &mut cuts),
            self.cut(from, &mut cuts),
            self.cut(from, &mut cuts),
        ];
        if cuts.ends != 0 || cuts.lens > 3 {
            return None;
        }
        octets(numbers)
    }

    /// The digits of the next number of an address.
    #[inline(always)]
    fn cut(&self, from: usize, cuts: &mut Cuts) -> u32 {
        // Of fewer numbers the last ones end where no length is right.
        let end = (cuts.ends | 1 << 31).trailing_zeros();
        cuts.ends &= cuts.ends.wrapping_sub(1);
        let len = end.wrapping_sub(cuts.begin);
        cuts.begin = end.wrapping_add(1);
        cuts.lens |= len;
        let last = from + end as usize;
        let word = match self.ahead(last.wrapping_sub(4)) {
            Some(bytes) => u32::from_le_bytes(*bytes),
            None => 0,
        };
        (word ^ NOUGHTS as u32) & u32::MAX.unbounded_shl(32u32.wrapping_sub(len.wrapping_mul(8)))
    }

    /// The first service that is known.
    #[inline(always)]
    fn service(&mut self, layout: &Layout) -> Option<Service> {
        let text = self.text(layout);
        match text {
            b"ssl" => Some(Service::Tls),
            b"dns" => Some(Service::Dns),
            b"http" => Some(Service::Http),
            b"" => None,
            _ => service(text.split(|byte| *byte == layout.set_separator)),
        }
    }

    /// How long it lasted, the payload both ways, and what was missed.
    #[inline(always)]
    fn amounts(
        &self,
        lasted: Place,
        carried: [Place; 2],
        missed: u64,
        layout: &Layout,
    ) -> Option<(Option<Span>, [Option<u64>; 2], u64)> {
        if let Some([seconds, micros]) = self.seconds(lasted)
            && let (Some(sent), Some(got)) = (self.digits(carried[0]), self.digits(carried[1]))
            && let Some([seconds, micros, sent, got]) = eights([seconds, micros, sent, got])
            && let Some(missed) = one(missed)
        {
            let micros = u64::from(seconds) * 1_000_000 + u64::from(micros);
            let carried = [sent, got].map(|bytes| Some(u64::from(bytes)));
            return Some((Some(Span::from_nanos(micros * 1000)), carried, missed));
        }
        let missed = one(missed)?;
        // Often all three are unset: nothing was carried.
        let set = |place: Place| {
            let text = self.bytes(place);
            if layout.is_unset(text) { b"" } else { text }
        };
        let carried = carried.map(|place| unsigned(set(place)));
        Some((duration(set(lasted)), carried, missed))
    }

    /// One to eight digits, a point, six digits.
    #[inline(always)]
    fn seconds(&self, Place { from, end }: Place) -> Option<[u64; 2]> {
        let point = end.wrapping_sub(7);
        if point <= from || self.ahead::<1>(point) != Some(b".") {
            return None;
        }
        let whole = self.digits(Place { from, end: point })?;
        Some([whole, (self.word(end.wrapping_sub(8)) ^ NOUGHTS) & !0xffff])
    }
}

/// A number that is mostly 0.
#[inline(always)]
fn one(digits: u64) -> Option<u64> {
    if digits == 0 {
        return Some(0);
    }
    let [number, ..] = eights([digits, 0, 0, 0])?;
    Some(u64::from(number))
}

#[cfg(test)]
mod tests {
    use super::super::scan::tests::{USUAL, layout};
    use super::*;
    use crate::cells::Cells;
    use proptest::prelude::*;

    /// What is read of a row, with other rows behind it in the buffer.
    fn read(row: &[u8], layout: &Layout) -> Option<Fields<'static>> {
        assert!(layout.usual);
        let mut buffer = row.to_vec();
        buffer.push(b'\n');
        buffer.extend(row.iter().cycle().take(REACH + 64));
        buffer.resize(buffer.len().max(REACH), b'\t');
        let buffer: &'static [u8] = buffer.leak();
        Fields::usual(Text { line: buffer.get(..row.len())?, from: buffer }, layout)
    }

    fn agree(row: &str, layout: &Layout) -> Result<bool, TestCaseError> {
        let Some(fields) = read(row.as_bytes(), layout) else {
            return Ok(false);
        };
        prop_assert_eq!(fields, Fields::of(&Cells::tsv(row.as_bytes(), layout)), "{}", row);
        Ok(true)
    }

    fn one_in<T: std::fmt::Debug + Clone + 'static>(
        odd: impl Strategy<Value = T> + 'static,
        usual: impl Strategy<Value = T> + 'static,
    ) -> BoxedStrategy<T> {
        prop_oneof![30 => usual, 1 => odd].boxed()
    }

    /// A row that is nearly as Zeek writes it.
    fn row() -> impl Strategy<Value = String> {
        let odd = || "[-0-9a-fx.:\t]{0,5}|[0-9]{7,12}|[a-z]{60,70}|\\(empty\\)";
        let text = |usual: &'static str| one_in(odd(), usual);
        let address = || {
            text(
                "(25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})(\\.(25[0-6]|[0-9]{1,3})){3}|2001:db8::[0-9a-f]{1,4}",
            )
        };
        let count = || text("-|0|[1-9][0-9]{0,8}");
        let parts = vec![
            text("1[0-9]{9}\\.[0-9]{6}"),
            text("C[0-9A-Za-z]{15,18}"),
            address(),
            text("[0-9]{1,5}"),
            address(),
            text("[0-9]{1,5}"),
            text("tcp|udp|icmp|unknown_transport"),
            text("-|ssl|dns|http|ssl,http|-ssl|smb,gssapi,ntlm"),
            text("-|[0-9]{1,5}\\.[0-9]{6}|[0-9]{1,3}\\.[0-9]{5}"),
            count(),
            count(),
            text("SF|S[0-3H]|REJ|RSTO|RSTR|RSTOS0|SHR|OTH"),
            text("T|F|-"),
            text("T|F|-"),
            text("0|[0-9]{1,8}"),
            text("-|ShADadFf|Dd|\\^[a-zA-Z]{1,20}"),
            text("[0-9]{1,5}"),
            text("[0-9]{1,8}"),
            text("[0-9]{1,5}"),
            text("[0-9]{1,8}"),
        ];
        (parts, "\t-|\t[A-Za-z0-9,]{0,40}|", any::<bool>())
            .prop_map(|(parts, tail, ends)| parts.join("\t") + if ends { &tail } else { "" })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn what_is_read_is_what_single_fields_say(row in row(), cut in any::<prop::sample::Index>()) {
            let layout = layout(USUAL, &[]);
            agree(&row, &layout)?;
            agree(row.get(..cut.index(row.len() + 1)).unwrap_or_default(), &layout)?;
        }

        #[test]
        fn any_bytes(row in "[\t0-9.:a-fS-]{0,300}") {
            agree(&row, &layout(USUAL, &[]))?;
        }
    }

    #[test]
    fn usual_rows_are_read() {
        let layout = layout(USUAL, &[]);
        for row in [
            "1600000000.500000\tCptVG65uYDn7nZFwmD\t10.0.1.242\t58535\t144.151.127.59\t80\ttcp\thttp\t\
             29.529022\t4813\t89903\tSF\tT\tF\t0\tShADadFf\t13\t5213\t93\t90503\t-",
            "1600000000.500000\tC\t255.255.255.255\t65535\t0.0.0.0\t0\tudp\t-\t-\t-\t-\tS0\tT\tF\t0\tD\t\
             1\t60\t0\t99999999",
            "1600000000.500000\tC\t2001:db8:1:2:3:4:5:6\t1\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t1\ticmp\t\
             dns\t0.000001\t0\t123456789012\tOTH\t-\t-\t0\tDd\t1\t60\t0\t0\tCa,Cb\t6",
        ] {
            assert!(agree(row, &layout).unwrap(), "{row}");
        }
    }

    #[test]
    fn other_columns_and_marks_are_not_usual() {
        for (fields, more) in [
            (USUAL.replace("local_orig ", ""), [].as_slice()),
            (USUAL.replace("history", "label"), &[]),
            (USUAL.to_owned(), &["#unset_field\t0"]),
            (USUAL.to_owned(), &["#set_separator\ts"]),
        ] {
            assert!(!layout(&fields, more).usual, "{fields} {more:?}");
        }
    }
}
