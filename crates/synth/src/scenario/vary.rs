//! What a scenario leaves to chance: `{ one_of = [..] }`, `{ from = .., to = .. }`, and the number
//! of the machine in text (`{n}`).

use ostium_event::Span;
use toml::{Table, Value};

use crate::rng::Rng;

/// The value for one machine; its chance belongs to `path`, which names machine and parameter.
pub(super) fn vary(value: &Value, seed: u64, path: &str, n: usize) -> Result<Value, String> {
    match value {
        Value::Table(table) => match (table.get("one_of"), table.get("from"), table.get("to")) {
            (Some(Value::Array(list)), None, None) if table.len() == 1 => {
                let mut rng = Rng::fork(seed, path);
                let picked = list.get(rng.below(list.len()));
                vary(picked.ok_or("one_of = [] leaves no choice")?, seed, path, n)
            }
            (None, Some(from), Some(to)) if table.len() == 2 => {
                between(from, to, &mut Rng::fork(seed, path))
            }
            _ => vary_table(table, seed, path, n).map(Value::Table),
        },
        Value::Array(list) => {
            let items = list.iter().enumerate();
            let items = items.map(|(k, item)| vary(item, seed, &format!("{path}/{k}"), n));
            items.collect::<Result<_, _>>().map(Value::Array)
        }
        Value::String(text) if text.contains("{n}") => {
            Ok(Value::String(text.replace("{n}", &n.to_string())))
        }
        other => Ok(other.clone()),
    }
}

/// Each value of a table.
pub(super) fn vary_table(table: &Table, seed: u64, path: &str, n: usize) -> Result<Table, String> {
    let varied = table
        .iter()
        .map(|(key, value)| Ok((key.clone(), vary(value, seed, &format!("{path}/{key}"), n)?)));
    varied.collect()
}

fn between(from: &Value, to: &Value, rng: &mut Rng) -> Result<Value, String> {
    match (from, to) {
        (Value::Integer(from), Value::Integer(to)) if from <= to => {
            let width = usize::try_from(to - from).unwrap_or(usize::MAX - 1);
            Ok(Value::Integer(from + rng.below(width + 1) as i64))
        }
        (Value::String(from), Value::String(to)) => {
            let length = |text: &str| text.parse::<Span>().map_err(|bad| bad.to_string());
            let (from, to) = (length(from)?, length(to)?);
            Ok(Value::Float(rng.between(from.secs_f64(), to.secs_f64())))
        }
        _ => {
            match number(from).zip(number(to)) {
                Some((from, to)) if from <= to => Ok(Value::Float(rng.between(from, to))),
                _ => Err("from and to are two numbers, or two lengths of time, the smaller first"
                    .to_owned()),
            }
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, n: usize) -> Result<Value, String> {
        let table: Table = format!("x = {text}").parse().unwrap();
        vary(&table["x"], 3, &format!("pc-{n}"), n)
    }

    #[test]
    fn chance_belongs_to_the_machine() {
        let picks: Vec<_> = (0..40).map(|n| of("{ one_of = ['a', 'b'] }", n).unwrap()).collect();
        assert!(picks.contains(&Value::from("a")) && picks.contains(&Value::from("b")));
        assert_eq!(of("{ one_of = ['a', 'b'] }", 7), of("{ one_of = ['a', 'b'] }", 7));
        for n in 0..40 {
            let number = of("{ from = 3, to = 5 }", n).unwrap().as_integer().unwrap();
            assert!((3..=5).contains(&number));
            let share = of("{ from = 0.5, to = 1 }", n).unwrap().as_float().unwrap();
            assert!((0.5..=1.0).contains(&share));
            let span = of("{ from = '1m', to = '2m' }", n).unwrap().as_float().unwrap();
            assert!((60.0..=120.0).contains(&span));
        }
        assert_eq!(of("'box-{n}.example'", 4).unwrap(), Value::from("box-4.example"));
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        for bad in ["{ one_of = [] }", "{ from = 5, to = 3 }", "{ from = 'a', to = 'b' }"] {
            assert!(of(bad, 0).is_err(), "{bad}");
        }
    }
}
