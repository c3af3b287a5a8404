//! Both sides on this machine, over loopback and without any right: what is called is answered,
//! what is not there is noticed, and hostile callers harm nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use ostium_synth::{Scenario, World};
use proptest::prelude::*;

use super::*;

/// A world of one machine with these habits.
fn world(habits: &str) -> World {
    let text = format!(
        "about = 'one'\nstart = 2026-09-14T08:00:00Z\nhome = ['10.9.0.0/24']\n\
         [[group]]\nname = 'pc'\n[[infection]]\nname = 'x'\nin = 'pc'\nhabits = [{habits}]\n"
    );
    let scenario = Scenario::parse("test", &text).unwrap();
    scenario.world(&ostium_synth::Wishes::default()).unwrap()
}

/// An address of loopback for one test alone, so that the ports of others are free there.
fn own_address() -> IpAddr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 1 + (high & 0x3f), low, NEXT.fetch_add(1, Ordering::Relaxed)).into()
}

fn wishes(seconds: u64) -> Wishes {
    let at = own_address();
    Wishes {
        outside: vec![at],
        resolver: Some(at),
        from: Some(at),
        add_to_ports: 20_000,
        pace: 60.0,
        length: Duration::from_secs(seconds),
        ..Wishes::default()
    }
}

/// Lets something happen while the outside of a world is there; what it counted.
fn beside<T>(world: &World, wishes: &Wishes, act: impl FnOnce() -> T) -> (T, Report) {
    let (stop, (here, is_here)) = (AtomicBool::new(false), mpsc::sync_channel(1));
    let long = Wishes { length: Duration::from_secs(120), ..wishes.clone() };
    let tell = |_: &str| here.send(()).unwrap();
    std::thread::scope(|scope| {
        let outside =
            scope.spawn(|| play_outside(world, &long, Watch { stop: &stop, tell: &tell }));
        is_here.recv_timeout(Duration::from_secs(20)).unwrap();
        let done = act();
        stop.store(true, Ordering::Relaxed);
        (done, outside.join().unwrap().unwrap())
    })
}

fn bots(world: &World, wishes: &Wishes) -> Result<Report, LiveError> {
    play_bots(world, wishes, Watch { stop: &AtomicBool::new(false), tell: &|_| {} })
}

/// Plays these habits against their outside.
fn both(habits: &str, wishes: &Wishes) -> (Report, Report) {
    let world = world(habits);
    let (inside, outside) = beside(&world, wishes, || bots(&world, wishes));
    (inside.unwrap(), outside)
}

