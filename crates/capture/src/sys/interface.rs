//! What an interface is (netdevice(7)).

use std::io;

use libc::{c_char, c_int};

use super::socket::{Socket, checked};

/// What the kernel says of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Its number; another one when it was made again.
    pub(crate) index: c_int,
    /// What its frames begin with: a number of `ARPHRD_`.
    pub(crate) hardware: u16,
    /// Did its administrator switch it on?
    pub(crate) up: bool,
}

/// Looks at the interface of this name; `None` when there is none.
pub(crate) fn look(socket: &Socket, name: &str) -> io::Result<Option<Facts>> {
    let Some(mut request) = request(name) else {
        return Ok(None);
    };
    let mut all = || -> io::Result<Facts> {
        ask(socket, libc::SIOCGIFINDEX as libc::Ioctl, &mut request)?;
        // SAFETY: the kernel has just answered with an index; any bytes are an integer.
        let index = unsafe { request.ifr_ifru.ifru_ifindex };
        ask(socket, libc::SIOCGIFHWADDR as libc::Ioctl, &mut request)?;
        // SAFETY: the kernel has just answered with an address; its family is an integer.
        let hardware = unsafe { request.ifr_ifru.ifru_hwaddr.sa_family };
        ask(socket, libc::SIOCGIFFLAGS as libc::Ioctl, &mut request)?;
        // SAFETY: the kernel has just answered with flags; any bytes are an integer.
        let flags = unsafe { request.ifr_ifru.ifru_flags };
        Ok(Facts { index, hardware, up: c_int::from(flags) & libc::IFF_UP != 0 })
    };
    match all() {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENODEV | libc::ENXIO)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A request about a name; `None` when no interface can be called so.
fn request(name: &str) -> Option<libc::ifreq> {
    let mut ifr_name: [c_char; libc::IFNAMSIZ] = [0; libc::IFNAMSIZ];
    // The last byte stays 0.
    if name.is_empty() || name.len() >= ifr_name.len() || name.contains('\0') {
        return None;
    }
    for (to, from) in ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as c_char;
    }
    // SAFETY: all of an ifreq are integers, arrays of them and a pointer, for which 0 is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_name = ifr_name;
    Some(request)
}

/// Asks one of the `SIOCGIF` questions, which all take and fill an ifreq.
fn ask(socket: &Socket, question: libc::Ioctl, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: the three questions above read the name, which ends in 0, and write at most an
    // ifreq, which `request` is.
    checked(unsafe { libc::ioctl(socket.fd(), question, std::ptr::from_mut(request)) }).map(|_| ())
}
