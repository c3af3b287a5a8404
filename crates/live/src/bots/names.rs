//! Bots that speak by questions for names: made-up ones, and channels.

use ostium_event::{RecordType, Timestamp};
use ostium_synth::habit::{Dga, DnsTunnel};
use ostium_synth::speech::Ask;

use super::Bot;
use crate::net::Trouble;
use crate::stage::Stage;

/// A bot that makes up names.
pub(super) struct Dgas(pub(super) Dga);

/// A channel in DNS.
pub(super) struct Tunnels(pub(super) DnsTunnel);

// === impl Dgas ===

impl Dgas {
    /// Asks for names until one is found.
    fn burst(&self, stage: &mut Stage<'_>) -> Option<String> {
        for _ in 0..self.0.burst {
            let name = self.0.name(&mut stage.rng, stage.seed, stage.pace.now());
            let came = stage.ask(&name, RecordType::A);
            stage.tally.note(&came);
            if came.is_ok_and(|reply| reply.addr.is_some()) {
                return Some(name);
            }
            let pause = stage.rng.between(0.1, 1.5);
            if !stage.pace.wait_until(stage.after(pause)) {
                return None;
            }
        }
        None
    }
}

impl Bot for Dgas {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let factor = stage.rng.between(0.8, 1.2);
        let next = stage.after(self.0.every.secs_f64() * factor);
        if let Some(name) = self.burst(stage) {
            let user_agent = "Mozilla/5.0 (Windows NT 10.0)";
            let ask = Ask { host: &name, path: "/u/", user_agent, post: 180 };
            let came = stage.get((&name, 80), &ask);
            stage.tally.note(&came);
        }
        Some(next)
    }
}

impl Bot for Tunnels {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let tunnel = &self.0;
        let factor = stage.rng.between(1.0 - tunnel.jitter, 1.0 + tunnel.jitter);
        let next = stage.after(tunnel.every.secs_f64() * factor);
        let burst = if stage.rng.chance(tunnel.data) { stage.rng.size(5, 40) } else { 1 };
        for _ in 0..burst {
            let name = tunnel.name(&mut stage.rng, burst > 1);
            let (record_type, _) = tunnel.answer(&mut stage.rng);
            let came = stage.ask(&name, record_type);
            let came = came.and_then(|reply| match reply.answers {
                0 => Err(Trouble::NoName),
                _ => Ok(()),
            });
            stage.tally.note(&came);
            if came == Err(Trouble::Over) {
                break;
            }
        }
        Some(next)
    }
}
