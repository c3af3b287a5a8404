//! First words of known tools, and where they were published.

use ostium_event::{Tool, ToolKind};

use crate::context::{Match, Side};

/// What first words say.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    /// They are enough.
    Sure(Tool),
    /// They are this long, and idle zeros must follow.
    Idle(Tool, usize),
    /// They are enough to be told, and work that follows makes them sure.
    Work(Tool),
}

type Found = (Match, Option<Mark>);

const NO: Found = (Match::No, None);
const MAYBE: Found = (Match::Maybe, None);

/// The mark that first bytes of a side carry.
pub(super) fn find(side: Side, bytes: &[u8]) -> Found {
    let forms: &[fn(&[u8]) -> Found] = match side {
        Side::Opener => &[njrat, gh0st, mirai, remcos, netwire, net_tcp, stratum],
        Side::Responder => &[staged, darkcomet, gafgyt, gh0st],
    };
    let mut maybe = NO;
    for form in forms {
        match form(bytes) {
            (Match::Yes, mark) => return (Match::Yes, mark),
            (Match::Maybe, _) => maybe = MAYBE,
            (Match::No, _) => {}
        }
    }
    maybe
}

/// Mozi bots live in BitTorrent's table with node numbers that begin alike (Netlab 360, 2019).
pub(super) fn datagram(bytes: &[u8]) -> Option<Tool> {
    let marked = [&b"d1:ad2:id20:88888888"[..], b"d1:rd2:id20:88888888"];
    let mozi = marked.iter().any(|mark| bytes.starts_with(mark));
    mozi.then_some(Tool { family: "Mozi", kind: ToolKind::Bot, exact: true })
}

const fn sure(family: &'static str, kind: ToolKind, exact: bool) -> Found {
    (Match::Yes, Some(Mark::Sure(Tool { family, kind, exact })))
}

