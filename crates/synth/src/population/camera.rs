//! A camera: sends its picture to a relay outside all day long, asks the relay's directory every
//! minute, and tells its own address again and again. The look-alike of a thief.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::{Session, Stack};
use crate::udp::Socket;
use crate::visit;

/// A camera.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Camera {
    /// The maker's cloud.
    pub cloud: String,
    /// UDP port of the relay's directory.
    pub directory_port: u16,
    /// Between keep-alives to the directory.
    pub every: Span,
    /// Mean recordings in an hour, each sent to the cloud.
    pub recordings_per_hour: f64,
    /// Bytes of a second of picture.
    pub bytes_per_second: usize,
}

/// What a camera remembers.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    directory: Option<Socket>,
    /// A recording on its way, and its seconds left.
    recording: Option<(Session, usize)>,
    next_beat: Timestamp,
    next_recording: Timestamp,
}

const SECOND: Span = Span::from_secs(1);
/// Seconds of a recording.
const LENGTH: (usize, usize) = (8, 90);
/// Head of a datagram to the directory, of a protocol of the maker's own.
const HEAD: &[u8] = &[0xf1, 0xe0, 0, 0];

impl Default for Camera {
    fn default() -> Self {
        Self {
            cloud: "eyeball-cloud.net".into(),
            directory_port: 32_100,
            every: Span::from_secs(25),
            recordings_per_hour: 3.0,
            bytes_per_second: 60_000,
        }
    }
}

// === impl Camera ===

impl Camera {
    fn beat(&self, watch: &mut Watch, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let name = format!("p2p.{}", self.cloud);
        let found = host.resolve(rng, &name, now);
        let port = self.directory_port;
        let socket =
            watch.directory.get_or_insert_with(|| Socket::open(host, found.v4, port)).clone();
        let tell: &[u8] = &[0xf1, 0xe1, 0, 0];
        socket.exchange(host, rng, found.at, HEAD, Some(tell));
    }

    fn record(&self, watch: &mut Watch, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let (mut session, left) = watch.recording.take().unwrap_or_else(|| {
            let name = format!("upload.{}", self.cloud);
            let mut session = visit::connect(host, rng, (&name, 443), Stack::OpenSsl, now);
            session.conn.flow_at(1.2e6);
            (session, rng.size(LENGTH.0, LENGTH.1))
        });
        session.conn.wait_until(now);
        let bytes = self.bytes_per_second;
        let bytes = rng.size(bytes - bytes / 4, bytes + bytes / 4);
        session.say(&mut host.out, rng, Side::Inside, bytes);
        if left > 1 {
            session.conn.rest(&mut host.out);
            watch.recording = Some((session, left - 1));
            return;
        }
        session.say(&mut host.out, rng, Side::Outside, 110);
        session.close(&mut host.out, rng, Side::Inside);
        let wait = rng.exponential(3600.0 / self.recordings_per_hour.max(0.01));
        watch.next_recording = now.plus(Span::from_secs_f64(wait));
    }
}

impl Behaviour for Camera {
    type State = Watch;

    fn first(&self) -> Span {
        self.every
    }

    fn wake(
        &self,
        watch: &mut Watch,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if now >= watch.next_beat {
            self.beat(watch, rng, host, now);
            watch.next_beat = now.plus(self.every);
        }
        if now >= watch.next_recording {
            self.record(watch, rng, host, now);
        }
        let picture = match watch.recording {
            Some(_) => now.plus(SECOND),
            None => watch.next_recording,
        };
        Some(picture.min(watch.next_beat))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, carried, dials, watch};

    #[test]
    fn it_sends_far_more_than_it_gets() {
        let camera = Camera {
            cloud: "eyeball-cloud.net".into(),
            directory_port: 32_100,
            every: Span::from_secs(25),
            recordings_per_hour: 6.0,
            bytes_per_second: 20_000,
        };
        rehearsal::assert_plays(camera.clone(), 3.0, 2000);
        let seen = watch(camera, 3.0);
        assert!((5..40).contains(&dials(&seen, 443).len()));
        let beats = seen.iter().filter(|s| s.port == 32_100 && s.payload == HEAD).count();
        assert!((400..440).contains(&beats), "{beats}");
        assert!(carried(&seen, Side::Inside) > 10 * carried(&seen, Side::Outside));
    }
}