#[test]
fn every_kind_is_answered() {
    let habits = "'beacon', { kind = 'beacon', name = 'plain.example.top', stack = 'plain' },
        { kind = 'timer', every = '20s' }, { kind = 'timer', every = '20s', stack = 'plain' },
        { kind = 'poller', servers = ['a.example.top', 'somewhere'] },
        { kind = 'poller', carrier = 'http', servers = ['b.example.top'] },
        { kind = 'poller', carrier = 'http-post', servers = ['c.example.top'] },
        { kind = 'poller', carrier = 'raw', servers = ['d.example.top'] },
        'rat', 'push', 'held', { kind = 'held', port = 1178, server_pings = true },
        'irc-bot', 'miner', { kind = 'miner', tls = true, port = 3334 },
        { kind = 'dga', every = '1m', luck = 1.0 }, { kind = 'dns-tunnel', every = '10s' },
        { kind = 'dns-tunnel', zone = 'n.example.net', record = 'null', every = '10s' },
        { kind = 'flooder', flood = 'http', target = 'victim.example.top', per_second = 2.0 },
        { kind = 'flooder', port = 8080, per_second = 1.0 },
        { kind = 'overlay', sleep = { every = '20s' } }, { kind = 'spammer', per_hour = 300.0 },
        { kind = 'thief', part = 300000, every = '30s' }, { kind = 'scanner', ports = [2323] }";
    let scan = "127.0.0.0/30".parse().ok();
    let (inside, outside) = both(habits, &Wishes { scan, ..wishes(8) });
    let kinds: Vec<&str> = inside.rows.iter().map(|row| row.kind.as_str()).collect();
    assert!(KINDS.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    for Row { kind, counts, .. } in &inside.rows {
        match kind.as_str() {
            // Nobody is there.
            "scanner" => assert!(counts.refused > 0 && counts.answered == 0, "{counts:?}"),
            _ => assert!(counts.answered > 0, "{kind}: {counts:?}"),
        }
        if !matches!(kind.as_str(), "scanner" | "overlay") {
            let broken = counts.refused + counts.silent + counts.kept_back;
            assert_eq!((broken, counts.no_name), (0, 0), "{kind}: {counts:?}");
        }
    }
    let answered = |kind: &str| {
        let row = outside.rows.iter().find(|row| row.kind == kind);
        row.is_some_and(|row| row.counts.answered > 0)
    };
    for door in ["20053/udp", "20443/tcp", "20080/tcp", "20025/tcp", "26606/tcp", "26667/tcp"] {
        assert!(answered(door), "{door}: {outside:?}");
    }
}

#[test]
fn who_is_not_answered_notices() {
    let wishes = wishes(4);
    let world = world("{ kind = 'beacon', every = '30s' }, { kind = 'rat', ping = '30s' }");
    let report = bots(&world, &wishes).unwrap();
    for row in &report.rows {
        assert!(row.counts.tries > 0 && row.counts.refused == row.counts.tries, "{row:?}");
    }
}

#[test]
fn a_name_that_is_gone_is_told_apart() {
    let gone = "{ kind = 'poller', fate = 'no-name', sleep = { every = '20s' } }";
    let (inside, _) = both(gone, &wishes(4));
    let counts = inside.sum();
    assert!(counts.tries > 0 && counts.no_name == counts.tries, "{counts:?}");
}

#[test]
fn connections_are_bounded_in_all() {
    let habits = "{ kind = 'beacon', every = '2s', jitter = 0.0 }";
    let (inside, outside) = both(habits, &Wishes { most_connections: 7, ..wishes(6) });
    let counts = inside.sum();
    assert!(counts.answered > 0 && counts.answered < 7, "{counts:?}");
    assert!(counts.kept_back > 0, "{counts:?}");
    let door = |row: &&Row| row.kind == "20443/tcp";
    assert_eq!(outside.rows.iter().find(door).unwrap().counts.answered, counts.answered);
}

#[test]
fn whoever_wants_an_end_gets_it_at_once() {
    let (world, wishes) = (world("'irc-bot', 'rat', 'beacon'"), wishes(3600));
    let (stop, begun) = (AtomicBool::new(false), clock::now());
    std::thread::scope(|scope| {
        let run = scope.spawn(|| play_bots(&world, &wishes, Watch { stop: &stop, tell: &|_| {} }));
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        run.join().unwrap().unwrap();
    });
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn nothing_far_is_called_from_this_machine() {
    // In a laboratory these tests would be allowed to.
    if Surroundings::look().with_first == Some(false) {
        return;
    }
    let far: IpAddr = [198, 51, 100, 1].into();
    let near = wishes(1);
    let cases = [
        (world("'beacon'"), Wishes { outside: vec![far], ..near.clone() }),
        (world("'beacon'"), Wishes { resolver: Some(far), ..near.clone() }),
        // The scenario's own resolver is far.
        (world("'beacon'"), Wishes { resolver: None, ..near.clone() }),
        (world("{ kind = 'rat', server = '198.51.100.1' }"), near.clone()),
        (world("'scanner'"), Wishes { scan: "10.0.0.0/24".parse().ok(), ..near.clone() }),
    ];
    for (world, wishes) in &cases {
        let error = bots(world, wishes).unwrap_err();
        assert!(matches!(error, LiveError::Unsafe(_)), "{error}");
    }
    let outside = Wishes { outside: vec![far], ..near };
    let watch = Watch { stop: &AtomicBool::new(false), tell: &|_| {} };
    let error = play_outside(&world("'beacon'"), &outside, watch).unwrap_err();
    assert!(matches!(error, LiveError::Unsafe(_)), "{error}");
}

#[test]
fn a_resolver_leads_nowhere_else() {
    use ostium_synth::speech::{Answers, query, reply};
    let wishes = wishes(3);
    let world = world("{ kind = 'beacon', every = '30s' }");
    let resolver = UdpSocket::bind((wishes.outside[0], wishes.port(53))).unwrap();
    resolver.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let over = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut buffer = [0; 512];
            while !over.load(Ordering::Relaxed) {
                let Ok((length, from)) = resolver.recv_from(&mut buffer) else { continue };
                let asked = dns::Question::read(&buffer[..length]).unwrap();
                let asked = query(asked.id, &asked.name, asked.record_type);
                let far = Answers::address(60, ostium_event::Addr::v4([198, 51, 100, 9]));
                resolver.send_to(&reply(&asked, &far), from).unwrap();
            }
        });
        let report = bots(&world, &wishes);
        over.store(true, Ordering::Relaxed);
        report.unwrap()
    });
    let counts = report.sum();
    assert!(counts.kept_back > 0 && counts.kept_back == counts.tries, "{counts:?}");
}

