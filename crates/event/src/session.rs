//! Line protocols: banners, commands, chat.

use crate::Service;

/// The first line of one side.
#[derive(Clone, Copy, Debug)]
pub struct Banner<'a> {
    /// Which protocol.
    pub service: Service,
    /// Sent by the inside host.
    pub from_inside: bool,
    /// The line, at most 255 bytes, control characters replaced.
    pub text: &'a str,
}

/// A command of SMTP or FTP. Arguments that are addresses or passwords of people are left out.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// Which protocol.
    pub service: Service,
    /// The verb in upper case: `EHLO`, `MAIL`, `RCPT`, `DATA`, `AUTH`, `STOR`, ...
    pub verb: &'a str,
    /// For `EHLO`, `HELO`: the name given. For `STOR`: the file name. Empty otherwise.
    pub argument: &'a str,
}

/// An IRC message sent by the client.
#[derive(Clone, Copy, Debug)]
pub struct Irc<'a> {
    /// `NICK`, `USER`, `JOIN`, `PONG`, ...
    pub verb: &'a str,
    /// The channel of a `JOIN`. Empty otherwise.
    pub channel: &'a str,
}

/// The first words of a program that has a protocol of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name, or that of its family.
    pub family: &'static str,
    /// What it is for.
    pub kind: ToolKind,
    /// Nothing else speaks so; otherwise only few do.
    pub exact: bool,
}

/// What a program with a protocol of its own is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ToolKind {
    /// Remote control of a machine.
    Remote,
    /// A bot that waits for orders.
    Bot,
    /// A program that is fetched to be run at once.
    Stage,
    /// A miner of coins.
    Miner,
}

// === impl ToolKind ===

impl ToolKind {
    /// What it is, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Remote => "a remote control",
            Self::Bot => "a bot",
            Self::Stage => "a loader",
            Self::Miner => "a miner",
        }
    }
}
