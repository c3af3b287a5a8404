//! Zeek http: one row is a request and, when it has a status, its reply.
//!
//! Zeek takes the port off the Host header, so a port other than 80 and 443 of the server is taken
//! for the one asked for. Media types are Zeek's own reading of the body, not the Content-Type.

use ostium_event::{Body, Event, Home, HttpReply, HttpRequest, Proto, What};

use super::ports;
use crate::block::Row;
use crate::cells::{Cells, slots};
use crate::ends::Ends;
use crate::error::RowError;
use crate::number::small;
use crate::text::{Scratch, name, optional, text};
use crate::tls_names::body;

slots! {
    /// Fields of http.log.
    Http {
        Ts = "ts", Uid = "uid", OrigH = "id.orig_h", OrigP = "id.orig_p",
        RespH = "id.resp_h", RespP = "id.resp_p",
        Depth = "trans_depth", Method = "method", Host = "host", Uri = "uri",
        Referrer = "referrer", UserAgent = "user_agent",
        RequestLen = "request_body_len", ResponseLen = "response_body_len",
        Status = "status_code", Proxied = "proxied", RespMime = "resp_mime_types",
    }
}

/// Where a request goes, read from its target and its Host header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) host: &'a [u8],
    pub(crate) port: Option<u16>,
    pub(crate) uri: &'a [u8],
    pub(crate) via_proxy: bool,
}

/// The target of a request: `CONNECT name:port` and absolute URIs go to a proxy.
pub(crate) fn target<'a>(method: &[u8], host: &'a [u8], uri: &'a [u8]) -> Target<'a> {
    if method == b"CONNECT" {
        let (name, port) = split_port(uri);
        return Target {
            host: if name.is_empty() { split_port(host).0 } else { name },
            port,
            uri,
            via_proxy: true,
        };
    }
    let scheme = memchr::memmem::find(uri.get(..16.min(uri.len())).unwrap_or_default(), b"://");
    let absolute = scheme.filter(|at| *at > 0 && uri.first() != Some(&b'/'));
    if let Some(authority) = absolute.and_then(|at| uri.get(at + 3..)) {
        let end = authority
            .iter()
            .position(|byte| matches!(byte, b'/' | b'?'))
            .unwrap_or(authority.len());
        let (before, path) = authority.split_at_checked(end).unwrap_or_default();
        let before = match memchr::memrchr(b'@', before) {
            Some(user) => before.get(user + 1..).unwrap_or_default(),
            None => before,
        };
        let (name, port) = split_port(before);
        return Target {
            host: name,
            port,
            uri: if path.is_empty() { b"/" } else { path },
            via_proxy: true,
        };
    }
    let (name, port) = split_port(host);
    Target { host: name, port, uri, via_proxy: false }
}

/// `name:port`, `[v6]:port`, or a name or address alone.
fn split_port(host: &[u8]) -> (&[u8], Option<u16>) {
    if let Some(rest) = host.strip_prefix(b"[") {
        let end = memchr::memchr(b']', rest).unwrap_or(rest.len());
        let port = rest.get(end + 1..).and_then(|port| port.strip_prefix(b":"));
        return (rest.get(..end).unwrap_or_default(), port.and_then(small));
    }
    match memchr::memrchr(b':', host) {
        // More than one colon is an IPv6 address without brackets.
        Some(at) if memchr::memchr(b':', host) == Some(at) => {
            (host.get(..at).unwrap_or_default(), host.get(at + 1..).and_then(small))
        }
        _ => (host, None),
    }
}

pub(super) fn events(
    cells: &Cells<'_>,
    home: &Home,
    row: &Row,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let (orig_p, resp_p) = ports(cells)?;
    let ends = Ends::of(home, (row.orig, orig_p), (row.resp, resp_p), Proto::TCP);
    let get = |slot: Http| cells.get(slot as usize);
    let method = get(Http::Method);
    if !method.is_empty() {
        let [b0, b1, b2, b3, ..] = &mut scratch.texts;
        let target = target(method, get(Http::Host), get(Http::Uri));
        let via_proxy = target.via_proxy || goes_to_proxy(cells);
        let odd = !via_proxy && !matches!(resp_p, 80 | 443);
        let request = HttpRequest {
            method: text(method, cells.style, b0),
            host: (!target.host.is_empty()).then(|| name(target.host, cells.style, b1)),
            port: target.port.or_else(|| odd.then_some(resp_p)),
            uri: text(target.uri, cells.style, b2),
            user_agent: optional(get(Http::UserAgent), cells.style, b3),
            has_referer: !get(Http::Referrer).is_empty(),
            body_bytes: cells.number(Http::RequestLen as usize).unwrap_or(0),
            via_proxy,
            ..HttpRequest::default()
        };
        out(&ends.event(row.at, What::Http(request)));
    }
    if let Some(status) = small(get(Http::Status)) {
        let length = cells.number(Http::ResponseLen as usize).unwrap_or(0);
        let media = cells.list(Http::RespMime as usize).next();
        let reply = HttpReply {
            status,
            body_bytes: length,
            body: media.map_or(Body::Unseen, body),
            ..HttpReply::default()
        };
        out(&ends.event(row.at, What::HttpReply(reply)));
    }
    Ok(())
}

/// Did the client itself speak to a proxy? Other headers of the list (Via, X-Forwarded-For) are
/// added by proxies further out.
fn goes_to_proxy(cells: &Cells<'_>) -> bool {
    cells.list(Http::Proxied as usize).any(|header| {
        header.starts_with(b"PROXY-CONNECTION") || header.starts_with(b"PROXY-AUTHORIZATION")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(
        method: &str,
        host: &'static str,
        uri: &'static str,
    ) -> (&'static str, Option<u16>, &'static str, bool) {
        let target = target(method.as_bytes(), host.as_bytes(), uri.as_bytes());
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        (text(target.host), target.port, text(target.uri), target.via_proxy)
    }

    #[test]
    fn finds_the_host_asked_for() {
        assert_eq!(of("GET", "a.example", "/x"), ("a.example", None, "/x", false));
        assert_eq!(of("GET", "a.example:8080", "/x"), ("a.example", Some(8080), "/x", false));
        assert_eq!(of("GET", "[::1]:81", "/"), ("::1", Some(81), "/", false));
        assert_eq!(of("GET", "::1", "/"), ("::1", None, "/", false));
        assert_eq!(
            of("CONNECT", "proxy", "a.example:443"),
            ("a.example", Some(443), "a.example:443", true)
        );
        assert_eq!(
            of("GET", "proxy", "http://me@a.example:81/x?y"),
            ("a.example", Some(81), "/x?y", true)
        );
        assert_eq!(of("GET", "p", "http://a.example"), ("a.example", None, "/", true));
        assert_eq!(
            of("GET", "a.example", "/go?to=http://b"),
            ("a.example", None, "/go?to=http://b", false)
        );
        assert_eq!(of("GET", "a", "/:// x"), ("a", None, "/:// x", false));
    }

    proptest! {
        #[test]
        fn any_bytes(host in proptest::collection::vec(any::<u8>(), 0..30), uri in "[a-z:/@?\\[\\]0-9]{0,40}") {
            let _ = target(b"GET", &host, uri.as_bytes());
            let _ = target(b"CONNECT", &host, uri.as_bytes());
        }
    }
}
