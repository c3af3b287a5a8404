//! From the configuration to what the engine, the rails and the enforcer want.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use ostium_enforce::nft;
use ostium_enforce::rails::Policy;
use ostium_event::{Addr, Home};
use ostium_intel::{IndicatorIndex, read_indicators};
use ostium_judge::Policy as Judgement;
use ostium_pipeline::{RoleAt, Settings};

use crate::config::{Config, Refusal};
use crate::own;
use crate::service::SensorError;
use crate::warden::Ways;

/// What shapes the verdicts.
///
/// # Errors
/// When a file of indicators cannot be read or holds none.
pub(crate) fn settings(config: &Config) -> Result<Settings, SensorError> {
    Ok(Settings {
        home: home(config),
        site: config.site.clone(),
        roles: config.role.iter().map(|r| RoleAt { role: r.role, host: r.host }).collect(),
        intel: indicators(&config.indicators.files)?,
        policy: Judgement { prior: config.prior, ..Judgement::default() },
        memory: config.memory.0,
        threads: config.threads,
        all: false,
    })
}

fn home(config: &Config) -> Home {
    if config.home.is_empty() { Home::private() } else { Home::new(&config.home) }
}

fn indicators(files: &[PathBuf]) -> Result<IndicatorIndex, SensorError> {
    let mut all = Vec::new();
    for path in files {
        let failed = |why: String| SensorError::Indicators(path.clone(), why);
        let file = File::open(path).map_err(|error| failed(error.to_string()))?;
        let source = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
        let (found, _) = read_indicators(&source, BufReader::with_capacity(1 << 20, file));
        if found.is_empty() {
            return Err(failed(
                "it holds no indicator; a plain list, STIX 2.1 bundle, MISP event or abuse.ch CSV \
                 is wanted"
                    .to_owned(),
            ));
        }
        all.extend(found);
    }
    Ok(IndicatorIndex::build(all))
}

/// What is never blocked, and how much at most.
pub(crate) fn rails(config: &Config) -> Policy {
    let enforce = &config.enforce;
    Policy {
        allow_networks: config.allow.networks.clone(),
        allow_names: config.allow.names.iter().map(|name| plain(name)).collect(),
        home: home(config),
        own: own::addresses(),
        resolvers: enforce.resolvers.clone(),
        new_per_minute: enforce.new_per_minute,
        host_share: enforce.host_percent / 100.0,
        flow_share: enforce.flow_percent / 100.0,
        release_sticks: enforce.release_sticks,
        ..Policy::default()
    }
}

pub(crate) fn ways(config: &Config) -> Ways {
    Ways {
        mode: config.mode,
        hold: config.enforce.hold,
        quarantine: config.enforce.quarantine,
        resets: config.enforce.resets,
        garden: garden(config).collect(),
    }
}

/// What a host in quarantine may reach whole.
fn garden(config: &Config) -> impl Iterator<Item = Addr> + '_ {
    let web = config.garden.web.iter().map(|web| web.ip().into());
    config.garden.addresses.iter().copied().chain(web)
}

/// How nftables is used.
pub(crate) fn tables(config: &Config) -> nft::Config {
    nft::Config {
        refusal: match config.enforce.refusal {
            Refusal::Drop => nft::Refusal::Drop,
            Refusal::Reject => nft::Refusal::Reject,
        },
        elements: config.enforce.elements,
        bridge: config.enforce.bridge,
        garden: nft::Garden {
            resolvers: config.garden.resolvers.clone(),
            addresses: config.garden.addresses.clone(),
            web: config.garden.web.iter().map(|web| (web.ip().into(), web.port())).collect(),
        },
        ..nft::Config::default()
    }
}

fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
