//! Writes the seeds of all targets into `fuzz/corpus`: made-up traffic and short texts.
//!
//! Run it in `fuzz/` as `cargo run --example seeds`; the same bytes come out every time,
//! but for `kept`, whose maps have no order.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::Path;

use domain::base::iana::Rtype;
use domain::base::{MessageBuilder, Name, Serial, Ttl};
use domain::rdata::Soa;
use domain::rdata::tsig::Time48;
use domain::tsig::{Algorithm, ClientTransaction, Key, KeyName};
use ostium_capture::{CaptureFile, PacketBlock};
use ostium_enforce::netlink::attr::Writer;
use ostium_enforce::netlink::conntrack::{Tuple, write_tuple};
use ostium_enforce::netlink::message;
use ostium_event::{Home, Proto};
use ostium_fuzz::parse::{MARK, PORTS};
use ostium_fuzz::rpz::{NOW, SERIAL};
use ostium_pipeline::{Settings, analyze, from_reader};
use ostium_synth::speech::{Answers, query, reply};
use ostium_synth::{OpenLog, World};
use ostium_track::Facing;
use ostium_wire::{Meta, decode};

#[path = "seeds/feed.rs"]
mod feed;

type Outcome = Result<(), Box<dyn Error>>;

/// Packets of one flow: was it from the inside host, and the payload.
type Turns = Vec<(bool, Vec<u8>)>;

/// Writes files below `fuzz/corpus`.
struct Seeds;

fn main() -> Outcome {
    let mut world = ostium_synth::demo(3);
    world.hours = 0.2;
    let mut pcap = Vec::new();
    world.write_pcap(&mut pcap)?;
    captures(&pcap)?;
    conversations(&pcap)?;
    logs(&world)?;
    netlink()?;
    kept(&pcap)?;
    live()?;
    rpz()?;
    feed::write()?;
    texts(&pcap)
}

