//! The server of the zone: TCP and UDP on some addresses, and NOTIFY to the resolvers.
//!
//! Plain threads: one for each socket that is listened on, one for each connection (they are
//! bounded), one for each resolver that is to be told. Bias: a listed resolver finds a free
//! connection even while strangers knock. Failure choice: a peer that is slow loses its
//! connection, and a failure of one socket is counted and stops no other.

mod notify;
mod stats;
mod tcp;
mod udp;

use std::collections::BTreeMap;
use std::io;
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use socket2::SockRef;

pub use stats::Stats;

use crate::zone::{Rules, Zone};
use crate::{Peers, RpzError};

/// What one peer may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time. Strangers, who are only refused, get half of them at most.
    pub connections: usize,
    /// How long a whole question may take to come; an idle connection is closed after it.
    pub idle: Duration,
    /// How long a connection may take in all.
    pub patience: Duration,
    /// How often a resolver is told of a serial that it does not acknowledge (RFC 1996,
    /// section 3.6, has five).
    pub notices: u32,
    /// How long to wait for the first acknowledgement; doubled each time.
    pub notice_wait: Duration,
}

/// A zone that is being served. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    listening: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    zone: Mutex<Arc<Zone>>,
    /// Rung when the zone has changed or all is to stop.
    bell: Condvar,
    peers: Peers,
    limits: Limits,
    stats: Stats,
    stopping: AtomicBool,
    open: Mutex<BTreeMap<u64, TcpStream>>,
}

/// How often those who wait look whether all is to stop.
const LOOK: Duration = Duration::from_millis(200);

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 32,
            idle: Duration::from_secs(10),
            patience: Duration::from_secs(120),
            notices: 5,
            notice_wait: Duration::from_secs(1),
        }
    }
}

// === impl Server ===

impl Server {
    /// Serves a zone on these addresses, by TCP and UDP, and tells the resolvers of it. A port of
    /// 0 is one that is free; [`Server::addresses`] says which.
    ///
    /// # Errors
    /// When an address cannot be listened on or a thread cannot be started; nothing is served then.
    pub fn start(
        zone: Zone,
        listen: &[SocketAddr],
        peers: Peers,
        limits: Limits,
    ) -> Result<Self, RpzError> {
        let shared = Arc::new(Shared {
            zone: Mutex::new(Arc::new(zone)),
            bell: Condvar::new(),
            peers,
            limits,
            stats: Stats::default(),
            stopping: AtomicBool::new(false),
            open: Mutex::new(BTreeMap::new()),
        });
        let (listening, addresses) = (Vec::new(), Vec::new());
        let mut server = Self { shared, listening, addresses, threads: Vec::new() };
        for at in listen {
            server.listen(*at)?;
        }
        let peers = server.shared.peers.iter().filter_map(|peer| {
            let to = SocketAddr::new(peer.addr, peer.notify?);
            Some((to, peer.key.clone(), source_for(&server.addresses, to)))
        });
        for (to, key, from) in peers.collect::<Vec<_>>() {
            server
                .spawn("rpz-notify", move |shared| notify::run(shared, from, to, key.as_ref()))?;
        }
        Ok(server)
    }

    /// Takes other rules. Where they say something else the serial rises and the resolvers are
    /// told; `true` then.
    pub fn publish(&self, rules: Rules) -> bool {
        let mut held = lock(&self.shared.zone);
        let mut zone = Zone::clone(&held);
        let changed = zone.publish(rules);
        *held = Arc::new(zone);
        drop(held);
        if changed {
            self.shared.bell.notify_all();
        }
        changed
    }

    /// The zone as it is served now.
    pub fn zone(&self) -> Arc<Zone> {
        self.shared.zone()
    }

    /// Where it listens, in the order that was asked for.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What it has done.
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    fn listen(&mut self, at: SocketAddr) -> Result<(), RpzError> {
        let (tcp, udp) = bind(at).map_err(|source| RpzError::Listen(at, source))?;
        let fault = |source| RpzError::Listen(at, source);
        udp.set_read_timeout(Some(LOOK)).map_err(fault)?;
        self.addresses.push(tcp.local_addr().map_err(fault)?);
        self.listening.push(tcp.try_clone().map_err(fault)?);
        self.spawn("rpz-tcp", move |shared| tcp::accept(shared, &tcp))?;
        self.spawn("rpz-udp", move |shared| udp::run(shared, &udp))
    }

    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce(&Arc<Shared>) + Send + 'static,
    ) -> Result<(), RpzError> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || work(&shared)).map_err(RpzError::Thread)?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            // Under the lock, so that nobody misses the bell between a look and a wait.
            let _zone = lock(&self.shared.zone);
            self.shared.stopping.store(true, Ordering::Release);
        }
        self.shared.bell.notify_all();
        for listener in &self.listening {
            // Wakes the thread that waits for a connection.
            SockRef::from(listener).shutdown(Shutdown::Both).ok();
        }
        for stream in lock(&self.shared.open).values() {
            stream.shutdown(Shutdown::Both).ok();
        }
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}

// === impl Shared ===

impl Shared {
    fn zone(&self) -> Arc<Zone> {
        Arc::clone(&lock(&self.zone))
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

/// Both sockets of an address, with one port. Of ports that are free for TCP some are taken for
/// UDP, so without a wish another is tried.
fn bind(at: SocketAddr) -> io::Result<(TcpListener, UdpSocket)> {
    let tries = if at.port() == 0 { 16 } else { 1 };
    let mut last = io::ErrorKind::AddrInUse.into();
    for _ in 0..tries {
        let tcp = TcpListener::bind(at)?;
        match UdpSocket::bind(tcp.local_addr()?) {
            Ok(udp) => return Ok((tcp, udp)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What a thread that panicked left behind is whole: all changes here are single stores.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where NOTIFY to a resolver comes from: the first of our addresses of its family, because
/// resolvers hear it only from where they fetch the zone.
fn source_for(addresses: &[SocketAddr], to: SocketAddr) -> IpAddr {
    let any: IpAddr = match to.ip() {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let same = addresses.iter().map(SocketAddr::ip).find(|ip| ip.is_ipv4() == any.is_ipv4());
    same.unwrap_or(any)
}

/// Seconds since 1970, for signatures.
#[allow(clippy::disallowed_methods, reason = "a service reads the clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// For patience, which no change of the clock may stretch.
#[allow(clippy::disallowed_methods, reason = "a service reads the clock")]
fn instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
