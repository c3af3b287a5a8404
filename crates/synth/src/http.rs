//! HTTP/1.1 heads and bodies.

use crate::payload::Payload;
use crate::rng::Rng;

/// A request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) user_agent: &'a str,
    /// A browser says more of itself than a program does.
    pub(crate) browser: bool,
    /// Bytes to post; 0 asks with GET.
    pub(crate) post: usize,
}

/// A request.
pub(crate) fn request(rng: &mut Rng, what: &Request<'_>) -> Payload {
    let method = if what.post > 0 { "POST" } else { "GET" };
    let mut head = format!("{method} {} HTTP/1.1\r\nHost: {}\r\n", what.path, what.host);
    if what.browser {
        head.push_str("Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n");
    }
    if !what.user_agent.is_empty() {
        head.push_str(&format!("User-Agent: {}\r\n", what.user_agent));
    }
    if what.browser {
        head.push_str(
            "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n\
             Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n",
        );
    } else {
        head.push_str("Accept: */*\r\n");
    }
    if what.post > 0 {
        head.push_str(&format!(
            "Content-Type: application/octet-stream\r\nContent-Length: {}\r\n",
            what.post
        ));
    }
    head.push_str("\r\n");
    let head = Payload::from(head.into_bytes());
    match what.post {
        0 => head,
        length => head.then(Payload::noise(rng, length)),
    }
}

/// A reply of some type and length; text types hold text.
pub(crate) fn reply(rng: &mut Rng, kind: &str, length: usize) -> Payload {
    let body = match kind.starts_with("text/") {
        true => Payload::text(rng, "etaoin shrdlu <p></p>", length),
        false => Payload::noise(rng, length),
    };
    reply_with(kind, body)
}

/// A reply of some type with a body.
pub(crate) fn reply_with(kind: &str, body: Payload) -> Payload {
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Cache-Control: max-age=600\r\nConnection: keep-alive\r\n\r\n",
        body.len()
    );
    Payload::from(head.into_bytes()).then(body)
}
