//! A world as Zeek would have logged it: conn, dns, ssl, x509 and http, tab-separated.
//!
//! Rows follow the order in which Zeek writes them: a connection when it has ended, a question when
//! it was answered, a handshake when the server is known. Where Zeek differs and this does not:
//! it cuts connections that are silent for five minutes, which here go on for 45.

mod conn;
mod dns;
mod http;
mod ids;
mod ssl;
mod table;

use std::collections::BTreeMap;
use std::io::{self, Write};

use ostium_event::{Home, OpenedBy, Proto, Timestamp};

use crate::record::{Ends, Fact, Told};
use table::{Row, Table};

/// Opens a log by its file name, such as `conn.log`.
pub type Open<'a> = dyn FnMut(&str) -> io::Result<Box<dyn Write>> + 'a;

/// The logs of a world, opened when they get their first row.
pub(crate) struct Logs<'a> {
    open: &'a mut Open<'a>,
    home: Home,
    seed: u64,
    tables: BTreeMap<&'static str, Table>,
    /// What flows have said that waits for an answer, by machine and number of the flow.
    waiting: BTreeMap<(usize, u64), Waiting>,
    certificates: ssl::Certificates,
    failed: io::Result<()>,
    last: Timestamp,
}

/// What waits for its answer.
#[derive(Default)]
struct Waiting {
    questions: Vec<dns::Question>,
    hello: Option<ssl::Asked>,
    requests: http::Requests,
}

/// The five fields that most logs share.
struct Key<'a> {
    uid: String,
    orig: (ostium_event::Addr, u16),
    resp: (ostium_event::Addr, u16),
    ends: &'a Ends,
}

// === impl Logs ===

impl<'a> Logs<'a> {
    pub(crate) fn new(open: &'a mut Open<'a>, home: Home, seed: u64) -> Self {
        Self {
            open,
            home,
            seed,
            tables: BTreeMap::new(),
            waiting: BTreeMap::new(),
            certificates: ssl::Certificates::default(),
            failed: Ok(()),
            last: Timestamp::ZERO,
        }
    }

    /// Takes a fact of a machine.
    pub(crate) fn hear(&mut self, machine: usize, told: &Told) {
        if self.failed.is_ok() {
            self.failed = self.take(machine, told);
        }
    }

    fn take(&mut self, machine: usize, told: &Told) -> io::Result<()> {
        let ends = &*told.ends;
        self.last = self.last.max(told.at);
        let key = Key::of(ends, ids::uid(self.seed, machine, ends.number));
        let place = (machine, ends.number);
        let mut waiting = self.waiting.remove(&place).unwrap_or_default();
        match &told.fact {
            Fact::Dns(message) => {
                let row = dns::take(&mut waiting.questions, message, told.at, &key);
                self.write("dns.log", dns::FIELDS, row)?;
            }
            Fact::Hello(hello) => waiting.hello = Some(ssl::Asked::new(hello, told.at)),
            Fact::Answered(answered) => {
                for certificate in self.certificates.fresh(answered, told.at) {
                    let row = ssl::certificate(certificate, told.at);
                    self.write("x509.log", ssl::CERTIFICATE_FIELDS, Some(row))?;
                }
                let asked = waiting.hello.take();
                let row = asked.map(|asked| ssl::answered(&asked, Some(answered), &key));
                self.write("ssl.log", ssl::FIELDS, row)?;
            }
            Fact::Request(request) => waiting.requests.asked(request, told.at),
            Fact::Reply(reply) => {
                let row = waiting.requests.answered(reply, &key, ids::fuid(self.seed, told));
                self.write("http.log", http::FIELDS, row)?;
            }
            Fact::Closed(closed) => {
                self.give_up(waiting, &key)?;
                let row = conn::row(closed, &key, &self.home);
                return self.write("conn.log", conn::FIELDS, Some(row));
            }
            Fact::Opened { .. }
            | Fact::Message(_)
            | Fact::Line(_)
            | Fact::Tool(_)
            | Fact::Anomaly(_) => {}
        }
        if !waiting.is_empty() {
            self.waiting.insert(place, waiting);
        }
        Ok(())
    }

    /// Writes what was never answered.
    fn give_up(&mut self, waiting: Waiting, key: &Key<'_>) -> io::Result<()> {
        for question in waiting.questions {
            self.write("dns.log", dns::FIELDS, Some(dns::row(&question, None, key)))?;
        }
        if let Some(asked) = waiting.hello {
            self.write("ssl.log", ssl::FIELDS, Some(ssl::answered(&asked, None, key)))?;
        }
        for row in waiting.requests.unanswered(key) {
            self.write("http.log", http::FIELDS, Some(row))?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        name: &'static str,
        fields: &[(&str, &str)],
        row: Option<Row>,
    ) -> io::Result<()> {
        let Some(row) = row else {
            return Ok(());
        };
        let table = match self.tables.entry(name) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let out = (self.open)(name)?;
                entry.insert(Table::begin(out, name, fields, self.last)?)
            }
        };
        table.row(&row)
    }

    /// Something could not be written, and the rest need not be told.
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed.is_err()
    }

    /// Ends all logs.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.failed?;
        for table in self.tables.into_values() {
            table.end(self.last)?;
        }
        Ok(())
    }
}

// === impl Waiting ===

impl Waiting {
    fn is_empty(&self) -> bool {
        self.questions.is_empty() && self.hello.is_none() && self.requests.is_empty()
    }
}

// === impl Key ===

impl<'a> Key<'a> {
    fn of(ends: &'a Ends, uid: String) -> Self {
        let key = &ends.key;
        let inside = (key.inside, key.inside_port);
        let outside = (key.outside, key.outside_port);
        let (orig, resp) = match ends.opened_by {
            // Zeek takes the sender for the opener, and type and code for ports.
            _ if key.proto == Proto::ICMP => ((key.outside, 3), (key.inside, 1)),
            OpenedBy::Outside => (outside, inside),
            OpenedBy::Inside | OpenedBy::Unknown => (inside, outside),
        };
        Self { uid, orig, resp, ends }
    }

    /// The inside host stands in the place of the originator.
    fn inside_first(&self) -> bool {
        self.orig.0 == self.ends.key.inside
            && self.ends.key.proto != Proto::ICMP
            && self.ends.opened_by != OpenedBy::Outside
    }

    /// Begins a row with the time and the two ends.
    fn row(&self, at: Timestamp) -> Row {
        let mut row = Row::default();
        row.time(at);
        row.text(&self.uid);
        for (addr, port) in [self.orig, self.resp] {
            row.show(addr);
            row.show(port);
        }
        row
    }
}

#[cfg(test)]
mod tests;
