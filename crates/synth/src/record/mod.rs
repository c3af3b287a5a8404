//! The same world without bytes: what a sensor would note of the packets that are not made.
//!
//! A [`Ledger`] keeps the open flows of one machine. Connections account for whole bursts, single
//! packets are followed one by one, and what protocols say becomes a [`Fact`] at its time: what
//! TLS and DNS say is known without their bytes, the few bytes of other protocols go through the
//! parser of the product. Bias: it copies how `ostium-track` ends flows and judges their state;
//! tests hold the two against each other over every habit.

mod fact;
mod flow;
mod ledger;
mod orient;
mod said;
mod talk;
mod tell;

pub(crate) use fact::{Answered, Fact, Hello, Reply, Request};
pub(crate) use flow::{Closed, Ends};
pub(crate) use ledger::{Bare, FlowRef, Ledger, Told};
pub(crate) use talk::Known;

#[cfg(test)]
mod tests;
