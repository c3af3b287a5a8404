//! The world of `ostium demo`: a small office for six hours, three of its machines infected.

use ostium_event::{Addr, Prefix, Span, Timestamp};

use crate::habit::{
    Beacon, Browsing, DeadName, Dga, Habit, Mail, Ntp, Push, Rat, Server, Suffixes, Timer, Torrent,
};
use crate::tls::Stack;
use crate::world::{Member, System, World};

/// 2026-09-14T08:00:00Z, a Monday.
const START: u64 = 1_789_372_800;
const HOURS: f64 = 6.0;

/// Twelve clean machines with every look-alike of a bot, and three infected ones that are used
/// like the others: a beacon every 60 s (give or take 30 %) over TLS to a rare name, a bot that
/// makes up names, and a remote control in one long TLS connection to a bare address.
pub fn demo(seed: u64) -> World {
    let mut hosts: Vec<Member> = (0..15).map(office).collect();
    for (n, habits) in look_alikes() {
        extend(&mut hosts, n, habits);
    }
    if let Some(host) = hosts.get_mut(2) {
        host.broken_v6 = "2a01:c40:7:1::23".parse().ok();
    }
    infect(
        &mut hosts,
        4,
        "beacon",
        Beacon {
            name: "cdn-metrics-sync.top".into(),
            every: Span::from_secs(60),
            jitter: 0.3,
            stack: Some(Stack::Go),
        },
    );
    infect(&mut hosts, 9, "dga", Dga { every: Span::from_secs(900), burst: 25, luck: 0.3 });
    infect(&mut hosts, 13, "rat", Rat { server: None, port: 6606, ping: Span::from_secs(15) });
    World {
        seed,
        start: Timestamp::from_secs(START),
        hours: HOURS,
        home: ["10.20.0.0/24", "2a01:c40:7:1::/64"]
            .iter()
            .filter_map(|text| text.parse::<Prefix>().ok())
            .collect(),
        resolver: Addr::v4([10, 20, 0, 1]),
        hosts,
    }
}

/// What every machine of the office does: its owner's browser, and the system's own programs.
fn office(n: u8) -> Member {
    let unix = n % 3 == 2;
    let stack = if n % 4 == 1 { Stack::Firefox } else { Stack::Chrome };
    let (system, mut habits) = match unix {
        true => (System::Unix, unix_programs()),
        false => (System::Windows, windows_programs()),
    };
    habits.push(Habit::from(Browsing { stack, pages_per_hour: 4.0 + f64::from(n % 5) * 1.5 }));
    Member {
        label: format!("pc-{n:02}"),
        addr: Addr::v4([10, 20, 0, 20 + n]),
        broken_v6: None,
        system,
        infection: None,
        habits,
    }
}

fn windows_programs() -> Vec<Habit> {
    let system = Some(Stack::Schannel);
    vec![
        ntp("time.windows.com", 3600),
        timer("v10.events.data.microsoft.com", 300, 0.2, system, (1400, 300)),
        timer("fe3cr.delivery.mp.microsoft.com", 5400, 0.3, system, (2200, 3800)),
        timer("ocsp.digicert.com", 2700, 0.6, None, (0, 470)),
        push("client.wns.windows.com", 443, Stack::Schannel, 240, 0.05),
    ]
}

fn unix_programs() -> Vec<Habit> {
    vec![
        ntp("ntp.ubuntu.com", 2048),
        timer("changelogs.ubuntu.com", 7200, 0.2, Some(Stack::OpenSsl), (240, 900)),
        timer("connectivity-check.ubuntu.com", 300, 0.02, None, (0, 0)),
    ]
}

/// Peculiar machines, by their number.
fn look_alikes() -> Vec<(usize, Vec<Habit>)> {
    let chat = || push("mtalk.google.com", 5228, Stack::Chrome, 300, 0.1);
    let socket = push("ws.dealroomlive.com", 443, Stack::Firefox, 26, 0.2);
    let ledger = || {
        let stack = Some(Stack::Schannel);
        timer("updates.ledgerdesk.com", 900, 0.0, stack, (700, 420))
    };
    let agent = |stack| timer("collector.agentwatch.io", 60, 0.05, Some(stack), (900, 120));
    let torrent = Torrent { peers_per_minute: 6.0, port: 51_413 };
    let server = Server { knocks_per_hour: 120.0 };
    vec![
        (0, vec![chat()]),
        (1, vec![socket]),
        (3, vec![ledger()]),
        (5, vec![mail()]),
        (6, vec![dead_name(), mail()]),
        (7, vec![suffixes(), chat()]),
        (8, vec![torrent.into()]),
        (10, vec![server.into()]),
        (11, vec![suffixes(), agent(Stack::OpenSsl)]),
        (12, vec![agent(Stack::Go)]),
        (14, vec![mail(), ledger()]),
    ]
}

fn infect(hosts: &mut [Member], n: usize, kind: &str, bot: impl Into<Habit>) {
    extend(hosts, n, vec![bot.into()]);
    if let Some(host) = hosts.get_mut(n) {
        host.infection = Some(kind.to_owned());
    }
}

fn extend(hosts: &mut [Member], n: usize, habits: Vec<Habit>) {
    if let Some(host) = hosts.get_mut(n) {
        host.habits.extend(habits);
    }
}

fn ntp(name: &str, seconds: u64) -> Habit {
    Habit::from(Ntp { name: name.to_owned(), every: Span::from_secs(seconds) })
}

fn timer(
    name: &str,
    seconds: u64,
    jitter: f64,
    stack: Option<Stack>,
    exchange: (usize, usize),
) -> Habit {
    Habit::from(Timer {
        name: name.to_owned(),
        every: Span::from_secs(seconds),
        jitter,
        stack,
        exchange,
    })
}

fn push(name: &str, port: u16, stack: Stack, seconds: u64, news: f64) -> Habit {
    Habit::from(Push { name: name.to_owned(), port, stack, every: Span::from_secs(seconds), news })
}

fn mail() -> Habit {
    Habit::from(Mail {
        imap: "imap.riverpostmail.net".into(),
        smtp: "smtp.riverpostmail.net".into(),
        every: Span::from_secs(300),
    })
}

fn dead_name() -> Habit {
    Habit::from(DeadName { name: "licence.oldprintserver.com".into(), every: Span::from_secs(600) })
}

fn suffixes() -> Habit {
    Habit::from(Suffixes { suffix: "corp.maplecornerclinic.org".into() })
}
