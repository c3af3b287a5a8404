//! One of each bot, all at the same time on one site in mode block, beside a person: who is named,
//! by what, after how long, and what is blocked. What it prints is the table of docs/lab.md.

use std::time::{Duration, Instant};

use ostium_lab::{programs_or_skip, wait_for};
use serde_json::Value;

use crate::sensor::of_host;
use crate::services::Web;
use crate::site::{Site, WORLD, address};
use crate::{OSTIUM, SOON};

const PATIENCE: Duration = Duration::from_secs(120);
/// What bots of `ostium synth --live` are answered by: the first answers names too.
const AT: &str = "198.51.100.10";
/// Machines by their number, as [`SCENARIO`] has them.
const SCENARIO: &str = "about = 'a site that has caught one of each'
start = 2026-09-14T08:00:00Z
home = ['10.77.0.0/24']
resolver = { at = '10.77.0.1' }
[[group]]
name = 'pc'
first = '10.77.0.11'
count = 8
[[infection]]
name = 'beacon'
at = ['10.77.0.11']
habits = [{ kind = 'beacon', name = 'cdn-metrics-sync.duckdns.org', every = '30s', jitter = 0.05 }]
[[infection]]
name = 'dga'
at = ['10.77.0.12']
habits = [{ kind = 'dga', every = '2m', burst = 12, luck = 0.7 }]
[[infection]]
name = 'rat'
at = ['10.77.0.13']
habits = [{ kind = 'rat', server = '198.51.100.12', ping = '30s' }]
[[infection]]
name = 'irc-bot'
at = ['10.77.0.14']
habits = [{ kind = 'irc-bot', server = '198.51.100.13', port = 7070, ping = '30s' }]
[[infection]]
name = 'scanner'
at = ['10.77.0.15']
habits = [{ kind = 'scanner', per_second = 0.5 }]
[[infection]]
name = 'miner'
at = ['10.77.0.16']
habits = [{ kind = 'miner' }]
[[infection]]
name = 'spammer'
at = ['10.77.0.17']
habits = [{ kind = 'spammer', per_hour = 400 }]
[[infection]]
name = 'overlay'
at = ['10.77.0.18']
habits = [{ kind = 'overlay', sleep = { every = '30s' } }]
";

/// Every limit of automation is as it ships but one: ten bots at once ask for more than ten blocks
/// in a minute, which at a real site would just take a minute more.
const CONFIG: &str = "mode = 'block'
[enforce]
quarantine = true
new-per-minute = 40
resolvers = ['10.77.0.1']
[[role]]
host = '10.77.0.1'
role = 'resolver'
";

/// What is to come of a bot.
struct Bot {
    name: &'static str,
    /// The least verdict; of the last, nothing is said within minutes.
    verdict: &'static str,
    /// Detectors that are among the evidence, all of them.
    evidence: &'static [&'static str],
    /// Whether more is blocked than the machine itself: who commands it.
    commander: bool,
}

const fn bot(
    name: &'static str,
    verdict: &'static str,
    evidence: &'static [&'static str],
    commander: bool,
) -> Bot {
    Bot { name, verdict, evidence, commander }
}

/// By the number of the machine.
const BOTS: [Bot; 9] = [
    bot("beacon", "infected", &["beacon", "self-signed-certificate"], true),
    bot("dga", "infected", &["dga", "dga-rendezvous"], true),
    bot("rat", "infected", &["beacon", "self-signed-certificate"], true),
    bot("irc-bot", "infected", &["irc-nickname", "irc-orders"], true),
    bot("scanner", "infected", &["scan"], false),
    bot("miner", "infected", &["known-tool"], true),
    bot("spammer", "infected", &["spam", "mail-questions"], false),
    bot("overlay", "clean", &[], false),
    bot("hping3", "infected", &["flood"], false),
];
/// The person's machine.
const PERSON: usize = BOTS.len();

/// What has come of a bot so far.
#[derive(Default)]
struct Came {
    found: Option<(Duration, Vec<(String, String)>)>,
    blocked: Option<(Duration, Vec<String>)>,
}

