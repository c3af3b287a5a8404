//! What our own stages tell of a capture: tracked and parsed as the product does.

use std::fs::File;
use std::path::Path;

use ostium_capture::{CaptureFile, PacketBlock};
use ostium_event::{
    Anomaly, AnswerData, DnsStage, FlowRecord, Home, Message, OpenedBy, Prefix, What,
};
use ostium_parse::{Context, FlowParser, Interest, Side};
use ostium_track::{Drop, Facing, FlowInfo, Limits, Observer, Tracker};
use ostium_wire::decode;

use super::Facts;

/// Hears what is parsed.
#[derive(Default)]
struct Ear(Facts);

/// The facts of a capture; `None` when it cannot be read.
pub(super) fn facts(path: &Path) -> Option<Facts> {
    let mut capture = CaptureFile::open(Box::new(File::open(path).ok()?)).ok()?;
    let everywhere: Vec<Prefix> = ["0.0.0.0/0", "::/0"].iter().flat_map(|p| p.parse()).collect();
    let home = Home::new(&everywhere);
    let limits = Limits { flows: 1 << 16, held_bytes: 1 << 26, datagrams: 256 };
    let (mut tracker, mut ear) = (Tracker::new(limits), Ear::default());
    let mut block = PacketBlock::default();
    while capture.next_block(&mut block).ok()? {
        for packet in &block.packets {
            let frame = block.frame(packet);
            let Ok(meta) = decode(packet.link, frame) else { continue };
            let facing = Facing::of(&meta, &home);
            tracker.packet(packet.at, &meta, &facing, frame, &mut ear);
        }
    }
    tracker.finish(&mut ear);
    Some(ear.0)
}

fn context(flow: &FlowInfo, from_inside: bool) -> Context {
    let key = &flow.key;
    let inside = match flow.opened_by {
        OpenedBy::Inside => true,
        OpenedBy::Outside => false,
        OpenedBy::Unknown => key.inside_port >= key.outside_port,
    };
    Context {
        at: flow.at,
        side: if from_inside == inside { Side::Opener } else { Side::Responder },
        opener_is_inside: inside,
        opener_port: if inside { key.inside_port } else { key.outside_port },
        responder_port: if inside { key.outside_port } else { key.inside_port },
        from_start: flow.from_start,
    }
}

// === impl Ear ===

impl Ear {
    fn hear(&mut self, flow: &FlowInfo, what: &What<'_>) {
        let key = &flow.key;
        let ends = || {
            [
                format!("{}:{}", key.inside, key.inside_port),
                format!("{}:{}", key.outside, key.outside_port),
            ]
        };
        match what {
            What::Dns(dns) => {
                let reply = dns.stage == DnsStage::Reply;
                let more = format!("{:04x} {reply}", dns.id);
                let rcode = dns.rcode.map(|code| code.to_string()).unwrap_or_default();
                let name = super::without_runs(dns.name);
                let told = format!("{name} {} {rcode}", dns.record_type.0);
                self.0.add("DNS message", ends(), &more, told);
                let mut addresses: Vec<String> = dns
                    .answers
                    .iter()
                    .filter_map(|answer| match answer.data {
                        AnswerData::Addr(addr) => Some(addr.to_string()),
                        _ => None,
                    })
                    .collect();
                addresses.sort();
                self.0.add("DNS addresses", ends(), &more, addresses.join(" "));
            }
            What::Tls(tls) => {
                let ja4 =
                    tls.ja4.map(|ja4| ja4.as_str().get(11..23).unwrap_or_default().to_owned());
                let told = format!(
                    "{} {} {}",
                    tls.server_name.unwrap_or("-"),
                    tls.alpn.unwrap_or("-"),
                    ja4.unwrap_or_default()
                );
                self.0.add("TLS hello", ends(), "", told);
            }
            What::Http(http) => {
                let told = format!(
                    "{} {} {} {}",
                    http.method,
                    http.host.unwrap_or("-"),
                    http.uri.len(),
                    http.user_agent.map_or(0, str::len)
                );
                self.0.add("HTTP request", ends(), "", told);
            }
            What::HttpReply(reply) => {
                self.0.add("HTTP reply", ends(), "", reply.status.to_string());
            }
            _ => {}
        }
    }

    fn read(
        &mut self,
        flow: &FlowInfo,
        from_inside: bool,
        read: impl FnOnce(&Context, &mut dyn FnMut(What<'_>)) -> Interest,
    ) -> bool {
        let context = context(flow, from_inside);
        read(&context, &mut |what| self.hear(flow, &what)) == Interest::More
    }
}

// === impl Observer ===

impl Observer<FlowParser> for Ear {
    fn opened(&mut self, _: &FlowInfo, _: bool) {}

    fn stream(&mut self, flow: &FlowInfo, p: &mut FlowParser, inside: bool, bytes: &[u8]) -> bool {
        self.read(flow, inside, |context, out| p.stream(context, bytes, out))
    }

    fn gap(&mut self, flow: &FlowInfo, p: &mut FlowParser, inside: bool, missing: u64) -> bool {
        self.read(flow, inside, |context, out| p.gap(context, missing, out))
    }

    fn datagram(
        &mut self,
        flow: &FlowInfo,
        p: &mut FlowParser,
        inside: bool,
        bytes: &[u8],
    ) -> bool {
        self.read(flow, inside, |context, out| p.datagram(context, bytes, out))
    }

    fn message(&mut self, _: &FlowInfo, _: Message) {}

    fn closed(&mut self, flow: &FlowInfo, p: &mut FlowParser, _: FlowRecord) {
        if !p.is_done() {
            self.read(flow, true, |context, out| {
                p.finish(context, out);
                Interest::Done
            });
        }
    }

    fn anomaly(&mut self, _: &FlowInfo, _: Anomaly) {}

    fn dropped(&mut self, _: Drop) {}
}
