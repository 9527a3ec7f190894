//! Looks for the number of callers that a limit is fastest with: a limit is only worth something when it is the best
//! that can be had.

use serde::Serialize;

use crate::{failure::Failure, measurement::Measured};

/// Callers that are tried, besides as many as there are.
const FEWER: [u32; 3] = [1, 8, 16];
const SECONDS: u64 = 3;
const WARM_UP: u64 = 1;

/// A number of callers that was tried out, and how it did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trial<S> {
    #[serde(flatten)]
    pub(crate) subject: S,
    pub(crate) callers: u32,
    pub(crate) per_second: f64,
    /// Cores taken by what has no part in it.
    pub(crate) others: f64,
}

/// How long a trial warms up and takes, in a run whose measurements do so for so long.
pub(crate) fn duration((warm_up, seconds): (u64, u64)) -> (u64, u64) {
    (warm_up.min(WARM_UP), seconds.min(SECONDS))
}

/// How many callers are tried.
pub(crate) fn candidates(callers: u32) -> Vec<u32> {
    let mut tried = FEWER.to_vec();
    tried.retain(|fewer| *fewer < callers);
    tried.push(callers);
    tried
}

/// Measures each number of callers and returns the fastest; everything that was tried is kept.
pub(crate) fn fastest<S: Copy>(
    subject: S,
    candidates: &[u32],
    trials: &mut Vec<Trial<S>>,
    mut measure: impl FnMut(u32) -> Result<Measured, Failure>,
) -> Result<u32, Failure> {
    if let [only] = candidates {
        return Ok(*only);
    }
    let first = trials.len();
    for callers in candidates {
        let measured = measure(*callers)?;
        let Measured { per_second, cores, .. } = measured;
        trials.push(Trial { subject, callers: *callers, per_second, others: cores.others });
    }
    let best = trials.iter().skip(first).max_by(|a, b| a.per_second.total_cmp(&b.per_second));
    best.map(|best| best.callers).ok_or_else(|| Failure::run("there is no number of callers to try"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::tests::measurement;

    #[test]
    fn the_fastest_number_of_callers_is_taken_and_all_are_kept() {
        let rates = [(1, 10.0), (8, 30.0), (64, 20.0)];
        let mut trials = Vec::new();
        let measure = |callers| {
            let rate = rates.iter().find(|(tried, _)| *tried == callers).map(|(_, rate)| *rate);
            Ok(measurement('a', callers, rate.unwrap()).measured)
        };
        assert_eq!(fastest('a', &[1, 8, 64], &mut trials, measure).unwrap(), 8);
        assert_eq!(trials.len(), 3);
        let unused = |_| unreachable!("one number needs no trial");
        assert_eq!(fastest('a', &[64], &mut trials, unused).unwrap(), 64);
    }

    #[test]
    fn few_and_many_callers_are_tried() {
        assert_eq!(candidates(64), [1, 8, 16, 64]);
        assert_eq!(candidates(8), [1, 8]);
        assert_eq!(candidates(1), [1]);
    }

    #[test]
    fn a_trial_is_no_longer_than_a_measurement() {
        assert_eq!(duration((2, 1)), (1, 1));
        assert_eq!(duration((0, 10)), (0, 3));
    }
}
