//! The thread that asks, against a made-up sensor.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

use ostium_sensor_api::Answer;

use super::*;
use crate::sensor::top::asker::{Asker, watch};

fn socket(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ostium-top-{}-{name}", std::process::id()));
    std::fs::remove_file(&path).ok();
    path
}

/// Answers so many questions of one client, and hangs up; gives back what was asked.
fn serve(listener: &UnixListener, answer: &Answer, questions: usize) -> Vec<String> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut asked = Vec::new();
    for line in BufReader::new(stream.try_clone().unwrap()).lines().take(questions) {
        asked.push(line.unwrap());
        writeln!(stream, "{}", serde_json::to_string(answer).unwrap()).unwrap();
    }
    stream.shutdown(std::net::Shutdown::Both).ok();
    asked
}

#[test]
fn it_only_asks_keeps_the_connection_and_comes_back_after_a_loss() {
    let path = socket("back");
    let listener = UnixListener::bind(&path).unwrap();
    let answer = Answer::Status(Box::new(status()));
    let sensor = std::thread::spawn(move || {
        let mut asked = serve(&listener, &answer, 3);
        // The first connection is closed: the next question comes on a new one, without a word.
        asked.extend(serve(&listener, &answer, 1));
        asked
    });
    let mut asker = Asker::new(&path);
    for _ in 0..4 {
        assert_eq!(asker.status().unwrap(), status());
    }
    assert_eq!(sensor.join().unwrap(), vec![r#"{"ask":"status"}"#; 4]);
    assert!(asker.status().is_err(), "nobody listens any more");
    std::fs::remove_file(&path).unwrap();
    let error = asker.status().unwrap_err().to_string();
    assert!(error.contains("no sensor listens"), "{error}");
}

#[test]
fn a_refusal_is_told_in_its_words() {
    let path = socket("refused");
    let listener = UnixListener::bind(&path).unwrap();
    let answer = Answer::Refused { why: "16 clients are heard already".to_owned() };
    let sensor = std::thread::spawn(move || serve(&listener, &answer, 1));
    let error = Asker::new(&path).status().unwrap_err().to_string();
    assert_eq!(error, "16 clients are heard already");
    sensor.join().unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn the_thread_tells_of_loss_and_return_and_ends_with_the_screen() {
    let path = socket("watch");
    let (out, heard) = channel();
    let thread = watch(Asker::new(&path), Duration::from_millis(10), out);
    let next = || heard.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(next(), Said::Gone(why) if why.contains("no sensor listens")));
    let listener = UnixListener::bind(&path).unwrap();
    let answer = Answer::Status(Box::new(status()));
    let sensor = std::thread::spawn(move || serve(&listener, &answer, 1));
    while !matches!(next(), Said::Status(told) if *told == status()) {}
    sensor.join().unwrap();
    while !matches!(next(), Said::Gone(_)) {}
    drop(heard);
    thread.join().unwrap();
    assert!(UnixStream::connect(&path).is_err());
    std::fs::remove_file(path).unwrap();
}
