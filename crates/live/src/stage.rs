//! What every bot stands on: time, chance, names, connections and counts.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ostium_event::{Addr, RecordType, Span, Timestamp};
use ostium_synth::Stack;
use ostium_synth::speech::{Ask, Rng, is_named, query};

use crate::Wishes;
use crate::dns::{NXDOMAIN, Reply};
use crate::line::Line;
use crate::net::{Net, PATIENCE, Trouble};
use crate::pace::Pace;
use crate::secure::Session;
use crate::tally::Tally;

/// What a bot stands on.
pub(crate) struct Stage<'a> {
    pub(crate) net: Net<'a>,
    pub(crate) pace: &'a Pace<'a>,
    pub(crate) wishes: &'a Wishes,
    pub(crate) tally: &'a Tally,
    pub(crate) rng: Rng,
    /// The seed of the world.
    pub(crate) seed: u64,
    pub(crate) resolver: SocketAddr,
    /// Names that it knows for a while.
    pub(crate) known: BTreeMap<String, (Timestamp, IpAddr)>,
}

/// How long a resolver may take, and how often it is asked.
const NAMES_TAKE: Duration = Duration::from_millis(1500);
const ASKED: usize = 2;
/// Names that are remembered at once.
const REMEMBERED: usize = 256;

// === impl Stage ===

impl Stage<'_> {
    /// Asks the resolver.
    pub(crate) fn ask(&mut self, name: &str, record_type: RecordType) -> Result<Reply, Trouble> {
        let socket = self.net.datagrams(self.resolver)?;
        let mut came = Err(Trouble::Silent);
        for _ in 0..ASKED {
            let id = self.rng.next() as u16;
            let question = query(id, name, record_type);
            let fits = |bytes: &[u8]| Reply::read(bytes).filter(|reply| reply.id == id);
            came = self.net.ask(&socket, &question, NAMES_TAKE, fits);
            if came != Err(Trouble::Silent) {
                break;
            }
        }
        match came? {
            reply if matches!(reply.rcode, 0 | NXDOMAIN) => Ok(reply),
            _ => Err(Trouble::Refused),
        }
    }

    /// Where a name leads.
    pub(crate) fn resolve(&mut self, name: &str) -> Result<IpAddr, Trouble> {
        let now = self.pace.now();
        if let Some((until, addr)) = self.known.get(name)
            && *until > now
        {
            return Ok(*addr);
        }
        let v6 = self.net.source.is_ipv6();
        let record_type = if v6 { RecordType::AAAA } else { RecordType::A };
        let (addr, ttl) = self.ask(name, record_type)?.addr.ok_or(Trouble::NoName)?;
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        let until = now.plus(Span::from_secs(u64::from(ttl)));
        self.known.insert(name.to_owned(), (until, addr));
        Ok(addr)
    }

    /// Where a server is, as scenarios write them; one without a name is somewhere in the outside.
    pub(crate) fn place(&mut self, server: &str) -> Result<IpAddr, Trouble> {
        match server.parse::<Addr>() {
            Ok(addr) => Ok(addr.into()),
            Err(_) if is_named(server) => self.resolve(server),
            Err(_) => self.somewhere(server).ok_or(Trouble::Forbidden),
        }
    }

    /// The address of the outside that stands for a thing.
    pub(crate) fn somewhere(&self, thing: &str) -> Option<IpAddr> {
        pick(&self.wishes.outside, self.seed, thing)
    }

    /// Connects to a server.
    pub(crate) fn dial(&mut self, server: &str, port: u16) -> Result<Line, Trouble> {
        let addr = self.place(server)?;
        self.net.connect(SocketAddr::new(addr, self.wishes.port(port)))
    }

    /// Connects to a server and shakes hands.
    pub(crate) fn shake(
        &mut self,
        (server, port): (&str, u16),
        stack: Stack,
    ) -> Result<Session, Trouble> {
        let line = self.dial(server, port)?;
        let name = is_named(server).then_some(server);
        Session::open(line, &mut self.rng, (stack, name), self.pace)
    }

    /// One request over HTTP.
    pub(crate) fn get(
        &mut self,
        (server, port): (&str, u16),
        ask: &Ask<'_>,
    ) -> Result<(), Trouble> {
        let mut line = self.dial(server, port)?;
        let bytes = ask.bytes(&mut self.rng);
        line.pour(&bytes, self.pace)?;
        line.message(PATIENCE, self.pace)?;
        line.close(self.pace);
        Ok(())
    }

    /// So much later than now, by the world's time.
    pub(crate) fn after(&self, seconds: f64) -> Timestamp {
        self.pace.now().plus(Span::from_secs_f64(seconds.max(0.001)))
    }
}

/// One of the addresses, always the same for a thing.
pub(crate) fn pick(addresses: &[IpAddr], seed: u64, thing: &str) -> Option<IpAddr> {
    let place = Rng::fork(seed, thing).below(addresses.len());
    addresses.get(place).copied()
}
