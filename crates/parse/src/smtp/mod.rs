//! SMTP (RFC 5321): the banner of the server and the verbs of the client, never addresses, and
//! never mail itself. STARTTLS hands over to what follows.

use ostium_event::{Banner, Command, Service, What};

use crate::bytes::Text;
use crate::context::{Both, Context, HEAD_BYTES, Heads, Match, Next, Sink};
use crate::line::{self, Lines};
use crate::protocol::Protocol;

const VERBS: [&str; 16] = [
    "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "AUTH", "STARTTLS", "RSET", "NOOP",
    "QUIT", "VRFY", "EXPN", "HELP", "ETRN",
];
const GREETINGS: [&str; 3] = ["EHLO", "HELO", "LHLO"];

/// SMTP on one flow.
#[derive(Default)]
pub(crate) struct Smtp(Box<Session>);

#[derive(Default)]
struct Session {
    lines: Both<Lines>,
    skip: Both<u64>,
    greeted: bool,
    mode: Mode,
}

/// What the client's next lines are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Commands,
    /// Mail, until a line of one dot.
    Mail,
    /// An answer to STARTTLS is awaited.
    StartTls,
}

// === impl Smtp ===

impl Protocol for Smtp {
    const SERVICE: Service = Service::Smtp;

    fn recognise(heads: &Heads<'_>, ctx: &Context) -> Match {
        let client = greeting_of_client(heads.this);
        if client == Match::Yes {
            return client;
        }
        if client == Match::No && !heads.other.is_empty() {
            return Match::No;
        }
        match greeting_of_server(heads.this, ctx) {
            Match::No => client,
            server => server,
        }
    }

    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        self.0.read(ctx, bytes, out)
    }

    fn gap(&mut self, ctx: &Context, missing: u64, _out: &mut Sink<'_>) -> Next {
        self.0.lines.of_mut(ctx.side).clear();
        let skip = self.0.skip.of_mut(ctx.side);
        *skip = skip.saturating_sub(missing);
        Next::More
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Session>() + self.0.lines.sum(Lines::heap_bytes)
    }
}

/// A client that names itself.
fn greeting_of_client(bytes: &[u8]) -> Match {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => {
            let line = bytes.get(..end).unwrap_or_default().trim_ascii_end();
            Match::from_bool(line::verb(line, &GREETINGS).is_some_and(|(_, name)| !name.is_empty()))
        }
        None => {
            let word = bytes.get(..bytes.len().min(5)).unwrap_or_default();
            let begun = [b"EHLO ", b"HELO ", b"LHLO "].iter().any(|verb| {
                let verb = verb.get(..word.len()).unwrap_or_default();
                verb.eq_ignore_ascii_case(word)
            });
            if begun { Match::Maybe } else { Match::No }
        }
    }
}

/// A server's `220` line. Mail and file servers begin alike: a word in the line, or the port, or
/// else the client's first word tells them apart (`Maybe`).
fn greeting_of_server(bytes: &[u8], ctx: &Context) -> Match {
    match server_says(bytes) {
        Match::Yes => {}
        other => return other,
    }
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let says = |word: &[u8]| line.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    if says(b"SMTP") {
        Match::Yes
    } else if says(b"FTP") {
        Match::No
    } else {
        match ctx.responder_port {
            25 | 465 | 587 | 2525 => Match::Yes,
            21 | 990 => Match::No,
            // A greeting of many lines is a file server's habit.
            _ if bytes.len() >= HEAD_BYTES => Match::No,
            _ => Match::Maybe,
        }
    }
}

/// Is it a whole line that begins with `220`?
pub(crate) fn server_says(bytes: &[u8]) -> Match {
    let code = match bytes.get(..3) {
        Some(code) => Match::from_bool(code == b"220"),
        None => Match::prefix(bytes, b"220"),
    };
    if code != Match::Yes {
        return code;
    }
    match memchr::memchr(b'\n', bytes) {
        Some(end) => Match::from_bool(
            line::reply(bytes.get(..end).unwrap_or_default().trim_ascii_end()).is_some(),
        ),
        None => Match::Maybe,
    }
}

// === impl Session ===

impl Session {
    fn read(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        let mut rest = bytes;
        loop {
            let skip = self.skip.of_mut(ctx.side);
            let skipped = usize::try_from(*skip).unwrap_or(usize::MAX).min(rest.len());
            *skip -= skipped as u64;
            rest = rest.get(skipped..).unwrap_or_default();
            let Some(line) = self.lines.of_mut(ctx.side).next(&mut rest) else {
                return Next::More;
            };
            if self.mode == Mode::Mail {
                // A refused DATA has no mail; lines of mail seldom begin like a refusal.
                if line == b"." || line::reply(line).is_some_and(|(code, _)| code >= 400) {
                    self.mode = Mode::Commands;
                }
                continue;
            }
            if let Some((code, last)) = line::reply(line) {
                if !self.greeted {
                    self.greeted = true;
                    tell_banner(ctx, line, out);
                }
                // Replies to commands sent before may come first.
                if self.mode == Mode::StartTls && last {
                    match code {
                        220 => return Next::Restart(rest.len()),
                        400.. => self.mode = Mode::Commands,
                        _ => {}
                    }
                }
                continue;
            }
            if let Some((verb, argument)) = line::verb(line, &VERBS) {
                tell_command(verb, argument, out);
                self.mode = match verb {
                    "DATA" => Mode::Mail,
                    "STARTTLS" => Mode::StartTls,
                    _ => self.mode,
                };
                if verb == "BDAT" {
                    *self.skip.of_mut(ctx.side) = chunk_size(argument);
                }
            }
        }
    }
}

fn tell_banner(ctx: &Context, line: &[u8], out: &mut Sink<'_>) {
    out(What::Banner(Banner {
        service: Service::Smtp,
        from_inside: ctx.is_from_inside(),
        text: Text::<255>::printable(line).as_str(),
    }));
}

fn tell_command(verb: &'static str, argument: &[u8], out: &mut Sink<'_>) {
    let names_itself = GREETINGS.contains(&verb);
    let shown = if names_itself { argument } else { &[] };
    out(What::Command(Command {
        service: Service::Smtp,
        verb,
        argument: Text::<255>::printable(shown).as_str(),
    }));
}

/// The bytes that follow `BDAT n [LAST]` (RFC 3030).
fn chunk_size(argument: &[u8]) -> u64 {
    let digits = argument.iter().take_while(|b| b.is_ascii_digit());
    digits.fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests;
