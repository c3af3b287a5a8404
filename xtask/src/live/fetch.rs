//! The part of a host inside that fetches bytes from many addresses, and tells how far it came.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::answer::{FETCH, Order};
use super::gateway::after;

const PATIENCE: Duration = Duration::from_secs(2);

/// How one connection went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fetched {
    /// So many bytes came.
    pub(super) bytes: usize,
    /// It was ended by a reset.
    pub(super) reset: bool,
}

/// `FIRST COUNT` and an order: fetches from so many addresses, one after the other; writes a line
/// for each.
pub(super) fn play(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let [first, count, order @ ..] = words else {
        return Err("an address and a count are wanted".into());
    };
    let (first, count): (Ipv4Addr, usize) = (first.parse()?, count.parse()?);
    let order = Order::read(&order.join(" ")).ok_or("an order is wanted")?;
    for number in 0..count {
        println!("{}", fetch(SocketAddr::new(after(first, number).into(), FETCH), order).line());
        // Resets and retransmissions of the last one are over.
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn fetch(to: SocketAddr, order: Order) -> Fetched {
    let mut bytes = 0;
    let reset = match all(to, order, &mut bytes) {
        Ok(()) => false,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused | ErrorKind::BrokenPipe
        ),
    };
    Fetched { bytes, reset }
}

fn all(to: SocketAddr, order: Order, bytes: &mut usize) -> std::io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(order.line().as_bytes())?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            length => *bytes += length,
        }
    }
}

// === impl Fetched ===

impl Fetched {
    fn line(self) -> String {
        format!("{} {}", self.bytes, if self.reset { "reset" } else { "end" })
    }

    pub(super) fn read(line: &str) -> Option<Self> {
        let (bytes, how) = line.split_once(' ')?;
        Some(Self { bytes: bytes.parse().ok()?, reset: how == "reset" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_went_is_a_line_and_back() {
        for fetched in [Fetched { bytes: 0, reset: true }, Fetched { bytes: 100_000, reset: false }]
        {
            assert_eq!(Fetched::read(&fetched.line()), Some(fetched));
        }
        assert_eq!(Fetched::read("many"), None);
    }
}
