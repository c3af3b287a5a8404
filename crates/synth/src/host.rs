//! A machine inside: its ports, its memory of names, and what it asks the resolver.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::FixedState;

use ostium_event::{Addr, RecordType, Span, Timestamp};

use crate::dns::{Answers, Message};
use crate::doh::Doh;
use crate::internet::Internet;
use crate::outbox::Outbox;
use crate::packet::{self, End};
use crate::payload::Payload;
use crate::rng::Rng;
use crate::world::{Resolver, System};

/// A machine inside, as its actors share it.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) net: Internet,
    pub(crate) out: Outbox,
    pub(crate) system: System,
    addr: Addr,
    addr6: Option<Addr>,
    mac: [u8; 6],
    resolver: Resolver,
    next_port: u16,
    next_id: u16,
    cache: HashMap<Rc<str>, (Timestamp, Found), FixedState>,
    /// Asked inside TLS instead of the resolver.
    doh: Option<Doh>,
}

/// Where a name leads, and when the host knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) v4: Addr,
    pub(crate) v6: Option<Addr>,
    pub(crate) at: Timestamp,
}

const ROUTER: [u8; 6] = [0x02, 0x1a, 0x4b, 0x00, 0x00, 0x01];
const FORWARDER: [u8; 6] = [0x02, 0x1a, 0x4b, 0x00, 0x00, 0x35];
const FIRST_PORT: u16 = 49_152;

// === impl Host ===

impl Host {
    pub(crate) fn new(out: Outbox, addr: Addr, system: System, resolver: Resolver) -> Self {
        let low = addr.v4_bits().unwrap_or_default().to_be_bytes();
        Self {
            net: Internet::new(out.shared.seed, out.shared.start),
            out,
            system,
            addr,
            addr6: None,
            mac: [0x02, 0x5e, low[0], low[1], low[2], low[3]],
            resolver,
            next_port: FIRST_PORT + u16::from(low[3]) * 37,
            next_id: 1,
            cache: HashMap::default(),
            doh: None,
        }
    }

    /// Gives it an IPv6 address, which its provider fails to carry.
    pub(crate) const fn with_broken_v6(mut self, addr6: Addr) -> Self {
        self.addr6 = Some(addr6);
        self
    }

    pub(crate) const fn has_v6(&self) -> bool {
        self.addr6.is_some()
    }

    /// This host, with a port that it has not used for long.
    pub(crate) fn end(&mut self) -> End {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
        self.end_at(port)
    }

    /// This host at a port that it serves.
    pub(crate) const fn end_at(&self, port: u16) -> End {
        End { mac: self.mac, addr: self.addr, port, ttl: self.system.ttl() }
    }

    /// This host by its IPv6 address, if it has one.
    pub(crate) fn end6(&mut self) -> Option<End> {
        let addr = self.addr6?;
        Some(End { addr, ..self.end() })
    }

    /// Somebody outside.
    pub(crate) fn peer(&self, addr: Addr, port: u16) -> End {
        End { mac: ROUTER, addr, port, ttl: self.net.ttl(addr) }
    }

    pub(crate) const fn id(&mut self) -> u16 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    /// Looks a name up, or remembers it.
    pub(crate) fn resolve(&mut self, rng: &mut Rng, name: &str, at: Timestamp) -> Found {
        if let Some((until, found)) = self.cache.get(name)
            && *until > at
        {
            return Found { at, ..*found };
        }
        let place = self.out.shared.place(name);
        let site = &place.site;
        let v4 = site.v4.first().copied().unwrap_or_default();
        if let Some(mut doh) = self.doh.take() {
            let known = doh.ask(self, rng, 2, at);
            self.doh = Some(doh);
            let found = Found { v4, v6: None, at: known };
            let until = known.plus(Span::from_secs(u64::from(site.ttl)));
            self.cache.insert(Rc::clone(&place.name), (until, found));
            return found;
        }
        let mut known =
            self.question(rng, (&place.name, RecordType::A), at, Rc::clone(&place.answers));
        let mut v6 = None;
        if self.has_v6() {
            let answer = Answers::addresses6(site);
            known = known.max(self.ask(rng, name, RecordType::AAAA, at, &answer));
            v6 = site.v6;
        }
        let found = Found { v4, v6, at: known };
        let until = known.plus(Span::from_secs(u64::from(site.ttl)));
        self.cache.insert(Rc::clone(&place.name), (until, found));
        found
    }

    /// From now on names are asked inside TLS, those of programs that ask by themselves excepted.
    pub(crate) fn ask_privately(&mut self, doh: Doh) {
        self.doh = Some(doh);
    }

    /// Takes out what asks for names inside TLS; it is to be put back.
    pub(crate) const fn private_names(&mut self) -> Option<Doh> {
        self.doh.take()
    }

    /// Asks for a name that does not exist; when the host knows.
    pub(crate) fn ask_missing(&mut self, rng: &mut Rng, name: &str, at: Timestamp) -> Timestamp {
        self.ask(rng, name, RecordType::A, at, &Answers::missing())
    }

    /// Asks the resolver; when the reply is there.
    pub(crate) fn ask(
        &mut self,
        rng: &mut Rng,
        name: &str,
        record_type: RecordType,
        at: Timestamp,
        answers: &Answers,
    ) -> Timestamp {
        self.question(rng, (&name.into(), record_type), at, Rc::new(answers.clone()))
    }

    fn question(
        &mut self,
        rng: &mut Rng,
        (name, record_type): (&Rc<str>, RecordType),
        at: Timestamp,
        answers: Rc<Answers>,
    ) -> Timestamp {
        let id = rng.next() as u16;
        let query = Message { id, name: Rc::clone(name), record_type, reply: None };
        let reply = Message { reply: Some(answers), ..query.clone() };
        // The resolver knows two names of three already.
        let knows = rng.chance(0.66);
        let wait = match knows {
            true => rng.between(0.0004, 0.002),
            false => rng.between(0.012, 0.09),
        };
        let (asked, answered, port) = (self.id(), rng.next() as u16, rng.size(1024, 65_535) as u16);
        let (from, to) = match self.resolver {
            Resolver::At(addr) => (self.end(), self.resolver_at(addr)),
            // What it knows it answers itself, and nobody sees that.
            Resolver::Forwards { .. } if knows => {
                return at.plus(Span::from_secs_f64(wait));
            }
            Resolver::Forwards { at, to } => (self.forwarder(at, port), self.peer(to, 53)),
        };
        let trip = match to.addr.is_private() {
            true => Span::ZERO,
            false => self.net.round_trip(to.addr),
        };
        let done = at.plus(trip).plus(Span::from_secs_f64(wait));
        self.out.push(at, packet::udp(&from, &to, asked, Payload::dns(query)));
        self.out.push(done, packet::udp(&to, &from, answered, Payload::dns(reply)));
        done
    }

    fn resolver_at(&self, addr: Addr) -> End {
        let end = self.peer(addr, 53);
        if addr.is_private() { End { ttl: 64, ..end } } else { end }
    }

    /// The inside resolver, as it asks for somebody.
    const fn forwarder(&self, addr: Addr, port: u16) -> End {
        End { mac: FORWARDER, addr, port, ttl: 64 }
    }
}
