//! What the players of a laboratory read: messages of the DNS, and the kernel's list of interfaces.

use ostium_live::dns::{Question, Reply};
use ostium_live::links;
use ostium_synth::speech::query;

/// A message of the DNS: a question that is read is, asked again, read as itself; nothing is both.
pub fn live_dns(bytes: &[u8]) -> bool {
    let (question, reply) = (Question::read(bytes), Reply::read(bytes));
    assert!(question.is_none() || reply.is_none());
    if let Some(asked) = &question {
        // 255 bytes on the wire (RFC 1035, section 3.1) are 253 of text.
        assert!(asked.name.len() <= 253 && asked.name.is_ascii());
        let again = query(asked.id, &asked.name, asked.record_type);
        assert_eq!(Question::read(&again).as_ref(), Some(asked));
    }
    question.is_some() || reply.is_some()
}

/// A datagram of the kernel: no more interfaces than there is room for.
pub fn live_links(bytes: &[u8]) -> bool {
    let mut all = Vec::new();
    let read = links::read(bytes, &mut all);
    assert!(all.len() <= bytes.len() / 32);
    read.is_ok()
}
