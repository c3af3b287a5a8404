//! What bots say of their work: SDBot and its kin put a tag in brackets and a fixed sentence behind
//! it (Bächer et al., Know your enemy: tracking botnets, 2005; replies that the families' sources
//! print).
//!
//! Bias: programs that people run announce with tags too, so the tag alone is none.

/// Tags, and what the sentence behind one of them says.
const REPORTS: [(&[&str], &[&str]); 5] = [
    (
        &["SCAN", "PORTSCAN"],
        &["scan started", "scan already running", "scan stopped", "Exploiting IP"],
    ),
    (
        &["DOWNLOAD", "UPDATE", "HTTP", "DL"],
        &["Downloading URL", "Downloading update", "Downloaded "],
    ),
    (
        &["SYN", "UDP", "TCP", "ICMP", "PING", "DDOS", "DDoS", "SUPERSYN"],
        &["Flooding", "with flood"],
    ),
    (&["TFTP", "FTP"], &["File transfer complete to IP", "File transfer started to IP"]),
    (
        &["LSASS", "lsass", "NETAPI", "DCOM", "DCOM135", "ASN", "ASN1SMB", "NTPASS", "VNC"],
        &["Exploiting IP", "Exploited", "Transfer complete"],
    ),
];
/// The longest tag.
const MOST_TAG: usize = 12;

/// Whether a message of a client is such a report.
pub(super) fn is_of_a_bot(text: &[u8]) -> bool {
    let codes = |byte: &u8| byte.is_ascii_control() || *byte == b' ';
    let start = text.iter().position(|byte| !codes(byte)).unwrap_or(text.len());
    let Some(rest) = text.get(start..).and_then(|text| text.strip_prefix(b"[")) else {
        return false;
    };
    let Some(end) = memchr::memchr(b']', rest).filter(|end| *end <= MOST_TAG) else {
        return false;
    };
    let (tag, said) = (rest.get(..end).unwrap_or_default(), rest.get(end..).unwrap_or_default());
    let says = |words: &&str| memchr::memmem::find(said, words.as_bytes()).is_some();
    REPORTS.iter().any(|(tags, sentences)| {
        tags.iter().any(|known| known.as_bytes() == tag) && sentences.iter().any(says)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reports_are_told_from_announcements() {
        for text in [
            "[SCAN]: Random Port scan started on 10.0.x.x:445 with 100 threads.",
            "[DOWNLOAD]: Downloading URL: http://192.0.2.9/a.exe to: c:\\a.exe.",
            "\x02[SYN]: Flooding: (192.0.2.7:80) for 60 seconds.",
            "[lsass]: Exploiting IP: 10.0.3.7.",
        ] {
            assert!(is_of_a_bot(text.as_bytes()), "{text}");
        }
        for text in [
            "[SCAN]: no viruses today",
            "[DOWNLOAD]: film.mkv, 4.2 GB",
            "[UPDATE]: release 2.1 is out",
            "[main] 3 new commits by ann",
            "Downloading URL: what does that mean?",
            "the log says [SCAN]: Port scan started",
            "[sys] up 3d",
            "[",
            "[]",
            "",
        ] {
            assert!(!is_of_a_bot(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            is_of_a_bot(&bytes);
        }
    }
}
