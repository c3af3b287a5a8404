//! The door: who was invited gets a certificate.

use ostium_hub_api as wire;
use ring::digest::{SHA256, digest};
use tonic::{Request, Response, Status};

use super::Shared;
use crate::authority::Identity;

/// Names of sensors are not longer.
const LONGEST_NAME: usize = 64;

#[tonic::async_trait]
impl wire::door_server::Door for Shared {
    async fn enrol(
        &self,
        request: Request<wire::EnrolRequest>,
    ) -> Result<Response<wire::Enrolled>, Status> {
        let asked = request.into_inner();
        if asked.version != wire::VERSION {
            return Err(Status::failed_precondition(format!(
                "this hub speaks version {} of the protocol, and the sensor {}: upgrade the older",
                wire::VERSION,
                asked.version
            )));
        }
        let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let name = asked.sensor;
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fine) {
            return Err(Status::invalid_argument(
                "a sensor's name has 1 to 64 letters, digits, dots, dashes or underscores",
            ));
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, asked.secret.as_bytes()).as_ref());
        let stopping = || Status::unavailable("the hub is stopping; try again");
        let admitted = self.desk.admit(hash, name.clone()).await.ok_or_else(stopping)?;
        let admitted = admitted.map_err(Status::already_exists)?.ok_or_else(|| {
            Status::permission_denied(
                "this invitation was used, has ended, or never was; ask for another one",
            )
        })?;
        let who = Identity { organisation: admitted.organisation, sensor: admitted.sensor };
        self.certified(&asked.request, who, admitted.name, name)
    }
}

// === impl Shared: certificates ===

impl Shared {
    pub(super) fn certified(
        &self,
        request: &[u8],
        who: Identity,
        organisation: String,
        sensor: String,
    ) -> Result<Response<wire::Enrolled>, Status> {
        let made = self.authority.certify(request, who, (self.clock)());
        let certificate = made.map_err(|error| Status::invalid_argument(error.to_string()))?;
        Ok(Response::new(wire::Enrolled {
            certificate: certificate.to_vec().into(),
            authority: self.authority.certificate().to_vec().into(),
            organisation,
            sensor,
            feed_root: self.root.to_vec().into(),
            feed: self.desk.feed().borrow().at.feed.to_vec().into(),
        }))
    }
}
