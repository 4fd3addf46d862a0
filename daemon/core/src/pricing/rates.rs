// SPDX-License-Identifier: GPL-3.0-or-later
//! What a model costs at list price, larger contexts included.

use crate::model::{NanoUsd, Tokens};

/// The most that one step can cost, as it is for stored costs.
const MAX_USD: f64 = 1e5;

/// US dollars per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the names are the vocabulary")]
pub struct Rates {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
}

/// Other rates for steps with a large context; they hold for all tokens of such a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tier {
    /// Steps with more context than this are billed at these rates.
    pub above_context_tokens: u64,
    /// The rates.
    pub rates: Rates,
}

/// The list price of one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListPrice {
    /// Without a tier that applies.
    pub rates: Rates,
    /// For large contexts, smallest first; usually none.
    pub tiers: Vec<Tier>,
}

impl ListPrice {
    /// Whether every rate is 0: included in a plan, or free.
    pub fn is_free(&self) -> bool {
        let mut all = self.all();
        all.all(|rates| rates.each().iter().all(|rate| *rate == 0.0))
    }

    /// The list price of one step with these tokens; reasoning is billed as output. `None` above what any step
    /// costs: then a rate or a token count is none, and sums of such amounts have no end.
    pub fn cost(&self, tokens: &Tokens) -> Option<NanoUsd> {
        let context = tokens.context();
        let tier = self
            .tiers
            .iter()
            .rev()
            .find(|tier| context > tier.above_context_tokens);
        tier.map_or(self.rates, |tier| tier.rates).cost(tokens)
    }

    /// The same with a share of every rate taken off: 0.2 leaves 80 %.
    pub(super) fn discounted(mut self, share: f64) -> Self {
        self.rates.scale(1.0 - share);
        for tier in &mut self.tiers {
            tier.rates.scale(1.0 - share);
        }
        self
    }

    /// Tiers in order, and `None` where a rate is no price.
    pub(super) fn checked(mut self) -> Option<Self> {
        self.tiers.sort_by_key(|tier| tier.above_context_tokens);
        let is_price = |rate: &f64| rate.is_finite() && *rate >= 0.0;
        let is_sound = self.all().all(|rates| rates.each().iter().all(is_price));
        is_sound.then_some(self)
    }

    fn all(&self) -> impl Iterator<Item = &Rates> {
        std::iter::once(&self.rates).chain(self.tiers.iter().map(|tier| &tier.rates))
    }
}

impl Rates {
    fn each(&self) -> [f64; 4] {
        [self.input, self.output, self.cache_read, self.cache_write]
    }

    fn scale(&mut self, factor: f64) {
        for rate in [
            &mut self.input,
            &mut self.output,
            &mut self.cache_read,
            &mut self.cache_write,
        ] {
            *rate *= factor;
        }
    }

    fn cost(&self, tokens: &Tokens) -> Option<NanoUsd> {
        let generated = tokens.output.saturating_add(tokens.reasoning);
        let usd_per_million = tokens.input as f64 * self.input
            + generated as f64 * self.output
            + tokens.cache_read as f64 * self.cache_read
            + tokens.cache_write as f64 * self.cache_write;
        let usd = usd_per_million / 1e6;
        NanoUsd::from_usd(usd).filter(|_| usd <= MAX_USD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tier_is_that_of_the_steps_context() {
        let rates = |input: f64| Rates {
            input,
            ..Rates::default()
        };
        let tier = |above_context_tokens, input| Tier {
            above_context_tokens,
            rates: rates(input),
        };
        let price = ListPrice {
            rates: rates(1.0),
            tiers: vec![tier(500, 3.0), tier(200, 2.0)],
        };
        let price = price.checked().unwrap();
        let cost = |input, cache_read, output| {
            let tokens = Tokens {
                input,
                cache_read,
                output,
                ..Tokens::default()
            };
            price.cost(&tokens).unwrap().0
        };
        assert_eq!(cost(100, 100, 10_000), 100_000);
        assert_eq!(cost(100, 101, 0), 200_000);
        assert_eq!(cost(100, 401, 0), 300_000);
    }
}
