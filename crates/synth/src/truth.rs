//! The truth of a world: what a judge of it should have found.

use ostium_event::{Addr, Prefix};

/// Who is infected, who is clean, and what is inside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// Infected machines with the kind of their infection.
    pub infected: Vec<(Addr, String)>,
    /// Clean machines.
    pub clean: Vec<Addr>,
    /// What is inside.
    pub home: Vec<Prefix>,
    /// Roles that explain how a machine behaves, by the name that reports have for them.
    pub roles: Vec<(Addr, String)>,
    /// The seed of the world.
    pub seed: u64,
    /// How many days it lasts.
    pub days: f64,
}

// === impl Truth ===

impl Truth {
    /// One case of a manifest of labelled captures, as `ostium eval` reads it. `name` and `input`
    /// are the case's name and its capture, relative to the manifest.
    pub fn to_toml(&self, name: &str, input: &str) -> String {
        let infected = self.infected.iter().map(|(addr, _)| addr.to_string());
        let clean = self.clean.iter().map(Addr::to_string);
        let home = self.home.iter().map(Prefix::to_string);
        let kinds: Vec<&str> = self.infected.iter().map(|(_, kind)| kind.as_str()).collect();
        let kind = if kinds.is_empty() { "clean" } else { "synthetic" };
        format!(
            "[[case]]\nname = {}\nkind = {}\ninputs = {}\nhome = {}\ninfected = {}\nclean = {}\n\
             use = \"test\"\ntruth = \"documented\"\nseed = {}\ndays = {}\nroles = {}\n\
             infections = {}\nnote = {}\n",
            quoted(name),
            quoted(kind),
            list([input.to_owned()]),
            list(home),
            list(infected),
            list(clean),
            self.seed,
            self.days,
            list(self.roles.iter().map(|(addr, role)| format!("{role}={addr}"))),
            list(self.infected.iter().map(|(addr, kind)| format!("{kind}={addr}"))),
            quoted(&format!("a synthetic world; infections: {}", kinds.join(", "))),
        )
    }
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| quoted(&item)).collect();
    format!("[{}]", items.join(", "))
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_names_everybody() {
        let truth = Truth {
            infected: vec![("10.0.0.9".parse().unwrap(), "rat".into())],
            clean: vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()],
            home: vec!["10.0.0.0/24".parse().unwrap()],
            roles: vec![("10.0.0.2".parse().unwrap(), "resolver".into())],
            seed: 7,
            days: 1.5,
        };
        let text = truth.to_toml("a \"case\"", "a.pcap");
        for line in [
            "name = \"a \\\"case\\\"\"",
            "kind = \"synthetic\"",
            "inputs = [\"a.pcap\"]",
            "home = [\"10.0.0.0/24\"]",
            "infected = [\"10.0.0.9\"]",
            "seed = 7",
            "days = 1.5",
            "roles = [\"resolver=10.0.0.2\"]",
            "infections = [\"rat=10.0.0.9\"]",
            "clean = [\"10.0.0.1\", \"10.0.0.2\"]",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in {text}");
        }
    }
}
