//! What TLS and HTTP showed of the two ends of a conversation.

use std::sync::Arc;

use ostium_event::{
    Certificate, Fingerprint, HttpReply, HttpRequest, Ja4, TlsClient, TlsServer, TlsVersion,
};

/// Facts from TLS and QUIC hellos.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct TlsFacts {
    /// Client hellos.
    pub hellos: u32,
    /// Those that named no server.
    pub nameless: u32,
    /// Those over QUIC.
    pub quic: u32,
    /// Those that offered no ALPN.
    pub no_alpn: u32,
    /// Port of the last of them that was not over QUIC; 0 when it is not known.
    pub port: u16,
    /// The last client fingerprint.
    pub ja4: Option<Ja4>,
    /// Server hellos.
    pub servers: u32,
    /// Ostium's fingerprint of the last server.
    pub server: Fingerprint,
    /// The last version chosen.
    pub version: TlsVersion,
    /// Certificates seen.
    pub certificates: u32,
    /// Those that signed themselves.
    pub self_signed: u32,
    /// Those without a DNS name as subject alternative name.
    pub no_san: u32,
    /// Days of validity of the last one.
    pub valid_days: u32,
    /// Age of the last one in days.
    pub age_days: Option<i32>,
    /// Subject of the last one.
    pub subject: Option<Arc<str>>,
    /// Issuer of the last one.
    pub issuer: Option<Arc<str>>,
}

/// Facts from HTTP requests and replies.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct HttpFacts {
    /// Requests.
    pub requests: u32,
    /// Port of the last one; 0 when it is not known.
    pub port: u16,
    /// Those that send a body.
    pub posts: u32,
    /// Those without a Host, or with an address for one.
    pub bare_host: u32,
    /// Those without a User-Agent.
    pub no_agent: u32,
    /// Those with a Referer.
    pub with_referer: u32,
    /// Those known to lack Accept-Language.
    pub no_language: u32,
    /// Header order of the last one.
    pub header_order: Fingerprint,
    /// Fewest headers of any request.
    pub fewest_headers: u8,
    /// User-Agent of the last one.
    pub agent: Option<Arc<str>>,
    /// How often the User-Agent changed.
    pub agent_changes: u32,
    /// Distinct URI shapes: one bit each of a small hash.
    pub shapes: u64,
    /// Path of the last request, and the names of its query's fields.
    pub path: Option<Arc<str>>,
    /// Replies.
    pub replies: u32,
    /// Replies of 400 and more.
    pub errors: u32,
    /// Replies with a program inside.
    pub programs: u32,
    /// Request bodies in bytes.
    pub posted_bytes: u64,
    /// Reply bodies in bytes.
    pub reply_bytes: u64,
}

/// Text kept from the wire is cut to this length.
const KEEP: usize = ostium_intel::URI_LOOKED_AT;

// === impl TlsFacts ===

impl TlsFacts {
    pub(crate) fn hello(&mut self, hello: &TlsClient<'_>, port: u16) {
        self.hellos = self.hellos.saturating_add(1);
        self.nameless += u32::from(hello.server_name.is_none());
        self.quic += u32::from(hello.quic);
        if !hello.quic {
            self.port = port;
        }
        self.no_alpn += u32::from(hello.alpn.is_none());
        self.ja4 = hello.ja4.or(self.ja4);
    }

    pub(crate) fn server(&mut self, server: &TlsServer<'_>) {
        self.servers = self.servers.saturating_add(1);
        self.version = server.version;
        if server.fingerprint.is_known() {
            self.server = server.fingerprint;
        }
        let Some(certificate) = &server.certificate else {
            return;
        };
        let Certificate { subject, issuer, self_signed, valid_days, age_days, has_san, .. } =
            *certificate;
        self.certificates = self.certificates.saturating_add(1);
        self.self_signed += u32::from(self_signed);
        self.no_san += u32::from(has_san == Some(false));
        self.valid_days = valid_days;
        self.age_days = age_days;
        keep(&mut self.subject, subject);
        keep(&mut self.issuer, issuer);
    }
}

// === impl HttpFacts ===

impl HttpFacts {
    pub(crate) fn request(&mut self, request: &HttpRequest<'_>, bare_host: bool, port: u16) {
        let headers = request.header_count;
        self.fewest_headers =
            if self.requests == 0 { headers } else { self.fewest_headers.min(headers) };
        self.requests = self.requests.saturating_add(1);
        self.port = port;
        self.posts += u32::from(matches!(request.method, "POST" | "PUT"));
        self.bare_host += u32::from(bare_host);
        self.no_agent += u32::from(request.user_agent.is_none_or(str::is_empty));
        self.with_referer += u32::from(request.has_referer);
        self.no_language += u32::from(request.has_accept_language == Some(false));
        self.posted_bytes = self.posted_bytes.saturating_add(request.body_bytes);
        if request.header_order.is_known() {
            self.header_order = request.header_order;
        }
        if let Some(agent) = request.user_agent
            && keep(&mut self.agent, agent)
        {
            self.agent_changes += 1;
        }
        self.shapes |= 1 << shape(request.uri);
        keep(&mut self.path, &ostium_intel::without_values(request.uri));
    }

    pub(crate) fn reply(&mut self, reply: &HttpReply<'_>, program: bool) {
        self.replies = self.replies.saturating_add(1);
        self.errors += u32::from(reply.status >= 400);
        self.programs += u32::from(program);
        self.reply_bytes = self.reply_bytes.saturating_add(reply.body_bytes);
    }

    /// About how many shapes of URI were asked for; 64 means many.
    pub const fn uri_shapes(&self) -> u32 {
        self.shapes.count_ones()
    }
}

/// A number below 64 for a URI with letters and digits folded to their classes and runs made one.
fn shape(uri: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut last = 0;
    for byte in uri.bytes().take(256) {
        let class = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => b'a',
            b'0'..=b'9' => b'0',
            other => other,
        };
        if class != last {
            hash = (hash ^ u64::from(class)).wrapping_mul(0x0100_0000_01b3);
        }
        last = class;
    }
    // The last bytes reach the upper bits by this mix only.
    (hash ^ hash >> 32).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 58
}

/// Keeps a short copy; `true` when it replaced another text.
fn keep(kept: &mut Option<Arc<str>>, text: &str) -> bool {
    let cut: &str = match text.char_indices().nth(KEEP) {
        Some((at, _)) => text.get(..at).unwrap_or_default(),
        None => text,
    };
    match kept {
        Some(old) if **old == *cut => false,
        Some(old) => {
            *old = Arc::from(cut);
            true
        }
        None => {
            *kept = Some(Arc::from(cut));
            false
        }
    }
}
