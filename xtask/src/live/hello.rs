//! The first words of a TLS client, as short as they may be (RFC 8446, section 4.1.2).

/// A record with a hello for this name.
pub(super) fn hello(name: &str) -> Vec<u8> {
    let name = name.as_bytes();
    // A list of one name: its kind (host name), its length, itself.
    let names = with_length(&[&[0][..], &with_length(name)].concat());
    let extensions = [
        extension(0, &names),
        // Groups: x25519. Versions: 1.3, 1.2.
        extension(10, &with_length(&[0, 29])),
        extension(43, &[4, 3, 4, 3, 3]),
    ];
    let body = [
        // The old version field, and what is random elsewhere.
        &[3, 3][..],
        &[0x5a; 32],
        // No session; two suites; no compression.
        &[0],
        &with_length(&[0x13, 0x01, 0xc0, 0x2f]),
        &[1, 0],
        &with_length(&extensions.concat()),
    ]
    .concat();
    let message = [&[1, 0][..], &with_length(&body)].concat();
    [&[22, 3, 1][..], &with_length(&message)].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &with_length(content)].concat()
}

/// Two bytes of length, then the bytes. Nothing here is longer than they can say.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_agree_at_every_depth() {
        let record = hello("n1.c2.example");
        let number = |at: usize| usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
        assert_eq!(number(3), record.len() - 5, "the record");
        assert_eq!((record[5], number(7)), (1, record.len() - 9), "the message");
        let extensions = 9 + 2 + 32 + 1 + 6 + 2;
        assert_eq!(number(extensions), record.len() - extensions - 2);
        let text = String::from_utf8_lossy(&record).into_owned();
        assert!(text.contains("n1.c2.example"));
    }
}
