//! The hub as a service: everything opened, then work until a signal ends it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ostium_correlate::Policy;
use ostium_event::Timestamp;
use tokio::sync::mpsc;

use crate::control::Office;
use crate::names::{names, with_port};
use crate::{
    Authority, Books, BooksError, By, Desk, Folder, Hub, HubError, Keys, Renewal, Settings,
    metrics, read_policy, serve, sign,
};

/// What a hub is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of its state.
    pub state: PathBuf,
    /// Where it listens [default: port 7443 of all addresses].
    pub listen: Option<SocketAddr>,
    /// Names under which sensors reach it.
    pub names: Vec<String>,
    /// The policy.
    pub policy: Option<PathBuf>,
    /// Where it listens for its operators.
    pub socket: PathBuf,
    /// Where Prometheus asks.
    pub metrics: Option<SocketAddr>,
    /// Say what happens on standard error.
    pub aloud: bool,
}

/// The port of a hub.
pub const PORT: u16 = 7443;
/// The service manager hears so often that the books are kept.
const WATCH: Duration = Duration::from_secs(10);
/// Whoever has not ended by then is left.
const LAST: Duration = Duration::from_secs(10);

/// What a signal says.
enum Word {
    Reload,
    Stop,
}

/// Runs a hub until SIGINT or SIGTERM ends it.
///
/// # Errors
/// When it cannot start: the error says what to do.
pub fn run(options: &Options) -> Result<(), HubError> {
    let folder = Folder::take(&options.state)?;
    let policy = match &options.policy {
        Some(path) => read_policy(path)?,
        None => Policy::default(),
    };
    let place = |what: String| move |error| HubError::Place(what, error);
    let socket = options.socket.display().to_string();
    ostium_control::is_free(&options.socket, "hub").map_err(place(socket.clone()))?;
    let keys = Keys::at(folder.path());
    let is_new = !folder.path().join(crate::books::open::FILE).exists();
    let books = Books::open(folder.path(), &keys, policy, wall())?;
    let (root, database) = (books.root()?.0, books.path().to_owned());
    let authority = Arc::new(Authority::open(folder.path(), wall())?);
    let (words, heard) = mpsc::unbounded_channel();
    hear_signals(words).map_err(place("signals".to_owned()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(place("threads".to_owned()))?;
    let (desk, thread) = Desk::open(books, wall).map_err(place("threads".to_owned()))?;
    let served = runtime.block_on(listen(options, &desk, &authority, root));
    let (hub, names) = match served {
        Ok(served) => served,
        Err(error) => {
            runtime.block_on(desk.close());
            drop(thread.join());
            return Err(error);
        }
    };
    let best = names.first().map_or("localhost", String::as_str);
    let office = Arc::new(Office {
        desk: desk.clone(),
        authority,
        keys: keys.clone(),
        database,
        started: wall(),
        listen: hub.at.to_string(),
        address: with_port(best, hub.at.port()),
    });
    open_office(options, &office)?;
    if options.aloud {
        greet(options, &office, is_new);
    }
    // Without systemd there is nobody to tell.
    sd_notify::notify(false, &[sd_notify::NotifyState::Ready]).ok();
    runtime.block_on(work(options, &desk, &keys, heard));
    runtime.block_on(async {
        drop(tokio::time::timeout(LAST, hub.stop()).await);
        desk.close().await;
    });
    drop(thread.join());
    drop(std::fs::remove_file(&options.socket));
    Ok(())
}

/// The machine's clock.
#[allow(clippy::disallowed_methods, reason = "a service reads the clock")]
pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Listens where it was said, or at all addresses.
async fn listen(
    options: &Options,
    desk: &Desk,
    authority: &Arc<Authority>,
    root: [u8; 32],
) -> Result<(Hub, Vec<String>), HubError> {
    let everywhere: [IpAddr; 2] = [Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()];
    let usual = everywhere.map(|address| SocketAddr::new(address, PORT));
    let tried = options.listen.as_ref().map_or(usual.as_slice(), std::slice::from_ref);
    let mut failed = None;
    for at in tried {
        let names = names(&options.names, at.ip());
        let settings = Settings { listen: *at, names: names.clone() };
        match serve(&settings, desk.clone(), Arc::clone(authority), root, wall).await {
            Ok(hub) => return Ok((hub, names)),
            // The first reason: a machine without IPv6 has another to try.
            Err(error) => failed = failed.or(Some(HubError::Serve(at.to_string(), error))),
        }
    }
    let nowhere = || HubError::Serve("no address".to_owned(), "none was given".into());
    Err(failed.unwrap_or_else(nowhere))
}

/// Opens the socket for operators, and metrics.
fn open_office(options: &Options, office: &Arc<Office>) -> Result<(), HubError> {
    let asked = Arc::clone(office);
    ostium_control::listen(&options.socket, "hub", move |ask, peer| match ask {
        Ok(ask) => asked.answer(ask, &peer.to_string()),
        Err(why) => crate::control::Answer::Refused { why },
    })
    .map_err(|error| HubError::Place(options.socket.display().to_string(), error))?;
    if let Some(address) = options.metrics {
        let asked = Arc::clone(office);
        let text = move || asked.status().map(|status| metrics::text(&status)).unwrap_or_default();
        ostium_control::metrics::listen(address, text)
            .map_err(|error| HubError::Place(address.to_string(), error))?;
    }
    Ok(())
}

fn greet(options: &Options, office: &Office, is_new: bool) {
    let folder = options.state.display();
    if is_new {
        say(format_args!("made {folder}: keys, an authority for sensors, and an empty database"));
    }
    if office.keys.has_root() {
        say(format_args!(
            "the root's key is {}; take it off this machine: ostium hub root export FILE",
            office.keys.root_path().display()
        ));
    }
    say(format_args!("listening at {}, for sensors as {}", office.listen, office.address));
    match is_new {
        true => say(format_args!("next: ostium hub invite ORGANISATION")),
        false => say(format_args!("ask with: ostium hub status")),
    }
}

/// Says something on standard error; whoever has closed it does not want to know.
fn say(words: std::fmt::Arguments<'_>) {
    use std::io::Write;
    drop(writeln!(std::io::stderr().lock(), "ostium: {words}"));
}

/// SIGHUP reads the policy again; SIGINT and SIGTERM end, the second time at once.
fn hear_signals(words: mpsc::UnboundedSender<Word>) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut ending = false;
        for signal in signals.forever() {
            let word = if signal == SIGHUP { Word::Reload } else { Word::Stop };
            if signal != SIGHUP && std::mem::replace(&mut ending, true) {
                std::process::exit(130);
            }
            if words.send(word).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

async fn work(
    options: &Options,
    desk: &Desk,
    keys: &Keys,
    mut heard: mpsc::UnboundedReceiver<Word>,
) {
    let mut watch = tokio::time::interval(WATCH);
    loop {
        tokio::select! {
            word = heard.recv() => match word {
                Some(Word::Reload) => reload(options, desk).await,
                Some(Word::Stop) | None => return,
            },
            _ = watch.tick() => {
                // The books are what must go on.
                if let Some(said) = renew(desk, keys).await {
                    sd_notify::notify(false, &[sd_notify::NotifyState::Watchdog]).ok();
                    if options.aloud && let Some(said) = said {
                        say(format_args!("{said}"));
                    }
                }
            }
        }
    }
}

async fn reload(options: &Options, desk: &Desk) {
    let Some(path) = &options.policy else {
        return say(format_args!("there is no policy to read again; give one: --policy FILE"));
    };
    let policy = match read_policy(path) {
        Ok(policy) => policy,
        Err(error) => return say(format_args!("the old policy stays: {error}")),
    };
    let by = By { who: "SIGHUP".to_owned(), note: path.display().to_string() };
    let done = desk.with(move |books, now| match books.settle_by(policy, &by, now) {
        Ok(frames) => (frames, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    });
    match done.await.flatten() {
        None => say(format_args!("the policy of {} is in force", path.display())),
        Some(error) => say(format_args!("the old policy stays: {error}")),
    }
}

/// While the root's key is on the machine, the certificate is renewed in time; what was done. `None`
/// if the books are not kept any more.
async fn renew(desk: &Desk, keys: &Keys) -> Option<Option<String>> {
    let keys = keys.clone();
    desk.with(move |books, now| {
        let done = renewed(books, &keys, now).unwrap_or_else(|error| {
            Some(format!("the certificate of the feed cannot be renewed: {error}"))
        });
        (Vec::new(), done)
    })
    .await
}

fn renewed(books: &mut Books, keys: &Keys, now: Timestamp) -> Result<Option<String>, BooksError> {
    if !books.certified()?.is_due(now) || !keys.has_root() {
        return Ok(None);
    }
    let signed = sign(&books.propose(keys, Renewal::Longer, now)?, &keys.root()?, None, now)?;
    let by = By { who: "hub".to_owned(), note: "two thirds of its time were over".to_owned() };
    let new = books.install(keys, &signed, "renew", &by, now)?;
    Ok(Some(format!("certificate {} of the feed is in force", new.serial)))
}
