//! What the table consists of: its sets, chains and rules, for a configuration.
//!
//! The chain `ostium` is our mark: nothing jumps to it, and the comment of its only rule has our
//! version and a hash of all the rest, so that another configuration is known as another table.

use serde_json::{Value, json};

use super::config::{Config, Refusal};
use super::{Set, TABLE};
use crate::netlink::Family;

/// The chain that is our mark, and how the comment of its rule begins.
pub(super) const MARK: &str = "ostium";
const VERSION: u32 = 1;

/// Before connection tracking (-200), and before everything else but defragmentation (-400).
const RAW: i32 = -300;
/// Before the redirections of others (-100).
const BEFORE_DNAT: i32 = -105;
/// Before the filters of others (0).
const BEFORE_FILTER: i32 = -5;

/// Commands that make the table, without elements; they fail if there is one of the name.
pub(super) fn commands(family: Family, config: &Config) -> Vec<Value> {
    let mut table = Layout { family, commands: Vec::new() };
    for set in Set::ALL {
        table.set(set, config.elements);
    }
    table.refusal(config);
    table.chain("early", Some(("filter", "prerouting", RAW)));
    table.chain("own", Some(("filter", "output", RAW)));
    for (v4, address, port) in [(true, Set::Block4, Set::Port4), (false, Set::Block6, Set::Port6)] {
        for (chain, field, reaction) in [
            ("early", "daddr", jump("refuse")),
            ("early", "saddr", json!({"drop": null})),
            ("own", "daddr", jump("refuse")),
        ] {
            let (to, of_port) = (addr(v4, field), addr_port(v4, field));
            table.rule(
                chain,
                &format!("{field} {}", address.name()),
                vec![in_set(to, address), reaction.clone()],
            );
            table.rule(
                chain,
                &format!("{field} {}", port.name()),
                vec![in_set(of_port, port), reaction],
            );
        }
    }
    table.quarantine(config);
    let hash = fnv(&Value::from(table.commands.clone()).to_string());
    table.chain(MARK, None);
    table.rule(MARK, &format!("{MARK} {VERSION} {hash:016x}"), vec![json!({"return": null})]);
    let create = json!({"create": {"table": {"family": family.name(), "name": TABLE}}});
    std::iter::once(create).chain(table.commands).collect()
}

#[derive(Debug)]
struct Layout {
    family: Family,
    commands: Vec<Value>,
}

// === impl Layout ===

impl Layout {
    fn add(&mut self, what: &str, mut value: Value) {
        if let Value::Object(fields) = &mut value {
            fields.insert("family".to_owned(), json!(self.family.name()));
            fields.insert("table".to_owned(), json!(TABLE));
        }
        self.commands.push(json!({"add": {what: value}}));
    }

    fn set(&mut self, set: Set, size: u32) {
        let counter = json!([{"counter": null}]);
        let value = json!({"name": set.name(), "type": set.kind(), "flags": ["timeout"],
                           "size": size, "stmt": counter});
        self.add("set", value);
    }

    fn chain(&mut self, name: &str, hook: Option<(&str, &str, i32)>) {
        self.add(
            "chain",
            match hook {
                Some((kind, hook, prio)) => json!({"name": name, "type": kind, "hook": hook,
                                                   "prio": prio, "policy": "accept"}),
                None => json!({"name": name}),
            },
        );
    }

    /// Each rule has a comment, by which it is known again.
    fn rule(&mut self, chain: &str, comment: &str, expr: Vec<Value>) {
        self.add("rule", json!({"chain": chain, "comment": comment, "expr": expr}));
    }

    /// What becomes of a packet that is refused.
    fn refusal(&mut self, config: &Config) {
        self.chain("refuse", None);
        if self.rejects(config) {
            self.rule("refuse", "reset", vec![is_tcp(), reset()]);
            self.rule("refuse", "prohibited", vec![prohibited()]);
        }
        self.rule("refuse", "drop", vec![json!({"drop": null})]);
    }

    /// Not every kernel can reject bridged frames.
    fn rejects(&self, config: &Config) -> bool {
        config.refusal == Refusal::Reject && self.family == Family::Inet
    }

