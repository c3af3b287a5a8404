//! Types as pages show them: in words of the scenario, not of the language.

use super::read::{Field, Shape};

/// A habit: its kind, what it is, and a row for each parameter.
pub(super) fn habit(shape: &Shape) -> String {
    let mut out = format!("\n### `{}`\n\n{}\n", kebab(&shape.name), sentences(&shape.about));
    if shape.fields.is_empty() {
        return out;
    }
    out.push_str("\n| parameter | is | default | |\n|---|---|---|---|\n");
    for field in &shape.fields {
        let default = field.default.as_deref().map_or_else(String::new, value_text);
        out.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            field.name,
            type_text(&field.kind),
            code(&default),
            field.about
        ));
    }
    out
}

/// A value that habits share: the words it may be, or its parts.
pub(super) fn value(shape: &Shape) -> String {
    let mut out = format!("\n### {}\n\n{}\n\n", spaced(&shape.name), sentences(&shape.about));
    for field in &shape.fields {
        let name = match shape.is_enum {
            true => field.called.clone().unwrap_or_else(|| kebab(&field.name)),
            false => field.name.clone(),
        };
        let holds = holds(field, shape.is_enum);
        out.push_str(&format!("- `{name}`{holds}: {}\n", field.about));
    }
    out
}

fn holds(field: &Field, of_enum: bool) -> String {
    match (field.kind.as_str(), of_enum) {
        ("", _) => String::new(),
        (kind, false) => format!(", {}", type_text(kind)),
        (kind, true) => {
            let parts = kind.split(',').filter_map(|part| part.trim().split_once(": "));
            let parts: Vec<String> =
                parts.map(|(name, kind)| format!("`{name}` ({})", type_text(kind))).collect();
            match parts.is_empty() {
                true => format!(" with {}", type_text(kind)),
                false => format!(" with {}", parts.join(", ")),
            }
        }
    }
}

/// The names of types in a type.
pub(super) fn words(kind: &str) -> Vec<String> {
    let words = kind.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.starts_with(char::is_uppercase)).map(str::to_owned).collect()
}

fn type_text(kind: &str) -> String {
    let inner = |start: &str| kind.strip_prefix(start).and_then(|rest| rest.strip_suffix('>'));
    if let Some(inner) = inner("Option<").or_else(|| inner("Box<")) {
        return type_text(inner);
    }
    if let Some(inner) = inner("Vec<") {
        return format!("list of {}", plural(&type_text(inner)));
    }
    if let Some(parts) = kind.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let parts: Vec<String> = parts.split(", ").map(type_text).collect();
        return format!("list: {}", parts.join(", "));
    }
    match kind {
        "String" | "Box<str>" => "text".to_owned(),
        "Span" => "length of time".to_owned(),
        "Addr" => "address".to_owned(),
        "Prefix" => "network".to_owned(),
        "bool" => "true or false".to_owned(),
        "f64" | "f32" => "number".to_owned(),
        "usize" | "u8" | "u16" | "u32" | "u64" | "i64" => "whole number".to_owned(),
        other => spaced(other).to_lowercase(),
    }
}

fn plural(text: &str) -> String {
    match text {
        "text" => "texts".to_owned(),
        "address" => "addresses".to_owned(),
        other => format!("{other}s"),
    }
}

/// A default as a scenario would write it.
fn value_text(value: &str) -> String {
    let inside =
        |start: &str, end: &str| value.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    if let Some(text) = value.strip_suffix(".into()").or_else(|| value.strip_suffix(".to_owned()"))
    {
        return value_text(text);
    }
    if let Some(inner) = inside("Some(", ")") {
        return value_text(inner);
    }
    if let Some(seconds) = inside("Span::from_secs(", ")") {
        return seconds.replace('_', "").parse().map_or_else(|_| value.to_owned(), length);
    }
    if let Some(millis) = inside("Span::from_millis(", ")") {
        return format!("\"{millis}ms\"");
    }
    if let Some(list) = inside("vec![", "]").or_else(|| inside("(", ")")) {
        let items: Vec<String> = list.split(", ").map(value_text).collect();
        return format!("[{}]", items.join(", "));
    }
    match value {
        "None" | "Vec::new()" | "String::new()" => return String::new(),
        "Span::ZERO" => return "0".to_owned(),
        _ => {}
    }
    match value.rsplit_once("::") {
        Some((_, variant)) if variant.chars().all(char::is_alphanumeric) => {
            format!("\"{}\"", kebab(variant))
        }
        // Whatever needs the language to be understood is left to it.
        Some(_) => String::new(),
        None => value.to_owned(),
    }
}

fn length(seconds: u64) -> String {
    let (number, unit) = match seconds {
        s if s >= 86_400 && s.is_multiple_of(86_400) => (s / 86_400, "d"),
        s if s >= 3600 && s.is_multiple_of(3600) => (s / 3600, "h"),
        s if s >= 60 && s.is_multiple_of(60) => (s / 60, "m"),
        s => (s, "s"),
    };
    format!("\"{number}{unit}\"")
}

fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("`{text}`"),
    }
}

/// One sentence a line.
fn sentences(text: &str) -> String {
    text.replace(". ", ".\n").replace('`', "")
}

fn kebab(name: &str) -> String {
    spaced(name).to_lowercase().replace(' ', "-")
}

fn spaced(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_scenarios_write_them() {
        for (source, page) in [
            ("Span::from_secs(300)", "\"5m\""),
            ("Span::from_secs(90)", "\"90s\""),
            ("\"a.example\".into()", "\"a.example\""),
            ("Some(Stack::OldNet)", "\"old-net\""),
            ("vec![23, 2323]", "[23, 2323]"),
            ("(700, 420)", "[700, 420]"),
            ("None", ""),
            ("0.3", "0.3"),
            ("Sleep::even(Span::from_secs(60), 0.1)", ""),
        ] {
            assert_eq!(value_text(source), page, "{source}");
        }
        assert_eq!(type_text("Vec<String>"), "list of texts");
        assert_eq!(type_text("Option<Stack>"), "stack");
        assert_eq!(type_text("(usize, usize)"), "list: whole number, whole number");
    }
}
