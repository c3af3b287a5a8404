//! One JSON object of a line, walked without building it.
//!
//! Values are given as the bytes they stand in; nested ones are skipped by counting brackets, so
//! depth costs nothing. Bias: enough of RFC 8259 to find fields; what a producer of logs would not
//! write (wrong brackets deep inside a skipped value) is not noticed.

/// The text is no JSON object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadJson;

/// A key (raw, without quotes) and its value (raw).
pub(crate) type Member<'a> = (&'a [u8], &'a [u8]);

/// The members of an object in order.
#[derive(Clone, Debug)]
pub(crate) struct Members<'a> {
    rest: &'a [u8],
    started: bool,
}

/// The items of an array in order, raw.
#[derive(Clone, Debug)]
pub(crate) struct Items<'a> {
    rest: &'a [u8],
}

/// A value without its quotes; `null` is empty.
#[inline]
pub(crate) fn bare(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        b"null" => b"",
        _ => value,
    }
}

#[inline]
fn skip_space(bytes: &[u8]) -> &[u8] {
    match bytes.first() {
        Some(b' ' | b'\t' | b'\r' | b'\n') => bytes.trim_ascii_start(),
        _ => bytes,
    }
}

/// Bytes up to and with the closing quote; `bytes` begins after the opening one.
#[inline]
fn string_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(at) {
            Some(b'"') => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Bytes of the value that `bytes` begins with.
#[inline]
fn value_len(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'"' => Some(1 + string_len(bytes.get(1..)?)?),
        b'{' | b'[' => nested_len(bytes),
        _ => {
            let end = bytes
                .iter()
                .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n'))
                .unwrap_or(bytes.len());
            (end > 0).then_some(end)
        }
    }
}

fn nested_len(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0usize, 0usize);
    loop {
        match bytes.get(at)? {
            b'"' => at += string_len(bytes.get(at + 1..)?)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

// === impl Members ===

impl<'a> Members<'a> {
    pub(crate) fn of(object: &'a [u8]) -> Result<Self, BadJson> {
        let rest = skip_space(object).strip_prefix(b"{").ok_or(BadJson)?;
        Ok(Self { rest, started: false })
    }

    /// The next member; `None` at the end of the object.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Member<'a>>, BadJson> {
        let mut rest = skip_space(self.rest);
        if rest.first() == Some(&b'}') {
            return Ok(None);
        }
        if self.started {
            rest = skip_space(rest.strip_prefix(b",").ok_or(BadJson)?);
        }
        self.started = true;
        let (key, after) = self.key(rest).ok_or(BadJson)?;
        let len = value_len(after).ok_or(BadJson)?;
        let (value, rest) = after.split_at_checked(len).ok_or(BadJson)?;
        self.rest = rest;
        Ok(Some((key, value)))
    }

    #[inline]
    fn key(&self, rest: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let rest = rest.strip_prefix(b"\"")?;
        let (key, after) = rest.split_at_checked(string_len(rest)?)?;
        let after = skip_space(after).strip_prefix(b":")?;
        Some((key.strip_suffix(b"\"")?, skip_space(after)))
    }
}

// === impl Items ===

impl<'a> Items<'a> {
    /// The items of an array; anything else has none.
    pub(crate) fn of(array: &'a [u8]) -> Self {
        Self { rest: array.strip_prefix(b"[").unwrap_or_default() }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut rest = skip_space(self.rest);
        if let Some(after) = rest.strip_prefix(b",") {
            rest = skip_space(after);
        }
        let (value, rest) = rest.split_at_checked(value_len(rest)?)?;
        self.rest = rest;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(text: &str) -> Result<Vec<(String, String)>, BadJson> {
        let mut walk = Members::of(text.as_bytes())?;
        let mut all = Vec::new();
        while let Some((key, value)) = walk.next()? {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            all.push((text(key), text(value)));
        }
        Ok(all)
    }

    #[test]
    fn walks_members() {
        let text = r#" { "a":1, "b" : "x\"}," ,"c":{"d":["}",{"e":2}]},"f":[1,[2]],"g":null} "#;
        let want = [
            ("a", "1"),
            ("b", r#""x\"},""#),
            ("c", r#"{"d":["}",{"e":2}]}"#),
            ("f", "[1,[2]]"),
            ("g", "null"),
        ];
        let want: Vec<_> = want.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
        assert_eq!(members(text), Ok(want));
        assert_eq!(members("{}"), Ok(vec![]));
    }

    #[test]
    fn notices_cut_lines() {
        let whole = r#"{"a":"x","b":[1,2],"c":{"d":1}}"#;
        for end in 0..whole.len() {
            let cut = whole.get(..end).unwrap();
            assert_eq!(members(cut), Err(BadJson), "{cut}");
        }
        for bad in ["", "[]", "{a:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":}"] {
            assert_eq!(members(bad), Err(BadJson), "{bad}");
        }
    }

    #[test]
    fn walks_items() {
        let items: Vec<_> = Items::of(br#"["a", 1 ,{"b":[]} , "c,]"]"#).collect();
        assert_eq!(items, [&br#""a""#[..], b"1", br#"{"b":[]}"#, br#""c,]""#]);
        assert_eq!(Items::of(b"[]").count(), 0);
        assert_eq!(Items::of(b"\"x\"").count(), 0);
    }

    #[test]
    fn bare_values() {
        assert_eq!(bare(b"\"x\""), b"x");
        assert_eq!(bare(b"null"), b"");
        assert_eq!(bare(b"1.5"), b"1.5");
        assert_eq!(bare(b"\""), b"\"");
    }

    proptest! {
        #[test]
        fn any_text(text in r#"\{?["\\{}\[\],:a1 ]{0,60}"#) {
            let object = text.trim_start().starts_with('{');
            prop_assert!(object || members(&text).is_err());
            prop_assert!(Items::of(text.as_bytes()).count() <= text.len());
        }
    }
}
