//! A machine that sends spam: asks for the mail exchangers of strangers, and speaks SMTP to them.

use ostium_event::{RecordType, Timestamp};
use ostium_synth::habit::Spammer;
use ostium_synth::speech::{SITES, site};

use super::Bot;
use crate::line::Line;
use crate::net::{PATIENCE, Trouble};
use crate::stage::Stage;

/// A machine that sends spam.
pub(super) struct Spammers(pub(super) Spammer);

const SMTP: u16 = 25;

fn deliver(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    let domain = site(stage.rng.below(SITES));
    stage.ask(&domain, RecordType::MX)?;
    let mut line = stage.dial(&format!("mx1.{domain}"), SMTP)?;
    expect(&mut line, stage, "220")?;
    for ask in ["HELO win-pc\r\n", "MAIL FROM:<offer@deals.invalid>\r\n"] {
        line.say(ask.as_bytes())?;
        expect(&mut line, stage, "250")?;
    }
    line.say(b"RCPT TO:<someone@mail.invalid>\r\n")?;
    if expect(&mut line, stage, "250").is_ok() {
        line.say(b"DATA\r\n")?;
        expect(&mut line, stage, "354")?;
        let length = stage.rng.size(800, 2600);
        let body = stage.rng.text("buy now cheap \n", length).replace('\n', "\r\n");
        line.say(body.as_bytes())?;
        line.say(b"\r\n.\r\n")?;
        expect(&mut line, stage, "250")?;
    }
    line.close(stage.pace);
    Ok(())
}

/// Hears a line, which should begin with a code.
fn expect(line: &mut Line, stage: &Stage<'_>, code: &str) -> Result<(), Trouble> {
    match line.text(PATIENCE, stage.pace)?.starts_with(code) {
        true => Ok(()),
        false => Err(Trouble::Cut),
    }
}

impl Bot for Spammers {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let wait = stage.rng.exponential(3600.0 / self.0.per_hour.max(0.001));
        let next = stage.after(wait);
        let came = deliver(stage);
        stage.tally.note(&came);
        Some(next)
    }
}
