//! Tests of the detector of known tools.

use ostium_event::{Body, Tool, ToolKind};
use ostium_evidence::Group;

use crate::testing::{Findings, HOUR, Outcome, Request, Scene, Talk, address};

const NAME: &str = "known-tool";

fn talk() -> Talk {
    Talk::tcp(address("203.0.113.66"), 4444)
}

fn with(talk: Talk) -> Findings {
    let mut scene = Scene::ordinary(HOUR);
    scene.talk(60.0, talk);
    scene.findings()
}

fn tool(kind: ToolKind, exact: bool) -> Tool {
    Tool { family: "Marked", kind, exact }
}

#[test]
fn what_only_the_tool_says_convicts() {
    let found = with(talk().tool(tool(ToolKind::Remote, true)));
    assert!(found.certain(NAME) && found.outcome() == Outcome::Infected, "{found:?}");
    assert_eq!(found.group(NAME), Some(Group::Client));
    assert!(found.words(NAME).contains("Marked, a remote control"), "{}", found.words(NAME));
}

#[test]
fn what_few_others_say_makes_a_suspect() {
    let found = with(talk().tool(tool(ToolKind::Stage, false)).tool(tool(ToolKind::Stage, false)));
    assert!(!found.certain(NAME) && found.outcome() == Outcome::Suspect, "{found:?}");
    assert_eq!(found.number(NAME, "times"), 2.0);
    let miner = with(talk().tool(tool(ToolKind::Miner, false)));
    assert_eq!(miner.group(NAME), Some(Group::Behaviour));
}

#[test]
fn work_that_a_pool_takes_convicts_and_a_login_does_not() {
    let login = talk().tool(tool(ToolKind::Miner, false));
    let found = with(login.clone());
    assert!(!found.certain(NAME) && found.outcome() == Outcome::Suspect, "{found:?}");
    let found = with(login.tool(tool(ToolKind::Miner, true)));
    assert!(found.certain(NAME) && found.outcome() == Outcome::Infected, "{found:?}");
    assert_eq!(found.group(NAME), Some(Group::Behaviour));
    assert!(found.words(NAME).contains("mines"), "{}", found.words(NAME));
}

#[test]
fn certificates_and_agents_that_tools_come_with() {
    for subject in ["AsyncRAT Server", "CN=Quasar Server CA", "O=x, CN=DcRat, C=y"] {
        let found = with(talk().strange_tls(None).certificate(subject, true, 3650));
        assert!(found.certain(NAME), "{subject}: {found:?}");
    }
    for agent in ["1F<|>PC<|>me<|>WIN 7<|>plus", "Mozilla/4.08 (Charon; Inferno)"] {
        let mut request = Request::bot(Some("c2.example"), "/");
        request.agent = Some(agent.to_owned());
        assert!(with(talk().http(request, 200, Body::Text)).certain(NAME), "{agent}");
    }
}

#[test]
fn names_of_others_are_none_of_them() {
    for subject in ["localhost", "Covenant House", "My DcRat notes", "CN=Quasar", "Covenant"] {
        let found = with(talk().strange_tls(None).certificate(subject, true, 3650));
        assert!(!found.fires(NAME), "{subject}");
    }
    let mut request = Request::bot(Some("shop.example"), "/");
    for agent in ["Mozilla/5.0 (X11; Linux) < | > Charon", "reader <|> 2.0"] {
        request.agent = Some(agent.to_owned());
        assert!(!with(talk().http(request.clone(), 200, Body::Text)).fires(NAME), "{agent}");
    }
}

#[test]
fn a_browser_that_a_page_leads_to_such_a_server_is_no_bot() {
    let mut scene = Scene::ordinary(HOUR);
    for n in 0..10u8 {
        let place = address(&format!("198.51.100.{n}"));
        scene.talk(
            100.0 * f64::from(n),
            Talk::tcp(place, 443).browser(&format!("www.p{n}.example")),
        );
    }
    let page = talk().browser("trap.example").certificate("AsyncRAT Server", true, 3650);
    scene.talk(1500.0, page);
    let found = scene.findings();
    assert!(found.fires(NAME) && !found.certain(NAME), "{found:?}");
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn what_is_called_from_outside_is_not_heard() {
    let found = with(talk().own_port(4444).tool(tool(ToolKind::Bot, true)).inbound());
    assert!(!found.fires(NAME), "{found:?}");
}
