//! How a conversation goes, in the words that others can compare.
//!
//! Bias: nothing rather than a guess. What does not show a mark of its maker has no shape; a clock is
//! told of when enough intervals agree on it, sizes when flows have ended.

use ostium_intel::{Shape, Transport, server_print, uri_form};

use crate::client::{HttpFacts, TlsFacts};
use crate::conversation::Conversation;

/// Intervals that a period rests on at least, and the share of them within a factor of two.
const INTERVALS: u32 = 8;
const AGREE: f64 = 0.8;
/// Flows that sizes rest on at least.
const ENDED: u32 = 3;

// === impl Conversation: shape ===

impl Conversation {
    /// How it goes, whatever address it goes to; `None` when it shows nothing that its maker chose.
    /// What goes through a proxy has none: of the other end nothing is seen.
    pub fn shape(&self) -> Option<Shape> {
        let mut shape = self.first_shape()?;
        shape.period_ms = self.period_ms();
        if self.ended >= ENDED {
            let each = |bytes: u64| bytes / u64::from(self.ended);
            (shape.sent_bytes, shape.received_bytes) =
                (each(self.out_bytes), each(self.back_bytes));
        }
        Some(shape)
    }

    /// The same without what shows only later: what this does not match, nothing of it does.
    pub fn first_shape(&self) -> Option<Shape> {
        if self.via_proxy {
            return None;
        }
        let tls = self.tls.as_deref().filter(|tls| tls.hellos > tls.quic);
        let http = self.http.as_deref().filter(|http| http.requests > 0);
        let mut shape = match (tls, http) {
            (Some(tls), _) => of_tls(tls),
            (None, Some(http)) => of_http(http),
            (None, None) => return None,
        };
        if shape.marks().is_empty() {
            return None;
        }
        if shape.port == 0 {
            shape.port = self.port;
        }
        Some(shape)
    }

    /// The median of the intervals between contacts, if they agree.
    fn period_ms(&self) -> u64 {
        let known = self.known();
        let series = known.starts.fine.as_deref().unwrap_or(&known.starts.coarse);
        let regularity = series.regularity();
        let agree = regularity.intervals >= INTERVALS && regularity.win2 >= AGREE;
        if agree { (regularity.median * 1_000.0) as u64 } else { 0 }
    }
}

fn of_tls(tls: &TlsFacts) -> Shape {
    let certificate = (tls.certificates > 0).then_some((tls.self_signed > 0, tls.valid_days));
    Shape {
        server: server_print(tls.server, certificate),
        ja4: tls.ja4,
        port: tls.port,
        transport: Some(Transport::Tcp),
        application: "tls".to_owned(),
        ..Shape::default()
    }
}

fn of_http(http: &HttpFacts) -> Shape {
    let order = http.header_order;
    Shape {
        uri: http.path.as_deref().map(uri_form).unwrap_or_default(),
        header_order: if order.is_known() { order.to_string() } else { String::new() },
        port: http.port,
        transport: Some(Transport::Tcp),
        application: "http".to_owned(),
        ..Shape::default()
    }
}
