//! How much memory the service has from second to second, and whether it grows.

use serde::Serialize;

use crate::report::megabytes;

const MINUTE: f64 = 60.0;

/// Resident memory during a measurement.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Resident {
    /// When each sample was taken, in seconds since the first.
    seconds: Vec<f64>,
    /// Megabytes.
    samples: Vec<f64>,
}

/// What it comes to, in megabytes, and megabytes per minute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Growth {
    pub(super) first: f64,
    pub(super) last: f64,
    pub(super) most: f64,
    /// Over the whole time.
    pub(super) slope: f64,
    /// Over its second half.
    pub(super) late_slope: f64,
}

impl Resident {
    pub(super) fn add(&mut self, seconds: f64, bytes: u64) {
        self.seconds.push(seconds);
        self.samples.push(megabytes(bytes));
    }

    pub(super) fn growth(&self) -> Growth {
        let (seconds, samples) = (&self.seconds, &self.samples);
        let half = samples.len() / 2;
        Growth {
            first: samples.first().copied().unwrap_or_default(),
            last: samples.last().copied().unwrap_or_default(),
            most: samples.iter().copied().fold(0.0, f64::max),
            slope: slope(seconds, samples) * MINUTE,
            late_slope: slope(&seconds[half..], &samples[half..]) * MINUTE,
        }
    }
}

/// The slope of the line that is nearest to the points, by least squares; 0 where there is none.
fn slope(x: &[f64], y: &[f64]) -> f64 {
    let mean = |values: &[f64]| {
        let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
        values.iter().sum::<f64>() / f64::from(count.max(1))
    };
    let (mean_x, mean_y) = (mean(x), mean(y));
    let along: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let spread: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    if spread > 0.0 { along / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resident(megabytes: &[u32]) -> Growth {
        let mut resident = Resident::default();
        for (second, megabytes) in (0_u32..).zip(megabytes) {
            resident.add(f64::from(second), u64::from(*megabytes) * 1_000_000);
        }
        resident.growth()
    }

    #[test]
    fn a_megabyte_each_second_is_sixty_in_a_minute() {
        let expected = Growth { first: 10.0, last: 15.0, most: 15.0, slope: 60.0, late_slope: 60.0 };
        assert_eq!(resident(&[10, 11, 12, 13, 14, 15]), expected);
    }

    #[test]
    fn what_was_filled_at_first_is_not_in_the_slope_of_the_second_half() {
        let growth = resident(&[10, 20, 30, 31, 30, 30, 31, 30]);
        assert!(growth.slope > 60.0, "{growth:?}");
        assert!(growth.late_slope.abs() < 10.0, "{growth:?}");
        assert_eq!((growth.first, growth.last, growth.most), (10.0, 30.0, 31.0));
    }

    #[test]
    fn too_few_samples_have_no_slope() {
        let none = Growth { first: 0.0, last: 0.0, most: 0.0, slope: 0.0, late_slope: 0.0 };
        assert_eq!(resident(&[]), none);
        assert_eq!(resident(&[7]), Growth { first: 7.0, last: 7.0, most: 7.0, ..none });
    }
}
