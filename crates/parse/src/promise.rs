//! What well-known ports promise. Any other port promises nothing.
//!
//! Bias: few ports and only what their users keep to, because a broken promise is evidence.

use ostium_event::{Anomaly, Service};

/// Does what was recognised on a TCP stream to `port` break its promise?
pub fn stream(port: u16, service: Service) -> Option<Anomaly> {
    broken(of_stream(port), service)
}

/// Does what was recognised in a UDP datagram to `port` break its promise? `first` is the first
/// byte of the datagram.
pub(crate) fn datagram(port: u16, service: Service, first: u8) -> Option<Anomaly> {
    match (port, service) {
        // Packets of QUIC set this bit; tunnels of other makes live there too and say who they are.
        (443, Service::Unknown) if first & 0x40 == 0 => Some(Anomaly::PortUnknownContent),
        (53, _) => broken(&[Service::Dns], service),
        (123, _) => broken(&[Service::Ntp], service),
        _ => None,
    }
}

fn broken(promised: &[Service], service: Service) -> Option<Anomaly> {
    if promised.is_empty() || promised.contains(&service) {
        return None;
    }
    match service {
        Service::Silent => None,
        Service::Unknown => Some(Anomaly::PortUnknownContent),
        // Relays of calls use any port that firewalls let through.
        Service::Media => None,
        _ => Some(Anomaly::PortMismatch),
    }
}

const fn of_stream(port: u16) -> &'static [Service] {
    match port {
        21 => &[Service::Ftp],
        22 => &[Service::Ssh],
        25 | 587 => &[Service::Smtp],
        53 => &[Service::Dns],
        80 => &[Service::Http],
        8000 | 8080 => &[Service::Http, Service::Tls],
        443 | 636 | 853 | 989 | 990 | 993 | 995 | 8443 => &[Service::Tls],
        465 => &[Service::Tls, Service::Smtp],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_kept_or_broken() {
        assert_eq!(stream(443, Service::Tls), None);
        assert_eq!(stream(443, Service::Http), Some(Anomaly::PortMismatch));
        assert_eq!(stream(80, Service::Tls), Some(Anomaly::PortMismatch));
        assert_eq!(stream(443, Service::Unknown), Some(Anomaly::PortUnknownContent));
        assert_eq!(stream(4444, Service::Unknown), None);
        assert_eq!(stream(443, Service::Media), None);
        assert_eq!(datagram(53, Service::BitTorrent, 0), Some(Anomaly::PortMismatch));
        assert_eq!(datagram(443, Service::Unknown, 0x45), None);
        assert_eq!(datagram(443, Service::Dns, 0), None);
    }
}
