//! Nicknames that are put together: country, system and a long number between bars and brackets.
//!
//! After the idea of Rishi (Goebel and Holz, HotBots 2007): points for special characters, for two
//! digits in a row each, and for what bots put in, such as `[DEU|XP|0123456]` or `USA|016887436`.
//! Bias: people like brackets and bars too (`[AFK]bob`, `ann|away`, `Guest12345`), so only whole
//! fields between such characters have points, and a country or a system must be one of them; both
//! have points only side by side, as bots put them.

/// Points from which a nickname is a bot's.
const ENOUGH: usize = 6;
/// Points of a country, and of a system.
const KNOWN: usize = 2;
/// The most points for special characters and for digits.
const MOST_SPECIAL: usize = 2;
const MOST_DIGITS: usize = 3;
/// Digits of the shortest number that has points.
const NUMBER: usize = 5;
/// The longest nickname that is looked at; RFC 2812 has nine, networks up to thirty or so.
const MOST_BYTES: usize = 40;

/// Characters around and between fields.
const SPECIAL: &[u8] = b"[]{}|";
const BETWEEN: &[u8] = b"[]{}|-_";

/// Systems, as bots name them.
const SYSTEMS: [&str; 19] = [
    "XP", "2K", "2K3", "2K8", "W2K", "WXP", "VIS", "VISTA", "WIS", "W7", "W8", "WIN7", "WIN8",
    "WIN10", "WIN11", "LNX", "LINUX", "X86", "X64",
];
/// Countries, as ISO 3166-1 writes them in two letters and in three: those with most machines.
const COUNTRIES: [&str; 112] = [
    "AE", "AR", "AT", "AU", "BD", "BE", "BG", "BR", "CA", "CH", "CL", "CN", "CO", "CZ", "DE", "DK",
    "DZ", "EG", "ES", "FI", "FR", "GB", "GR", "HK", "HU", "ID", "IE", "IL", "IN", "IR", "IT", "JP",
    "KR", "KZ", "MA", "MX", "MY", "NG", "NL", "NO", "NZ", "PE", "PH", "PK", "PL", "PT", "RO", "RU",
    "SA", "SE", "SG", "TH", "TR", "TW", "UA", "US", "UK", "VN", "ZA", "ARE", "ARG", "AUT", "AUS",
    "BEL", "BGR", "BRA", "CAN", "CHE", "CHL", "CHN", "COL", "CZE", "DEU", "DNK", "EGY", "ESP",
    "FIN", "FRA", "GBR", "GRC", "HKG", "HUN", "IDN", "IND", "IRL", "IRN", "ISR", "ITA", "JPN",
    "KOR", "MAR", "MEX", "MYS", "NLD", "NOR", "NZL", "PER", "PHL", "PAK", "POL", "PRT", "ROU",
    "RUS", "SAU", "SWE", "SGP", "THA", "TUR", "TWN", "UKR", "USA", "VNM",
];

/// Whether a nickname is put together as a bot's.
pub(super) fn is_of_a_bot(nickname: &[u8]) -> bool {
    if nickname.len() > MOST_BYTES {
        return false;
    }
    let has = |list: &[&str], field: &[u8]| list.iter().any(|known| known.as_bytes() == field);
    let (mut known, mut digits, mut before) = (0, 0, None);
    for field in nickname.split(|byte| BETWEEN.contains(byte)) {
        let is_country = has(&COUNTRIES, field);
        if is_country || has(&SYSTEMS, field) {
            let both = before.is_some_and(|country: bool| country != is_country);
            known = known.max(if both { 2 * KNOWN } else { KNOWN });
            before = Some(is_country);
            continue;
        }
        before = None;
        if field.len() >= NUMBER && field.iter().all(u8::is_ascii_digit) {
            digits = digits.max(field.len() / 2);
        }
    }
    let special = SPECIAL.iter().filter(|byte| nickname.contains(byte)).count();
    let rest = special.min(MOST_SPECIAL) + digits.min(MOST_DIGITS);
    special > 0 && known > 0 && known + rest >= ENOUGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nicknames_that_are_put_together() {
        for nickname in [
            "[DEU|XP|0123456]",
            "[00|DEU|597660]",
            "USA|016887436",
            "{USA|XP}qwkzbv",
            "[N00_USA_XP_4938218]",
            "[DEU|10|012345]",
            "n{BR|W7}tkqzwb",
            "[XP|BRA|77123]",
        ] {
            assert!(is_of_a_bot(nickname.as_bytes()), "{nickname}");
        }
    }

    #[test]
    fn nicknames_that_people_choose() {
        for nickname in [
            "[AFK]bob",
            "user|away",
            "Guest12345",
            "Guest-04711",
            "[USA]Bob1234",
            "[DE]hans",
            "|DE|Hans77",
            "ann_1984",
            "ann-laptop-10",
            "[XDCC]-12345",
            "US_12345",
            "eggdrop",
            "webchat0123456",
            "[]{}|",
            "matterbridge-10",
            "[IN]10",
            "10",
            "",
            "tor|XP",
            "[US]marlow|XP",
        ] {
            assert!(!is_of_a_bot(nickname.as_bytes()), "{nickname}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            is_of_a_bot(&bytes);
        }

        /// Words, years and marks of clans, in the way of people.
        #[test]
        fn words_and_short_numbers_are_no_bots(
            tag in "[A-Z]{2,4}", name in "[A-Za-z][a-z]{2,8}", number in "[0-9]{0,4}",
            end in prop::sample::select(vec!["", "|away", "_", "|work", "-"]),
        ) {
            let nickname = format!("[{tag}]{name}{number}{end}");
            prop_assert!(!is_of_a_bot(nickname.as_bytes()), "{}", nickname);
        }
    }
}
