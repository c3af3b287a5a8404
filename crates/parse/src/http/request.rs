//! Heads of requests into events.

use std::borrow::Cow;

use httparse::{EMPTY_HEADER, Header, ParserConfig, Request, Status};
use ostium_event::{Fingerprint, HttpRequest, What};
use ring::digest::{Context, SHA256};

use super::body::Length;
use super::field::{self, MAX_HEADERS};
use crate::bytes::{Text, truncated};
use crate::context::Sink;

/// What a reply depends on.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    #[default]
    Other,
    Head,
    Connect,
}

/// Tells a request; gives what was asked and how long its body is. `None` when it is malformed.
pub(super) fn read(head: &[u8], out: &mut Sink<'_>) -> Option<(Asked, Length)> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    let parsed = ParserConfig::default()
        .ignore_invalid_headers_in_requests(true)
        .allow_multiple_spaces_in_request_line_delimiters(true)
        .parse_request(&mut request, head);
    let (Ok(Status::Complete(_)), Some(method), Some(path)) =
        (parsed, request.method, request.path)
    else {
        return None;
    };
    let headers = &*request.headers;
    let length = field::length(headers);
    tell(method, path, request.version.unwrap_or(1), headers, length, out);
    let asked = match method {
        "HEAD" => Asked::Head,
        "CONNECT" => Asked::Connect,
        _ => Asked::Other,
    };
    Some((asked, length.unwrap_or(Length::Bytes(0))))
}

fn tell(
    method: &str,
    path: &str,
    version: u8,
    headers: &[Header<'_>],
    length: Option<Length>,
    out: &mut Sink<'_>,
) {
    let (authority, uri) = target(method, path);
    let via_proxy = authority.is_some();
    let host_field = || field::value(headers, "host").map(String::from_utf8_lossy);
    let authority = authority.map(Cow::Borrowed).or_else(host_field);
    let (host, port) = match &authority {
        Some(authority) => host_port(authority),
        None => ("", None),
    };
    let host = Text::<255>::lower(host.as_bytes());
    let user_agent = field::text(headers, "user-agent");
    out(What::Http(HttpRequest {
        method: field::cut(method),
        host: Some(host.as_str()).filter(|host| !host.is_empty()),
        port,
        uri: field::cut(uri),
        user_agent: user_agent.as_deref(),
        header_order: header_order(method, version, headers),
        header_count: u8::try_from(headers.len()).unwrap_or(u8::MAX),
        has_referer: field::value(headers, "referer").is_some(),
        has_accept_language: Some(field::value(headers, "accept-language").is_some()),
        body_bytes: match length {
            Some(Length::Bytes(count)) => count,
            _ => 0,
        },
        via_proxy,
    }));
}

/// The authority that the target names, if it names one, and the path and query.
fn target<'a>(method: &str, path: &'a str) -> (Option<&'a str>, &'a str) {
    if method == "CONNECT" {
        return (Some(path), "");
    }
    let Some((scheme, rest)) = path.split_once("://") else {
        return (None, path);
    };
    if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return (None, path);
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.split_at_checked(end) {
        Some((authority, "")) => (Some(authority), "/"),
        Some((authority, uri)) => (Some(authority), uri),
        None => (None, path),
    }
}

/// The name and the port of `user@name:port`; brackets around an IPv6 address are left out.
fn host_port(authority: &str) -> (&str, Option<u16>) {
    let authority = authority.rsplit('@').next().unwrap_or_default().trim();
    if let Some((host, after)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port = after.strip_prefix(':').and_then(|port| port.parse().ok());
        return (host, port);
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (host.trim_end_matches('.'), port.parse().ok()),
        None => (authority.trim_end_matches('.'), None),
    }
}

/// SHA-256 over method, version and header names in order, joined with commas.
fn header_order(method: &str, version: u8, headers: &[Header<'_>]) -> Fingerprint {
    let mut context = Context::new(&SHA256);
    context.update(method.as_bytes());
    context.update(if version == 0 { b",1.0" } else { b",1.1" });
    for header in headers {
        context.update(b",");
        context.update(Text::<64>::lower(header.name.as_bytes()).as_str().as_bytes());
    }
    truncated(&context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        assert_eq!(target("GET", "/a?b"), (None, "/a?b"));
        assert_eq!(target("GET", "http://h:8/a?b"), (Some("h:8"), "/a?b"));
        assert_eq!(target("GET", "http://h"), (Some("h"), "/"));
        assert_eq!(target("CONNECT", "h:443"), (Some("h:443"), ""));
        assert_eq!(target("GET", "/go?u=http://x/"), (None, "/go?u=http://x/"));
    }

    #[test]
    fn hosts_and_ports() {
        assert_eq!(host_port("h"), ("h", None));
        assert_eq!(host_port("h.:80"), ("h", Some(80)));
        assert_eq!(host_port("u:p@h:80"), ("h", Some(80)));
        assert_eq!(host_port("[::1]:443"), ("::1", Some(443)));
        assert_eq!(host_port("h:99999"), ("h", None));
    }

    #[test]
    fn order_of_headers_as_documented() {
        let headers = [("Host", "a"), ("User-Agent", "b")]
            .map(|(name, value)| Header { name, value: value.as_bytes() });
        assert_eq!(
            header_order("GET", 1, &headers),
            crate::bytes::fingerprint(b"GET,1.1,host,user-agent")
        );
    }
}