    fn quarantine(&mut self, config: &Config) {
        self.chain("from_host", None);
        self.chain("to_host", None);
        self.lifelines();
        for v4 in [true, false] {
            self.garden(v4, config);
        }
        if self.family == Family::Inet {
            // Browsers are told at once, so that they try without encryption or say that they cannot.
            let quic = matches(payload("udp", "dport"), json!(443));
            self.rule(
                "from_host",
                "https",
                vec![matches(payload("tcp", "dport"), json!(443)), reset()],
            );
            self.rule("from_host", "quic", vec![quic, prohibited()]);
        }
        self.rule("from_host", "rest", vec![jump("refuse")]);
        self.rule("to_host", "rest", vec![json!({"drop": null})]);
        self.chain("pass", Some(("filter", "forward", BEFORE_FILTER)));
        self.chain("arrive", Some(("filter", "input", BEFORE_FILTER)));
        for (v4, set) in [(true, Set::Host4), (false, Set::Host6)] {
            let (from, to) = (in_set(addr(v4, "saddr"), set), in_set(addr(v4, "daddr"), set));
            for chain in ["pass", "arrive"] {
                self.rule(
                    chain,
                    &format!("from {}", set.name()),
                    vec![from.clone(), jump("from_host")],
                );
            }
            self.rule("pass", &format!("to {}", set.name()), vec![to, jump("to_host")]);
        }
        if self.family == Family::Inet && !config.garden.web.is_empty() {
            self.redirect(config);
        }
    }

    /// Without these a host has no address and no neighbours, and cannot be told anything.
    fn lifelines(&mut self) {
        for (chain, field) in [("from_host", "dport"), ("to_host", "sport")] {
            let dhcp = matches(payload("udp", field), json!({"set": [67, 547]}));
            self.rule(chain, "dhcp", vec![dhcp, json!({"return": null})]);
            let types = ["nd-router-solicit", "nd-neighbor-solicit", "nd-neighbor-advert"];
            let neighbours = matches(payload("icmpv6", "type"), json!({"set": types}));
            self.rule(chain, "neighbours", vec![neighbours, json!({"return": null})]);
        }
    }

    /// Lets a host in quarantine speak with the resolvers and the garden.
    fn garden(&mut self, v4: bool, config: &Config) {
        let (resolvers, open) = (config.garden.resolvers(v4), config.garden.open(v4));
        let family = if v4 { "4" } else { "6" };
        for (chain, field, port) in [("from_host", "daddr", "dport"), ("to_host", "saddr", "sport")]
        {
            if !resolvers.is_empty() {
                let who = matches(addr(v4, field), json!({"set": resolvers}));
                let protocols = matches(l4proto(), json!({"set": ["tcp", "udp"]}));
                let port = matches(payload("th", port), json!(53));
                let rule = vec![who, protocols, port, json!({"return": null})];
                self.rule(chain, &format!("resolvers{family}"), rule);
            }
            if !open.is_empty() {
                let who = matches(addr(v4, field), json!({"set": open}));
                self.rule(chain, &format!("garden{family}"), vec![who, json!({"return": null})]);
            }
        }
    }

    /// Web requests go to the garden.
    fn redirect(&mut self, config: &Config) {
        self.chain("redirect", Some(("nat", "prerouting", BEFORE_DNAT)));
        for (to, port) in &config.garden.web {
            let v4 = to.is_v4();
            let set = if v4 { Set::Host4 } else { Set::Host6 };
            let elsewhere = json!({"match": {"op": "!=", "left": addr(v4, "daddr"),
                                             "right": {"set": config.garden.open(v4)}}});
            let web = matches(payload("tcp", "dport"), json!(80));
            let family = if v4 { "ip" } else { "ip6" };
            let dnat = json!({"dnat": {"family": family, "addr": to.to_string(), "port": port}});
            let expr = vec![in_set(addr(v4, "saddr"), set), elsewhere, web, dnat];
            self.rule("redirect", &format!("web {}", set.name()), expr);
        }
    }
}

fn payload(protocol: &str, field: &str) -> Value {
    json!({"payload": {"protocol": protocol, "field": field}})
}

fn addr(v4: bool, field: &str) -> Value {
    payload(if v4 { "ip" } else { "ip6" }, field)
}

fn l4proto() -> Value {
    json!({"meta": {"key": "l4proto"}})
}

fn addr_port(v4: bool, field: &str) -> Value {
    let port = if field == "daddr" { "dport" } else { "sport" };
    json!({"concat": [addr(v4, field), l4proto(), payload("th", port)]})
}

fn matches(left: Value, right: Value) -> Value {
    json!({"match": {"op": "==", "left": left, "right": right}})
}

fn in_set(left: Value, set: Set) -> Value {
    matches(left, json!(format!("@{}", set.name())))
}

fn is_tcp() -> Value {
    matches(l4proto(), json!("tcp"))
}

fn jump(to: &str) -> Value {
    json!({"jump": {"target": to}})
}

fn reset() -> Value {
    json!({"reject": {"type": "tcp reset"}})
}

fn prohibited() -> Value {
    json!({"reject": {"type": "icmpx", "expr": "admin-prohibited"}})
}

/// FNV-1a: not against anybody, only to know a configuration again.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
