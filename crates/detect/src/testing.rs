//! Worlds for the tests of detectors: a scene of flows and messages is written down in any order,
//! played in the order of time to a profile and to every detector, and each host is then looked at
//! as the pipeline does it. Nothing here is part of the product; a mistake shows as a failing test.

mod chance;
mod findings;
mod made_up;
mod office;
mod properties;
mod said;
mod scene;
mod talk;

pub(crate) use chance::{Chance, Sleep};
pub(crate) use findings::{Findings, Outcome};
pub(crate) use made_up::{Family, base32, hex, human_names};
pub(crate) use said::{Reply, Request, Said};
pub(crate) use scene::{DAY, HOUR, MINUTE, Scene, address};
pub(crate) use talk::Talk;
