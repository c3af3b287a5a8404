//! FTP control connections (RFC 959): the banner of the server and the verbs of the client; file
//! names only of uploads, never users or passwords. AUTH TLS hands over to what follows.

use ostium_event::{Banner, Command, Service, What};

use crate::bytes::Text;
use crate::context::{Both, Context, Heads, Match, Next, Sink};
use crate::line::{self, Lines};
use crate::protocol::Protocol;
use crate::smtp;

const VERBS: [&str; 40] = [
    "USER", "PASS", "AUTH", "STOR", "RETR", "LIST", "NLST", "CWD", "PWD", "TYPE", "PASV", "EPSV",
    "PORT", "EPRT", "QUIT", "SYST", "FEAT", "DELE", "MKD", "RMD", "RNFR", "RNTO", "SIZE", "OPTS",
    "MODE", "STRU", "APPE", "REST", "ABOR", "SITE", "NOOP", "ACCT", "PBSZ", "PROT", "CDUP", "STAT",
    "HELP", "MLSD", "MDTM", "STOU",
];

/// FTP on one flow.
#[derive(Default)]
pub(crate) struct Ftp(Box<Session>);

#[derive(Default)]
struct Session {
    lines: Both<Lines>,
    greeted: bool,
    auth: bool,
}

// === impl Ftp ===

impl Protocol for Ftp {
    const SERVICE: Service = Service::Ftp;

    /// Runs after SMTP, so that a `220` which is left is a file server's, unless its client has yet
    /// to tell.
    fn recognise(heads: &Heads<'_>, _ctx: &Context) -> Match {
        if smtp::server_says(heads.other) == Match::Yes {
            return client_says(heads.this);
        }
        smtp::server_says(heads.this)
    }

    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        let session = &mut *self.0;
        let mut rest = bytes;
        while let Some(line) = session.lines.of_mut(ctx.side).next(&mut rest) {
            if let Some((code, last)) = line::reply(line) {
                if !session.greeted {
                    session.greeted = true;
                    out(What::Banner(Banner {
                        service: Service::Ftp,
                        from_inside: ctx.is_from_inside(),
                        text: Text::<255>::printable(line).as_str(),
                    }));
                }
                if session.auth && last {
                    match code {
                        234 => return Next::Restart(rest.len()),
                        400.. => session.auth = false,
                        _ => {}
                    }
                }
            } else if let Some((verb, argument)) = line::verb(line, &VERBS) {
                session.auth = verb == "AUTH";
                let shown = if verb == "STOR" { argument } else { &[] };
                out(What::Command(Command {
                    service: Service::Ftp,
                    verb,
                    argument: Text::<255>::printable(shown).as_str(),
                }));
            }
        }
        Next::More
    }

    fn gap(&mut self, ctx: &Context, _missing: u64, _out: &mut Sink<'_>) -> Next {
        self.0.lines.of_mut(ctx.side).clear();
        Next::More
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Session>() + self.0.lines.sum(Lines::heap_bytes)
    }
}

/// Is the client's first line a command of FTP?
fn client_says(bytes: &[u8]) -> Match {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => {
            let line = bytes.get(..end).unwrap_or_default().trim_ascii_end();
            Match::from_bool(line::verb(line, &VERBS).is_some())
        }
        None if bytes.iter().all(|b| (b' '..=b'~').contains(b) || *b == b'\r') => Match::Maybe,
        None => Match::No,
    }
}

#[cfg(test)]
mod tests {
    use ostium_event::Service;

    use crate::flow::tests::{Bench, more};

    #[test]
    fn a_file_goes_up() {
        let mut bench = Bench::new(21);
        more(bench.responder(b"220-hi\r\n220 ready\r\n"));
        more(bench.opener(b"USER me\r\nPASS secret\r\n"));
        more(bench.responder(b"230 in\r\n"));
        more(bench.opener(b"STOR loot.zip\r\nRETR other\r\n"));
        assert_eq!(
            bench.seen,
            [
                "banner Ftp in=false 220-hi",
                "command Ftp USER ",
                "command Ftp PASS ",
                "command Ftp STOR loot.zip",
                "command Ftp RETR "
            ]
        );
    }

    #[test]
    fn auth_tls_hands_over() {
        let mut bench = Bench::new(21);
        more(bench.responder(b"220 FTP\r\n"));
        more(bench.opener(b"AUTH TLS\r\n"));
        more(bench.responder(b"234 go\r\n"));
        bench.opener(&crate::tls::tests::client_record("files.example"));
        assert_eq!(bench.service(), Service::Tls);
        assert!(bench.seen.last().unwrap().starts_with("tls files.example"));
    }
}
