//! Reading times, addresses and networks as people write them in configuration (feature `serde`).

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::{Addr, Ja4, Prefix, Span};

struct Text<T>(std::marker::PhantomData<T>, &'static str);

impl<T: FromStr> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|_| E::custom(format!("'{text}' is no {}", self.1)))
    }
}

impl<'de> Deserialize<'de> for Addr {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match from.is_human_readable() {
            true => from.deserialize_str(Text(std::marker::PhantomData, "IP address")),
            false => u128::deserialize(from).map(Self::from_bits),
        }
    }
}

impl FromStr for Ja4 {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::parse(text).ok_or(())
    }
}

impl<'de> Deserialize<'de> for Ja4 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text(std::marker::PhantomData, "JA4"))
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text(std::marker::PhantomData, "network such as 10.0.0.0/8"))
    }
}

struct Length;

impl Visitor<'_> for Length {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time such as \"90s\", \"5m\", \"1.5h\", \"2d\", or seconds")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Span, E> {
        match seconds >= 0.0 && seconds.is_finite() {
            true => Ok(Span::from_secs_f64(seconds)),
            false => Err(E::custom("a length of time is not negative")),
        }
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Span, E> {
        u64::try_from(seconds)
            .map(Span::from_secs)
            .map_err(|_| E::custom("a length of time is not negative"))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Span, E> {
        Ok(Span::from_secs(seconds))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match from.is_human_readable() {
            true => from.deserialize_any(Length),
            false => u64::deserialize(from).map(Self::from_nanos),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::Error;

    use super::*;

    #[test]
    fn lengths_of_time_as_text_and_number() {
        let of = |text: &str| {
            let from: serde::de::value::StrDeserializer<'_, Error> = text.into_deserializer();
            Span::deserialize(from).ok()
        };
        assert_eq!(of("90s"), Some(Span::from_secs(90)));
        assert_eq!(of("1.5h"), Some(Span::from_secs(5400)));
        assert_eq!(of("23h 20m"), Some(Span::from_secs(84_000)));
        assert_eq!(of("1h30m"), Some(Span::from_secs(5400)));
        for bad in ["-1s", "fast", "", "1h -5m", "5", "1h 5", "1y"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        let from: serde::de::value::I64Deserializer<Error> = 7i64.into_deserializer();
        assert_eq!(Span::deserialize(from).ok(), Some(Span::from_secs(7)));
        let from: serde::de::value::F64Deserializer<Error> = (-1.0f64).into_deserializer();
        assert_eq!(Span::deserialize(from).ok(), None);
    }
}
