//! What every key does.

use ratatui::crossterm::event::KeyEventKind;

use super::*;
use crate::sensor::top::keys::HELP;
use crate::sensor::top::model::{Focus, View};

const SIZE: (u16, u16) = (80, 24);

fn at(model: &Model) -> usize {
    model.list(model.focus).at
}

/// The chosen row is among those that are drawn.
fn chosen_is_in_sight(model: &mut Model) -> bool {
    let row = model.list(model.focus).chosen().unwrap();
    let text = if model.focus == Focus::News { row.cells[2].clone() } else { row.key.clone() };
    picture(model).contains(&text)
}

#[test]
fn q_escape_and_control_c_quit() {
    for code in [KeyCode::Char('q'), KeyCode::Esc] {
        assert_eq!(press(&mut model(&status(), SIZE), code), Deed::Quit);
    }
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let mut open = model(&status(), SIZE);
    press(&mut open, KeyCode::Char('/'));
    assert_eq!(open.key(control_c), Deed::Quit, "even while a filter is typed");
    press(&mut open, KeyCode::Esc);
    press(&mut open, KeyCode::Char('?'));
    assert_eq!(press(&mut open, KeyCode::Char('q')), Deed::Quit, "even with the help open");
}

#[test]
fn tab_goes_round_the_lists() {
    let mut model = model(&status(), SIZE);
    let mut seen = vec![model.focus];
    for _ in 0..3 {
        press(&mut model, KeyCode::Tab);
        seen.push(model.focus);
    }
    assert_eq!(seen, [Focus::Hosts, Focus::Blocks, Focus::News, Focus::Hosts]);
    press(&mut model, KeyCode::BackTab);
    assert_eq!(model.focus, Focus::News);
}

#[test]
fn rows_and_pages_scroll_and_stop_at_the_ends() {
    let mut model = model(&crowd(300), SIZE);
    for focus in Focus::ALL {
        assert_eq!(model.focus, focus);
        press(&mut model, KeyCode::Up);
        assert_eq!(at(&model), 0);
        press(&mut model, KeyCode::Down);
        press(&mut model, KeyCode::Char('j'));
        assert_eq!(at(&model), 2);
        press(&mut model, KeyCode::Char('k'));
        press(&mut model, KeyCode::Up);
        assert_eq!(at(&model), 0);
        press(&mut model, KeyCode::PageDown);
        let page = at(&model);
        assert!((2..24).contains(&page), "{page}");
        assert!(chosen_is_in_sight(&mut model));
        press(&mut model, KeyCode::End);
        assert_eq!(at(&model), 299);
        assert!(chosen_is_in_sight(&mut model));
        press(&mut model, KeyCode::PageDown);
        assert_eq!(at(&model), 299);
        press(&mut model, KeyCode::PageUp);
        assert_eq!(at(&model), 299 - page);
        assert!(chosen_is_in_sight(&mut model));
        press(&mut model, KeyCode::Home);
        assert_eq!((at(&model), model.list(focus).top), (0, 0));
        press(&mut model, KeyCode::Tab);
    }
}

#[test]
fn the_choice_stays_with_its_host() {
    let mut model = model(&crowd(50), SIZE);
    (0..20).for_each(|_| drop(press(&mut model, KeyCode::Down)));
    let chosen = model.list(Focus::Hosts).chosen().unwrap().key.clone();
    let mut next = crowd(50);
    next.hosts.reverse();
    model.hear(Said::Status(Box::new(next)));
    assert_eq!(model.list(Focus::Hosts).chosen().unwrap().key, chosen);
    assert!(chosen_is_in_sight(&mut model));
    model.hear(Said::Status(Box::new(crowd(3))));
    assert_eq!(at(&model), 2, "it is not there any more: the last is chosen");
}

#[test]
fn p_pauses_and_goes_on() {
    let mut model = model(&status(), SIZE);
    press(&mut model, KeyCode::Char('p'));
    let mut next = status();
    next.site = "elsewhere".to_owned();
    model.hear(Said::Status(Box::new(next)));
    let paused = picture(&mut model);
    assert!(paused.contains("PAUSED") && paused.contains("main office"), "{paused}");
    press(&mut model, KeyCode::Char('p'));
    let live = picture(&mut model);
    assert!(!live.contains("PAUSED") && live.contains("elsewhere"), "{live}");
}

