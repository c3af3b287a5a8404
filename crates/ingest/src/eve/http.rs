//! EVE http: a request and, when it has a status, its reply.
//!
//! `http_content_type` is the server's claim, so the body itself stays unseen.

use ostium_event::{Event, HttpReply, HttpRequest, Timestamp, What};

use crate::cells::{Cells, Style, slots};
use crate::ends::Ends;
use crate::error::RowError;
use crate::number::small;
use crate::text::{Scratch, name, optional, text};
use crate::zeek::target;

slots! {
    /// The object `http`.
    Http {
        Hostname = "hostname", Port = "http_port", Url = "url", UserAgent = "http_user_agent",
        ContentType = "http_content_type", Referer = "http_refer", Method = "http_method",
        Status = "status", Length = "length", Server = "server",
    }
}

pub(super) fn events(
    object: &[u8],
    ends: &Ends,
    at: Timestamp,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let cells = Cells::json(object, Http::NAMES).map_err(|_| RowError::Field("http"))?;
    let get = |slot: Http| cells.get(slot as usize);
    let [b0, b1, b2, b3, b4, b5] = &mut scratch.texts;
    let method = get(Http::Method);
    if !method.is_empty() {
        let target = target(method, get(Http::Hostname), get(Http::Url));
        let request = HttpRequest {
            method: text(method, Style::Json, b0),
            host: (!target.host.is_empty()).then(|| name(target.host, Style::Json, b1)),
            port: target.port.or_else(|| small(get(Http::Port))),
            uri: text(target.uri, Style::Json, b2),
            user_agent: optional(get(Http::UserAgent), Style::Json, b3),
            has_referer: !get(Http::Referer).is_empty(),
            via_proxy: target.via_proxy,
            ..HttpRequest::default()
        };
        out(&ends.event(at, What::Http(request)));
    }
    if let Some(status) = small(get(Http::Status)) {
        let claimed = get(Http::ContentType);
        let plain = claimed.split(|byte| *byte == b';').next().unwrap_or_default();
        let reply = HttpReply {
            status,
            content_type: optional(plain.trim_ascii(), Style::Json, b4),
            server: optional(get(Http::Server), Style::Json, b5),
            body_bytes: cells.number(Http::Length as usize).unwrap_or(0),
            ..HttpReply::default()
        };
        out(&ends.event(at, What::HttpReply(reply)));
    }
    Ok(())
}
