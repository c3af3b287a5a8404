//! Messages: `struct nlmsghdr` and `struct nfgenmsg`, and what the kernel says at the end.

/// The kernel's word on a request: 0 or an errno.
const ERROR: u16 = 2;
/// The end of a dump.
const DONE: u16 = 3;
/// The kernel's own messages have numbers below this.
const FIRST_OF_SUBSYSTEMS: u16 = 0x10;

/// `NLM_F_REQUEST`: to the kernel.
pub const REQUEST: u16 = 0x1;
/// `NLM_F_ACK`: say that it was done.
pub const ACK: u16 = 0x4;
/// `NLM_F_DUMP`: all there is.
pub const DUMP: u16 = 0x300;
/// `NLM_F_CREATE`: make it when it is not there.
pub const CREATE: u16 = 0x400;

const HEAD: usize = 16;
const NF_HEAD: usize = 4;

/// One message of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The number of the request that it answers.
    pub sequence: u32,
    /// What it says.
    pub says: Says<'a>,
}

/// What a message of the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says<'a> {
    /// A request was done (0) or failed with this errno.
    Result(i32),
    /// A dump has ended.
    Done,
    /// A message of a subsystem.
    Data {
        /// Subsystem and message.
        kind: u16,
        /// Family of addresses.
        family: u8,
        /// Attributes.
        attrs: &'a [u8],
    },
    /// A message of no interest.
    Other,
}

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Reads messages one after the other; after [`Malformed`] there is no more.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

/// Appends a request: `kind` is subsystem and message, `resource` the subsystem of a batch.
pub fn write(
    to: &mut Vec<u8>,
    kind: u16,
    flags: u16,
    sequence: u32,
    (family, resource): (u8, u16),
    attrs: &[u8],
) {
    let length = HEAD + NF_HEAD + attrs.len();
    to.extend(u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
    to.extend(kind.to_ne_bytes());
    to.extend((flags | REQUEST).to_ne_bytes());
    to.extend(sequence.to_ne_bytes());
    to.extend(0u32.to_ne_bytes());
    to.extend([family, 0]);
    to.extend(resource.to_be_bytes());
    to.extend(attrs);
    to.resize(to.len().next_multiple_of(4), 0);
}

// === impl Messages ===

impl<'a> Messages<'a> {
    /// The messages of what was received.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match read(self.rest) {
            Some((message, rest)) => {
                self.rest = rest;
                Some(Ok(message))
            }
            None => {
                self.rest = &[];
                Some(Err(Malformed))
            }
        }
    }
}

fn read(bytes: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let kind = u16_at(bytes, 4)?;
    let sequence = u32_at(bytes, 8)?;
    let body = bytes.get(HEAD..length)?;
    let rest = bytes.get(length.checked_next_multiple_of(4)?..).unwrap_or(&[]);
    let says = match kind {
        // The kernel writes errno as a negative number.
        ERROR => Says::Result(i32::from_ne_bytes(*body.first_chunk()?).checked_neg()?),
        DONE => Says::Done,
        _ if kind >= FIRST_OF_SUBSYSTEMS => {
            Says::Data { kind, family: *body.first()?, attrs: body.get(NF_HEAD..)? }
        }
        _ => Says::Other,
    };
    Some((Message { sequence, says }, rest))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            all in proptest::collection::vec(
                (0x10u16..0x4000, any::<u32>(), any::<u8>(),
                 proptest::collection::vec(any::<u8>(), 0..10)), 1..6),
        ) {
            let mut bytes = Vec::new();
            for (kind, sequence, family, attrs) in &all {
                // Attributes are always padded.
                let attrs: Vec<u8> = attrs.iter().flat_map(|b| [*b; 4]).collect();
                write(&mut bytes, *kind, ACK, *sequence, (*family, 10), &attrs);
            }
            let read: Result<Vec<_>, _> = Messages::new(&bytes).collect();
            let read = read.unwrap();
            prop_assert_eq!(read.len(), all.len());
            for (message, (kind, sequence, family, attrs)) in read.iter().zip(&all) {
                prop_assert_eq!(message.sequence, *sequence);
                let Says::Data { kind: k, family: f, attrs: a } = message.says else {
                    return Err(TestCaseError::fail("no data"));
                };
                prop_assert_eq!((k, f, a.len()), (*kind, *family, attrs.len() * 4));
            }
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Messages::new(&bytes).count() <= bytes.len() / HEAD + 1);
        }
    }

    #[test]
    fn an_errno_is_positive() {
        let mut bytes = Vec::new();
        bytes.extend(36u32.to_ne_bytes());
        bytes.extend(ERROR.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(7u32.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend((-23i32).to_ne_bytes());
        bytes.extend([0; 16]);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        assert_eq!(message, Message { sequence: 7, says: Says::Result(23) });
        bytes.truncate(18);
        assert_eq!(Messages::new(&bytes).next(), Some(Err(Malformed)));
    }
}
