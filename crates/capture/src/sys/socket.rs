//! A packet socket (packet(7)): options, counters, waiting, sending.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use libc::{c_int, c_void, socklen_t};

/// A socket of family `AF_PACKET`; closed when dropped, and not inherited by other programs.
#[derive(Debug)]
pub(crate) struct Socket(OwnedFd);

/// What the kernel counted since it was last asked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// Packets that came, the dropped ones among them.
    pub(crate) packets: u32,
    /// Those for which the ring had no room.
    pub(crate) drops: u32,
    /// How often the ring became full.
    pub(crate) freezes: u32,
}

/// Why waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// There is something to read.
    Ready,
    /// Patience ended, or a signal came.
    Nothing,
    /// The socket has an error to tell.
    Error,
}

/// Every protocol, in the byte order of the network.
const ALL: u16 = (libc::ETH_P_ALL as u16).to_be();

// === impl Socket ===

impl Socket {
    /// A socket that hears nothing before it is bound.
    pub(crate) fn new() -> io::Result<Self> {
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: no pointer is passed.
        let fd = checked(unsafe { libc::socket(libc::AF_PACKET, kind, 0) })?;
        // SAFETY: the kernel has just made this descriptor for us, and nobody else knows it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Hears the interface of this index from now on, in both directions.
    pub(crate) fn bind(&self, index: c_int) -> io::Result<()> {
        let address = address(index);
        let len = len_of::<libc::sockaddr_ll>();
        // SAFETY: `address` lives through the call, and `len` is its size.
        checked(unsafe { libc::bind(self.fd(), (&raw const address).cast(), len) }).map(|_| ())
    }

    /// The index of the interface it hears; below 1 when that is gone.
    pub(crate) fn bound(&self) -> io::Result<c_int> {
        let mut address = address(0);
        let mut len = len_of::<libc::sockaddr_ll>();
        let place = (&raw mut address).cast();
        // SAFETY: the kernel writes at most `len` bytes to `address`; any bytes are a sockaddr_ll.
        checked(unsafe { libc::getsockname(self.fd(), place, &raw mut len) })?;
        Ok(address.sll_ifindex)
    }

    /// Hears frames that are addressed to others, too, as long as the socket is open.
    pub(crate) fn hear_all(&self, index: c_int) -> io::Result<()> {
        let member = libc::packet_mreq {
            mr_ifindex: index,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        self.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &member)
    }

    /// Sets an option whose value is a number.
    pub(crate) fn set_number(&self, option: c_int, value: c_int) -> io::Result<()> {
        self.set(libc::SOL_PACKET, option, &value)
    }

    /// Keeps only the first so many bytes of each frame.
    pub(crate) fn cut_at(&self, snap_length: u32) -> io::Result<()> {
        // The shortest program of the classic packet filter: "keep so many bytes".
        let code = (libc::BPF_RET | libc::BPF_K) as u16;
        let mut program = [libc::sock_filter { code, jt: 0, jf: 0, k: snap_length }];
        let all = libc::sock_fprog { len: 1, filter: program.as_mut_ptr() };
        self.set(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &all)
    }

    /// What was counted since the last call: the kernel begins anew each time.
    pub(crate) fn counters(&self) -> io::Result<Counters> {
        let mut told = libc::tpacket_stats_v3 { tp_packets: 0, tp_drops: 0, tp_freeze_q_cnt: 0 };
        self.get(libc::SOL_PACKET, libc::PACKET_STATISTICS, &mut told)?;
        let libc::tpacket_stats_v3 { tp_packets, tp_drops, tp_freeze_q_cnt } = told;
        Ok(Counters { packets: tp_packets, drops: tp_drops, freezes: tp_freeze_q_cnt })
    }

    /// Takes the error that the socket has to tell; 0 when there is none.
    pub(crate) fn take_error(&self) -> io::Result<c_int> {
        let mut error: c_int = 0;
        self.get(libc::SOL_SOCKET, libc::SO_ERROR, &mut error)?;
        Ok(error)
    }

    /// Waits until there is something to read, at most so long.
    pub(crate) fn wait(&self, patience: Duration) -> io::Result<Wake> {
        let millis = patience.as_nanos().div_ceil(1_000_000);
        let millis = c_int::try_from(millis).unwrap_or(c_int::MAX);
        let mut ask = libc::pollfd { fd: self.fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one pollfd is passed, and one lives through the call.
        match checked(unsafe { libc::poll(&raw mut ask, 1, millis) }) {
            Ok(0) => Ok(Wake::Nothing),
            Ok(_) if ask.revents & (libc::POLLERR | libc::POLLNVAL) != 0 => Ok(Wake::Error),
            Ok(_) => Ok(Wake::Ready),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Wake::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Sends a frame, link layer and all, out of the interface of this index.
    pub(crate) fn send(&self, index: c_int, frame: &[u8]) -> io::Result<()> {
        let to = address(index);
        let (bytes, place) = (frame.as_ptr().cast::<c_void>(), (&raw const to).cast());
        let len = len_of::<libc::sockaddr_ll>();
        // SAFETY: `bytes` is valid for `frame.len()` bytes and `place` for `len`, through the call.
        let sent = unsafe { libc::sendto(self.fd(), bytes, frame.len(), 0, place, len) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// The descriptor; it stays this socket's.
    pub(super) fn fd(&self) -> c_int {
        self.0.as_raw_fd()
    }

    pub(super) fn set<T>(&self, level: c_int, option: c_int, value: &T) -> io::Result<()> {
        let place = std::ptr::from_ref(value).cast();
        // SAFETY: the kernel only reads, from `value`, which lives through the call, as many bytes
        // as it has.
        checked(unsafe { libc::setsockopt(self.fd(), level, option, place, len_of::<T>()) })
            .map(|_| ())
    }

    fn get<T: Numbers>(&self, level: c_int, option: c_int, value: &mut T) -> io::Result<()> {
        let mut len = len_of::<T>();
        let place = std::ptr::from_mut(value).cast();
        // SAFETY: the kernel writes at most `len` bytes, the size of `value`, and any bytes are a
        // `T` by its trait.
        checked(unsafe { libc::getsockopt(self.fd(), level, option, place, &raw mut len) })
            .map(|_| ())
    }
}

/// Plain numbers.
///
/// # Safety
/// Any bytes must be a value of this type.
unsafe trait Numbers {}

// SAFETY: an integer.
unsafe impl Numbers for c_int {}
// SAFETY: three integers without a gap.
unsafe impl Numbers for libc::tpacket_stats_v3 {}

fn address(index: c_int) -> libc::sockaddr_ll {
    libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: ALL,
        sll_ifindex: index,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    }
}

const fn len_of<T>() -> socklen_t {
    size_of::<T>() as socklen_t
}

/// The answer of a call, or why it was refused.
pub(super) fn checked(answer: c_int) -> io::Result<c_int> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}
