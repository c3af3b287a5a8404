//! The fields of a row, each read by itself.

use ostium_event::{Addr, Service, Span, Timestamp};

use super::Conn;
use super::state::{ConnState, History};
use crate::address::address;
use crate::cells::Cells;
use crate::clock::{span, timestamp};
use crate::number::small;

/// What the fields of a row say; `None` is what cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Fields<'a> {
    pub(crate) at: Option<Timestamp>,
    pub(crate) uid: &'a [u8],
    pub(crate) orig: Option<Addr>,
    pub(crate) resp: Option<Addr>,
    /// An unset port is 0.
    pub(super) ports: (Option<u16>, Option<u16>),
    pub(super) proto: &'a [u8],
    /// The first of the list that is known.
    pub(super) service: Option<Service>,
    /// An unset duration is none.
    pub(super) duration: Option<Span>,
    /// Payload both ways, bytes missed, then packets and IP bytes of each side.
    pub(super) numbers: [Option<u64>; 7],
    pub(super) conn_state: ConnState,
    pub(super) history: History,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// Reads them one by one.
    pub(crate) fn of(cells: &Cells<'a>) -> Self {
        let get = |slot: Conn| cells.get(slot as usize);
        Self {
            at: timestamp(get(Conn::Ts)),
            uid: get(Conn::Uid),
            orig: address(get(Conn::OrigH)),
            resp: address(get(Conn::RespH)),
            ports: (port(get(Conn::OrigP)), port(get(Conn::RespP))),
            proto: get(Conn::Proto),
            service: service(cells.list(Conn::Service as usize)),
            duration: duration(get(Conn::Duration)),
            numbers: [
                Conn::OrigBytes,
                Conn::RespBytes,
                Conn::Missed,
                Conn::OrigPkts,
                Conn::OrigIpBytes,
                Conn::RespPkts,
                Conn::RespIpBytes,
            ]
            .map(|slot| cells.number(slot as usize)),
            conn_state: ConnState::of(get(Conn::State)),
            history: History::of(get(Conn::History)),
        }
    }
}

pub(super) fn port(text: &[u8]) -> Option<u16> {
    if text.is_empty() { Some(0) } else { small(text) }
}

pub(super) fn duration(text: &[u8]) -> Option<Span> {
    if text.is_empty() { Some(Span::ZERO) } else { span(text) }
}

/// The first service of the list that is known; one that begins with `-` was given up by Zeek.
#[inline]
pub(super) fn service<'a>(names: impl Iterator<Item = &'a [u8]>) -> Option<Service> {
    let mut found = None;
    for name in names {
        let service = match name {
            b"ssl" | b"tls" => Service::Tls,
            b"dns" => Service::Dns,
            b"http" => Service::Http,
            b"quic" => Service::Quic,
            b"ssh" => Service::Ssh,
            b"smtp" => Service::Smtp,
            b"ftp" => Service::Ftp,
            b"irc" => Service::Irc,
            b"ntp" => Service::Ntp,
            b"bittorrent" | b"bittorrenttracker" => Service::BitTorrent,
            b"stun" | b"rtp" | b"sip" | b"rtcp" => Service::Media,
            [b'-', ..] | b"" => continue,
            _ => {
                found = Some(Service::Other);
                continue;
            }
        };
        return Some(service);
    }
    found
}
