//! What the kernel answers by netlink: messages, attributes, entries of connection tracking,
//! elements of sets.

use std::collections::BTreeSet;

use ostium_enforce::netlink::attr::{Attrs, Writer};
use ostium_enforce::netlink::conntrack::{concerns, tuple};
use ostium_enforce::netlink::dump::{Held, take};
use ostium_enforce::netlink::message::{Messages, Says};
use ostium_enforce::nft::Set;

/// Datagrams of the kernel: messages lie in the bytes, attributes that are written again are read
/// as the same, and an entry concerns the ends that its tuples name.
pub fn netlink_reply(bytes: &[u8]) -> bool {
    let (mut held, mut data) = (0, false);
    for message in Messages::new(bytes) {
        let Ok(message) = message else { break };
        held += 16;
        let Says::Data { attrs, .. } = message.says else { continue };
        data = true;
        held += 4 + attrs.len();
        again(attrs);
        entry(attrs);
        elements(attrs);
    }
    assert!(held <= bytes.len(), "messages of {held} bytes in {}", bytes.len());
    data
}

fn again(attrs: &[u8]) {
    let mut writer = Writer::default();
    let read: Vec<_> = Attrs::new(attrs).collect();
    for attr in &read {
        writer.put(attr.kind, attr.value);
    }
    let mut second = Attrs::new(writer.bytes());
    assert_eq!(second.by_ref().collect::<Vec<_>>(), read);
    assert!(second.is_whole());
}

/// What is in a set is of that set, and there is no more of it than there are bytes.
fn elements(attrs: &[u8]) {
    for set in Set::ALL {
        let mut held = Held::default();
        take(set, attrs, &mut held);
        assert!(held.elements.len() <= attrs.len() / 4);
        assert!(held.elements.keys().all(|target| Set::of(target) == Some(set)));
    }
}

fn entry(attrs: &[u8]) {
    for kind in [1, 2] {
        let Some(tuple) = Attrs::find(attrs, kind).and_then(tuple) else { continue };
        for (addr, _) in [tuple.from, tuple.to] {
            let target = ostium_verdict::Target::Address(addr);
            assert!(concerns(attrs, &BTreeSet::from([target])));
        }
    }
    assert!(!concerns(attrs, &BTreeSet::new()));
}
