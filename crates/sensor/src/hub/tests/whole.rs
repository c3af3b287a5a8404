//! Through a hub: what two sites met at servers of their own stops a third site's first contact with
//! a server of which nobody ever told.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use ostium_enforce::rails::{Policy, Rails};
use ostium_enforce::{Applied, EnforceError, Enforcer, Stopped};
use ostium_event::Span;
use ostium_hub::Here;
use ostium_intel::Lore;
use ostium_pipeline::Watcher;
use ostium_uplink::{Invitation, Line, MEMBERSHIP, Membership, Settings as LineSettings, join};
use ostium_verdict::{Block, BlockSet, Mode, Target};

use super::*;
use crate::config::Resets;
use crate::warden::{Warden, Ways};
use crate::watch::Watch;

/// How far the hub's clock is behind: a pattern is for show for three days.
static BEHIND: AtomicU64 = AtomicU64::new(4 * 86_400);

fn clock() -> Timestamp {
    crate::clock::wall().minus(Span::from_secs(BEHIND.load(Ordering::SeqCst)))
}

/// A site's folder, and what left it.
struct Site {
    line: Line,
    folder: PathBuf,
}

/// Six hours of a small office that ended an hour ago; one of its machines calls this server.
fn office(server: &str) -> (Vec<u8>, Home) {
    let start = clock().minus(Span::from_secs(7 * 3_600));
    let start = ostium_report::clock(Timestamp::from_secs(start.secs()));
    let text = format!(
        "about = \"an office\"\nstart = {start}\ndays = 0.25\nhome = [\"10.20.0.0/24\"]\n\
         resolver = {{ at = \"10.20.0.1\" }}\n\
         [[group]]\nname = \"pc\"\ncount = 10\nfirst = \"10.20.0.20\"\nsystem = \"windows\"\n\
         habits = [\"windows\", {{ kind = \"browsing\", stack = \"chrome\", pages_per_hour = 4.0 }}]\n\
         [[infection]]\nname = \"bot\"\nat = [\"10.20.0.24\"]\n\
         habits = [{{ kind = \"beacon\", name = \"{server}\", every = \"60s\", jitter = 0.3, \
         stack = \"go\" }}]\n"
    );
    let world = Scenario::parse("office", &text).unwrap().world(&Wishes::default()).unwrap();
    let mut capture = Vec::new();
    let truth = world.write_pcap(&mut capture).unwrap();
    (capture, Home::new(&truth.home))
}

fn play(engine: &mut Engine, capture: Vec<u8>) {
    let file = Box::new(std::io::Cursor::new(capture));
    let mut file = ostium_capture::CaptureFile::open(file).unwrap();
    let mut block = engine.buffer();
    while file.next_block(&mut block).unwrap() {
        engine.take(block);
        block = engine.buffer();
    }
}

/// What a site says of an office.
fn said_by(server: &str) -> Vec<wire::Report> {
    let (capture, home) = office(server);
    let mut engine = Engine::new(Arc::new(Settings { home: home.clone(), ..Settings::default() }));
    play(&mut engine, capture);
    engine.end_flows();
    engine.gather();
    let mut teller = teller(HubConfig::default(), &home);
    teller.active(engine.crowd().hosts);
    let now = engine.counts().latest;
    let judged = engine.look(0, 1);
    judged.iter().flat_map(|judged| teller.judged(judged, now)).map(|told| told.report).collect()
}

async fn enrol(hub: &Here, name: &str, network: u32, folder: &Path) -> Site {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let secret = format!("the secret of {name}");
    assert!(hub.invite(name, network, 1, &secret).await);
    let invitation = Invitation { hub: hub.at().to_string(), print: hub.print(), secret };
    let membership: Membership = join(&invitation, "gate").await.unwrap();
    membership.save(&folder.join(MEMBERSHIP)).unwrap();
    let settings = LineSettings {
        folder: folder.clone(),
        most: 1_000,
        clock: || clock().nanos() / 1_000_000,
        hear: Box::new(|_| {}),
    };
    Site { line: Line::open(settings).unwrap().unwrap(), folder }
}

/// Waits until it is so, for half a minute at most.
async fn until(what: &str, mut so: impl FnMut() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "a test waits for real threads")]
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Remembers what it was told to block.
#[derive(Clone, Default)]
struct Hot(Arc<Mutex<Vec<Target>>>);

