//! Ctrl-C: the first ends reading, and what was read is reported; the second ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::output::say;

/// Set by the first Ctrl-C.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

// === impl Interrupt ===

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> Self {
        let flag = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&flag);
        let listening = ctrlc::set_handler(move || {
            if raised.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        });
        // Without a handler Ctrl-C ends the program at once, as it always did.
        if let Err(error) = listening {
            say(format_args!("Ctrl-C will lose the report: {error}"));
        }
        Self(flag)
    }

    /// The flag itself, for those who look at it from threads.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