fn little(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// `found` where all of `pattern` is there.
fn prefix(bytes: &[u8], pattern: &[u8], found: Found) -> Found {
    match Match::prefix(bytes, pattern) {
        Match::Yes => found,
        Match::Maybe => MAYBE,
        Match::No => NO,
    }
}

/// njRAT: `lv` or `ll` and its separator, before it since version 0.7 the length in digits and a
/// zero (Fidelis, Fidelis Threat Advisory 1009, 2013).
fn njrat(bytes: &[u8]) -> Found {
    let digits = bytes.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
    let rest = match (digits, bytes.get(digits)) {
        (0, _) => bytes,
        (1..=6, None) => return MAYBE,
        (1..=6, Some(0)) => bytes.get(digits + 1..).unwrap_or_default(),
        _ => return NO,
    };
    let found = sure("njRAT", ToolKind::Remote, true);
    let (old, new) = (prefix(rest, b"lv|'|'|", found), prefix(rest, b"ll|'|'|", found));
    if new.0 == Match::No { old } else { new }
}

/// Gh0st and its many children: five letters, the length of the packet, the length unpacked, and
/// zlib's first bytes (Norman, The many faces of Gh0st Rat, 2012).
fn gh0st(bytes: &[u8]) -> Found {
    let letters = bytes.iter().take(5).all(u8::is_ascii_alphanumeric);
    let zlib = |at: usize, want: &[u8]| bytes.get(at).is_none_or(|byte| want.contains(byte));
    // Lengths are far below 16 MiB.
    let small = zlib(8, &[0]) && zlib(12, &[0]);
    if !(letters && small && zlib(13, &[0x78]) && zlib(14, &[0x01, 0x5e, 0x9c, 0xda])) {
        return NO;
    }
    let (Some(packed), Some(plain), Some(_)) = (little(bytes, 5), little(bytes, 9), bytes.get(14))
    else {
        return MAYBE;
    };
    if packed < 16 || plain == 0 {
        return NO;
    }
    let own = bytes.starts_with(b"Gh0st");
    sure(if own { "Gh0st" } else { "a child of Gh0st" }, ToolKind::Remote, own)
}

/// Mirai: a bot says its version, then the length of its name and the name; later two zeros a
/// minute, which the controller gives back (Antonakakis et al., USENIX Security 2017).
fn mirai(bytes: &[u8]) -> Found {
    let tool = Tool { family: "Mirai", kind: ToolKind::Bot, exact: true };
    match prefix(bytes, &[0, 0, 0, 1], (Match::Yes, None)) {
        (Match::Yes, _) => {}
        other => return other,
    }
    let Some(&length) = bytes.get(4) else { return MAYBE };
    let name = bytes.get(5..).unwrap_or_default();
    let whole = usize::from(length);
    if length > 32 || !name.iter().take(whole).all(|byte| byte.is_ascii_graphic()) {
        return NO;
    }
    if name.len() < whole { MAYBE } else { (Match::Yes, Some(Mark::Idle(tool, 5 + whole))) }
}

/// Remcos without TLS: a magic number and the length (Fortinet, Latest Remcos RAT, 2022).
fn remcos(bytes: &[u8]) -> Found {
    match prefix(bytes, &[0x24, 0x04, 0xff, 0x00], (Match::Yes, None)) {
        (Match::Yes, _) => {}
        other => return other,
    }
    match little(bytes, 4) {
        None => MAYBE,
        Some(4..0x0100_0000) => sure("Remcos", ToolKind::Remote, false),
        Some(_) => NO,
    }
}

/// NetWire: 65 bytes follow, the first of which asks for an exchange of keys (Palo Alto Networks
/// Unit 42, NetWire decoder, 2014).
fn netwire(bytes: &[u8]) -> Found {
    prefix(bytes, &[0x41, 0, 0, 0, 0x99], sure("NetWire", ToolKind::Remote, false))
}

/// The framing of .NET (MS-NMF) with an address in it, as RedLine and its kin speak across the
/// internet; a company speaks it inside.
fn net_tcp(bytes: &[u8]) -> Found {
    match prefix(bytes, &[0, 1, 0, 1, 2, 2], (Match::Yes, None)) {
        (Match::Yes, _) => {}
        other => return other,
    }
    let Some(rest) = bytes.get(7..) else { return MAYBE };
    match prefix(rest, b"net.tcp://", (Match::Yes, None)) {
        (Match::Yes, _) => {}
        other => return other,
    }
    let place = rest.get(10..).unwrap_or_default();
    let numbers = place.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    match place.get(numbers) {
        None if numbers <= 15 => MAYBE,
        Some(b':') if numbers >= 7 => sure("net.tcp to a bare address", ToolKind::Remote, false),
        _ => NO,
    }
}

/// Stratum and what miners of Monero and Ethereum say instead: a line of JSON. Those that mine with
/// an ordinary computer's processor log in by a method of that name and often say that they are
/// XMRig (Pastrana and Suarez-Tangil, A first look at the crypto-mining malware ecosystem, IMC 2019;
/// XMRig's documentation of its protocol).
fn stratum(bytes: &[u8]) -> Found {
    const FIRST: [&[u8]; 4] = [
        b"\"mining.subscribe\"",
        b"\"mining.authorize\"",
        b"\"mining.configure\"",
        b"\"eth_submitLogin\"",
    ];
    const LOGIN: [&[u8]; 3] = [b"\"login\":", b"\"pass\"", b"\"params\""];
    if bytes.first().is_some_and(|byte| *byte != b'{') {
        return NO;
    }
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let has = |word: &[u8]| memchr::memmem::find(line, word).is_some();
    if has(b"\"method\"") && FIRST.iter().any(|word| has(word)) {
        return sure("Stratum", ToolKind::Miner, false);
    }
    if has(b"\"method\"") && LOGIN.iter().all(|word| has(word)) {
        let tool = Tool { family: "Stratum", kind: ToolKind::Miner, exact: true };
        return (Match::Yes, Some(Mark::Work(tool)));
    }
    // A line that has ended says no more.
    if line.len() < bytes.len() { NO } else { MAYBE }
}

/// A stager: the controller speaks first and sends a length and a Windows program to be run
/// without a file (Metasploit's documentation, `reverse_tcp`).
fn staged(bytes: &[u8]) -> Found {
    let Some(length) = little(bytes, 0) else {
        return MAYBE;
    };
    if !(20_000..20_000_000).contains(&length) {
        return NO;
    }
    match prefix(bytes.get(4..).unwrap_or_default(), b"MZ", (Match::Yes, None)) {
        (Match::Yes, _) => {}
        other => return other,
    }
    // The old header of a program points to the new one, a little behind itself.
    match little(bytes, 4 + 0x3c) {
        None => MAYBE,
        Some(0x40..0x1000) => sure("a staged program", ToolKind::Stage, false),
        Some(_) => NO,
    }
}

/// DarkComet: the controller speaks first, its greeting enciphered with the shipped keys
/// (Arbor Networks, DarkComet crypto, 2012).
fn darkcomet(bytes: &[u8]) -> Found {
    let found = sure("DarkComet", ToolKind::Remote, true);
    let (five, older) =
        (prefix(bytes, b"BF7CAB464EFB", found), prefix(bytes, b"8EA4AB05FA7E", found));
    if five.0 == Match::No { older } else { five }
}

/// Gafgyt (Bashlite, Qbot): orders begin with `!* ` (Marzano et al., IEEE ISCC 2018).
fn gafgyt(bytes: &[u8]) -> Found {
    match prefix(bytes, b"!* ", (Match::Yes, None)) {
        (Match::Yes, _) => match bytes.get(3) {
            None => MAYBE,
            Some(letter) if letter.is_ascii_uppercase() => sure("Gafgyt", ToolKind::Bot, false),
            Some(_) => NO,
        },
        other => other,
    }
}
