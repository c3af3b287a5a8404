//! The terminal: taken, and given back however the program ends.

use std::io::{self, Stdout, stdout};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::draw::draw;
use super::model::Model;
use super::skin::Skin;

/// A terminal that is ours until this goes away.
#[derive(Debug)]
pub(super) struct Screen {
    /// Never dropped: it would complain on standard error, and panic where that is gone too.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    skin: Skin,
}

/// Signals that end the program.
#[derive(Clone, Debug)]
pub(super) struct Signals(Arc<AtomicUsize>);

// === impl Screen ===

impl Screen {
    /// Takes the terminal.
    pub(super) fn take(skin: Skin) -> io::Result<Self> {
        // A release ends at a panic without dropping anything: only the hook can give it back.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back().ok();
            hook(panic);
        }));
        let taken = enable_raw_mode()
            .and_then(|()| execute!(stdout(), EnterAlternateScreen, Hide))
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match taken {
            Ok(terminal) => Ok(Self { terminal: ManuallyDrop::new(terminal), skin }),
            Err(error) => {
                give_back().ok();
                Err(error)
            }
        }
    }

    /// Draws the model in the size that the terminal has now.
    pub(super) fn show(&mut self, model: &mut Model) -> io::Result<()> {
        let skin = self.skin;
        self.terminal.draw(|frame| {
            let area = frame.area();
            model.resize((area.width, area.height));
            draw(frame, model, skin);
        })?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that went away wants nothing back.
        give_back().ok();
    }
}

fn give_back() -> io::Result<()> {
    let raw = disable_raw_mode();
    execute!(stdout(), LeaveAlternateScreen, Show)?;
    raw
}

// === impl Signals ===

impl Signals {
    /// Listens from now on; the second signal ends the program at once.
    pub(super) fn listen() -> io::Result<Self> {
        let raised = Arc::new(AtomicUsize::new(0));
        let once = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            signal_hook::flag::register_conditional_shutdown(
                signal,
                128 + signal,
                Arc::clone(&once),
            )?;
            signal_hook::flag::register(signal, Arc::clone(&once))?;
            let number = usize::try_from(signal).unwrap_or_default();
            signal_hook::flag::register_usize(signal, Arc::clone(&raised), number)?;
        }
        Ok(Self(raised))
    }

    /// The signal that came.
    pub(super) fn raised(&self) -> Option<u8> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            signal => u8::try_from(signal).ok(),
        }
    }
}