#[test]
fn what_is_wrong_is_said_with_a_way_out() {
    let near = wishes(1);
    let said =
        |habits: &str, wishes: &Wishes| bots(&world(habits), wishes).unwrap_err().to_string();
    for (habits, wishes, words) in [
        ("'scanner'", near.clone(), "--scan"),
        ("'icmp-tunnel'", near.clone(), "dns-tunnel"),
        ("{ kind = 'flooder', spoofed = true }", near.clone(), "spoofed"),
        ("'beacon'", Wishes { from: None, ..near.clone() }, "--from"),
        ("'beacon'", Wishes { only: vec!["y".into()], ..near.clone() }, "they are x"),
        ("'beacon'", Wishes { outside: Vec::new(), ..near.clone() }, "--at"),
        ("'beacon'", Wishes { pace: 0.0, ..near.clone() }, "--pace"),
        ("'beacon'", Wishes { length: Duration::from_secs(3601), ..near.clone() }, "--for"),
    ] {
        let said = said(habits, &wishes);
        assert!(said.contains(words), "{said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn hostile_callers_harm_nothing(
        noise in proptest::collection::vec(any::<Vec<u8>>(), 12),
    ) {
        let wishes = wishes(3);
        let world = world("'beacon', 'held', 'irc-bot', 'miner', 'spammer', { kind = 'dga' }");
        let ports = [20_443, 21_177, 26_667, 23_333, 20_025, 20_080, 20_053];
        let heads: [&[u8]; 7] = [
            b"", b"\x16\x03\x01\x00\x90\x01", b"GET / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n",
            b"NICK \xff\r\n", b"{\"id\"", b"POST", b"\x00\x40",
        ];
        let (inside, _) = beside(&world, &wishes, || {
            let udp = UdpSocket::bind((wishes.outside[0], 0)).unwrap();
            for (n, bytes) in noise.iter().enumerate() {
                for port in ports {
                    let at = SocketAddr::new(wishes.outside[0], port);
                    udp.send_to(bytes, at).ok();
                    let mut stream = TcpStream::connect(at).unwrap();
                    stream.write_all(heads[n % heads.len()]).ok();
                    stream.write_all(bytes).ok();
                }
            }
            bots(&world, &wishes)
        });
        let rows = inside.unwrap().rows;
        let beacon = rows.iter().find(|row| row.kind == "beacon").unwrap();
        prop_assert!(beacon.counts.answered > 0, "{beacon:?}");
    }
}