impl Enforcer for Hot {
    fn apply(&mut self, _: &BlockSet, _: Timestamp) -> Result<Applied, EnforceError> {
        Ok(Applied::default())
    }
    fn hot(&mut self, block: &Block, _: Timestamp) -> Result<(), EnforceError> {
        self.0.lock().unwrap().push(block.target.clone());
        Ok(())
    }
    fn release(&mut self, _: &Target) -> Result<(), EnforceError> {
        Ok(())
    }
    fn counters(&mut self) -> Result<Vec<Stopped>, EnforceError> {
        Ok(Vec::new())
    }
    fn teardown(&mut self) -> Result<(), EnforceError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_met_at_two_sites_is_stopped_at_a_third_that_met_a_new_server() {
    let folder = std::env::temp_dir().join(format!("ostium-whole-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(folder.join("hub")).unwrap();
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let hub = Here::start(&folder.join("hub"), listen, clock).await.unwrap();
    let servers = ["first-river.top", "second-lake.top"];
    let mut sites = Vec::new();
    for (name, network) in [("acme", 64_500), ("bolt", 64_501)] {
        let site = enrol(&hub, name, network, &folder).await;
        let reports: Vec<_> = servers.iter().flat_map(|server| said_by(server)).collect();
        let shaped = reports.iter().filter(|report| report.shape.is_some()).count();
        assert!(shaped >= 2, "{name}: {reports:?}");
        reports.iter().for_each(|report| site.line.report(report, true));
        sites.push(site);
    }
    let heard = sites[0].line.learned();
    let known = || servers.iter().all(|name| heard.domain(name, clock().secs()).is_some());
    until("both servers are confirmed", known).await;
    until("they are a pattern", || heard.apart()[0] == 1).await;
    // Days later it holds in earnest.
    BEHIND.store(0, Ordering::SeqCst);
    let third = enrol(&hub, "cube", 64_502, &folder).await;
    let learned = third.line.learned();
    let in_earnest = || {
        let all = learned.patterns(clock().secs());
        all.len() == 1 && !all[0].for_show
    };
    until("it is for show no longer", in_earnest).await;

    let new = "third-fjord.top";
    let (capture, home) = office(new);
    assert!(learned.domain(new, clock().secs()).is_none(), "nobody ever told of it");
    let settings = Arc::new(Settings { home, ..Settings::default() });
    let watch = Arc::new(Watch::new(Arc::clone(&settings), 70));
    let hold = Span::from_secs(3_600);
    let ways = Ways {
        mode: Mode::Block,
        hold,
        quarantine: false,
        resets: Resets::Never,
        garden: Vec::new(),
    };
    let mut warden = Warden::new(Rails::new(Policy::default()), ways, Arc::clone(&watch));
    let hot = Hot::default();
    warden.enforcer = Some(Box::new(hot.clone()));
    warden.learn(Some(Arc::clone(&learned)));
    let mut engine = Engine::new(settings);
    let (sender, alarms) = mpsc::sync_channel(16_384);
    engine.watch(&(Arc::clone(&watch) as Arc<dyn Watcher>), &sender);
    engine.heed(&(watch as Arc<dyn Lore>));
    play(&mut engine, capture);
    let first = alarms.try_recv().unwrap();
    warden.alarm(&first, first.at);
    let blocked: Vec<String> = hot.0.lock().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(blocked[0], new, "{blocked:?}");
    assert!(blocked.len() == 2 && blocked[1].ends_with(":443/tcp"), "{blocked:?}");
    assert_eq!(warden.for_hub().alike.len(), 1);
    // And it is evidence, with where it comes from.
    engine.end_flows();
    engine.gather();
    let judged = engine.look(0, 1);
    let items = judged.iter().flat_map(|judged| &judged.rationale.evidence);
    let of_pattern: Vec<_> = items.filter(|item| item.detector == "pattern").collect();
    assert!(of_pattern.len() == 1 && of_pattern[0].summary.contains("of the hub"));
    assert!(sites.iter().all(|site| site.folder.exists()));
    drop((sites, third));
    hub.stop().await;
    std::fs::remove_dir_all(&folder).ok();
}
