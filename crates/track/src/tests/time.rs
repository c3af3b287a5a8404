//! Time-outs by the wheel, and time that runs backwards.

use super::*;

/// When the one flow is told closed, in seconds after its last packet; looks every second.
fn closed_after(mut stage: Stage, most: u64) -> Option<u64> {
    for second in 1..=most {
        stage.wait_secs(1);
        stage.tracker.advance(stage.now, &mut stage.log);
        if !stage.log.closed().is_empty() {
            return Some(second);
        }
    }
    None
}

#[test]
fn each_kind_of_flow_has_its_patience() {
    let mut unanswered = Stage::new();
    unanswered.tcp(true, SYN, 1000, b"");
    let after = closed_after(unanswered, 100).unwrap();
    assert!((40..=42).contains(&after), "a SYN: {after}");

    let mut idle = Stage::new();
    idle.handshake();
    idle.tcp(false, ACK, 5001, b"push");
    let after = closed_after(idle, 4000).unwrap();
    assert!((2700..=2702).contains(&after), "an idle connection: {after}");

    let mut over = Stage::new();
    over.handshake();
    over.tcp(true, FIN | ACK, 1001, b"");
    over.tcp(false, FIN | ACK, 5001, b"");
    let after = closed_after(over, 100).unwrap();
    assert!((3..=5).contains(&after), "a finished connection: {after}");

    let mut asked = Stage::new();
    asked.udp(true, 5000, 6000, b"?");
    let after = closed_after(asked, 100).unwrap();
    assert!((30..=32).contains(&after), "a question: {after}");

    let mut answered = Stage::new();
    answered.udp(true, 5000, 6000, b"?");
    answered.udp(false, 5000, 6000, b"!");
    let after = closed_after(answered, 300).unwrap();
    assert!((120..=122).contains(&after), "an exchange: {after}");
}

#[test]
fn a_quiet_connection_that_speaks_lives_on() {
    let mut stage = Stage::new();
    stage.handshake();
    for n in 0..50 {
        stage.wait_secs(1800);
        stage.tcp(false, ACK, 5001 + n, b"x");
    }
    let record = stage.only();
    assert_eq!(record.back.bytes, 50);
    assert!(record.duration() >= Span::from_secs(50 * 1800));
}

#[test]
fn after_its_end_the_same_ports_are_a_new_flow() {
    let mut stage = Stage::new();
    for _ in 0..5 {
        stage.udp(true, 5000, 6000, b"?");
        stage.wait_secs(31);
    }
    assert_eq!(stage.finish().closed().len(), 5);
}

#[test]
fn a_leap_ends_everything_that_was_due() {
    for leap in [4095, 4096, 4097, 86_400, 10 * 365 * 86_400] {
        let mut stage = Stage::new();
        stage.handshake();
        stage.wait_secs(leap);
        stage.tracker.advance(stage.now, &mut stage.log);
        assert_eq!(stage.log.closed().len(), 1, "{leap}");
        assert!(stage.tracker.is_empty());
    }
}

#[test]
fn time_may_begin_at_zero_and_end_at_its_end() {
    let mut stage = Stage::new();
    stage.now = Timestamp::ZERO;
    stage.udp(true, 5000, 6000, b"?");
    stage.wait_secs(100);
    stage.udp(true, 5001, 6000, b"?");
    assert_eq!(stage.log.closed().len(), 1);
    stage.now = Timestamp::MAX;
    stage.udp(true, 5002, 6000, b"?");
    stage.udp(true, 5003, 6000, b"?");
    assert_eq!(stage.finish().closed().len(), 4);
}

/// A conversation in which the clock runs back in the middle; everything is told all the same.
fn runs_back(by: u64) -> Stage {
    let mut stage = Stage::new();
    stage.handshake();
    stage.tcp(true, ACK, 1001, b"before");
    stage.now = stage.now.minus(Span::from_secs(by));
    stage.tcp(true, ACK, 1007, b" after");
    stage
}

