//! What the operator says: `sensor.toml`, and what stands in it when it says nothing.
//!
//! Every field has a default, so that `ostium sensor --interface eth0` needs no file. A field that
//! is not known is an error, because a mistyped rail is no rail; errors name the line.

mod hub;
mod load;
mod rpz;
mod shape;
mod template;

pub use hub::{HubConfig, Share};
pub use load::{ConfigError, load, parse};
pub use rpz::{Resolver, Rpz};
pub use shape::{
    Allow, Capture, Config, Enforce, Garden, Indicators, Refusal, Resets, RoleRow, Size,
};
pub use template::TEMPLATE;

#[cfg(test)]
mod tests;
