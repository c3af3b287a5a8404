//! The interface as it stands on the wire: clients of other makers rely on it.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn questions_stand_on_the_wire_as_documented() {
    let block = Ask::Act(Order::Block {
        target: "198.51.100.7:443/tcp".parse().unwrap(),
        seconds: 3600,
        because: "seen in the news".to_owned(),
    });
    for (ask, text) in [
        (Ask::Status, r#"{"ask":"status"}"#),
        (Ask::Report, r#"{"ask":"report"}"#),
        (Ask::Reload, r#"{"ask":"reload"}"#),
        (
            block,
            r#"{"ask":"act","order":"block","target":"198.51.100.7:443/tcp","seconds":3600,"because":"seen in the news"}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&ask).unwrap(), text);
        assert_eq!(serde_json::from_str::<Ask>(text).unwrap(), ask);
    }
}

#[test]
fn what_is_added_later_is_passed_over_and_what_is_unknown_is_refused() {
    let later = r#"{"answer":"done","said":"released","more":[1]}"#;
    assert_eq!(
        serde_json::from_str::<Answer>(later).unwrap(),
        Answer::Done { said: "released".to_owned() }
    );
    let unknown = serde_json::from_str::<Ask>(r#"{"ask":"dance"}"#).unwrap_err();
    assert!(unknown.to_string().contains("dance"), "{unknown}");
}

#[test]
fn a_status_comes_back_as_it_went() {
    let status = Status {
        api: VERSION,
        hosts: vec![HostRow { host: "10.0.0.9".to_owned(), ..HostRow::default() }],
        news: vec![NewsRow {
            at: 7,
            matter: Matter::Blocked,
            target: Some("c2.example".parse().unwrap()),
            said: "blocked".to_owned(),
        }],
        ..Status::default()
    };
    let answer = Answer::Status(Box::new(status));
    let text = serde_json::to_string(&answer).unwrap();
    assert_eq!(serde_json::from_str::<Answer>(&text).unwrap(), answer);
}

#[test]
fn nobody_listening_says_what_to_do() {
    let error = Client::connect(std::path::Path::new("/nonexistent/sensor.sock")).unwrap_err();
    assert!(error.to_string().contains("ostium sensor --interface"), "{error}");
}