#[test]
fn each_bot_is_named_and_blocked() {
    if !programs_or_skip(&["named", "nginx", "openssl", "curl", "hping3"]) {
        return;
    }
    let Some(mut site) = Site::new("bots", BOTS.len() + 1) else { return };
    site.names("shop.example. A 198.51.100.200\n");
    site.resolver(Some(&format!(
        "zone \".\" {{ type forward; forward only; forwarders {{ {AT}; }}; }};\n\
         zone \"example\" {{ type forward; forward only; forwarders {{ {WORLD}; }}; }};"
    )));
    site.web(&[Web { name: "shop.example", at: &["198.51.100.200"], of_bots: false }]);
    let scenario = site.write("bots.toml", SCENARIO);
    let at = (10..34).map(|n| format!("198.51.100.{n}")).collect::<Vec<_>>().join(",");
    let outside = site.outside.clone();
    let words = ["synth", &scenario, "--live", "--at", &at, "--pace", "15", "--for", "10m"];
    site.go_on(&outside, OSTIUM, &[&words[..], &["--outside"]].concat());
    site.outside_listens(&format!("{AT}:53"));
    let _sensor = site.sensor("lan0", CONFIG, &[]);
    let (begun, mut playing) = (Instant::now(), Vec::new());
    for host in &site.inside[..BOTS.len() - 1] {
        let more = ["--scan", "203.0.113.0/25", "--format", "json"];
        playing.push(host.start(OSTIUM, &[&words[..], &more].concat()).unwrap());
    }
    let flooder = site.inside[BOTS.len() - 1].clone();
    let words = ["-q", "-S", "-p", "81", "-i", "u5000", "-c", "2000", "198.51.100.14"];
    site.go_on(&flooder, "hping3", &words);

    let mut came: Vec<Came> = BOTS.iter().map(|_| Came::default()).collect();
    let mut pauses = [0.3, 2.7, 0.4, 0.5, 4.1, 1.0, 0.2, 6.3].into_iter().cycle();
    let done = wait_for(PATIENCE, || {
        read_a_page(&site);
        std::thread::sleep(Duration::from_secs_f64(pauses.next().unwrap()));
        look(&site, begun.elapsed(), &mut came)
    });
    let table = table(&came);
    eprintln!("{table}");
    assert!(done, "{table}\n{}\n{}", site.said(&["status"]), site.log());
    // Real bots notice it: those that are blocked speak with nobody any more.
    std::thread::sleep(Duration::from_secs(8));
    for (bot, playing) in BOTS.iter().zip(playing) {
        playing.signal("INT").unwrap();
        let output = playing.finish(SOON).unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        eprintln!("{}: {}", bot.name, report["sum"]);
        if bot.verdict == "infected" {
            let in_vain = ["silent", "refused", "no_name"].map(|k| report["sum"][k].as_u64());
            assert!(in_vain.iter().any(|count| *count > Some(0)), "{}: {report}", bot.name);
        }
    }
    read_a_page(&site);
    let person = address(PERSON);
    assert!(!site.infected(&person) && site.blocked_for(&person).is_empty());
    let overlay = of_host(&site.report(), &address(7));
    assert_ne!(overlay.0, "infected", "lists of peers need an hour: {overlay:?}");
}

/// A person reads a page, whatever the bots do.
fn read_a_page(site: &Site) {
    let words = ["-sS", "-m", "20", "-o", "/dev/null", "--cacert", &site.path("authority.pem")];
    site.inside[PERSON].run("curl", &[&words[..], &["https://shop.example/"]].concat()).unwrap();
}

/// Notes what is new; whether all has come that is to come.
fn look(site: &Site, after: Duration, came: &mut [Came]) -> bool {
    let report = site.report();
    for (n, (bot, came)) in BOTS.iter().zip(came.iter_mut()).enumerate() {
        let (verdict, evidence) = of_host(&report, &address(n));
        let has = |wanted: &&str| evidence.iter().any(|(detector, _)| detector == wanted);
        let enough = verdict == bot.verdict || verdict == "infected";
        if came.found.is_none() && enough && bot.evidence.iter().all(has) {
            came.found = Some((after, evidence));
        }
        let blocked = site.blocked_for(&address(n));
        let least = usize::from(bot.verdict == "infected") + usize::from(bot.commander);
        if came.blocked.is_none() && least > 0 && blocked.len() >= least {
            came.blocked = Some((after, blocked));
        }
    }
    let ready = |(bot, came): (&Bot, &Came)| {
        came.found.is_some() && (bot.verdict != "infected" || came.blocked.is_some())
    };
    BOTS.iter().zip(came.iter()).all(ready)
}

/// All that came, in lines.
fn table(came: &[Came]) -> String {
    let mut lines = String::new();
    for (bot, came) in BOTS.iter().zip(came) {
        lines.push_str(&format!("{} ({}):\n", bot.name, bot.verdict));
        match &came.found {
            None => lines.push_str("  not found\n"),
            Some((after, evidence)) => {
                lines.push_str(&format!("  found after {:.0} s\n", after.as_secs_f64()));
                for (detector, said) in evidence {
                    lines.push_str(&format!("    {detector}: {said}\n"));
                }
            }
        }
        if let Some((after, targets)) = &came.blocked {
            let all = targets.join(", ");
            lines.push_str(&format!("  blocked after {:.0} s: {all}\n", after.as_secs_f64()));
        }
    }
    lines
}
