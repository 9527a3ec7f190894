//! How long answers took.

use std::time::Duration;

/// The time of every answer of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Adds an answer.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Whether there were no answers.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For each of these shares, in hundredths, the time within which so many of all answers came: the time of one of
    /// them (nearest rank). Zero when there are none.
    pub fn within<const N: usize>(&self, hundredths: [usize; N]) -> [Duration; N] {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        hundredths.map(|share| {
            let rank = (sorted.len() * share).div_ceil(100).clamp(1, sorted.len().max(1));
            sorted.get(rank - 1).copied().unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_time_of_an_answer() {
        let within = |millis: &[u64]| {
            let mut latencies = Latencies::default();
            for millis in millis {
                latencies.add(Duration::from_millis(*millis));
            }
            latencies.within([0, 50, 95, 99, 100]).map(|time| time.as_millis())
        };
        assert_eq!(within(&[]), [0; 5]);
        assert_eq!(within(&[7]), [7; 5]);
        assert_eq!(within(&[4, 1, 3, 2]), [1, 2, 4, 4, 4]);
        let hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(within(&hundred), [1, 50, 95, 99, 100]);
        let two_hundred: Vec<u64> = (1..=200).collect();
        assert_eq!(within(&two_hundred), [1, 100, 190, 198, 200]);
    }
}