#[test]
fn time_that_runs_back_loses_nothing() {
    for by in [1, 30, 59, 61, 3600, 5 * 3600, 86_400 * 365 * 30] {
        let stage = runs_back(by);
        let log = stage.finish();
        assert_eq!(log.stream(true), b"before after", "{by} s");
        assert_eq!(log.closed().len(), 1, "{by} s");
        let record = log.closed()[0];
        assert_eq!(record.out.packets, 4, "{by} s");
        assert!(record.duration() < Span::from_secs(60), "no time is made up: {by} s");
    }
}

#[test]
fn flows_opened_after_time_ran_back_time_out_as_ever() {
    for by in [30, 61, 3600, 5 * 3600, 86_400 * 365 * 30] {
        let mut stage = runs_back(by);
        stage.udp(true, 5000, 6000, b"?");
        for _ in 0..130 {
            stage.wait_secs(1);
            stage.tracker.advance(stage.now, &mut stage.log);
        }
        let udp = |(key, told): &(FlowKey, Told)| {
            key.proto == Proto::UDP && matches!(told, Told::Closed(_))
        };
        assert!(stage.log.told.iter().any(udp), "{by} s");
        stage.finish();
    }
}

#[test]
fn one_packet_with_a_wrong_clock_does_not_stop_the_timers() {
    for by in [30, 3600, 5 * 3600, 86_400 * 365 * 30] {
        let mut stage = Stage::new();
        stage.handshake();
        let right = stage.now;
        stage.now = right.minus(Span::from_secs(by));
        stage.udp(true, 5000, 6000, b"?");
        stage.now = right.plus(Span::from_secs(1));
        stage.udp(true, 5001, 6000, b"?");
        assert_eq!(stage.log.count(|t| matches!(t, Told::Opened(..))), 3);
        // An hour later the connection is long over, and told so before the input ends.
        for _ in 0..90 {
            stage.wait_secs(60);
            stage.tracker.advance(stage.now, &mut stage.log);
        }
        assert_eq!(stage.log.closed().len(), 3, "{by} s");
        assert!(stage.tracker.is_empty(), "{by} s");
    }
}

#[test]
fn a_packet_of_the_future_costs_no_more_than_early_ends() {
    let mut stage = Stage::new();
    stage.handshake();
    let right = stage.now;
    stage.wait_secs(70 * 365 * 86_400);
    stage.udp(true, 5000, 6000, b"?");
    stage.now = right;
    stage.tcp(true, ACK, 1001, b"on");
    stage.tcp(true, ACK, 1003, b" and on");
    let log = stage.finish();
    assert_eq!(log.stream(true), b"on and on");
}

#[test]
fn a_flow_without_an_answer_is_told_of_while_it_goes_on() {
    let mut stage = Stage::new();
    for n in 0..950u32 {
        stage.udp(true, 5000, 6000, &n.to_be_bytes());
    }
    let sent = |stage: &Stage| -> Vec<(u64, u64)> {
        let goes_on = stage.log.told.iter().filter_map(|(_, told)| match told {
            Told::GoesOn(record) => Some((record.out.packets, record.back.packets)),
            _ => None,
        });
        goes_on.collect()
    };
    let each: Vec<(u64, u64)> = (1..=9).map(|n| (100 * n, 0)).collect();
    assert_eq!(sent(&stage), each);
    // An answer is told once, and then no more than of others.
    for n in 0..950u32 {
        stage.udp(n % 2 == 0, 5000, 6000, &(n + 5000).to_be_bytes());
    }
    assert_eq!(sent(&stage)[9..], [(951, 1)]);
    // What is answered from the start is of no note, nor what others open.
    let mut stage = Stage::new();
    for n in 0..400u32 {
        stage.udp(n % 2 == 0, 5000, 6000, &n.to_be_bytes());
        stage.udp(false, 6001, 7001, &n.to_be_bytes());
    }
    assert_eq!(sent(&stage), []);
}
