//! Reports up, receipts down.

use ostium_hub_api as wire;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::follow::Steps;
use super::newest::superseded;
use super::{Shared, removed};
use crate::books::Batch;

/// Batches of one sensor that may wait for their receipts; then it is not read further.
const AHEAD: usize = 4;

/// Reports in a batch, as docs/protocol.md says.
const MOST_REPORTS: usize = 1_000;

type Receipts = ReceiverStream<Result<wire::Receipt, Status>>;

#[tonic::async_trait]
impl wire::hub_server::Hub for Shared {
    type ReportStream = Receipts;
    type FollowStream = Steps;

    async fn report(
        &self,
        request: Request<Streaming<wire::Batch>>,
    ) -> Result<Response<Receipts>, Status> {
        let who = self.who(&request).await?;
        let mut batches = request.into_inner();
        let desk = self.desk.clone();
        let (waits, mut waiting) = mpsc::channel(AHEAD);
        let (receipts, sent) = mpsc::channel(AHEAD);
        let refusal = receipts.clone();
        let mut stop = self.stop.clone();
        let mut turn = self.reporting.begin(who.sensor);
        tokio::spawn(async move {
            let mut opens = true;
            loop {
                let next = tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => return,
                    () = desk.removal(who.sensor) => Err(removed()),
                    () = turn.over() => Err(superseded()),
                    next = batches.message() => Ok(next),
                };
                let next = match next {
                    Ok(next) => next,
                    Err(why) => {
                        drop(turn);
                        drop(refusal.send(Err(why)).await);
                        return;
                    }
                };
                // The other end is gone, or says nothing that can be read.
                let Ok(Some(message)) = next else { return };
                if message.reports.len() > MOST_REPORTS {
                    let why = format!("a batch holds at most {MOST_REPORTS} reports");
                    drop(refusal.send(Err(Status::invalid_argument(why))).await);
                    return;
                }
                let asks = message.reports.is_empty();
                let batch = Batch { sensor: who.sensor, message, opens };
                opens &= asks;
                let Some(answer) = desk.batch(batch).await else { return };
                if waits.send(answer).await.is_err() {
                    return;
                }
            }
        });
        // In the order of the batches, though they are kept together.
        tokio::spawn(async move {
            while let Some(answer) = waiting.recv().await {
                let Ok(answer) = answer.await else { return };
                if answer.receipt.gap {
                    let gap = Err(Status::failed_precondition(answer.receipt.why));
                    drop(receipts.send(gap).await);
                    return;
                }
                let receipt = wire::Receipt {
                    durable: answer.receipt.durable,
                    refused: answer.receipt.refused,
                    why: answer.receipt.why,
                    wait_ms: answer.wait_ms,
                };
                if receipts.send(Ok(receipt)).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(sent)))
    }

    async fn follow(&self, request: Request<wire::Position>) -> Result<Response<Steps>, Status> {
        let who = self.who(&request).await?;
        self.steps(who.sensor, &request.into_inner())
    }

    async fn renew(
        &self,
        request: Request<wire::RenewRequest>,
    ) -> Result<Response<wire::Enrolled>, Status> {
        let who = self.who(&request).await?;
        let asked = request.into_inner();
        self.certified(&asked.request, who, String::new(), String::new())
    }
}
