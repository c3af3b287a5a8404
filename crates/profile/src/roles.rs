//! What hosts do for others, seen from the traffic.

use ostium_evidence::Role;

use crate::host::Host;

/// What an inside host was asked to do by other inside hosts, or by the outside.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Served {
    /// DNS questions from inside hosts.
    pub dns: u64,
    /// Requests to fetch something from the web.
    pub proxy: u64,
    /// Mail from outside or inside that it took.
    pub mail: u64,
}

/// Roles that the traffic shows. Bias: a role takes evidence away, so it must be plain to see.
pub fn infer_roles(host: &Host, served: Served) -> Vec<Role> {
    let mut roles = Vec::new();
    // A resolver answers inside hosts, or asks many servers itself, as only resolvers do.
    if served.dns >= 20 || host.dns.server_count >= 9 && host.dns.queries >= 50 {
        roles.push(Role::Resolver);
    }
    if served.mail >= 3 {
        roles.push(Role::MailServer);
    }
    if served.proxy >= 20 {
        roles.push(Role::Proxy);
    }
    roles
}
