//! What is said on standard error, by a thread of its own: whoever reads it may stop reading, and
//! the sensor must not.
//!
//! Failure choice: what does not fit is left out, and the status has it all the same.

use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Says lines.
#[derive(Debug)]
pub(crate) struct Voice {
    lines: Option<SyncSender<String>>,
    thread: Option<JoinHandle<()>>,
}

/// Lines that may wait for a reader.
const WAITING: usize = 1024;
/// At the end whoever reads has so many hundredths of a second.
const LAST: usize = 100;

// === impl Voice ===

impl Voice {
    /// Says them there from now on.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn to(mut writer: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (lines, heard) = sync_channel::<String>(WAITING);
        let thread = std::thread::Builder::new().name("voice".to_owned()).spawn(move || {
            for line in heard {
                // Nobody reads it when it is closed.
                writeln!(writer, "ostium: {line}").ok();
            }
        })?;
        Ok(Self { lines: Some(lines), thread: Some(thread) })
    }

    /// Says a line, unless too many wait.
    pub(crate) fn say(&self, line: &str) {
        if let Some(lines) = &self.lines {
            lines.try_send(line.to_owned()).ok();
        }
    }
}

impl Drop for Voice {
    /// What waits is said, if somebody reads it.
    fn drop(&mut self) {
        drop(self.lines.take());
        let Some(thread) = self.thread.take() else { return };
        for _ in 0..LAST {
            if thread.is_finished() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Condvar, Mutex};

    use super::*;

    /// Takes nothing until it may.
    #[derive(Clone, Default)]
    struct Slow(Arc<Held>);

    #[derive(Default)]
    struct Held {
        /// Whether it may, and what it took.
        taken: Mutex<(bool, Vec<u8>)>,
        bell: Condvar,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let taken = self.0.taken.lock().unwrap();
            let mut held = self.0.bell.wait_while(taken, |held| !held.0).unwrap();
            held.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stopped_holds_nobody_up_and_the_last_words_are_said() {
        let slow = Slow::default();
        let voice = Voice::to(slow.clone()).unwrap();
        // Many more than may wait; all of these return.
        (0..5 * WAITING).for_each(|n| voice.say(&format!("line {n}")));
        slow.0.taken.lock().unwrap().0 = true;
        slow.0.bell.notify_all();
        drop(voice);
        let text = String::from_utf8(slow.0.taken.lock().unwrap().1.clone()).unwrap();
        assert!(text.starts_with("ostium: line 0\nostium: line 1\n"), "{text}");
        let lines = text.lines().count();
        assert!((WAITING..=WAITING + 2).contains(&lines), "{lines}");
    }
}