/// A question with its reply, and two interfaces with the end of the list.
fn live() -> Outcome {
    let asked = query(7, "www.example.org", ostium_event::RecordType::A);
    Seeds::put("live_dns", "query", &asked)?;
    let addr = ostium_event::Addr::v4([192, 0, 2, 1]);
    Seeds::put("live_dns", "reply", &reply(&asked, &Answers::address(60, addr)))?;
    let mut list = Vec::new();
    for (name, kind, flags) in [("lo", None, 9u32), ("eth0", Some("veth"), 1)] {
        let mut attrs = Writer::default();
        attrs.text(3, name);
        if let Some(kind) = kind {
            attrs.nest(18, |info| {
                info.text(1, kind);
            });
        }
        // A header, and what precedes the attributes of a link.
        let length = u32::try_from(32 + attrs.bytes().len())?;
        list.extend(length.to_ne_bytes());
        list.extend([16, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        list.extend([0; 8]);
        list.extend(flags.to_ne_bytes());
        list.extend([0; 4]);
        list.extend(attrs.bytes());
    }
    list.extend([20, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    Seeds::put("live_links", "list", &list)
}

/// What an engine remembers of the busiest and of the quietest shard.
fn kept(pcap: &[u8]) -> Outcome {
    let mut engine = ostium_fuzz::keep::engine();
    let mut file = CaptureFile::open(Box::new(Cursor::new(pcap.to_vec())))?;
    let mut block = PacketBlock::default();
    while file.next_block(&mut block)? {
        engine.take(block);
        block = engine.buffer();
    }
    let mut all = Vec::new();
    for shard in 0..ostium_pipeline::SHARDS {
        all.extend(engine.keep(shard)?);
    }
    all.sort_by_key(Vec::len);
    for (name, bytes) in [("little", all.first()), ("much", all.last())] {
        Seeds::put("kept", name, bytes.map_or(&[], Vec::as_slice))?;
    }
    Ok(())
}

fn captures(pcap: &[u8]) -> Outcome {
    let some = &pcap[..pcap.len().min(24 + 3000)];
    Seeds::put("capture", "pcap", &[&[7], some].concat())?;
    Seeds::put("whole_capture", "pcap", &pcap[..pcap.len().min(12_000)])?;
    let ng = pcapng(&frames(pcap)[..12]);
    Seeds::put("capture", "pcapng", &[&[7], ng.as_slice()].concat())?;
    Seeds::put("whole_capture", "pcapng", &ng)?;
    for (n, frame) in frames(pcap).iter().step_by(7).take(8).enumerate() {
        Seeds::put("wire", &format!("ethernet-{n}"), &[&[0], frame.as_slice()].concat())?;
        Seeds::put("wire", &format!("raw-{n}"), &[&[3], &frame[14..]].concat())?;
        let vlan = [&frame[..12], &[0x81, 0, 0, 5, 0x88, 0x47, 0, 1, 1, 64], &frame[14..]].concat();
        Seeds::put("wire", &format!("tags-{n}"), &[&[0], vlan.as_slice()].concat())?;
        let cooked = [&[5][..], &[0; 14], &frame[12..]].concat();
        Seeds::put("wire", &format!("cooked-{n}"), &cooked)?;
    }
    let some = &frames(pcap)[..5];
    Seeds::put("ring_block", "ethernet", &ring_block(some, 1, 1))?;
    // TP_STATUS_VLAN_VALID and TP_STATUS_VLAN_TPID_VALID; ARPHRD_NONE.
    Seeds::put("ring_block", "tags", &ring_block(some, 1, 0x51))?;
    Seeds::put("ring_block", "raw", &ring_block(some, 0xfffe, 1))?;
    Ok(())
}

/// A block of a TPACKET_V3 ring: a `tpacket_block_desc`, then a `tpacket3_hdr`, a `sockaddr_ll` and
/// the bytes of each frame.
fn ring_block(frames: &[Vec<u8>], hardware: u16, status: u32) -> Vec<u8> {
    let mut out = vec![0; 48];
    out[12..16].copy_from_slice(&(frames.len() as u32).to_le_bytes());
    out[16..20].copy_from_slice(&48u32.to_le_bytes());
    for (n, frame) in frames.iter().enumerate() {
        let (len, step) = (frame.len() as u32, (82 + frame.len()).next_multiple_of(16));
        let next = if n + 1 == frames.len() { 0 } else { step as u32 };
        let begin = out.len();
        for number in [next, 0x6000_0000, n as u32, len, len, status, 82, 0, 5, 0x8100] {
            out.extend(number.to_le_bytes());
        }
        out.resize(begin + 56, 0);
        out.extend(hardware.to_le_bytes());
        out.resize(begin + 82, 0);
        out.extend(frame);
        out.resize(begin + step, 0);
    }
    out
}

fn frames(pcap: &[u8]) -> Vec<Vec<u8>> {
    let (mut all, mut block) = (Vec::new(), PacketBlock::default());
    let Ok(mut file) = CaptureFile::open(Box::new(Cursor::new(pcap.to_vec()))) else {
        return all;
    };
    while file.next_block(&mut block).unwrap_or(false) {
        all.extend(block.packets.iter().map(|packet| block.frame(packet).to_vec()));
    }
    all
}

fn pcapng(frames: &[Vec<u8>]) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let len = (body.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes(), &len, body.as_slice(), &len].concat()
    };
    let section = [&0x1a2b_3c4du32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let interface = [1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    let mut out = [block(0x0a0d_0d0a, &section), block(1, &interface)].concat();
    for (n, frame) in frames.iter().enumerate() {
        let len = (frame.len() as u32).to_le_bytes();
        let time = [0x1700_0000u32.to_le_bytes(), (n as u32 * 1_000_000).to_le_bytes()].concat();
        let body = [&[0; 4], time.as_slice(), &len, &len, frame].concat();
        out.extend(block(6, &body));
    }
    out
}

/// One short conversation of each port of the world, and some by hand.
fn conversations(pcap: &[u8]) -> Outcome {
    let mut flows: BTreeMap<_, (Meta, Turns)> = BTreeMap::new();
    let home = Home::private();
    for frame in frames(pcap) {
        let Ok(meta) = decode(ostium_wire::LinkType::Ethernet, &frame) else { continue };
        let facing = Facing::of(&meta, &home);
        let payload = meta.payload(&frame);
        let (_, turns) = flows.entry(facing.key).or_insert((meta, Vec::new()));
        if !payload.is_empty() && turns.len() < 6 {
            turns.push((facing.from_inside, payload.to_vec()));
        }
    }
    let mut kinds: BTreeMap<(u16, u8), usize> = BTreeMap::new();
    for (key, (meta, turns)) in flows {
        let kind = match (key.outside_port, key.proto) {
            (53, Proto::UDP) => "dns",
            (443, Proto::UDP) => "quic",
            (443, Proto::TCP) => "tls",
            (80, Proto::TCP) => "http",
            _ => continue,
        };
        let count = kinds.entry((key.outside_port, key.proto.0)).or_default();
        *count += 1;
        if *count > 4 || turns.is_empty() {
            continue;
        }
        let udp = meta.proto == Proto::UDP;
        conversation(kind, &format!("made-{count}"), key.outside_port, udp, &turns)?;
    }
    by_hand()
}

fn by_hand() -> Outcome {
    let text = |turns: &[(bool, &str)]| -> Turns {
        turns.iter().map(|(opener, text)| (*opener, text.as_bytes().to_vec())).collect()
    };
    let mail = text(&[
        (false, "220 mx.example ESMTP\r\n"),
        (true, "EHLO me.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"),
        (false, "250-mx\r\n250 STARTTLS\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
        (true, "Subject: x\r\n\r\nhello\r\n.\r\nBDAT 5 LAST\r\nhelloSTARTTLS\r\n"),
        (false, "250 ok\r\n250 ok\r\n220 go\r\n"),
    ]);
    conversation("smtp", "mail", 25, false, &mail)?;
    let opened = text(&[(true, "EHLO me.example\r\nMAIL FROM:<a@b.example>\r\n")]);
    conversation("smtp", "opener", 587, false, &opened)?;
    let files = text(&[
        (false, "220 files\r\n"),
        (true, "USER me\r\nPASS you\r\nPORT 10,0,0,5,4,1\r\nSTOR a.zip\r\n"),
        (false, "331 go\r\n230 in\r\n200 ok\r\n150 go\r\n"),
    ]);
    conversation("ftp", "files", 21, false, &files)?;
    let chat = text(&[
        (true, "PASS x\r\nNICK [DEU|XP|012345]\r\nUSER a b c :d\r\nJOIN #x\r\n"),
        (false, ":s 001 b :hi\r\nPING :1\r\n:s 332 b #x :.advscan lsass 200 5 0 -r\r\n"),
        (true, "PONG :1\r\nPRIVMSG #x :[SCAN]: Port scan started\r\n"),
        (false, ":o!o@h TOPIC #x :!u @udpflood 192.0.2.7 9|.http.update http://a.example/b c\r\n"),
    ]);
    conversation("irc", "chat", 6667, false, &chat)?;
    let miner = text(&[
        (true, "{\"method\":\"login\",\"params\":{\"login\":\"4x\",\"pass\":\"x\"}}\n"),
        (false, "{\"result\":{\"job\":{\"blob\":\"0e\",\"job_id\":\"a\"},\"status\":\"OK\"}}\n"),
        (true, "{\"method\":\"submit\",\"params\":{\"job_id\":\"a\",\"nonce\":\"1\"}}\n"),
        (false, "{\"id\":2,\"result\":{\"status\":\"OK\"}}\n"),
    ]);
    conversation("recognise", "miner", 3333, false, &miner)?;
    let shell = text(&[(false, "SSH-2.0-one\r\n"), (true, "SSH-2.0-two\r\n\u{1}\u{2}")]);
    conversation("ssh", "shell", 22, false, &shell)?;
    conversation("ssh", "opener", 22, false, &text(&[(true, "SSH-2.0-two\r\n\0\0\u{1}")]))?;
    let web = text(&[
        (true, "POST /a HTTP/1.1\r\nHost: a.example:81\r\nContent-Length: 7\r\n\r\n1234567"),
        (true, "GET http://b.example/x HTTP/1.1\r\nUser-Agent: u\r\nReferer: http://c/\r\n\r\n"),
        (
            false,
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\
             Content-Type: image/png\r\n\r\n2\r\nMZ\r\n10;e\r\n0123456789abcdef\r\n0\r\n\r\n\
             HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc",
        ),
    ]);
    conversation("http", "web", 80, false, &web)?;
    let tunnel = text(&[
        (true, "CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
        (false, "HTTP/1.1 200 OK\r\n\r\n"),
        (true, "SSH-2.0-two\r\n"),
    ]);
    conversation("http", "tunnel", 3128, false, &tunnel)
}

fn conversation(kind: &str, name: &str, port: u16, udp: bool, turns: &Turns) -> Outcome {
    let place = PORTS.iter().position(|at| *at == port).unwrap_or(0);
    let mut out = vec![u8::try_from(place)?, 3];
    for (opener, bytes) in turns {
        let kind = match (udp, opener) {
            (false, true) => b'>',
            (false, false) => b'<',
            (true, true) => b'{',
            (true, false) => b'}',
        };
        out.extend_from_slice(&MARK);
        out.push(kind);
        out.extend_from_slice(bytes);
    }
    Seeds::put(kind, name, &out)?;
    Seeds::put("recognise", &format!("{kind}-{name}"), &out)
}

/// A writer whose bytes can be had afterwards.
#[derive(Clone, Default)]
struct Shared(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logs(world: &World) -> Outcome {
    let files: std::cell::RefCell<BTreeMap<String, Shared>> = Default::default();
    let open: &mut OpenLog<'_> = &mut |name| {
        let file = files.borrow_mut().entry(name.to_owned()).or_default().clone();
        Ok(Box::new(file))
    };
    world.write_zeek(open, &mut |_| ControlFlow::Continue(()))?;
    for (n, name) in ["conn", "dns", "ssl", "x509", "http"].iter().enumerate() {
        let files = files.borrow();
        let Some(file) = files.get(&format!("{name}.log")) else { continue };
        let text = String::from_utf8_lossy(&file.0.borrow()).into_owned();
        let head: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
        let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let head: Vec<&str> = head.into_iter().filter(|line| !line.starts_with("#close")).collect();
        let few: Vec<&str> = rows.iter().copied().take(5).collect();
        let log = format!("{}\n{}\n", head.join("\n"), few.join("\n"));
        let n = u8::try_from(n)?;
        Seeds::put("zeek_tsv", name, &[&[n | 16], log.as_bytes()].concat())?;
        Seeds::put("whole_log", name, &[&[n], log.as_bytes()].concat())?;
        Seeds::put("unpack", name, &[&[n], &log.as_bytes()[..200]].concat())?;
        if *name == "conn" {
            for (n, row) in few.iter().enumerate() {
                Seeds::put("conn_row", &format!("row-{n}"), row.as_bytes())?;
            }
        }
        let mut json = String::new();
        let fields = head.iter().find_map(|line| line.strip_prefix("#fields\t")).unwrap_or("");
        for row in few {
            json.push_str(&as_json(fields, row));
        }
        Seeds::put("zeek_json", name, &[&[n | 16], json.as_bytes()].concat())?;
    }
    Ok(())
}

fn as_json(fields: &str, row: &str) -> String {
    let cells = fields.split('\t').zip(row.split('\t')).filter(|(_, cell)| *cell != "-");
    let cells: Vec<String> = cells
        .map(|(name, cell)| match cell.parse::<f64>() {
            Ok(_) => format!("\"{name}\":{cell}"),
            Err(_) if matches!(cell, "T" | "F") => format!("\"{name}\":{}", cell == "T"),
            Err(_) => format!("\"{name}\":\"{}\"", cell.escape_default()),
        })
        .collect();
    format!("{{{}}}\n", cells.join(","))
}

/// Answers of the kernel: a connection of each family, the end of a dump, a refusal.
/// Questions for the response policy zone, without a signature and with one.
fn rpz() -> Outcome {
    let name: Name<Vec<u8>> = "rpz.test".parse()?;
    let key: KeyName = "k".parse()?;
    // The secret of the target, decoded.
    let key = Key::new(Algorithm::Sha256, &[0; 32], key, None, None)?;
    for (text, kind, head) in [
        ("soa", Rtype::SOA, 0),
        ("axfr", Rtype::AXFR, 0x80),
        ("ixfr", Rtype::IXFR, 0x80),
        ("ixfr-udp", Rtype::IXFR, 0),
    ] {
        for signed in [false, true] {
            let mut builder = MessageBuilder::new_vec();
            builder.header_mut().set_id(77);
            let mut questions = builder.question();
            questions.push((&name, kind))?;
            let mut authority = questions.answer().authority();
            if kind == Rtype::IXFR {
                let zero = Ttl::ZERO;
                let soa = Soa::new(&name, &name, Serial(SERIAL), zero, zero, zero, zero);
                authority.push((&name, zero, soa))?;
            }
            let mut last = authority.additional();
            last.opt(|opt| {
                opt.set_udp_payload_size(1232);
                Ok(())
            })?;
            if signed {
                ClientTransaction::request(&key, &mut last, Time48::from_u64(NOW))?;
            }
            // Who asks: 0 must sign, 1 need not; 0x80 + 1 is 0 modulo 3.
            let who = match (signed, head) {
                (true, 0) => 0,
                (true, _) => 0x81,
                (false, 0) => 1,
                (false, _) => 0x82,
            };
            let end = if signed { "-signed" } else { "" };
            Seeds::put("rpz_query", &format!("{text}{end}"), &[&[who], &*last.finish()].concat())?;
        }
    }
    Ok(())
}

fn netlink() -> Outcome {
    for (name, family, from, to) in
        [("v4", 2, "10.0.0.5", "198.51.100.7"), ("v6", 10, "fd00::5", "2001:db8::7")]
    {
        let (from, to) = ((from.parse()?, 5555), (to.parse()?, 443));
        let mut attrs = Writer::default();
        write_tuple(&mut attrs, 1, &Tuple { from, to, proto: 6 });
        write_tuple(&mut attrs, 2, &Tuple { from: to, to: from, proto: 6 });
        attrs.put(12, &[1, 2, 3, 4]);
        let mut bytes = Vec::new();
        message::write(&mut bytes, 0x100, message::DUMP, 7, (family, 0), attrs.bytes());
        message::write(&mut bytes, 3, 0, 7, (0, 0), &[]);
        message::write(&mut bytes, 2, 0, 8, (0xff, 0xffff), &[0; 16]);
        Seeds::put("netlink_reply", name, &bytes)?;
    }
    Ok(())
}

fn texts(pcap: &[u8]) -> Outcome {
    for (n, line) in EVE.iter().enumerate() {
        Seeds::put("eve", &format!("line-{n}"), &[b"\x15", line.as_bytes(), b"\n"].concat())?;
    }
    Seeds::put("eve", "all", &[b"\x15", EVE.join("\n").as_bytes()].concat())?;
    Seeds::put("whole_log", "eve", &[b"\x05", EVE.join("\n").as_bytes()].concat())?;
    Seeds::put("indicators_plain", "list", PLAIN)?;
    Seeds::put(
        "indicators_plain",
        "hosts",
        b"# hosts\n0.0.0.0 a.example\n127.0.0.1 b.example # c\n",
    )?;
    Seeds::put("indicators_table", "urls", URLS)?;
    Seeds::put("indicators_table", "ports", PORT_LIST)?;
    Seeds::put("indicators_stix", "bundle", STIX)?;
    Seeds::put("indicators_misp", "event", MISP)?;
    for (n, pattern) in PATTERNS.iter().enumerate() {
        Seeds::put("stix_pattern", &format!("pattern-{n}"), pattern.as_bytes())?;
    }
    Seeds::put("scenario", "small", SCENARIO)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(b"#path\tconn\n#fields\tts\n")?;
    Seeds::put("unpack", "gzip", &[&[0][..], &gzip.finish()?].concat())?;
    let packed = zstd::stream::encode_all(&b"#path\tconn\n#fields\tts\n"[..], 3)?;
    Seeds::put("unpack", "zstd", &[&[0][..], &packed].concat())?;
    let input = from_reader("made-up.pcap", None, Box::new(Cursor::new(pcap.to_vec())))?;
    let settings = Settings { all: true, ..Settings::default() };
    let mut document = analyze(vec![input], &settings, &mut |_| ControlFlow::Continue(())).document;
    document.hosts.truncate(3);
    let host = document.hosts.first().map(|host| host.host.clone()).unwrap_or_default();
    let report = format!("{host}\n{}", serde_json::to_string(&document)?);
    Seeds::put("report", "made", report.as_bytes())?;
    Seeds::put("track", "some", &[3, 2, 0, 1, 0, 2, 16, 0, 0, 1, 4, 1, 2, 3, 4].repeat(6))?;
    Seeds::put("reassembly", "some", &[9, 9, 0, 3, 0, 9, 1, 6, 8, 3, 0, 1, 2, 3, 4].repeat(6))
}

const EVE: [&str; 5] = [
    r#"{"timestamp":"2026-01-01T00:00:00.000000+0000","flow_id":1,"event_type":"flow","src_ip":"10.0.0.5","src_port":40000,"dest_ip":"203.0.113.9","dest_port":443,"proto":"TCP","app_proto":"tls","flow":{"pkts_toserver":5,"pkts_toclient":4,"bytes_toserver":700,"bytes_toclient":3000,"start":"2026-01-01T00:00:00.000000+0000","end":"2026-01-01T00:00:09.000000+0000","age":9,"state":"closed","reason":"timeout"},"tcp":{"tcp_flags":"1b","syn":true,"fin":true,"ack":true,"state":"closed"}}"#,
    r#"{"timestamp":"2026-01-01T00:00:01.000000+0000","event_type":"dns","src_ip":"10.0.0.5","src_port":40000,"dest_ip":"203.0.113.53","dest_port":53,"proto":"UDP","dns":{"type":"answer","id":7,"rrname":"a.example","rrtype":"A","rcode":"NOERROR","answers":[{"rrname":"a.example","rrtype":"A","ttl":60,"rdata":"203.0.113.9"}]}}"#,
    r#"{"timestamp":"2026-01-01T00:00:02.000000+0000","event_type":"tls","src_ip":"10.0.0.5","src_port":40000,"dest_ip":"203.0.113.9","dest_port":443,"proto":"TCP","tls":{"sni":"a.example","subject":"CN=a.example","issuerdn":"CN=b","version":"TLS 1.2","notbefore":"2025-01-01T00:00:00","notafter":"2027-01-01T00:00:00","ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1"}}"#,
    r#"{"timestamp":"2026-01-01T00:00:03.000000+0000","event_type":"http","src_ip":"10.0.0.5","src_port":40000,"dest_ip":"203.0.113.9","dest_port":80,"proto":"TCP","http":{"hostname":"a.example","url":"/x?y=z","http_user_agent":"u","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":9,"http_content_type":"text/html"}}"#,
    r#"{"timestamp":"2026-01-01T00:00:04.000000+0000","event_type":"dns","src_ip":"10.0.0.5","src_port":40000,"dest_ip":"203.0.113.53","dest_port":53,"proto":"UDP","dns":{"version":3,"type":"request","tx_id":0,"id":7,"queries":[{"rrname":"a.example","rrtype":"AAAA"}]}}"#,
];
const PLAIN: &[u8] = b"# list\nevil[.]example\n203.0.113.9\n203.0.113.0/24\n203.0.113.9:81\n\
    hxxp://evil.example/x?y=z\n[2001:db8::1]:443\n2001:db8::/32\n\
    t13d1516h2_8daaf6152771_e5627efa2ab1\n*.bad.example\nd41d8cd98f00b204e9800998ecf8427e\n";
const URLS: &[u8] = b"# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n\
    \"1\",\"2026-01-01 00:00:00\",\"http://evil.example/x\",\"online\",\"\",\"malware_download\",\"elf,mozi\",\"\",\"me\"\n";
const PORT_LIST: &[u8] =
    b"\"first_seen_utc\",\"dst_ip\",\"dst_port\",\"c2_status\",\"last_online\",\"malware\"\n\
    \"2026-01-01 00:00:00\",\"203.0.113.9\",\"443\",\"online\",\"2026-01-02\",\"Worm\"\n";
const STIX: &[u8] = br#"{"type":"bundle","id":"bundle--1","objects":[{"type":"indicator","id":"indicator--1","pattern":"[domain-name:value = 'evil.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","valid_until":"2027-01-01T00:00:00Z","confidence":80,"labels":["worm"]},{"type":"malware","name":"Worm"}]}"#;
const MISP: &[u8] = br#"{"Event":{"info":"x","Attribute":[{"type":"domain","value":"evil.example","to_ids":true},{"type":"ip-dst|port","value":"203.0.113.9|443","to_ids":true}],"Object":[{"Attribute":[{"type":"url","value":"http://evil.example/x"}]}]}}"#;
const PATTERNS: [&str; 5] = [
    "[domain-name:value = 'evil.example']",
    "[ipv4-addr:value = '203.0.113.9' OR ipv4-addr:value = '203.0.113.0/24']",
    "[url:value = 'http://evil.example/\\'x']",
    "[network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:dst_port = 443]",
    "[ipv6-addr:value IN ('2001:db8::1', '2001:db8::2')] START t'2026-01-01T00:00:00Z'",
];
const SCENARIO: &[u8] = br#"about = "small"
seed = 3
start = 2026-09-14T00:00:00+02:00
days = 0.5
home = ["10.70.0.0/16"]
resolver = { at = "10.70.0.1" }
[[group]]
name = "desktop"
count = 3
first = "10.70.1.10"
hours = "office"
habits = ["windows", { kind = "lookups", zone = "a.example", form = "client", per_hour = 90.0 }]
[[infection]]
name = "beacon"
in = "desktop"
after = "1h"
habits = [{ kind = "beacon" }]
"#;

// === impl Seeds ===

impl Seeds {
    fn put(target: &str, name: &str, bytes: &[u8]) -> Outcome {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        std::fs::create_dir_all(&folder)?;
        Ok(std::fs::write(folder.join(name), bytes)?)
    }
}
