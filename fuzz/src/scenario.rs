//! Scenarios of made-up worlds.

use ostium_synth::{Scenario, Wishes};

/// The text of a scenario.
pub fn toml(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let scenario = match Scenario::parse("a.toml", text) {
        Ok(scenario) => scenario,
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "an error is one line");
            return true;
        }
    };
    match scenario.world(&Wishes::default()) {
        Ok(world) => {
            assert!(world.hosts.len() <= 1_000_000, "as many machines as are allowed");
            let _ = world.truth();
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "an error is one line"),
    }
    true
}
