//! HTTP/1 requests and replies.

use crate::Fingerprint;

/// A request. Text is as sent, at most 1,024 bytes a field, bytes outside UTF-8 replaced.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpRequest<'a> {
    /// `GET`, `POST`, `CONNECT`, ...
    pub method: &'a str,
    /// The Host header without its port, lower case; for CONNECT and absolute URIs the name asked
    /// for. `None` when the request names no host.
    pub host: Option<&'a str>,
    /// The port asked for, when it is written out.
    pub port: Option<u16>,
    /// Path and query.
    pub uri: &'a str,
    /// User-Agent.
    pub user_agent: Option<&'a str>,
    /// Ostium's fingerprint of the header names in order, with method and version; 0 when unknown.
    pub header_order: Fingerprint,
    /// How many headers; 0 when unknown.
    pub header_count: u8,
    /// It carries a Referer.
    pub has_referer: bool,
    /// It carries Accept-Language; `None` when unknown.
    pub has_accept_language: Option<bool>,
    /// Declared body bytes.
    pub body_bytes: u64,
    /// It was sent to a proxy (CONNECT or absolute URI): the peer is the proxy, not the host.
    pub via_proxy: bool,
}

/// A reply.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpReply<'a> {
    /// Status code.
    pub status: u16,
    /// Content-Type without its parameters.
    pub content_type: Option<&'a str>,
    /// Server header.
    pub server: Option<&'a str>,
    /// Body bytes: declared, or as logged.
    pub body_bytes: u64,
    /// What the first bytes of the body are.
    pub body: Body,
}

/// What bytes are by their first bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Body {
    /// Not seen.
    #[default]
    Unseen,
    /// HTML, XML.
    Markup,
    /// JSON.
    Json,
    /// Other text.
    Text,
    /// A Windows program.
    WindowsProgram,
    /// An ELF program.
    ElfProgram,
    /// A shell or other script.
    Script,
    /// ZIP, gzip, 7z, RAR and the like.
    Archive,
    /// A picture.
    Image,
    /// Anything else.
    Binary,
}
