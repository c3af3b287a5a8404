//! http.log: a request with its reply, or alone.

use std::collections::VecDeque;

use ostium_event::{Body, Timestamp};

use super::Key;
use super::table::Row;
use crate::record::{Reply, Request};

pub(super) const FIELDS: &[(&str, &str)] = &[
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
    ("trans_depth", "count"),
    ("method", "string"),
    ("host", "string"),
    ("uri", "string"),
    ("referrer", "string"),
    ("version", "string"),
    ("user_agent", "string"),
    ("origin", "string"),
    ("request_body_len", "count"),
    ("response_body_len", "count"),
    ("status_code", "count"),
    ("status_msg", "string"),
    ("info_code", "count"),
    ("info_msg", "string"),
    ("tags", "set[enum]"),
    ("username", "string"),
    ("password", "string"),
    ("proxied", "set[string]"),
    ("orig_fuids", "vector[string]"),
    ("orig_filenames", "vector[string]"),
    ("orig_mime_types", "vector[string]"),
    ("resp_fuids", "vector[string]"),
    ("resp_filenames", "vector[string]"),
    ("resp_mime_types", "vector[string]"),
];

/// Requests of one connection that wait for their replies.
#[derive(Default)]
pub(super) struct Requests {
    waiting: VecDeque<Asked>,
    depth: u32,
}

/// A request, as its row needs it.
struct Asked {
    at: Timestamp,
    depth: u32,
    method: Box<str>,
    host: Option<String>,
    uri: Box<str>,
    user_agent: Option<Box<str>>,
    body: u64,
}

// === impl Requests ===

impl Requests {
    /// Nothing was ever asked.
    pub(super) const fn is_empty(&self) -> bool {
        self.depth == 0
    }

    pub(super) fn asked(&mut self, request: &Request, at: Timestamp) {
        self.depth += 1;
        let port = request.rest.port.map(|port| format!(":{port}")).unwrap_or_default();
        self.waiting.push_back(Asked {
            at,
            depth: self.depth,
            method: request.method.clone(),
            host: request.host.as_ref().map(|host| format!("{host}{port}")),
            uri: request.uri.clone(),
            user_agent: request.user_agent.clone(),
            body: request.rest.body_bytes,
        });
    }

    /// The row of the oldest request, with its reply.
    pub(super) fn answered(&mut self, reply: &Reply, key: &Key<'_>, fuid: String) -> Option<Row> {
        let asked = self.waiting.pop_front()?;
        Some(row(&asked, Some((reply, fuid)), key))
    }

    /// Rows of what was never answered.
    pub(super) fn unanswered(&self, key: &Key<'_>) -> Vec<Row> {
        self.waiting.iter().map(|asked| row(asked, None, key)).collect()
    }
}

fn row(asked: &Asked, reply: Option<(&Reply, String)>, key: &Key<'_>) -> Row {
    let mut row = key.row(asked.at);
    row.show(asked.depth);
    row.text(&asked.method);
    row.maybe(asked.host.as_deref());
    row.text(&asked.uri);
    row.unset();
    row.text("1.1");
    row.maybe(asked.user_agent.as_deref());
    row.unset();
    row.show(asked.body);
    let length = reply.as_ref().map_or(0, |(reply, _)| reply.rest.body_bytes);
    row.show(length);
    match &reply {
        Some((reply, _)) => {
            row.show(reply.rest.status);
            row.text(reason(reply.rest.status));
        }
        None => (0..2).for_each(|_| row.unset()),
    }
    row.unset();
    row.unset();
    row.text("");
    (0..6).for_each(|_| row.unset());
    let body = reply.filter(|_| length > 0);
    row.list(&body.iter().map(|(_, fuid)| fuid.clone()).collect::<Vec<_>>());
    row.unset();
    let media = body.and_then(|(reply, _)| media(reply.rest.body));
    row.list(&media.iter().map(|media| (*media).to_owned()).collect::<Vec<_>>());
    row
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        403 => "Forbidden",
        404 => "Not Found",
        _ => "-",
    }
}

/// What Zeek makes of the first bytes of a body.
const fn media(body: Body) -> Option<&'static str> {
    match body {
        Body::Markup => Some("text/html"),
        Body::Json => Some("text/json"),
        Body::Text => Some("text/plain"),
        Body::WindowsProgram => Some("application/x-dosexec"),
        Body::ElfProgram => Some("application/x-executable"),
        Body::Script => Some("text/x-shellscript"),
        Body::Archive => Some("application/zip"),
        Body::Image => Some("image/png"),
        Body::Unseen | Body::Binary => None,
    }
}
