//! The addresses of this machine, which are never blocked.

use std::fs;

use ostium_event::Addr;

/// All addresses of this machine, in its network namespace.
pub(crate) fn addresses() -> Vec<Addr> {
    let v4 = fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let v6 = fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let mut all: Vec<Addr> = of_trie(&v4).into_iter().chain(of_table(&v6)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A leaf is `|-- ADDRESS`, and what it is stands in the lines below it.
fn of_trie(text: &str) -> Vec<Addr> {
    let mut found = Vec::new();
    let mut leaf: Option<Addr> = None;
    for line in text.lines().map(str::trim) {
        if let Some(addr) = line.strip_prefix("|-- ") {
            leaf = addr.parse().ok();
        } else if line.starts_with("/32 host LOCAL") {
            found.extend(leaf.take());
        }
    }
    found
}

/// Thirty-two digits, then other columns.
fn of_table(text: &str) -> Vec<Addr> {
    let bits = |line: &str| u128::from_str_radix(line.split_whitespace().next()?, 16).ok();
    text.lines().filter_map(bits).map(Addr::from_bits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_writes() {
        let trie = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.0\n        /24 link UNICAST\n     \
                    |-- 10.0.0.1\n        /32 host LOCAL\n     |-- 10.0.0.255\n        /32 link BROADCAST\n";
        assert_eq!(of_trie(trie), [Addr::v4([10, 0, 0, 1])]);
        let table = "fe80000000000000000000000000001a 02 40 20 80     eth0\n";
        assert_eq!(of_table(table), ["fe80::1a".parse().unwrap()]);
        assert!(of_trie("|--\n/32 host LOCAL").is_empty());
        assert!(of_table("zz\n\n").is_empty());
        assert!(addresses().contains(&Addr::v4([127, 0, 0, 1])));
    }
}
