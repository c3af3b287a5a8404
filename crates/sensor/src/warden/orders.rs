//! What operators order by hand.

use ostium_enforce::rails::{Decision, Request};
use ostium_event::{Prefix, Span, Timestamp};
use ostium_sensor_api::{Answer, Matter, Order};
use ostium_verdict::{Block, Mode, Origin, Target};

use super::Warden;

// === impl Warden: orders ===

impl Warden {
    /// Does what an operator orders.
    pub(crate) fn order(&mut self, order: Order, now: Timestamp) -> Answer {
        let done = match order {
            Order::Block { target, seconds, because } => {
                self.block_by_hand(target, Span::from_secs(seconds), &because, now)
            }
            Order::Allow { target, because } => Ok(self.allow_by_hand(target, &because, now)),
            Order::Release { target, because } => Ok(self.release_by_hand(&target, &because, now)),
        };
        self.tick(now);
        match (done, &self.trouble) {
            (Ok(said), None) => Answer::Done { said },
            (Ok(said), Some(why)) => Answer::Refused { why: format!("{said}, but {why}") },
            (Err(why), _) => Answer::Refused { why },
        }
    }

    fn block_by_hand(
        &mut self,
        target: Target,
        span: Span,
        because: &str,
        now: Timestamp,
    ) -> Result<String, String> {
        let mode = self.ways.mode;
        if mode == Mode::Observe {
            return Err(
                "this sensor only observes; set mode = \"block\" (or \"simulate\") in its \
                        configuration and reload it"
                    .to_owned(),
            );
        }
        let block = Block::new(target.clone(), Origin::Operator, mode, now, span).because(because);
        let request = Request::of(block);
        match self.rails.request(&request, now) {
            Decision::Admit => {
                self.touch();
                let verb = if mode == Mode::Block { "is blocked" } else { "would be blocked" };
                let said = format!("{target} {verb} by an operator: {because}");
                self.news.tell(now, Matter::Blocked, Some(&target), said.clone());
                Ok(said)
            }
            Decision::Hold(reason) | Decision::Refuse(reason) => {
                Err(format!("{target} is not blocked: {reason}"))
            }
        }
    }

    /// Puts a target on the allow list.
    pub(super) fn allow(&mut self, target: Target) {
        match &target {
            Target::Name(name) => {
                self.rails.policy.allow_names.insert(name.to_string());
            }
            Target::Address(addr) | Target::AddressPort(addr, ..) | Target::Host(addr) => {
                let bits = if addr.is_v4() { 32 } else { 128 };
                self.rails.policy.allow_networks.extend(Prefix::new(*addr, bits));
            }
        }
        if !self.allowed.contains(&target) {
            self.allowed.push(target);
        }
    }

    fn allow_by_hand(&mut self, target: Target, because: &str, now: Timestamp) -> String {
        let said = format!("{target} is allowed until the sensor starts anew: {because}");
        self.news.tell(now, Matter::Ended, Some(&target), said.clone());
        self.pardon(&target);
        self.allow(target);
        let gone: Vec<Target> = self
            .blocks()
            .filter(|block| self.rails.policy.allowed(&Request::of((*block).clone())).is_some())
            .map(|block| block.target.clone())
            .collect();
        for target in &gone {
            self.end(target, now);
        }
        self.drop_known(now);
        said
    }

    fn release_by_hand(&mut self, target: &Target, because: &str, now: Timestamp) -> String {
        self.pardon(target);
        let was = self.end(target, now);
        let said = match was {
            true => format!("{target} is released: {because}"),
            false => format!("{target} was not blocked; automation leaves it alone: {because}"),
        };
        self.news.tell(now, Matter::Ended, Some(target), said.clone());
        said
    }

    /// Ends a block at once, in the kernel too, without anybody having said that it was wrong.
    pub(super) fn end_silently(&mut self, target: &Target, now: Timestamp) {
        self.rails.state.end(target);
        self.drop_ahead(target);
        let done = match &mut self.enforcer {
            Some(enforcer) => enforcer.release(target),
            None => Ok(()),
        };
        if done.is_err() {
            self.note(now, done);
        }
        self.touch();
    }

    /// Ends a block at once, in the kernel too; was there one?
    fn end(&mut self, target: &Target, now: Timestamp) -> bool {
        let sticks = self.rails.policy.release_sticks;
        let led: Vec<Target> = self.led_to(target);
        let mut was = false;
        for target in led.iter().chain([target]) {
            was |= !self.rails.state.release(target, now, sticks).is_empty();
            let done = match &mut self.enforcer {
                Some(enforcer) => enforcer.release(target),
                None => Ok(()),
            };
            if done.is_err() {
                self.note(now, done);
            }
        }
        was |= self.drop_known(now);
        self.touch();
        was
    }

    /// Addresses that are blocked because this name, or one below it, led there.
    fn led_to(&self, target: &Target) -> Vec<Target> {
        let Target::Name(over) = target else {
            return Vec::new();
        };
        let below = |name: &str| {
            name.strip_suffix(&**over).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.blocks()
            .filter(|block| led(block).any(below))
            .map(|block| block.target.clone())
            .collect()
    }
}

/// The names that led to the address of a block.
pub(super) fn led(block: &Block) -> impl Iterator<Item = &str> {
    block
        .evidence
        .iter()
        .filter_map(|line| line.strip_prefix("the name ")?.strip_suffix(" led there"))
}
