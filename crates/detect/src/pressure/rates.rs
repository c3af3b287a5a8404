//! Packets to those who do not answer, by ten seconds.

use ostium_event::{Addr, FlowKey, FlowRecord, Proto, Timestamp};
use ostium_evidence::Rate;

/// Victims of one host that are counted at a time, and flows of each that go on.
const VICTIMS: usize = 8;
const FLOWS: usize = 4;
/// Seconds of a box, and boxes: a minute.
const BOX: u64 = 10;
const BOXES: usize = 6;
/// Packets a second from which on it is told: less is a program that tries again.
const LEAST: u64 = 2;

/// What one host sends to those who do not answer.
#[derive(Debug, Default)]
pub(super) struct Rates {
    victims: Vec<Victim>,
}

#[derive(Debug)]
struct Victim {
    addr: Addr,
    port: u16,
    proto: Proto,
    last: Timestamp,
    /// By the number of the box: packets and bytes.
    boxes: Vec<(u64, u64, u64)>,
    /// Flows that go on: their port, when they began, and what of them was counted.
    open: Vec<(u16, Timestamp, u64, u64)>,
    unanswered: u32,
    answered: u32,
}

// === impl Rates ===

impl Rates {
    /// A flow that somebody answered, to a victim that is known.
    pub(super) fn answered(&mut self, flow: &FlowKey) {
        if let Some(victim) = self.victims.iter_mut().find(|victim| victim.is(flow)) {
            victim.answered = victim.answered.saturating_add(1);
        }
    }

    /// A flow that nobody answered, over or not.
    pub(super) fn unanswered(&mut self, flow: &FlowKey, record: &FlowRecord, is_over: bool) {
        let place = match self.victims.iter().position(|victim| victim.is(flow)) {
            Some(place) => place,
            None => self.make_room(flow),
        };
        if let Some(victim) = self.victims.get_mut(place) {
            victim.count(flow.inside_port, record, is_over);
        }
    }

    /// What is sent to each, of those to whom it is worth telling.
    pub(super) fn told(&self, out: &mut Vec<Rate>) {
        for victim in &self.victims {
            let most = victim.boxes.iter().max_by_key(|(number, packets, _)| (*packets, *number));
            let Some((_, packets, bytes)) = most.filter(|(_, packets, _)| packets / BOX >= LEAST)
            else {
                continue;
            };
            // Whoever answers one in twenty is no victim that is down.
            if victim.answered.saturating_mul(20) >= victim.unanswered.max(1) {
                continue;
            }
            out.push(Rate {
                victim: victim.addr,
                port: victim.port,
                proto: victim.proto,
                packets_per_second: packets / BOX,
                bytes_per_second: bytes / BOX,
                last: victim.last,
            });
        }
    }

    /// A place for a new victim; the one that was hit longest ago goes.
    fn make_room(&mut self, flow: &FlowKey) -> usize {
        if self.victims.len() >= VICTIMS {
            let oldest = self.victims.iter().enumerate().min_by_key(|(_, victim)| victim.last);
            let oldest = oldest.map_or(0, |(place, _)| place);
            self.victims.swap_remove(oldest);
        }
        self.victims.push(Victim {
            addr: flow.outside,
            port: flow.outside_port,
            proto: flow.proto,
            last: Timestamp::ZERO,
            boxes: Vec::new(),
            open: Vec::new(),
            unanswered: 0,
            answered: 0,
        });
        self.victims.len() - 1
    }
}

// === impl Victim ===

impl Victim {
    fn is(&self, flow: &FlowKey) -> bool {
        (self.addr, self.port, self.proto) == (flow.outside, flow.outside_port, flow.proto)
    }

    fn count(&mut self, port: u16, record: &FlowRecord, is_over: bool) {
        let (packets, bytes) = (record.out.packets, record.out.bytes);
        self.last = self.last.max(record.last);
        let known = self.open.iter().position(|open| (open.0, open.1) == (port, record.first));
        let new = match known.and_then(|place| self.open.get(place)) {
            Some(open) => (packets.saturating_sub(open.2), bytes.saturating_sub(open.3)),
            // Of a long flow of which nothing was counted, what belongs to one box.
            None => {
                let seconds = record.duration().secs().max(BOX);
                (packets.saturating_mul(BOX) / seconds, bytes.saturating_mul(BOX) / seconds)
            }
        };
        self.add(record.last.secs() / BOX, new.0, new.1);
        if let Some(place) = known {
            self.open.swap_remove(place);
        }
        if is_over {
            self.unanswered = self.unanswered.saturating_add(1);
        } else {
            if self.open.len() >= FLOWS {
                self.open.swap_remove(0);
            }
            self.open.push((port, record.first, packets, bytes));
            // One that goes on in vain counts before it ends.
            self.unanswered = self.unanswered.max(1);
        }
    }

    fn add(&mut self, number: u64, packets: u64, bytes: u64) {
        let oldest = number.saturating_sub(BOXES as u64);
        // What is told late is put where it belongs, unless that is over: no more boxes than that.
        self.boxes.retain(|(at, ..)| *at > oldest && *at < number + BOXES as u64);
        match self.boxes.iter_mut().find(|(at, ..)| *at == number) {
            Some((_, sum, all)) => {
                (*sum, *all) = (sum.saturating_add(packets), all.saturating_add(bytes));
            }
            None => self.boxes.push((number, packets, bytes)),
        }
    }
}
