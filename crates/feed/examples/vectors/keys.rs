//! Keys that change hands: rotation, theft, another root.

use std::error::Error;

use ostium_feed::wire::{self, frame};
use prost::bytes::Bytes;

use crate::book::{Ask, Play};
use crate::hub::{DAY, Hub, Key, NOW, name, of};

const ANY: &str = "sensor-1";

pub(crate) fn plays(hub: &Hub) -> Result<Vec<Play>, Box<dyn Error>> {
    Ok(vec![
        uncertified(hub.clone()),
        old_certificate(hub.clone()),
        rotation(hub.clone())?,
        theft(hub.clone())?,
        root_change(hub.clone())?,
    ])
}

fn uncertified(mut hub: Hub) -> Play {
    let about = "nothing is believed before a certificate, before its time and after its end";
    let mut play = Play::new("uncertified", about, &hub);
    play.refused(&hub, "uncertified", &hub.heartbeat());
    let one = hub.publish(&[name(1, "c2.example")]);
    play.refused(&hub, "uncertified", &one);
    play.refused(&hub, "uncertified", &hub.snapshot(1).0);
    play.key(&hub, &hub.certificate());
    let early = Hub { now: NOW - DAY - 300_001, ..hub.clone() };
    play.refused(&early, "uncertified", &early.heartbeat());
    play.took(&hub, "delta", &one);
    hub.now = NOW + DAY;
    play.took(&hub, "heartbeat", &hub.heartbeat());
    hub.now += 1;
    play.refused(&hub, "uncertified", &hub.heartbeat());
    play.ask(&hub, ANY, Ask::Name("c2.example"), Some((1, "earnest")));
    play
}

fn old_certificate(hub: Hub) -> Play {
    let about = "a certificate with a lower serial, the same serial or a lower epoch is refused";
    let hub = Hub { serial: 5, epoch: 3, ..hub };
    let mut play = Play::new("old_certificate", about, &hub);
    play.key(&hub, &hub.certificate());
    play.key(&hub, &hub.certificate());
    for (serial, epoch) in [(4, 3), (6, 2)] {
        let old = Hub { serial, epoch, ..hub.clone() };
        play.refused(&hub, "old_certificate", &old.certificate());
    }
    let other = wire::CertificateBody { not_after_ms: NOW + 2 * DAY, ..hub.certificate_body() };
    let other = of(frame::Step::Certificate(hub.root.sign(1, &other)));
    play.refused(&hub, "old_certificate", &other);
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play
}

fn rotation(mut hub: Hub) -> Result<Play, Box<dyn Error>> {
    let about = "another online key goes on with the chain, and the old one is refused";
    let mut play = Play::new("rotation", about, &hub);
    play.key(&hub, &hub.certificate());
    let one = hub.publish(&[name(1, "c2.example")]);
    play.took(&hub, "delta", &one);
    let old = hub.clone();
    (hub.online, hub.serial) = (Key::new(3)?, 2);
    // Before the certificate the new key is nobody's.
    play.refused(&hub, "forged", &hub.heartbeat());
    play.key(&hub, &hub.certificate());
    play.refused(&hub, "forged", &old.heartbeat());
    let two = hub.publish(&[name(2, "bad.example")]);
    play.took(&hub, "delta", &two);
    play.refused(&hub, "old_certificate", &old.certificate());
    Ok(play)
}

fn theft(mut hub: Hub) -> Result<Play, Box<dyn Error>> {
    let about = "after a theft a new epoch begins with a snapshot, however far the thief ran ahead";
    let mut play = Play::new("theft", about, &hub);
    play.key(&hub, &hub.certificate());
    let one = hub.publish(&[name(1, "c2.example")]);
    play.took(&hub, "delta", &one);
    let mut thief = hub.clone();
    thief.now += 299_000;
    for id in 10..13 {
        let frame = thief.publish(&[name(id, &format!("shop{id}.example"))]);
        let by_the_clock = Hub { now: hub.now, ..thief.clone() };
        play.took(&by_the_clock, "delta", &frame);
    }
    (hub.online, hub.serial, hub.epoch) = (Key::new(3)?, 2, 2);
    (hub.seq, hub.head) = (0, [0; 32]);
    play.key(&hub, &hub.certificate());
    play.refused(&hub, "forged", &thief.heartbeat());
    play.refused(&hub, "gap", &hub.heartbeat());
    // The old epoch is over, whoever signs it.
    let back = Hub { epoch: 1, seq: thief.seq, head: thief.head, ..hub.clone() };
    play.refused(&hub, "rollback", &back.heartbeat());
    play.refused(&hub, "rollback", &back.snapshot(1).0);
    let (head, parts) = hub.snapshot(10);
    play.part(&hub, &head);
    parts.iter().for_each(|part| play.took(&hub, "snapshot", part));
    // The thief's last word was issued later than this, and does not count.
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play.ask(&hub, ANY, Ask::Name("shop10.example"), None);
    play.ask(&hub, ANY, Ask::Name("c2.example"), Some((1, "earnest")));
    let next = hub.publish(&[name(2, "bad.example")]);
    play.took(&hub, "delta", &next);
    Ok(play)
}

fn root_change(mut hub: Hub) -> Result<Play, Box<dyn Error>> {
    let about = "another root needs the signatures of both, and certifies from then on";
    let mut play = Play::new("root_change", about, &hub);
    play.key(&hub, &hub.certificate());
    let (new, thief) = (Key::new(4)?, Key::new(5)?);
    let frame = |change| of(frame::Step::RootChange(change));
    let by_thief = Hub { root: thief.clone(), ..hub.clone() };
    play.refused(&hub, "forged", &frame(by_thief.succeed(&new, 1)));
    let unsigned = wire::RootChange { by_new: Bytes::new(), ..hub.succeed(&new, 1) };
    play.refused(&hub, "forged", &frame(unsigned));
    let change = frame(hub.succeed(&new, 1));
    play.key(&hub, &change);
    play.key(&hub, &change);
    let old = hub.clone();
    (hub.root, hub.serial) = (new, 2);
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play.refused(&hub, "forged", &Hub { serial: 2, ..old.clone() }.certificate());
    play.refused(&hub, "forged", &frame(old.succeed(&thief, 2)));
    play.refused(&hub, "old_certificate", &frame(hub.succeed(&thief, 1)));
    play.key(&hub, &hub.certificate());
    let one = hub.publish(&[name(1, "c2.example")]);
    play.took(&hub, "delta", &one);
    Ok(play)
}
