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

/// An IRC message: each of the client's, and of the server's those that carry a sign.
///
/// What people say stands in none of its fields.
#[derive(Clone, Copy, Debug)]
pub struct Irc<'a> {
    /// `NICK`, `USER`, `JOIN`, `PONG`, `TOPIC`, ...
    pub verb: &'a str,
    /// The channel of a `JOIN`. Empty otherwise.
    pub channel: &'a str,
    /// What of a bot's is in it.
    pub sign: Option<BotSign>,
}

/// What of a bot's an IRC message has in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BotSign {
    /// The client's nickname is put together as bots put theirs together.
    Nickname,
    /// The topic of a channel, as the server tells it to whoever joins, is an order.
    Topic(Order),
    /// Somebody says an order, to the channel or to the client alone, or changes a topic to one.
    Order(Order),
    /// The client says what came of an order, in the words of a bot.
    Report,
}

/// What a bot is ordered to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// To look for machines that it can break into.
    Scan,
    /// To flood somebody.
    Flood,
    /// To fetch a program and to run it.
    Fetch,
    /// To do something else to its machine.
    Control,
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

// === impl Order ===

impl Order {
    /// All orders.
    pub const ALL: [Self; 4] = [Self::Scan, Self::Flood, Self::Fetch, Self::Control];

    /// What is ordered, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Scan => "to scan",
            Self::Flood => "to flood",
            Self::Fetch => "to fetch a program",
            Self::Control => "to serve",
        }
    }
}
