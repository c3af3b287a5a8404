//! Tests of the IRC detector.

use ostium_event::{Addr, BotSign, Order};
use ostium_evidence::Group;
use proptest::prelude::*;

use crate::testing::{Findings, HOUR, Outcome, Scene, Talk, address};

const NAME: &str = "irc";

fn c2() -> Addr {
    address("203.0.113.66")
}

fn chat(port: u16) -> Talk {
    Talk::tcp(c2(), port)
        .irc(0.1, "NICK", "")
        .irc(0.2, "USER", "")
        .irc(0.5, "JOIN", "#room")
        .irc(60.0, "PONG", "")
        .lasting(600.0)
}

fn with(talk: Talk, name: Option<&str>) -> Findings {
    let mut scene = Scene::ordinary(HOUR);
    if let Some(name) = name {
        scene.resolves(5.0, name, c2());
    }
    scene.talk(60.0, talk);
    scene.findings()
}

#[test]
fn the_odder_the_place_the_more_is_heard() {
    let person = with(chat(6667), Some("irc.quiet-river.example")).nats(NAME);
    let bare = with(chat(6667), None).nats(NAME);
    let odd = with(chat(8080), Some("irc.quiet-river.example")).nats(NAME);
    assert!(0.0 < person && person < bare && bare < odd, "{person} {bare} {odd}");
    let found = with(chat(4244), None);
    assert_eq!(found.group(NAME), Some(Group::Client));
    assert!(!found.certain(NAME) && found.outcome() < Outcome::Infected, "{found:?}");
    assert!(found.words(NAME).contains("#room"), "{}", found.words(NAME));
}

#[test]
fn a_person_who_chats_is_clean() {
    let found = with(chat(6697), Some("irc.quiet-river.example"));
    assert_eq!(found.outcome(), Outcome::Clean, "{found:?}");
}

#[test]
fn what_it_counts_is_told() {
    let found = with(chat(4244).irc(120.0, "PONG", "").irc(130.0, "JOIN", "#other"), None);
    assert_eq!(found.number(NAME, "answered_pings"), 2.0);
    assert_eq!(found.number(NAME, "joined"), 2.0);
}

#[test]
fn a_chat_server_here_is_not_heard() {
    let found = with(chat(40_000).own_port(6667).inbound(), None);
    assert!(!found.fires(NAME), "{found:?}");
    let found = with(chat(6667).internal(), None);
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn another_place_is_not_held_responsible() {
    let mut scene = Scene::ordinary(HOUR);
    scene.talk(60.0, Talk::tcp(c2(), 4244));
    scene.talk(90.0, Talk::tcp(address("203.0.113.67"), 4244));
    assert!(!scene.findings().fires(NAME));
}

fn signs(talk: Talk, signs: &[BotSign]) -> Talk {
    signs.iter().fold(talk, |talk, sign| match sign {
        BotSign::Nickname => talk.sign(0.1, "NICK", *sign),
        BotSign::Topic(_) => talk.sign(0.6, "TOPIC", *sign),
        BotSign::Order(_) | BotSign::Report => talk.sign(9.0, "PRIVMSG", *sign),
    })
}

#[test]
fn a_bots_nickname_and_a_topic_of_orders_convict_on_any_port() {
    for port in [6667, 7070] {
        let talk = signs(chat(port), &[BotSign::Nickname, BotSign::Topic(Order::Scan)]);
        let found = with(talk, None);
        assert_eq!(found.outcome(), Outcome::Infected, "{port} {found:?}");
        assert_eq!(found.group("irc-nickname"), Some(Group::Client));
        assert_eq!(found.group("irc-orders"), Some(Group::Destination));
        assert!(found.words("irc-orders").contains("to scan"), "{}", found.words("irc-orders"));
    }
    let report = signs(chat(6667), &[BotSign::Report, BotSign::Topic(Order::Flood)]);
    assert_eq!(with(report, None).outcome(), Outcome::Infected);
}

#[test]
fn one_of_the_two_facts_makes_a_suspect_at_most() {
    let river = Some("irc.quiet-river.example");
    let nickname = with(signs(chat(6667), &[BotSign::Nickname]), river);
    assert_eq!(nickname.outcome(), Outcome::Suspect, "{nickname:?}");
    let topic = with(signs(chat(6667), &[BotSign::Topic(Order::Fetch)]), river);
    assert_eq!(topic.outcome(), Outcome::Suspect, "{topic:?}");
    let loud = [BotSign::Nickname; 9].into_iter().chain([BotSign::Report; 9]);
    let loud = with(signs(chat(7070), &loud.collect::<Vec<_>>()), None);
    assert_eq!(loud.outcome(), Outcome::Suspect, "both are the client's own words: {loud:?}");
}

/// Whoever likes may write an order into a channel.
#[test]
fn a_person_who_reads_an_order_is_clean() {
    let river = Some("irc.quiet-river.example");
    let once = with(signs(chat(6667), &[BotSign::Order(Order::Flood)]), river);
    assert_eq!(once.outcome(), Outcome::Clean, "{once:?}");
    let often = [BotSign::Order(Order::Flood), BotSign::Order(Order::Scan)];
    let often = with(signs(chat(6667), &often.repeat(20)), river);
    assert_eq!(often.nats("irc-orders"), once.nats("irc-orders"));
    assert_eq!(often.outcome(), Outcome::Clean, "{often:?}");
    assert_eq!(often.number("irc-orders", "messages"), 40.0);
}

proptest! {
    #[test]
    fn counts_what_was_said_to_each_server(
        lines in prop::collection::vec((0u8..4, 0usize..4, "#[a-z]{1,6}"), 1..80),
    ) {
        let verbs = ["JOIN", "PONG", "PRIVMSG", "PING"];
        let mut scene = Scene::ordinary(HOUR);
        for (turn, (server, verb, channel)) in lines.iter().enumerate() {
            let talk = Talk::tcp(Addr::v4([203, 0, 113, *server]), 6667);
            scene.talk(60.0 + 30.0 * turn as f64, talk.irc(0.1, verbs[*verb], channel));
        }
        let found = scene.findings();
        for server in 0..4 {
            let said: Vec<_> = lines.iter().filter(|line| line.0 == server).collect();
            let count = |verb: usize| said.iter().filter(|line| line.1 == verb).count() as f64;
            let peer = format!("203.0.113.{server}:6667");
            let item = found.of(NAME).find(|item| item.summary.contains(&peer));
            prop_assert_eq!(item.is_some(), !said.is_empty());
            let Some(item) = item else { continue };
            prop_assert_eq!(
                &item.numbers, &vec![("joined", count(0)), ("answered_pings", count(1))]
            );
            let last = said.iter().rfind(|line| line.1 == 0).map_or("none", |line| line.2.as_str());
            prop_assert!(item.summary.ends_with(&format!("channel {last}")), "{}", item.summary);
        }
    }
}
