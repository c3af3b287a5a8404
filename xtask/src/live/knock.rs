//! The part of a host inside that calls many addresses for the first time, and counts who answers.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::answer::SILENT;
use super::gateway::after;

/// Longer than the first repetition of a SYN, which comes after a second.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Calls at one time.
const AT_ONCE: usize = 50;

/// `FIRST COUNT`: calls so many addresses by TCP; writes how many answered.
pub(super) fn play(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let &[first, count] = words else {
        return Err("two words are wanted".into());
    };
    let (first, count): (Ipv4Addr, usize) = (first.parse()?, count.parse()?);
    let port = SILENT.first().copied().unwrap_or_default();
    let addresses: Vec<_> =
        (0..count).map(|n| SocketAddr::new(after(first, n).into(), port)).collect();
    let mut answered = 0;
    for some in addresses.chunks(AT_ONCE) {
        let calls: Vec<_> = some
            .iter()
            .map(|&to| thread::spawn(move || TcpStream::connect_timeout(&to, PATIENCE).is_ok()))
            .collect();
        answered +=
            calls.into_iter().filter_map(|call| call.join().ok()).filter(|yes| *yes).count();
    }
    println!("{answered}");
    Ok(())
}
