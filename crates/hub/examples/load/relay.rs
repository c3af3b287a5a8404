//! A relay that holds every byte back for a while, as a distance does.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// One-way delays from a hub in Europe to five continents, in milliseconds: half of usual round
/// trips (about 20 within Europe, 90 to North America, 200 to South America, 180 to East Asia, 280 to
/// Australia).
pub(super) const CONTINENTS: [u64; 5] = [10, 45, 100, 90, 140];

/// Begins to relay; where.
pub(super) async fn relay(to: SocketAddr, delay: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let far = TcpStream::connect(to).await.unwrap();
                near.set_nodelay(true).unwrap();
                far.set_nodelay(true).unwrap();
                let (near_reads, near_writes) = near.into_split();
                let (far_reads, far_writes) = far.into_split();
                tokio::join!(
                    hold(near_reads, far_writes, delay),
                    hold(far_reads, near_writes, delay)
                );
            });
        }
    });
    at
}

async fn hold(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    delay: Duration,
) {
    let (put, mut taken) = mpsc::channel::<(Instant, Vec<u8>)>(1_024);
    let reads = async move {
        loop {
            let mut bytes = vec![0; 16 << 10];
            match from.read(&mut bytes).await {
                Ok(n) if n > 0 => bytes.truncate(n),
                _ => return,
            }
            if put.send((Instant::now() + delay, bytes)).await.is_err() {
                return;
            }
        }
    };
    let writes = async move {
        while let Some((due, bytes)) = taken.recv().await {
            tokio::time::sleep_until(due.into()).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reads, writes);
}
