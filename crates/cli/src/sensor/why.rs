//! What a sensor knows of a target: its report, and the blocks that are about it.

use std::path::Path;

use ostium_report::{Document, clock, count, escape};
use ostium_sensor_api::BlockRow;

use super::ask;
use crate::fail::Fail;

/// The report of the sensor that listens there, and its blocks that are about this target.
pub(crate) fn ask(socket: &Path, target: &str) -> Result<(Document, Option<Vec<BlockRow>>), Fail> {
    let document = ask::report(socket)?;
    let mut blocks = ask::status(socket)?.blocks;
    blocks.retain(|row| is_about(row, target));
    Ok((document, Some(blocks)))
}

/// Is it of this target, or was it made because of it?
fn is_about(row: &BlockRow, target: &str) -> bool {
    let block = &row.block;
    // An address and port may be asked for without the protocol.
    let itself = block.target.to_string();
    let socket = itself.split('/').next();
    let addr = block.target.addr().map(|addr| addr.to_string());
    let same = [Some(itself.as_str()), socket, addr.as_deref()].contains(&Some(target));
    let mut said = std::iter::once(&block.because).chain(&block.evidence);
    same || said.any(|line| line.split([' ', ':', ',']).any(|word| word == target))
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
