//! Reading the ring of one interface.

use std::io;
use std::time::Duration;

use crate::block::PacketBlock;
use crate::error::CaptureError;
use crate::live::hardware::{link_of, name_of};
use crate::live::{LiveError, LiveOptions, take_block};
use crate::sys::{Facts, Ring, Socket, Wake, look};

/// One interface that is heard. It can be given to the thread that reads it.
///
/// Only opening needs the right to capture: it can be given up afterwards, and an interface that
/// comes back is still heard.
#[derive(Debug)]
pub struct LiveCapture {
    ring: Ring,
    options: LiveOptions,
    up: bool,
    stats: LiveStats,
    /// Packets read since the kernel was last asked for its counters.
    unasked: u64,
}

/// What came of waiting for packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// There are packets in the block.
    Packets,
    /// There were none within patience, or a signal came meanwhile.
    Nothing,
    /// The interface is down or gone. Ask again: it is looked for each time.
    Down,
}

/// What was seen of an interface since it was opened.
///
/// When all that waits has been read, `seen` is what was handed over plus `dropped`, `malformed`
/// and `unknown_link`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveStats {
    /// Packets that came by, as the kernel counts them, the dropped ones among them.
    pub seen: u64,
    /// Those that the kernel dropped because the ring was full.
    pub dropped: u64,
    /// How often the ring became full.
    pub freezes: u64,
    /// Packets that the ring promised and did not hold: a fault of the kernel.
    pub malformed: u64,
    /// Packets of a link layer that is not decoded: the interface has changed its kind.
    pub unknown_link: u64,
}

/// Blocks are gathered until there are so many bytes: about one block of the ring that is full.
const GATHER: usize = 192 << 10;
/// How often a missing interface is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// The kernel's counters have 32 bits; they are fetched before they can run over.
const ASK_AFTER: u64 = 1 << 30;

// === impl LiveCapture ===

impl LiveCapture {
    /// Opens an interface. One that is down is opened too, and heard when it is up.
    ///
    /// # Errors
    /// [`LiveError`]: there is no such interface, its frames are not decoded, this process has no
    /// `CAP_NET_RAW`, or there is no memory for the ring.
    pub fn open(options: LiveOptions) -> Result<Self, CaptureError> {
        let name = options.interface.as_str();
        let refused = |source| LiveError::kernel("capture from", name, source);
        let socket = Socket::new().map_err(refused)?;
        let facts = look(&socket, name).map_err(refused)?;
        let facts = facts.ok_or_else(|| LiveError::missing(name))?;
        if link_of(facts.hardware).is_none() {
            return Err(link_layer(name, facts.hardware));
        }
        socket.cut_at(options.snap()).map_err(refused)?;
        if options.ignore_outgoing || facts.hardware == libc::ARPHRD_LOOPBACK {
            socket.set_number(libc::PACKET_IGNORE_OUTGOING, 1).map_err(refused)?;
        }
        let shape = options.shape();
        let ring = Ring::new(socket, shape).map_err(|source| match source.raw_os_error() {
            Some(libc::ENOMEM | libc::ENOBUFS | libc::EAGAIN) => LiveError::Memory {
                interface: name.to_owned(),
                mebibytes: shape.len() >> 20,
                source,
            },
            _ => refused(source),
        })?;
        let mut all = Self { ring, options, up: false, stats: LiveStats::default(), unasked: 0 };
        all.up = all.bind(facts)?;
        Ok(all)
    }

    /// The name of the interface.
    pub fn interface(&self) -> &str {
        &self.options.interface
    }

    /// Waits for packets, and puts those that are ready into `block`, whose contents are replaced.
    ///
    /// # Errors
    /// When the kernel refuses to go on, or the interface came back with a link layer that is not
    /// decoded.
    pub fn next_block(
        &mut self,
        block: &mut PacketBlock,
        patience: Duration,
    ) -> Result<Live, CaptureError> {
        block.packets.clear();
        block.bytes.clear();
        if self.take(block)? {
            return Ok(Live::Packets);
        }
        if self.up {
            let wake = self.ring.socket().wait(patience).map_err(|e| self.refused(e))?;
            if wake == Wake::Error {
                self.hear_error()?;
            }
        } else {
            std::thread::sleep(patience.min(LOOK_AGAIN));
            self.look_again()?;
        }
        Ok(match self.take(block)? {
            true => Live::Packets,
            false if self.up => Live::Nothing,
            false => Live::Down,
        })
    }

    /// What was seen so far, by the count of the kernel.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn stats(&mut self) -> Result<LiveStats, CaptureError> {
        let counters = self.ring.socket().counters().map_err(|e| self.refused(e))?;
        self.unasked = 0;
        self.stats.seen += u64::from(counters.packets);
        self.stats.dropped += u64::from(counters.drops);
        self.stats.freezes += u64::from(counters.freezes);
        Ok(self.stats)
    }

    /// Copies blocks that are ready, and hands each back at once; did any packet come?
    fn take(&mut self, into: &mut PacketBlock) -> Result<bool, CaptureError> {
        while into.bytes.len() < GATHER {
            let Some(ready) = self.ring.ready() else { break };
            let taken = take_block(ready.bytes(), into);
            drop(ready);
            self.stats.malformed += taken.malformed;
            self.stats.unknown_link += taken.unknown_link;
            self.unasked += taken.packets;
        }
        if self.unasked > ASK_AFTER {
            self.stats()?;
        }
        Ok(!into.packets.is_empty())
    }

    /// The socket has something to tell: mostly that the interface went down.
    fn hear_error(&mut self) -> Result<(), CaptureError> {
        match self.ring.socket().take_error().map_err(|e| self.refused(e))? {
            0 | libc::ENETDOWN | libc::ENODEV | libc::ENXIO => self.look_again(),
            other => Err(self.refused(io::Error::from_raw_os_error(other)).into()),
        }
    }

    /// Is the interface there, and up? One that was made again is heard anew.
    fn look_again(&mut self) -> Result<(), CaptureError> {
        let socket = self.ring.socket();
        let facts = look(socket, self.interface()).map_err(|e| self.refused(e))?;
        let bound = socket.bound().map_err(|e| self.refused(e))?;
        self.up = match facts {
            None => false,
            Some(facts) if facts.index == bound => facts.up,
            Some(facts) => self.bind(facts)?,
        };
        Ok(())
    }

    /// Hears an interface; `false` when it is down, or was gone meanwhile.
    fn bind(&self, facts: Facts) -> Result<bool, CaptureError> {
        if link_of(facts.hardware).is_none() {
            return Err(link_layer(self.interface(), facts.hardware));
        }
        let socket = self.ring.socket();
        let mut done = socket.bind(facts.index);
        if self.options.promiscuous {
            done = done.and_then(|()| socket.hear_all(facts.index));
        }
        match done {
            Ok(()) => Ok(facts.up),
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENODEV | libc::ENXIO)) => {
                Ok(false)
            }
            Err(error) => Err(self.refused(error).into()),
        }
    }

    fn refused(&self, source: io::Error) -> LiveError {
        LiveError::kernel("capture from", self.interface(), source)
    }
}

fn link_layer(interface: &str, hardware: u16) -> CaptureError {
    let interface = interface.to_owned();
    LiveError::LinkLayer { interface, hardware, name: name_of(hardware) }.into()
}
