//! Tests of the template: what a new detector's tests look like.

use ostium_evidence::Group;

use crate::testing::{HOUR, Scene, Talk, address};
use crate::{Detector, Interest, Template};

#[test]
fn it_tells_bytes_and_weighs_nothing() {
    let mut scene = Scene::ordinary(HOUR);
    scene.talk(60.0, Talk::tcp(address("203.0.113.66"), 4444).bytes(1234, 5));
    let mut found = Vec::new();
    scene.play().look(7, |id, view| {
        Template.host(id, view, &mut found);
        for conversation in view.conversations {
            Template.conversation(conversation, view, &mut found);
        }
    });
    assert!(found.iter().all(|e| e.log_odds == 0.0 && !e.certain && e.group == Group::Behaviour));
    let said = "sent 1234 bytes to 203.0.113.66:4444";
    assert!(found.iter().any(|e| e.summary == said), "{found:?}");
}

#[test]
fn it_wants_no_events() {
    assert_eq!(Template.interest(), Interest::NONE);
    assert_eq!(Template.name(), "template");
}

#[test]
fn it_is_no_part_of_the_product() {
    assert!(
        crate::all(10, true, &ostium_event::Home::private())
            .iter()
            .all(|detector| detector.name() != Template.name())
    );
}
