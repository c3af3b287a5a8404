//! Both ends together.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use super::*;

static PARROT: Service = Service { name: "parrot", start: "parrot run" };

fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("ostium-control-{}-{name}", std::process::id()))
}

/// Says what it heard, and of whom.
fn parrot(path: &std::path::Path) {
    listen(path, "parrot", |heard: Result<u32, String>, peer| match heard {
        Ok(number) => (number + 1, peer.to_string()),
        Err(why) => (0, why),
    })
    .unwrap();
}

#[test]
fn answers_each_line_knows_who_asks_and_is_for_owner_and_group() {
    let path = path("answers");
    // What a service that died has left behind.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    parrot(&path);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut client = Client::connect(&path, &PARROT).unwrap();
    let (number, who): (u32, String) = client.ask(&41).unwrap();
    assert_eq!((number, who), (42, Peer::me().to_string()));
    let (_, why): (u32, String) = client.ask(&"dance").unwrap();
    assert!(why.starts_with("this is no question"), "{why}");
    let strange = client.ask::<Vec<bool>>(&1).unwrap_err().to_string();
    assert!(strange.contains("the parrot at") && strange.contains("another version"), "{strange}");
    let taken = listen(&path, "parrot", |_: Result<u32, String>, _| 0).unwrap_err();
    assert!(taken.to_string().contains("another parrot listens there"), "{taken}");
    fs::remove_file(&path).unwrap();
}

#[test]
fn nobody_listening_says_how_to_start_one() {
    let error = Client::connect(&path("nobody"), &PARROT).unwrap_err().to_string();
    assert!(error.contains("no parrot listens") && error.contains("parrot run"), "{error}");
}

#[test]
fn too_many_clients_and_lines_without_an_end_are_let_go() {
    let path = path("many");
    parrot(&path);
    let held: Vec<_> = (0..16).map(|_| Client::connect(&path, &PARROT).unwrap()).collect();
    let broken = Client::connect(&path, &PARROT).unwrap().ask::<(u32, String)>(&1).unwrap_err();
    assert!(broken.to_string().contains("does not answer"), "{broken}");
    drop(held);
    // Room comes back as soon as they are gone.
    let mut endless = loop {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(b"1\n").unwrap();
        let mut byte = [0];
        if stream.read(&mut byte).is_ok_and(|read| read == 1) {
            break stream;
        }
    };
    let mut all = Vec::new();
    // It answers what fits once, and hangs up; what is written after that finds nobody.
    (0..64).try_for_each(|_| endless.write_all(&[b'1'; 4_096])).ok();
    endless.read_to_end(&mut all).ok();
    assert!(all.len() < 4_096, "{}", all.len());
    let mut client = Client::connect(&path, &PARROT).unwrap();
    assert_eq!(client.ask::<(u32, String)>(&1).unwrap().0, 2, "others are served");
    fs::remove_file(&path).unwrap();
}
