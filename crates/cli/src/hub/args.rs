//! What can be typed to run a hub, and to talk to one.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ostium_event::Prefix;
use ostium_hub::control::{default_socket, default_state};

use crate::args::Format;

/// Options of `hub`.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  ostium hub                                          a hub, made at the first start
  ostium hub --listen 192.0.2.5:7443 --name hub.example
  ostium hub policy > policy.toml && ostium hub --policy policy.toml
  ostium hub invite acme --vouch | ssh gate.acme.example ostium join -
  ostium hub status                                   from another terminal

SIGHUP reads the policy again, Ctrl-C ends cleanly. As root the state is in /var/lib/ostium-hub and
the socket is /run/ostium/hub.sock, otherwise both are in the folders of the user. docs/hub.md has
every command, the keys, backups, and what to do after a theft."
)]
pub(crate) struct HubArgs {
    #[command(subcommand)]
    pub(crate) command: Option<HubCommand>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// Options of a hub that is run.
#[derive(Args)]
pub(crate) struct RunArgs {
    /// Where its keys and its database are
    #[arg(long, value_name = "DIR", default_value_os_t = default_state())]
    pub(crate) state: PathBuf,
    /// Where it listens for sensors [default: `[::]:7443`, or `0.0.0.0:7443` without IPv6]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// A name or address under which sensors reach it; repeat for more [default: this machine's]
    #[arg(long, value_name = "HOST")]
    pub(crate) name: Vec<String>,
    /// Its judgement, as `ostium hub policy` prints it
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Where it listens for `ostium hub status` and others
    #[arg(long, value_name = "PATH", default_value_os_t = default_socket())]
    pub(crate) socket: PathBuf,
    /// Where Prometheus asks for metrics
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Say nothing on standard error but failures
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Subcommand)]
pub(crate) enum HubCommand {
    /// Prints a line by which sensors of an organisation join
    Invite(InviteArgs),
    /// Says how the hub is doing, and what is to be done soon
    Status(HubAt),
    /// Lists organisations, and what their word is worth
    Orgs(HubAt),
    /// Lists sensors
    Sensors(HubAt),
    /// Lists what the hub knows, the newest first
    Indicators(IndicatorsArgs),
    /// Lists patterns, victims of many sites and generators of names, by number
    Entries(HubAt),
    /// Says all that is known of a destination: who says so, and how sure
    Why(ValueArgs),
    /// Has a destination, or an entry by its number (entry:7), published, whatever others say
    Confirm(CaseArgs),
    /// Has a destination or an entry withdrawn, whatever others say
    Withdraw(HandArgs),
    /// Lets the evidence decide on a destination or an entry again
    Leave(HandArgs),
    /// Has a destination, and what lies under it, never published
    Exempt(CaseArgs),
    /// Ends an exemption
    Unexempt(HandArgs),
    /// Says how much a member vouches for an organisation
    Vouch(VouchArgs),
    /// Lets what an organisation says weigh nothing
    Silence(SilenceArgs),
    /// Says which networks are an organisation's own: nobody can have them blocked
    Ranges(RangesArgs),
    /// Removes a sensor: it reports and follows no more
    Remove(RemoveArgs),
    /// The kill switch: withdraws all that is published, and publishes nothing
    Kill(KillArgs),
    /// Ends the kill switch
    Resume(ResumeArgs),
    /// Lists what was done by hand, the newest first
    Audit(AuditArgs),
    /// Copies all that the hub knows into a file, while it runs
    Backup(BackupArgs),
    /// Puts a backup in the place of the database; the hub must not run
    Restore(RestoreArgs),
    /// Shows and changes the keys of the feed
    Root(RootArgs),
    /// Prints the judgement that holds without a file, to be changed
    Policy,
}

