//! No terminal, no keys and no status make the screen panic.

use proptest::prelude::*;

use super::*;

const KEYS: [KeyCode; 18] = [
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::Tab,
    KeyCode::BackTab,
    KeyCode::Enter,
    KeyCode::Backspace,
    KeyCode::Esc,
    KeyCode::Char('p'),
    KeyCode::Char('/'),
    KeyCode::Char('?'),
    KeyCode::Char('1'),
    KeyCode::Char('漢'),
    KeyCode::Left,
    KeyCode::F(1),
];

/// A size of 1x1 to 200x100, half of them large enough for the lists.
fn any_size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(1u16..=200, 1u16..=100), (80u16..=200, 24u16..=100)]
}

fn any_status() -> impl Strategy<Value = Status> {
    let rates = (any::<f64>(), any::<f64>(), any::<u32>(), any::<u64>());
    (0usize..40, 0usize..12, any::<String>(), any::<bool>(), rates).prop_map(
        |(rows, interfaces, text, trouble, (packets, bytes, level, now))| {
            let mut status = crowd(rows.max(1));
            status.hosts.truncate(rows);
            status.news.truncate(rows / 2);
            status.hosts.iter_mut().for_each(|host| host.summary.clone_from(&text));
            status.interfaces =
                vec![InterfaceRow { name: text.clone(), ..Default::default() }; interfaces];
            status.trouble = Some(text.clone()).filter(|_| trouble);
            status.site = text;
            (status.packets_per_second, status.bytes_per_second) = (packets, bytes);
            (status.shed_level, status.now) = (level, now);
            status
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_size_and_no_keys_panic(
        statuses in prop::collection::vec(any_status(), 1..3),
        sizes in prop::collection::vec(any_size(), 1..4),
        keys in prop::collection::vec(0..KEYS.len(), 0..30),
        words in any::<String>(),
    ) {
        let mut model = Model::new(statuses[0].clone(), sizes[0]);
        for (turn, key) in keys.iter().enumerate() {
            if let Deed::Why(host) = press(&mut model, KEYS[*key]) {
                model.hear(Said::Why(host, words.clone()));
            }
            model.resize(sizes[turn % sizes.len()]);
            picture(&mut model);
            match turn % 3 {
                0 => model.hear(Said::Status(Box::new(statuses[turn % statuses.len()].clone()))),
                1 => model.hear(Said::Gone(words.clone())),
                _ => {}
            }
        }
        picture(&mut model);
    }
}

#[test]
fn every_size_is_drawn() {
    let status = status();
    for width in 1..=200 {
        for height in (1..=100).step_by(if width % 20 == 0 { 1 } else { 9 }) {
            let mut model = Model::new(status.clone(), (width, height));
            buffer(&mut model, true);
            press(&mut model, KeyCode::Char('?'));
            buffer(&mut model, true);
        }
    }
}
