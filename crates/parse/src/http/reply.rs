//! Heads of replies into events. A reply is told when the first bytes of its body are known.

use std::borrow::Cow;

use httparse::{EMPTY_HEADER, ParserConfig, Response, Status};
use ostium_event::{Anomaly, Body, HttpReply, What};

use super::body::Length;
use super::field::{self, MAX_HEADERS};
use super::magic;
use super::request::Asked;
use crate::context::Sink;

/// A reply that may wait for its body.
#[derive(Clone, Debug)]
pub(super) struct Reply<'a> {
    pub(super) status: u16,
    content_type: Option<Cow<'a, str>>,
    server: Option<Cow<'a, str>>,
    declared: Option<Length>,
    /// Its body is compressed, so that its first bytes say nothing.
    encoded: bool,
}

// === impl Reply ===

impl<'a> Reply<'a> {
    /// Reads a head; `None` when it is malformed.
    pub(super) fn read(head: &'a [u8]) -> Option<Self> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut response = Response::new(&mut headers);
        let parsed = ParserConfig::default()
            .ignore_invalid_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_multiple_spaces_in_response_status_delimiters(true)
            .parse_response(&mut response, head);
        let (Ok(Status::Complete(_)), Some(status)) = (parsed, response.code) else {
            return None;
        };
        let headers = &*response.headers;
        let encoding = field::value(headers, "content-encoding");
        Some(Self {
            status,
            content_type: field::text(headers, "content-type").map(without_parameters),
            server: field::text(headers, "server"),
            declared: field::length(headers),
            encoded: encoding.is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity")),
        })
    }

    /// How long its body is, given what was asked (RFC 9112, section 6.3).
    pub(super) fn length(&self, asked: Asked) -> Length {
        let none = asked == Asked::Head || matches!(self.status, 100..=199 | 204 | 304);
        match self.declared {
            _ if none => Length::Bytes(0),
            Some(length) => length,
            None => Length::UntilClose,
        }
    }

    /// A copy that does not borrow the head.
    pub(super) fn kept(self) -> Box<Reply<'static>> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Box::new(Reply {
            content_type: self.content_type.map(own),
            server: self.server.map(own),
            ..Reply {
                status: self.status,
                content_type: None,
                server: None,
                declared: self.declared,
                encoded: self.encoded,
            }
        })
    }

    /// Tells it, with the first bytes of its body.
    pub(super) fn tell(&self, prefix: &[u8], out: &mut Sink<'_>) {
        let body = if self.encoded { Body::Unseen } else { magic::body(prefix) };
        let content_type = self.content_type.as_deref();
        out(What::HttpReply(HttpReply {
            status: self.status,
            content_type,
            server: self.server.as_deref(),
            body_bytes: match self.declared {
                Some(Length::Bytes(count)) => count,
                _ => 0,
            },
            body,
        }));
        if magic::is_program(body) && content_type.is_some_and(magic::is_harmless) {
            out(What::Anomaly(Anomaly::ProgramDisguised));
        }
    }
}

fn without_parameters(text: Cow<'_, str>) -> Cow<'_, str> {
    let plain = |text: &str| text.split(';').next().unwrap_or_default().trim().len();
    match text {
        Cow::Borrowed(text) => {
            let (kept, _) = text.split_at_checked(plain(text)).unwrap_or((text, ""));
            Cow::Borrowed(kept)
        }
        Cow::Owned(mut text) => {
            text.truncate(plain(&text));
            Cow::Owned(text)
        }
    }
}