#[test]
fn a_filter_is_typed_kept_changed_and_cleared() {
    let mut model = model(&status(), SIZE);
    press(&mut model, KeyCode::Char('/'));
    type_text(&mut model, "NJRATq");
    assert_eq!(model.list(Focus::Hosts).rows.len(), 0);
    press(&mut model, KeyCode::Backspace);
    assert_eq!(model.list(Focus::Hosts).rows.len(), 1);
    assert!(picture(&mut model).contains("/NJRAT_"));
    press(&mut model, KeyCode::Enter);
    let kept = picture(&mut model);
    assert!(kept.contains("with the text: NJRAT") && !kept.contains("10.1.7.40 "), "{kept}");
    assert_eq!(press(&mut model, KeyCode::Enter), Deed::Why("10.1.2.3".to_owned()));
    press(&mut model, KeyCode::Esc);
    assert_eq!(press(&mut model, KeyCode::Esc), Deed::Nothing, "the filter goes first");
    assert_eq!(model.list(Focus::Hosts).rows.len(), 5);
    press(&mut model, KeyCode::Char('/'));
    type_text(&mut model, "c2");
    let found = Focus::ALL.map(|focus| model.list(focus).rows.len());
    assert_eq!(found, [1, 1, 1]);
    press(&mut model, KeyCode::Esc);
    assert!(!model.typing && model.filter.is_empty());
    assert_eq!(press(&mut model, KeyCode::Esc), Deed::Quit);
}

#[test]
fn a_filter_without_end_is_cut() {
    let mut model = model(&status(), SIZE);
    press(&mut model, KeyCode::Char('/'));
    type_text(&mut model, &"漢".repeat(500));
    assert!(model.filter.chars().count() < 100);
    picture(&mut model);
}

#[test]
fn enter_opens_a_host_by_asking_and_other_rows_at_once() {
    let mut model = model(&status(), SIZE);
    press(&mut model, KeyCode::Down);
    assert_eq!(press(&mut model, KeyCode::Enter), Deed::Why("10.1.7.40".to_owned()));
    model.hear(Said::Why("10.1.2.3".to_owned(), "of another host".to_owned()));
    assert!(picture(&mut model).contains("asking the sensor"), "that was not asked for");
    model.hear(Said::Why("10.1.7.40".to_owned(), "calls and calls".to_owned()));
    assert!(picture(&mut model).contains("calls and calls"));
    press(&mut model, KeyCode::Esc);
    assert!(picture(&mut model).contains("hosts: 2 infected"));
    press(&mut model, KeyCode::Tab);
    assert_eq!(press(&mut model, KeyCode::Enter), Deed::Nothing);
    let block = picture(&mut model);
    assert!(block.contains("198.51.100.7:4444/tcp is blocked from"), "{block}");
    assert!(block.contains("to end it: ostium release"), "{block}");
    press(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Tab);
    assert_eq!(press(&mut model, KeyCode::Enter), Deed::Nothing);
    let news = picture(&mut model);
    assert!(news.contains("matter: reset") && news.contains("target: c2.example"), "{news}");
}

#[test]
fn enter_on_nothing_does_nothing() {
    let mut model = Model::new(Status::default(), SIZE);
    for _ in 0..3 {
        assert_eq!(press(&mut model, KeyCode::Enter), Deed::Nothing);
        assert!(matches!(model.view, View::Lists));
        press(&mut model, KeyCode::Tab);
    }
}

#[test]
fn long_words_scroll() {
    let mut model = model(&status(), SIZE);
    press(&mut model, KeyCode::Enter);
    let text: Vec<String> = (1..=100).map(|n| format!("line <{n}>")).collect();
    model.hear(Said::Why("10.1.2.3".to_owned(), text.join("\n")));
    let page = model.page();
    let shows = |model: &mut Model, first: usize| {
        let picture = picture(model);
        let (last, beyond) = (first + page - 1, first + page);
        assert!(picture.contains(&format!("<{first}>")), "{picture}");
        assert!(picture.contains(&format!("<{last}>")), "{picture}");
        assert!(!picture.contains(&format!("<{beyond}>")), "{picture}");
        assert!(picture.contains(&format!("lines {first} to {last} of 100")), "{picture}");
    };
    shows(&mut model, 1);
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Char('j'));
    shows(&mut model, 3);
    press(&mut model, KeyCode::Up);
    press(&mut model, KeyCode::Char('k'));
    shows(&mut model, 1);
    press(&mut model, KeyCode::PageDown);
    shows(&mut model, 1 + page);
    press(&mut model, KeyCode::PageUp);
    shows(&mut model, 1);
    press(&mut model, KeyCode::End);
    shows(&mut model, 101 - page);
    model.resize((80, 40));
    assert!(picture(&mut model).contains("<100>"));
    press(&mut model, KeyCode::Home);
    assert!(picture(&mut model).contains("<1>"));
}

#[test]
fn help_names_its_keys_and_closes() {
    let mut model = model(&status(), SIZE);
    press(&mut model, KeyCode::Char('?'));
    let help = picture(&mut model);
    assert!(HELP.iter().all(|(keys, what)| help.contains(keys) && help.contains(what)), "{help}");
    press(&mut model, KeyCode::Char('?'));
    assert!(matches!(model.view, View::Lists));
}

#[test]
fn releases_and_chords_are_no_keys() {
    let mut model = model(&status(), SIZE);
    let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    key.kind = KeyEventKind::Release;
    assert_eq!(model.key(key), Deed::Nothing);
    for modifier in [KeyModifiers::CONTROL, KeyModifiers::ALT] {
        let key = KeyEvent::new(KeyCode::Char('q'), modifier);
        assert_eq!(model.key(key), Deed::Nothing);
    }
}