/// Which hub, and how to print.
#[derive(Args, Clone)]
pub(crate) struct HubAt {
    /// Where the hub listens
    #[arg(long, value_name = "PATH", default_value_os_t = default_socket())]
    pub(crate) socket: PathBuf,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// Options of `hub invite`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium hub invite acme --network AS64500 --vouch    its word counts in full from the start
  ostium hub invite acme --sensors 3 --for 1d         three sensors, within a day
  ostium hub invite acme | ssh gate.acme.example ostium join -

The line holds a secret: whoever has it may join as that organisation. The hub keeps its hash alone.
Without --vouch an organisation weighs nothing until it has earned it (docs/hub.md).")]
pub(crate) struct InviteArgs {
    /// The organisation, as it is to be called
    #[arg(value_name = "ORGANISATION")]
    pub(crate) organisation: String,
    /// The network (AS) that it is in: a quorum needs more than one
    #[arg(long, value_name = "AS", value_parser = network, default_value = "0")]
    pub(crate) network: u32,
    /// Vouch for it: how much its word counts from the start, 0 to 1
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "1",
          default_value = "0", value_parser = share)]
    pub(crate) vouch: f64,
    /// For how long the line holds
    #[arg(long = "for", value_name = "TIME", default_value = "7d", value_parser = length)]
    pub(crate) span: u64,
    /// How many sensors may join by it
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) sensors: u32,
    /// How the hub is reached, if not as it thinks itself: a host, or host and port
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) address: Option<String>,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub indicators`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium hub indicators --state confirmed
  ostium hub indicators --limit 1000 --format json | jq -r '.rows[].value'")]
pub(crate) struct IndicatorsArgs {
    /// Only cases in this state
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) state: Option<StateArg>,
    /// So many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// How far a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateArg {
    /// Somebody reported it
    Observed,
    /// It may well be
    Suspected,
    /// It is published
    Confirmed,
    /// Nobody sees it any more
    Expired,
    /// It should not be published
    Withdrawn,
}

impl From<StateArg> for ostium_correlate::State {
    fn from(state: StateArg) -> Self {
        match state {
            StateArg::Observed => Self::Observed,
            StateArg::Suspected => Self::Suspected,
            StateArg::Confirmed => Self::Confirmed,
            StateArg::Expired => Self::Expired,
            StateArg::Withdrawn => Self::Withdrawn,
        }
    }
}

/// A destination.
#[derive(Args)]
pub(crate) struct ValueArgs {
    /// A name, an address, or an address and port
    #[arg(value_name = "VALUE")]
    pub(crate) value: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// A destination, and why: said for good.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium hub confirm c2.example --because 'seized, see case 17'
  ostium hub exempt partner.example --because 'our partner'
  ostium hub leave c2.example                         let the evidence decide again")]
pub(crate) struct CaseArgs {
    /// A name, an address, or an address and port
    #[arg(value_name = "VALUE")]
    pub(crate) value: String,
    /// Why, in one line; it is kept
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// The same, to the safe side.
#[derive(Args)]
pub(crate) struct HandArgs {
    /// A name, an address, or an address and port
    #[arg(value_name = "VALUE")]
    pub(crate) value: String,
    /// Why, in one line; it is kept
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub vouch`.
#[derive(Args)]
pub(crate) struct VouchArgs {
    /// Its name or number
    #[arg(value_name = "ORGANISATION")]
    pub(crate) organisation: String,
    /// How much, 0 to 1
    #[arg(value_name = "SHARE", value_parser = share)]
    pub(crate) share: f64,
    /// Why, in one line; it is kept
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub silence`.
#[derive(Args)]
pub(crate) struct SilenceArgs {
    /// Its name or number
    #[arg(value_name = "ORGANISATION")]
    pub(crate) organisation: String,
    /// Hear it again
    #[arg(long)]
    pub(crate) end: bool,
    /// Why, in one line; it is kept
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub ranges`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium hub ranges acme 198.51.100.0/24 2001:db8:7::/48
  ostium hub ranges acme                              none any more")]
pub(crate) struct RangesArgs {
    /// Its name or number
    #[arg(value_name = "ORGANISATION")]
    pub(crate) organisation: String,
    /// Its networks, in place of those that were said before
    #[arg(value_name = "CIDR")]
    pub(crate) ranges: Vec<Prefix>,
    /// Why, in one line; it is kept
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub remove`.
#[derive(Args)]
pub(crate) struct RemoveArgs {
    /// Its number, or ORGANISATION/SENSOR
    #[arg(value_name = "SENSOR")]
    pub(crate) sensor: String,
    /// Why, in one line; it is kept
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub kill`.
#[derive(Args)]
pub(crate) struct KillArgs {
    /// Why, in one line; it is kept
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub resume`.
#[derive(Args)]
pub(crate) struct ResumeArgs {
    /// Why, in one line; it is kept
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub audit`.
#[derive(Args)]
pub(crate) struct AuditArgs {
    /// So many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub backup`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium hub backup /backup/hub-$(date +%F).db

The keys are not in it: root.key, online.key and the authority's, in the folder of the state, are
kept elsewhere, once.")]
pub(crate) struct BackupArgs {
    /// A file that is not there yet; the hub writes it
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub restore`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium hub restore /backup/hub-2026-11-30.db
  ostium hub restore hub.db --root /media/stick/root.key

Sensors may have followed further than the backup tells, so a new history of the feed begins, for
which the root signs. The old database is kept aside.")]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
}

/// Whose keys.
#[derive(Args)]
pub(crate) struct KeyArgs {
    /// The folder of the hub's state
    #[arg(long, value_name = "DIR", default_value_os_t = default_state())]
    pub(crate) state: PathBuf,
    /// Where the root's key is [default: root.key in that folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) at: HubAt,
}

/// Options of `hub root`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium hub root show
  ostium hub root export /media/stick/root.key        off this machine
  ostium hub root rotate --root /media/stick/root.key every month, while the hub runs
  ostium hub root recover --root /media/stick/root.key
                                                      after a theft of the online key
  ostium hub root change --root old.key --to new.key  another root; both sign

docs/hub.md says what each is for.")]
pub(crate) struct RootArgs {
    #[command(subcommand)]
    pub(crate) command: RootCommand,
}

#[derive(Subcommand)]
pub(crate) enum RootCommand {
    /// Prints fingerprints, numbers, and until when the certificate holds
    Show(KeyArgs),
    /// Moves the root's key into a file, off this machine
    Export(ExportArgs),
    /// Certifies another online key; the feed goes on
    Rotate(KeyArgs),
    /// Certifies another online key and begins a new history: the old key was stolen
    Recover(KeyArgs),
    /// Puts another root in the place of this one; both sign
    Change(ChangeArgs),
}

/// Options of `hub root export`.
#[derive(Args)]
pub(crate) struct ExportArgs {
    /// A file that is not there yet
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
}

/// Options of `hub root change`.
#[derive(Args)]
pub(crate) struct ChangeArgs {
    /// Where the new root's key is written [default: root.key in the folder of the state]
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
}

/// `AS64500` or `64500`.
fn network(text: &str) -> Result<u32, String> {
    let digits = text.trim_start_matches(['A', 'a']).trim_start_matches(['S', 's']);
    digits.parse().map_err(|_| format!("'{text}' is no AS number; write AS64500"))
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share lies between 0 and 1, such as 0.5".to_owned()),
    }
}

/// Seconds of `90s`, `15m`, `24h`, `7d`.
fn length(text: &str) -> Result<u64, String> {
    let span: Result<ostium_event::Span, _> = text.parse();
    match span.map(|span| span.nanos() / 1_000_000_000) {
        Ok(seconds) if seconds > 0 => Ok(seconds),
        _ => Err(format!("'{text}' is no length of time; write 90s, 15m, 24h or 7d")),
    }
}
