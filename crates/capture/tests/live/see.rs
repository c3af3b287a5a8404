//! What passes is seen, once, whole, in both directions, and at its time.

use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, SystemTime};

use ostium_capture::{FrameSender, Live, LiveCapture, LiveOptions, LiveStats, PacketBlock};
use ostium_event::Timestamp;
use ostium_lab::Lab;
use ostium_wire::{LinkType, decode};

use crate::frames::{tagged, v4, v6};
use crate::tools::{inside, ip, open, read, received_by, send, silent, told};

#[test]
fn every_frame_is_seen_once_and_whole() {
    let Some(mut lab) = Lab::or_skip() else { return };
    inside(&silent(&mut lab), &[], "see::three_thousand_frames", "");
}

#[test]
#[ignore = "a part of every_frame_is_seen_once_and_whole"]
#[allow(clippy::disallowed_methods, reason = "the times are those of the system's clock")]
fn three_thousand_frames() {
    if told().is_none() {
        return;
    }
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let (mut live, by) = (open(), FrameSender::open("eth1").unwrap());
    let begin = now();
    let (mut sent, mut seen) = (Vec::new(), Vec::new());
    for round in 0..30 {
        let frames: Vec<_> = (0..100).map(|n| mixed(round * 100 + n)).collect();
        send(&by, &frames);
        seen.extend(read(&mut live, frames.len()));
        sent.extend(frames);
    }
    // One frame alone comes, too, though it fills no block.
    let alone = v4(7, 60);
    send(&by, std::slice::from_ref(&alone));
    seen.extend(read(&mut live, 1));
    sent.push(alone);
    let end = now();
    assert_eq!(seen.len(), sent.len());
    let mut last = Timestamp::ZERO;
    for (n, (sent, seen)) in sent.iter().zip(&seen).enumerate() {
        assert_eq!(sent, &seen.bytes, "frame {n}");
        assert_eq!(seen.packet.wire_len as usize, sent.len(), "frame {n}");
        assert_eq!(seen.packet.link, LinkType::Ethernet);
        assert!(seen.packet.at >= last, "frame {n} is older than the one before");
        last = seen.packet.at;
        let meta = decode(LinkType::Ethernet, &seen.bytes).unwrap();
        assert_eq!(meta.dst_port, 53, "frame {n} is decoded");
    }
    let first = u128::from(seen[0].packet.at.nanos());
    assert!(begin <= first && u128::from(last.nanos()) <= end, "{begin} {first} {last:?} {end}");
    let stats = live.stats().unwrap();
    assert_eq!((stats.seen, stats.dropped), (sent.len() as u64, 0), "{stats:?}");
    assert_eq!((stats.malformed, stats.unknown_link), (0, 0));
    assert_eq!(stats.seen, received_by("eth0"), "as many as the interface says");
    assert_eq!(live.stats().unwrap(), stats, "asking changes nothing");
}

/// Frames of all lengths: IPv4, IPv6, with a tag, with two, with one of priority only.
fn mixed(number: u32) -> Vec<u8> {
    let len = 80 + (number as usize * 37) % 1430;
    match number % 5 {
        0 => v4(number, 60 + (number as usize * 37) % 1450),
        1 => v6(number, len),
        2 => tagged(&v4(number, len), 0x8100, 0x2000 | (number % 4095) as u16),
        3 => tagged(&tagged(&v6(number, len), 0x8100, 7), 0x88a8, (number % 4095) as u16),
        _ => tagged(&v6(number, len), 0x8100, 0xa000),
    }
}

#[test]
fn long_frames_are_cut_and_say_so() {
    let Some(mut lab) = Lab::or_skip() else { return };
    inside(&silent(&mut lab), &[], "see::cut_at_a_hundred", "");
}

#[test]
#[ignore = "a part of long_frames_are_cut_and_say_so"]
fn cut_at_a_hundred() {
    if told().is_none() {
        return;
    }
    let options = LiveOptions { snap_length: 100, promiscuous: false, ..LiveOptions::of("eth0") };
    let mut live = LiveCapture::open(options).unwrap();
    assert!(ip("-d -o link show eth0").contains("promiscuity 0"));
    let by = FrameSender::open("eth1").unwrap();
    let plain: Vec<_> = [60, 99, 100, 101, 1514].map(|len| v4(1, len)).to_vec();
    let tag = tagged(&v4(2, 900), 0x8100, 9);
    send(&by, &plain);
    send(&by, std::slice::from_ref(&tag));
    let seen = read(&mut live, 6);
    assert_eq!(seen.len(), 6);
    for (sent, seen) in plain.iter().zip(&seen) {
        assert_eq!(seen.bytes, sent[..sent.len().min(100)]);
        assert_eq!(seen.packet.wire_len as usize, sent.len());
    }
    // The tag is put back on top of what was kept.
    assert_eq!(seen[5].bytes, tag[..104]);
    assert_eq!(seen[5].packet.wire_len as usize, tag.len());
}

#[test]
fn a_router_sees_both_directions_on_its_inside() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let [a, r, b] = ["a", "r", "b"].map(|name| lab.add(name).unwrap());
    lab.wire((&a, "eth0"), (&r, "in0")).unwrap();
    lab.wire((&r, "out0"), (&b, "eth0")).unwrap();
    for (host, interface, address) in [
        (&a, "eth0", "10.9.1.2/24"),
        (&r, "in0", "10.9.1.1/24"),
        (&r, "out0", "10.9.2.1/24"),
        (&b, "eth0", "10.9.2.2/24"),
    ] {
        host.address(interface, address).unwrap();
    }
    a.default_via("10.9.1.1").unwrap();
    b.default_via("10.9.2.1").unwrap();
    r.forward().unwrap();
    let serve = "import socket\ns=socket.create_server(('10.9.2.2',80))\nwhile True:\n \
                 c=s.accept()[0]\n c.sendall(c.recv(99)*40)\n c.close()";
    let _server = b.start("python3", &["-c", serve]).unwrap();
    inside(&r, &[], "see::a_conversation_by_the_router", a.space());
}

