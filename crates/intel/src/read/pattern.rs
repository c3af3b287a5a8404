//! STIX patterns that say one thing: `[domain-name:value = 'x']`, alternatives of such, and an
//! address with its port. What must hold together or in order is not understood, and said so.

use ostium_event::Addr;

use crate::{IndicatorValue, value};

/// The longest pattern that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// What a pattern says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Any one of these is the indicator.
    Any(Vec<IndicatorValue>),
    /// Only things that traffic does not show.
    OtherKind,
    /// More than one thing at once.
    Hard,
}

/// One word of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Open,
    Close,
    Word(&'a str),
    Text(String),
}

pub(super) fn read(pattern: &str) -> Meaning {
    if pattern.len() > LONGEST {
        return Meaning::Hard;
    }
    let Some(tokens) = tokens(pattern) else {
        return Meaning::Hard;
    };
    let mut found = Vec::new();
    let mut other = false;
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match first {
            Token::Open => {
                let Some(end) = after.iter().position(|token| *token == Token::Close) else {
                    return Meaning::Hard;
                };
                let (inside, beyond) = after.split_at(end);
                match observation(inside) {
                    Some(values) => {
                        other |= values.is_empty();
                        found.extend(values);
                    }
                    None => return Meaning::Hard,
                }
                rest = beyond.get(1..).unwrap_or_default();
            }
            Token::Word(word) if word.eq_ignore_ascii_case("or") => rest = after,
            // AND, FOLLOWEDBY and qualifiers of time.
            _ => return Meaning::Hard,
        }
    }
    match (found.is_empty(), other) {
        (false, _) => Meaning::Any(found),
        (true, true) => Meaning::OtherKind,
        (true, false) => Meaning::Hard,
    }
}

/// The values of one observation; `None` when it is too hard, empty when it is of another kind.
fn observation(tokens: &[Token<'_>]) -> Option<Vec<IndicatorValue>> {
    let mut found = Vec::new();
    for part in tokens.split(|token| is_word(token, "or")) {
        let mut terms = Vec::new();
        for term in part.split(|token| is_word(token, "and")) {
            terms.push(comparison(term)?);
        }
        match terms.as_slice() {
            [(path, text)] => found.extend(single(path, text)),
            [one, two] => {
                found.push(address_with_port(one, two).or_else(|| address_with_port(two, one))?)
            }
            _ => return None,
        }
    }
    Some(found)
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    matches!(token, Token::Word(found) if found.eq_ignore_ascii_case(word))
}

/// `path = 'text'` or `path = 443`.
fn comparison<'a>(tokens: &'a [Token<'_>]) -> Option<(&'a str, &'a str)> {
    match tokens {
        [Token::Word(path), Token::Word("="), Token::Text(text)] => Some((path, text)),
        [Token::Word(path), Token::Word("="), Token::Word(number)] => Some((path, number)),
        _ => None,
    }
}

/// The value of one comparison; `None` when traffic does not show it, or it is no value.
fn single(path: &str, text: &str) -> Option<IndicatorValue> {
    match path {
        "domain-name:value"
        | "ipv4-addr:value"
        | "ipv6-addr:value"
        | "url:value"
        | "network-traffic:dst_ref.value" => value::parse(text),
        _ if path.to_ascii_lowercase().contains("ja4") => {
            value::parse(text).filter(|value| matches!(value, IndicatorValue::Ja4(_)))
        }
        _ => None,
    }
}

fn address_with_port(one: &(&str, &str), two: &(&str, &str)) -> Option<IndicatorValue> {
    let is_addr =
        matches!(one.0, "network-traffic:dst_ref.value" | "ipv4-addr:value" | "ipv6-addr:value");
    if !is_addr || two.0 != "network-traffic:dst_port" {
        return None;
    }
    let addr: Addr = one.1.parse().ok()?;
    let port: u16 = two.1.parse().ok()?;
    Some(IndicatorValue::Socket(addr, port))
}

/// The words of a pattern; `None` when a text has no end.
fn tokens(pattern: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = pattern.trim_start();
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '[' | ']' => {
                tokens.push(if first == '[' { Token::Open } else { Token::Close });
                rest.get(1..)?
            }
            // Parentheses only group, and alternatives need no grouping.
            '(' | ')' => rest.get(1..)?,
            '=' => {
                tokens.push(Token::Word("="));
                rest.get(1..)?
            }
            '\'' => {
                let (text, after) = quoted(rest.get(1..)?)?;
                tokens.push(Token::Text(text));
                after
            }
            _ => {
                let end = rest
                    .char_indices()
                    .find(|(_, c)| c.is_whitespace() || "[]()='".contains(*c))
                    .map_or(rest.len(), |(at, _)| at);
                let (word, after) = rest.split_at(end);
                tokens.push(Token::Word(word));
                after
            }
        }
        .trim_start();
    }
    Some(tokens)
}

/// A text up to its closing quote, and what follows; a backslash keeps the next character.
fn quoted(rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((text, rest.get(at + 1..)?)),
            '\\' => text.push(chars.next()?.1),
            _ => text.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(pattern: &str) -> String {
        match read(pattern) {
            Meaning::Any(values) => {
                let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
                texts.join(" ")
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn reads_simple_patterns() {
        for (pattern, want) in [
            ("[domain-name:value = 'evil.example']", "evil.example"),
            ("[ipv4-addr:value='198.51.100.7']", "198.51.100.7"),
            ("[ipv6-addr:value = '2001:db8::7']", "2001:db8::7"),
            ("[ipv4-addr:value = '198.51.100.0/24']", "198.51.100.0/24"),
            ("[url:value = 'http://evil.example/it\\'s']", "evil.example/it's"),
            (
                "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
                "a.example b.example",
            ),
            (
                "[url:value = 'http://a.example/x'] OR [ipv4-addr:value = '198.51.100.7']",
                "a.example/x 198.51.100.7",
            ),
            ("([ipv4-addr:value = '198.51.100.7'])", "198.51.100.7"),
            (
                "[network-traffic:dst_ref.type = 'ipv4-addr' OR network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
                "198.51.100.7:443",
            ),
            (
                "[network-traffic:dst_port = 8080 AND network-traffic:dst_ref.value = '2001:db8::7']",
                "[2001:db8::7]:8080",
            ),
            (
                "[x-ostium:ja4 = 't13d1516h2_8daaf6152771_e5627efa2ab1']",
                "t13d1516h2_8daaf6152771_e5627efa2ab1",
            ),
            ("[file:hashes.'SHA-256' = 'aa']", "Hard"),
            ("[file:name = 'a.exe']", "OtherKind"),
            ("[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']", "Hard"),
            (
                "[domain-name:value = 'a.example'] FOLLOWEDBY [url:value = 'http://b.example/']",
                "Hard",
            ),
            ("[domain-name:value = 'a.example' AND domain-name:value = 'b.example']", "Hard"),
            ("[domain-name:value != 'a.example']", "Hard"),
            ("[domain-name:value = 'a.example", "Hard"),
            ("", "Hard"),
        ] {
            assert_eq!(shown(pattern), want, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,120}") {
            let _ = read(&text);
        }

        #[test]
        fn any_words_are_read(words in prop::collection::vec(
            prop::sample::select(vec!["[", "]", "=", "'a.example'", "'", "domain-name:value", "AND", "OR", "(", ")", "\\"]), 0..24,
        )) {
            let _ = read(&words.join(" "));
        }
    }
}
