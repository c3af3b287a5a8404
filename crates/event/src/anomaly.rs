//! Anomalies: malformed or surprising input is data, never an error path.

macro_rules! anomalies {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Something malformed, or not what it should be. Counted by name in the report's totals.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Anomaly { $($(#[$doc])* $variant,)* }

        impl Anomaly {
            /// Every anomaly, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

anomalies! {
    /// A frame ends before its link header does.
    FrameTruncated = "frame_truncated",
    /// A frame of an Ethernet type that carries no IP (ARP, LLDP, ...): counted, not malformed.
    NotIp = "not_ip",
    /// An IP header that is malformed.
    IpMalformed = "ip_malformed",
    /// The capture kept fewer bytes than the packet had, and headers are missing.
    PacketCut = "packet_cut",
    /// A TCP, UDP or ICMP header that is malformed.
    TransportMalformed = "transport_malformed",
    /// Tunnels nested too deep.
    TunnelTooDeep = "tunnel_too_deep",
    /// A fragment that never found its datagram.
    FragmentLost = "fragment_lost",
    /// Fragments that overlap with different bytes.
    FragmentOverlap = "fragment_overlap",
    /// Time ran backwards by more than a second.
    TimeBackwards = "time_backwards",
    /// Bytes of a TCP stream are missing.
    StreamGap = "stream_gap",
    /// A TCP segment repeats bytes with another content.
    StreamOverlap = "stream_overlap",
    /// A record of the capture file that is malformed.
    RecordMalformed = "record_malformed",
    /// The capture file ends inside a record.
    FileCut = "file_cut",
    /// A DNS message that is malformed.
    DnsMalformed = "dns_malformed",
    /// A TLS record or hello that is malformed.
    TlsMalformed = "tls_malformed",
    /// A certificate that is malformed.
    CertificateMalformed = "certificate_malformed",
    /// A QUIC initial that cannot be decrypted or read.
    QuicMalformed = "quic_malformed",
    /// An HTTP head that is malformed or too long.
    HttpMalformed = "http_malformed",
    /// A well-known port carries another protocol than it promises.
    PortMismatch = "port_mismatch",
    /// A well-known port carries bytes of no known protocol.
    PortUnknownContent = "port_unknown_content",
    /// A program was sent as something else.
    ProgramDisguised = "program_disguised",
    /// A SYN whose sequence number is the address it goes to (Mirai's scanner).
    SequenceIsAddress = "sequence_is_address",
    /// A log line that is malformed.
    LineMalformed = "line_malformed",
    /// A log line longer than the limit.
    LineTooLong = "line_too_long",
    /// A compressed input that ends early or is damaged.
    CompressionDamaged = "compression_damaged",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<_> = Anomaly::ALL.iter().map(|a| a.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Anomaly::ALL.len());
    }
}
