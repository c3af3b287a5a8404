//! What the frames of an interface begin with: the numbers `ARPHRD_` of Linux
//! (include/uapi/linux/if_arp.h).
//!
//! Bias: only what is known to be so on a packet socket. Others are refused by name.

use ostium_wire::LinkType;

/// The link layer of frames from an interface of this kind.
pub(super) const fn link_of(hardware: u16) -> Option<LinkType> {
    match hardware {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Some(LinkType::Ethernet),
        // Interfaces without a header of their own: tun, WireGuard, modems, IP in IP.
        libc::ARPHRD_NONE
        | RAW_IP
        | libc::ARPHRD_TUNNEL
        | libc::ARPHRD_TUNNEL6
        | libc::ARPHRD_SIT => Some(LinkType::RawIp),
        _ => None,
    }
}

/// `ARPHRD_RAWIP`.
const RAW_IP: u16 = 519;
/// `ARPHRD_IP6GRE`.
const GRE6: u16 = 823;
/// `ARPHRD_NETLINK`.
const NETLINK: u16 = 824;
/// `ARPHRD_CAN`.
const CAN: u16 = 280;

/// What it is called.
pub(super) const fn name_of(hardware: u16) -> &'static str {
    match hardware {
        libc::ARPHRD_PPP => "PPP",
        libc::ARPHRD_SLIP | libc::ARPHRD_CSLIP => "SLIP",
        libc::ARPHRD_IEEE80211 | libc::ARPHRD_IEEE80211_PRISM | libc::ARPHRD_IEEE80211_RADIOTAP => {
            "radio frames (monitor mode)"
        }
        libc::ARPHRD_INFINIBAND => "InfiniBand",
        libc::ARPHRD_IEEE1394 => "FireWire",
        libc::ARPHRD_IEEE802154 => "802.15.4 radio",
        libc::ARPHRD_IPGRE | GRE6 => "GRE",
        CAN => "a CAN bus",
        NETLINK => "netlink messages",
        _ => "no IP network that is known",
    }
}
