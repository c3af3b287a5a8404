//! Where each measurement stands in docs/performance.md: between a mark of its own and the end.

use std::error::Error;
use std::fs;
use std::path::Path;

const END: &str = "<!-- until here -->";

fn begin(name: &str) -> String {
    format!("<!-- written by `cargo xtask live {name} --write` -->")
}

/// Puts the text where the mark of the measurement stands.
pub(super) fn write(root: &Path, name: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let path = root.join("docs").join("performance.md");
    let page = fs::read_to_string(&path)?;
    let new = put(&page, name, text);
    let new = new.ok_or_else(|| format!("docs/performance.md has no place for {name}"))?;
    fs::write(&path, new)?;
    println!("written: docs/performance.md ({name})");
    Ok(())
}

/// The page with another text between the marks.
pub(super) fn put(page: &str, name: &str, text: &str) -> Option<String> {
    let begin = begin(name);
    let (before, old) = page.split_once(&begin)?;
    let (_, after) = old.split_once(END)?;
    Some(format!("{before}{begin}\n\n{}\n\n{END}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_between_the_marks_is_replaced_and_nothing_else() {
        let (one, two) = (begin("one"), begin("two"));
        let page = format!("# A\n\n{one}\n\nold\n\n{END}\n\nmore\n\n{two}\n{END}\n");
        let new = put(&page, "one", "| new |\n\nsaid\n").unwrap();
        let wanted = format!("# A\n\n{one}\n\n| new |\n\nsaid\n\n{END}\n\nmore\n\n{two}\n{END}\n");
        assert_eq!(new, wanted);
        assert_eq!(put(&new, "one", "| new |\n\nsaid\n"), Some(wanted));
        assert_eq!(put(&page, "three", "x"), None);
        assert_eq!(put(&one, "one", "x"), None, "an end is missing");
    }
}
