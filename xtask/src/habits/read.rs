//! Types in source text: their comments, fields and defaults.

/// A habit in the list of kinds.
pub(super) struct Kind {
    pub(super) folder: String,
    pub(super) name: String,
}

/// A struct or an enum.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) about: String,
    /// Serde reads it.
    pub(super) is_read: bool,
    pub(super) is_enum: bool,
    /// Fields, or variants.
    pub(super) fields: Vec<Field>,
}

/// A field or a variant.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) about: String,
    /// The type of a field; what a variant holds.
    pub(super) kind: String,
    /// What serde calls it, when that differs.
    pub(super) called: Option<String>,
    pub(super) default: Option<String>,
}

/// The kinds that `habits! { .. }` lists.
pub(super) fn kinds(text: &str) -> Vec<Kind> {
    let list = text.rsplit_once("\nhabits! {").map_or("", |(_, rest)| rest);
    let list = list.split('}').next().unwrap_or_default();
    let pairs = list.split(',').filter_map(|item| item.trim().split_once("::"));
    pairs.map(|(folder, name)| Kind { folder: folder.into(), name: name.into() }).collect()
}

/// Every public struct and enum of a file.
pub(super) fn shapes(text: &str) -> Vec<Shape> {
    let mut found = Vec::new();
    let (mut about, mut attributes) = (String::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(comment) = line.strip_prefix("/// ") {
            add(&mut about, comment);
        } else if line.starts_with("#[") {
            attributes.push_str(line);
        } else {
            let opened = ["pub struct ", "pub enum ", "pub(crate) struct ", "pub(crate) enum "];
            let head = opened.iter().find_map(|start| line.strip_prefix(start));
            if let Some(head) = head {
                let name: String = head.chars().take_while(|c| c.is_alphanumeric()).collect();
                let fields = match head.ends_with('{') {
                    true => fields(&mut lines, text, &name),
                    false => Vec::new(),
                };
                found.push(Shape {
                    name,
                    about: std::mem::take(&mut about),
                    is_read: attributes.contains("Deserialize"),
                    is_enum: line.contains("enum "),
                    fields,
                });
            }
            about.clear();
            attributes.clear();
        }
    }
    found
}

fn add(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(more.trim());
}

fn fields<'a>(lines: &mut impl Iterator<Item = &'a str>, text: &str, name: &str) -> Vec<Field> {
    let defaults = defaults(text, name);
    let mut found = Vec::new();
    let mut field = Field::default();
    let mut deep = 0usize;
    for line in lines {
        if line == "}" {
            break;
        }
        let line = line.trim();
        if deep > 0 {
            // Fields of a variant.
            if line.starts_with('}') {
                deep -= 1;
                found.push(std::mem::take(&mut field));
            } else if !line.starts_with("//") && !line.starts_with('#') {
                add(&mut field.kind, line);
            }
        } else if let Some(comment) = line.strip_prefix("/// ") {
            add(&mut field.about, comment);
        } else if let Some(called) = line.strip_prefix("#[serde(rename = \"") {
            field.called = called.split('"').next().map(str::to_owned);
        } else if line.starts_with("#[") || line.starts_with("//") {
        } else if let Some((head, kind)) =
            line.strip_prefix("pub ").and_then(|l| l.split_once(": "))
        {
            field.name = head.to_owned();
            field.kind = kind.trim_end_matches(',').to_owned();
            let default = defaults.iter().find(|(name, _)| name == head);
            field.default = default.map(|(_, value)| value.clone());
            found.push(std::mem::take(&mut field));
        } else {
            let end = line.find(|c: char| !c.is_alphanumeric()).unwrap_or(line.len());
            let (head, rest) = line.split_at(end);
            field.name = head.to_owned();
            let rest = rest.trim().trim_end_matches(',');
            if rest == "{" {
                deep += 1;
            } else if !head.is_empty() {
                field.kind = rest.trim_matches(['(', ')']).to_owned();
                found.push(std::mem::take(&mut field));
            }
        }
    }
    found
}

/// Fields and values of `impl Default`.
fn defaults(text: &str, name: &str) -> Vec<(String, String)> {
    let body = text.split_once(&format!("impl Default for {name} {{")).map_or("", |(_, rest)| rest);
    let body = body.split("\n}").next().unwrap_or_default();
    let Some((_, body)) = body.split_once("\n        Self {") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let (mut item, mut deep, mut quoted) = (String::new(), 0i32, false);
    for letter in body.chars() {
        match letter {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => deep += 1,
            ')' | ']' | '}' if !quoted => deep -= 1,
            _ => {}
        }
        if deep < 0 || (letter == ',' && deep == 0 && !quoted) {
            if let Some((name, value)) = item.trim().split_once(": ") {
                let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
                found.push((name.trim().to_owned(), value));
            }
            item.clear();
            if deep < 0 {
                break;
            }
        } else {
            item.push(letter);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
/// A bot.
#[derive(Deserialize)]
#[serde(default)]
pub struct Bot {
    /// Where
    /// to.
    pub name: String,
    /// The sleep.
    pub every: Span,
}

impl Default for Bot {
    fn default() -> Self {
        Self { name: \"a, b\".into(), every: Span::from_secs(60) }
    }
}

/// How.
#[derive(Deserialize)]
pub enum How {
    /// Fast.
    Fast,
    /// With
    Slow {
        /// x
        by: Span,
    },
}
";

    #[test]
    fn types_are_read_with_comments_and_defaults() {
        let shapes = shapes(TEXT);
        let [bot, how] = shapes.as_slice() else {
            panic!("{shapes:?}");
        };
        assert_eq!((bot.name.as_str(), bot.about.as_str(), bot.is_read), ("Bot", "A bot.", true));
        assert_eq!(bot.fields[0].about, "Where to.");
        assert_eq!(bot.fields[0].default.as_deref(), Some("\"a, b\".into()"));
        assert_eq!(bot.fields[1].default.as_deref(), Some("Span::from_secs(60)"));
        let variants: Vec<_> = how.fields.iter().map(|f| (f.name.as_str(), &*f.kind)).collect();
        assert_eq!(variants, [("Fast", ""), ("Slow", "by: Span,")]);
    }

    #[test]
    fn kinds_come_from_the_list() {
        let kinds = kinds("x\nhabits! {\n    population::A,\n    bots::B,\n}\n");
        let names: Vec<_> = kinds.iter().map(|k| (&*k.folder, &*k.name)).collect();
        assert_eq!(names, [("population", "A"), ("bots", "B")]);
    }
}