#[test]
#[ignore = "a part of a_router_sees_both_directions_on_its_inside"]
fn a_conversation_by_the_router() {
    let Some(space) = told() else { return };
    let ask = "import socket,time\nfor n in range(300):\n try:\n  \
               s=socket.create_connection(('10.9.2.2',80),5);break\n except OSError: time.sleep(.02)\n\
               s.sendall(b'x'*50)\nwhile s.recv(9999): pass";
    for ignore_outgoing in [false, true] {
        let options = LiveOptions { ignore_outgoing, ..LiveOptions::of("in0") };
        let mut live = LiveCapture::open(options).unwrap();
        let asked = ["netns", "exec", &space, "python3", "-c", ask];
        assert!(Command::new("ip").args(asked).status().unwrap().success());
        let seen = read(&mut live, 5);
        let (mut there, mut back) = (0_u64, 0_u64);
        for packet in &seen {
            let Ok(meta) = decode(packet.packet.link, &packet.bytes) else { continue };
            match (meta.src_port, meta.dst_port) {
                (_, 80) => there += u64::from(meta.payload_len),
                (80, _) => back += u64::from(meta.payload_len),
                _ => {}
            }
        }
        assert_eq!(there, 50, "what was asked, once");
        assert_eq!(back, if ignore_outgoing { 0 } else { 2000 }, "what was answered, once");
    }
}

#[test]
fn loopback_shows_each_packet_once() {
    let Some(mut lab) = Lab::or_skip() else { return };
    inside(&silent(&mut lab), &[], "see::ten_by_loopback", "");
}

#[test]
#[ignore = "a part of loopback_shows_each_packet_once"]
fn ten_by_loopback() {
    if told().is_none() {
        return;
    }
    let mut live = LiveCapture::open(LiveOptions::of("lo")).unwrap();
    let to = UdpSocket::bind("127.0.0.1:0").unwrap();
    let from = UdpSocket::bind("127.0.0.1:0").unwrap();
    for n in 0..10 {
        from.send_to(&[n; 20], to.local_addr().unwrap()).unwrap();
    }
    let seen = read(&mut live, 10);
    let numbers: Vec<_> = seen.iter().map(|packet| *packet.bytes.last().unwrap()).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<u8>>());
    assert_eq!(decode(seen[0].packet.link, &seen[0].bytes).unwrap().payload_len, 20);
}

#[test]
fn an_interface_without_a_header_gives_bare_packets() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let host = silent(&mut lab);
    if let Err(error) = host.ip(&["tuntap", "add", "dev", "tun0", "mode", "tun"]) {
        eprintln!("skipped: {error}");
        return;
    }
    host.ip(&["link", "set", "tun0", "up"]).unwrap();
    inside(&host, &[], "see::five_by_a_tunnel", "");
}

#[test]
#[ignore = "a part of an_interface_without_a_header_gives_bare_packets"]
fn five_by_a_tunnel() {
    if told().is_none() {
        return;
    }
    let mut live = LiveCapture::open(LiveOptions::of("tun0")).unwrap();
    let packet = v4(3, 114)[14..].to_vec();
    let hex: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
    let write = format!(
        "import fcntl,os,struct\nf=os.open('/dev/net/tun',os.O_RDWR)\n\
         fcntl.ioctl(f,0x400454ca,struct.pack('16sH22x',b'tun0',0x1001))\n\
         for n in range(5): os.write(f,bytes.fromhex('{hex}'))"
    );
    assert!(Command::new("python3").args(["-c", &write]).status().unwrap().success());
    let seen = read(&mut live, 5);
    assert_eq!(seen.len(), 5);
    for seen in seen {
        assert_eq!((seen.packet.link, &seen.bytes), (LinkType::RawIp, &packet));
        assert_eq!(decode(LinkType::RawIp, &seen.bytes).unwrap().dst_port, 53);
    }
}

#[test]
fn waiting_ends_when_nothing_comes_and_when_one_frame_comes() {
    let Some(mut lab) = Lab::or_skip() else { return };
    inside(&silent(&mut lab), &[], "see::silence_and_single_frames", "");
}

/// Each wait has one outcome: one that ends without cause would burn a processor, and one that
/// looks at a wrong block would miss what came.
#[test]
#[ignore = "a part of waiting_ends_when_nothing_comes_and_when_one_frame_comes"]
fn silence_and_single_frames() {
    if told().is_none() {
        return;
    }
    let (mut live, by) = (open(), FrameSender::open("eth1").unwrap());
    let mut block = PacketBlock::default();
    let mut wait = |live: &mut LiveCapture, millis| {
        let came = live.next_block(&mut block, Duration::from_millis(millis)).unwrap();
        (came, block.packets.iter().map(|packet| block.frame(packet).to_vec()).collect::<Vec<_>>())
    };
    for _ in 0..5 {
        assert_eq!(wait(&mut live, 10), (Live::Nothing, vec![]));
    }
    assert_eq!(live.stats().unwrap(), LiveStats::default());
    // More often than the ring has blocks.
    for number in 0..600 {
        let frame = v4(number, 60);
        send(&by, std::slice::from_ref(&frame));
        assert_eq!(wait(&mut live, 20_000), (Live::Packets, vec![frame]), "frame {number}");
        if number % 100 == 0 {
            assert_eq!(wait(&mut live, 10), (Live::Nothing, vec![]));
        }
    }
}
