//! What a sensor knows of a target: its report, and the blocks that are about it.

use std::path::Path;

use ostium_event::Timestamp;
use ostium_report::{Document, clock, count, escape};
use ostium_sensor_api::{BlockRow, LimitRow};
use ostium_verdict::Target;
use serde::Serialize;

use super::ask;
use crate::fail::Fail;

/// What a sensor does about a target.
#[derive(Default, Serialize)]
pub(crate) struct Done {
    /// Blocks that are about it.
    pub(crate) blocks: Vec<BlockRow>,
    /// Rates to it, as a victim of many sites.
    pub(crate) limits: Vec<LimitRow>,
}

/// The report of the sensor that listens there, and what it does about this target.
pub(crate) fn ask(socket: &Path, target: &str) -> Result<(Document, Option<Done>), Fail> {
    let document = ask::report(socket)?;
    let status = ask::status(socket)?;
    let (mut blocks, mut limits) = (status.blocks, status.limits);
    blocks.retain(|row| is_about(row, target));
    limits.retain(|row| is_itself(&row.target, target));
    Ok((document, Some(Done { blocks, limits })))
}

// === impl Done ===

impl Done {
    /// Is there nothing?
    pub(crate) const fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.limits.is_empty()
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut out = table(&self.blocks);
        for row in &self.limits {
            out += &format!(
                "\n{}: each host may send {} packets a second until {}, {} packets let go\n  origin: \
                 hub, as a victim of many sites\n  to end it: ostium allow {}\n",
                row.target,
                row.packets_per_second,
                clock(Timestamp::from_secs(row.until)),
                count(row.packets),
                row.target
            );
        }
        out
    }
}

/// Is it of this target, or was it made because of it?
fn is_about(row: &BlockRow, target: &str) -> bool {
    let block = &row.block;
    let same = is_itself(&block.target, target);
    let mut said = std::iter::once(&block.because).chain(&block.evidence);
    same || said.any(|line| line.split([' ', ':', ',']).any(|word| word == target))
}

/// An address and port may be asked for without the protocol, or without the port.
fn is_itself(of: &Target, target: &str) -> bool {
    let itself = of.to_string();
    let socket = itself.split('/').next();
    let addr = of.addr().map(|addr| addr.to_string());
    [Some(itself.as_str()), socket, addr.as_deref()].contains(&Some(target))
}

/// Blocks for people.
pub(crate) fn table(blocks: &[BlockRow]) -> String {
    let mut out = String::new();
    for row in blocks {
        let block = &row.block;
        let verb = match block.mode {
            ostium_verdict::Mode::Block => "is blocked",
            _ => "would be blocked",
        };
        out += &format!(
            "\n{} {verb} from {} until {}, {} packets stopped\n  origin: {}\n  because: {}\n",
            block.target,
            clock(block.since),
            clock(block.until),
            count(row.packets),
            block.origin,
            escape(&block.because)
        );
        for line in &block.evidence {
            out += &format!("  evidence: {}\n", escape(line));
        }
        out += &format!("  to end it: ostium release {}\n", block.target);
    }
    out
}
