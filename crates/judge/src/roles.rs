//! What a host does for others explains some evidence away.

use ostium_evidence::{Evidence, Group, Role};

/// The role that explains an item, in words.
pub(crate) fn explained(item: &Evidence, roles: &[Role]) -> Option<&'static str> {
    roles.iter().find_map(|role| explains(*role, item))
}

fn explains(role: Role, item: &Evidence) -> Option<&'static str> {
    let detector = item.detector;
    match role {
        Role::Resolver if item.group == Group::Naming => {
            Some("a resolver asks for others: a host behind it did this")
        }
        Role::MailServer if matches!(detector, "spam" | "mail-questions" | "theft") => {
            Some("a mail server delivers mail to many")
        }
        // Each conversation may be another client's; what they have in common says nothing.
        Role::Proxy if detector != "indicator" && item.group != Group::Naming => {
            Some("a proxy acts for others: a host behind it did this")
        }
        Role::Scanner if matches!(detector, "scan" | "failing-contact") => {
            Some("a vulnerability scanner tries many doors")
        }
        Role::Monitor if item.group == Group::Timing || matches!(detector, "scan" | "odd-http") => {
            Some("a monitor calls by the clock")
        }
        // Only the mining: a miner that is something else besides is accused of that.
        Role::Miner if item.technique == "T1496" => Some("it mines by order of its owner"),
        _ => None,
    }
}
