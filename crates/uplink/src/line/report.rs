//! Reports up: from the spool, in order, again after a break, until the hub has them.

use std::time::Duration;

use ostium_hub_api as wire;
use ostium_hub_api::hub_client::HubClient;
use prost::Message;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use super::run::{MOST, Runner};
use crate::UplinkError;

/// Batches that are sent before the first one's receipt is there.
const AHEAD: usize = 4;

// === impl Runner: reports ===

impl Runner {
    /// Until the stream ends.
    pub(super) async fn reports(
        &self,
        mut hub: HubClient<Channel>,
        mut woken: watch::Receiver<()>,
    ) -> Result<(), UplinkError> {
        let (batches, sent) = mpsc::channel(AHEAD);
        let over = || UplinkError::from(Status::unavailable("the stream of reports ended"));
        // An empty batch asks how far the hub is.
        batches.send(wire::Batch::default()).await.map_err(|_| over())?;
        let mut receipts = hub.report(ReceiverStream::new(sent)).await?.into_inner();
        let first = receipts.message().await?.ok_or_else(over)?;
        self.received(&first)?;
        let (mut reached, mut in_flight, mut wait) = (first.durable, 0, 0);
        loop {
            while in_flight < AHEAD && wait == 0 {
                let Some((batch, last)) = self.batch(reached)? else { break };
                batches.send(batch).await.map_err(|_| over())?;
                (reached, in_flight) = (last, in_flight + 1);
            }
            if wait > 0 && in_flight == 0 {
                sleep(Duration::from_millis(wait.into())).await;
                (reached, wait) = (self.shared.state().durable, 0);
                continue;
            }
            tokio::select! {
                receipt = receipts.message() => {
                    let receipt = receipt?.ok_or_else(over)?;
                    in_flight = in_flight.saturating_sub(1);
                    wait = wait.max(receipt.wait_ms);
                    self.received(&receipt)?;
                }
                woken = woken.changed() => woken.map_err(|_| over())?,
            }
        }
    }

    /// The next batch after this number, and the number of its last report.
    fn batch(&self, after: u64) -> Result<Option<(wire::Batch, u64)>, UplinkError> {
        let run = self.spool.borrow().after(after, MOST)?;
        if run.bodies.is_empty() {
            self.urgent.set(false);
            return Ok(None);
        }
        let last = run.first + run.bodies.len() as u64 - 1;
        // What we wrote we can read; a report that cannot be read is none, and keeps its number.
        let read = |body: &Vec<u8>| wire::Report::decode(body.as_slice()).unwrap_or_default();
        let reports = run.bodies.iter().map(read).collect();
        Ok(Some((wire::Batch { first: run.first, reports, urgent: self.urgent.get() }, last)))
    }

    fn received(&self, receipt: &wire::Receipt) -> Result<(), UplinkError> {
        let mut spool = self.spool.borrow_mut();
        spool.reached(receipt.durable)?;
        let mut state = self.shared.state();
        state.durable = receipt.durable;
        (state.waiting, state.lost) = (spool.waiting(), spool.lost());
        state.refused += u64::from(receipt.refused);
        if !receipt.why.is_empty() {
            state.why.clone_from(&receipt.why);
        }
        Ok(())
    }
}
