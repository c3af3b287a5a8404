//! One line that lets a sensor join: where the hub is, how to know it, and a secret.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

/// How such a line begins.
const HEAD: &str = "ostium-join-1";

/// What an operator is given by the hub's.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Host and port of the hub.
    pub hub: String,
    /// SHA-256 of the certificate of the hub's authority.
    pub print: [u8; 32],
    /// Works once.
    pub secret: String,
}

/// A text that is no invitation.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "this is no invitation: it begins with {HEAD} and has four parts with commas; copy the whole \
     line that 'ostium hub invite' printed"
)]
pub struct BadInvitation;

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let print = BASE64URL_NOPAD.encode(&self.print);
        write!(f, "{HEAD},{},{print},{}", self.hub, self.secret)
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the secret.
        write!(f, "Invitation({})", self.hub)
    }
}

impl FromStr for Invitation {
    type Err = BadInvitation;

    fn from_str(line: &str) -> Result<Self, BadInvitation> {
        let mut parts = line.trim().split(',');
        let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or(BadInvitation);
        if next()? != HEAD {
            return Err(BadInvitation);
        }
        let hub = next()?.to_owned();
        let print = BASE64URL_NOPAD.decode(next()?.as_bytes()).map_err(|_| BadInvitation)?;
        let print = print.try_into().map_err(|_| BadInvitation)?;
        let secret = next()?.to_owned();
        if parts.next().is_some() || hub.rsplit_once(':').is_none() {
            return Err(BadInvitation);
        }
        Ok(Self { hub, print, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let line = Invitation {
            hub: "hub.example:7443".to_owned(),
            print: [7; 32],
            secret: "s3cret".to_owned(),
        };
        assert_eq!(line.to_string().parse(), Ok(line.clone()));
        assert_eq!(format!(" {line}\n").parse(), Ok(line.clone()));
        assert!(!format!("{line:?}").contains("s3cret"));
        let whole = line.to_string();
        for bad in [
            "",
            "ostium-join-1",
            "ostium-join-2,a:1,x,y",
            whole.get(..40).unwrap_or_default(),
            &format!("{whole},"),
        ] {
            assert_eq!(bad.parse::<Invitation>(), Err(BadInvitation), "{bad}");
        }
    }
}
