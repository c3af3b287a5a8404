//! The form of what outlasts a restart: when a type that is kept changes, the number of the form
//! has to rise, for old bytes would be read as something else.
//!
//! Bias: what is compared is the source without comments, so a field that is renamed asks for a new
//! number too, which costs users one restart that begins anew.

use crate::source::Text;

/// Where number and print stand.
const PLACE: &str = "crates/pipeline/src/keep.rs";
/// Where the types are that are kept.
const KEPT: &[&str] = &["crates/profile/src/", "crates/detect/src/", PLACE];
/// What the print stands behind.
const MARK: &str = "// Print of the kept types: ";

/// The fault, if the print is not that of the types.
pub(super) fn fault(texts: &[Text]) -> Option<String> {
    let place = texts.iter().find(|text| text.path == PLACE)?;
    let mut files: Vec<&Text> =
        texts.iter().filter(|text| KEPT.iter().any(|kept| text.path.starts_with(kept))).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let print = print(files.iter().flat_map(|text| kept_lines(&text.body)));
    let told = place.body.lines().find_map(|line| line.strip_prefix(MARK));
    (told != Some(print.as_str())).then(|| {
        format!(
            "{PLACE}:1: a type that is kept over a restart has changed: raise FORM, and write \
             `{MARK}{print}`"
        )
    })
}

/// Lines of types that are written and read, and of the lists of what is kept, without comments.
fn kept_lines(body: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut derives, mut inside) = (false, false);
    for line in body.lines() {
        let code = line.split("//").next().unwrap_or_default().trim();
        if !inside {
            if code.starts_with("#[") {
                derives |= code.contains("derive(") && code.contains("Serialize");
                continue;
            }
            inside = std::mem::take(&mut derives) || line.starts_with("type Kept");
        }
        if inside {
            lines.push(code);
            inside =
                !(line.starts_with(['}', ')']) || code.ends_with(';') && !line.starts_with(' '));
        }
    }
    lines
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo), white space left out.
fn print<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let bytes = lines.flat_map(str::bytes).filter(|byte| !byte.is_ascii_whitespace());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "\
/// A host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
struct Host {
    /// When.
    first: u64, // nanoseconds
}

#[derive(Debug)]
struct Other {
    last: u64,
}

#[derive(Serialize)]
struct Id(u32);

type Kept = (
    Vec<u8>,
);
fn f() {}
";

    #[test]
    fn types_that_are_kept_are_found() {
        let lines = ["struct Host {", "", "first: u64,", "}", "struct Id(u32);"];
        assert_eq!(kept_lines(BODY), [&lines[..], &["type Kept = (", "Vec<u8>,", ");"]].concat());
    }

    #[test]
    fn a_change_of_a_kept_type_is_a_fault_and_of_another_is_not() {
        let texts = |body: &str, mark: &str| {
            let text = |path: &str, body: String| Text { path: path.to_owned(), body };
            vec![
                text("crates/profile/src/host.rs", body.to_owned()),
                text(PLACE, format!("//! x\n{MARK}{mark}\n")),
            ]
        };
        let said = fault(&texts(BODY, "0")).unwrap();
        let mark = said.rsplit(": ").next().unwrap().trim_end_matches('`').to_owned();
        assert_eq!(fault(&texts(BODY, &mark)), None);
        assert_eq!(fault(&texts(&BODY.replace("last: u64", "last: u8"), &mark)), None);
        assert_eq!(fault(&texts(&BODY.replace("/// When.", "/// At."), &mark)), None);
        assert!(fault(&texts(&BODY.replace("first: u64", "first: u8"), &mark)).is_some());
    }
}
