//! From numbers to places on paper, and the numbers that stand beside an axis.

use super::Axis;

/// The part of a broken axis below the break, and the break itself.
const BELOW: f64 = 0.3;
const BREAK: f64 = 0.05;
/// Room beyond the data, so that no mark is cut.
const ROOM: f64 = 0.04;
/// A logarithmic axis holds no more powers of ten than this; what is beyond leaves the frame.
const DECADES: f64 = 14.0;

/// An axis on paper.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    log: bool,
    /// Ends; their logarithms on a logarithmic axis.
    low: f64,
    high: f64,
    /// What is left out.
    gap: Option<(f64, f64)>,
    /// Places of the ends.
    from: f64,
    to: f64,
}

/// A number beside an axis, in words that [`super::text`] sets; empty for a small tick.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub place: f64,
    pub label: String,
}

impl Scale {
    /// An axis that holds all values, its ends at these places.
    pub fn new(axis: &Axis, values: impl Iterator<Item = f64>, (from, to): (f64, f64)) -> Scale {
        let log = axis.log;
        let seen = |v: &f64| v.is_finite() && (!log || *v > 0.0);
        let (mut low, mut high) = values
            .filter(seen)
            .map(|v| if log { v.log10() } else { v })
            .fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if log && high - low > DECADES {
            // what is equal to 1 somewhere stays in sight
            let middle = 0f64.clamp(low + DECADES / 2.0, high - DECADES / 2.0);
            (low, high) = (middle - DECADES / 2.0, middle + DECADES / 2.0);
        }
        match axis.ends {
            Some((a, b)) if log => (low, high) = (a.log10(), b.log10()),
            Some(ends) => (low, high) = ends,
            None => {
                // a constant has an axis on which it is one
                let size = low.abs().max(high.abs());
                let constant = high - low <= 1e-9 * size || high == low;
                let room = match (constant, log) {
                    (true, true) => 0.5,
                    (true, false) => 0.2 * size.max(1e-3),
                    (false, _) => ROOM * (high - low),
                };
                (low, high) = (low - room, high + room);
            }
        }
        let gap = axis.gap.filter(|(a, b)| low < *a && a < b && *b < high);
        Scale {
            log,
            low,
            high,
            gap: if log { None } else { gap },
            from,
            to,
        }
    }

    /// The place of a number; beyond the ends for what is there, `None` for what has none.
    pub fn at(&self, value: f64) -> Option<f64> {
        let v = if self.log { value.log10() } else { value };
        if !v.is_finite() {
            return None;
        }
        let share = match self.gap {
            None => (v - self.low) / (self.high - self.low),
            Some((a, _)) if v <= a => BELOW * (v - self.low) / (a - self.low),
            Some((a, b)) if v < b => BELOW + BREAK * (v - a) / (b - a),
            Some((_, b)) => {
                let above = BELOW + BREAK;
                above + (1.0 - above) * (v - b) / (self.high - b)
            }
        };
        // so far away that no line is bent by it
        Some(self.from + share.clamp(-50.0, 50.0) * (self.to - self.from))
    }

    /// The place of the break.
    pub fn broken_at(&self) -> Option<f64> {
        let (a, b) = self.gap?;
        self.at(f64::midpoint(a, b))
    }

    /// Does the frame hold this number?
    pub fn holds(&self, value: f64) -> bool {
        let (a, b) = (self.from.min(self.to) - 0.01, self.from.max(self.to) + 0.01);
        self.at(value).is_some_and(|p| (a..=b).contains(&p))
    }

    /// About so many numbers.
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        if self.log {
            return self.powers(count);
        }
        let share = (self.to - self.from).abs().max(1.0);
        let Some((a, b)) = self.gap else {
            return self.linear(self.low, self.high, count);
        };
        let part = |x: f64, y: f64| {
            let length = (self.at(y).unwrap_or(0.0) - self.at(x).unwrap_or(0.0)).abs();
            ((count as f64 * length / share).round() as usize).max(2)
        };
        let mut ticks = self.linear(self.low, a, part(self.low, a));
        ticks.extend(self.linear(b, self.high, part(b, self.high)));
        ticks
    }

    fn linear(&self, low: f64, high: f64, count: usize) -> Vec<Tick> {
        let rough = (high - low) / count.max(1) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|m| m * power)
            .find(|s| *s >= rough * 0.999)
            .unwrap_or(10.0 * power);
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let largest = low.abs().max(high.abs());
        let tick = |n: i64| {
            let value = n as f64 * step;
            self.at(value).map(|place| Tick {
                place,
                label: plain(value, step, largest),
            })
        };
        // a broken double cannot make an endless axis
        (first..=last.min(first + 50)).filter_map(tick).collect()
    }

    fn powers(&self, count: usize) -> Vec<Tick> {
        let (first, last) = (self.low.ceil() as i32, self.high.floor() as i32);
        if last - first < 1 {
            return self.within_a_power(count);
        }
        let rough = (last - first + 1) as f64 / count.max(1) as f64;
        let every = [1, 2, 3, 5, 10, 15, 20, 25, 50, 100]
            .into_iter()
            .find(|step| f64::from(*step) >= rough)
            .unwrap_or(200);
        let named: Vec<i32> = (first..=last)
            .filter(|k| k.rem_euclid(every) == 0)
            .collect();
        let short = named.iter().all(|k| (-3..=3).contains(k));
        let mut ticks = Vec::new();
        for k in first - 1..=last {
            if k >= first {
                let label = match (named.contains(&k), short) {
                    (false, _) => String::new(),
                    (true, true) => plain(10f64.powi(k), 10f64.powi(k.min(0)), 0.0),
                    (true, false) => format!("10^{{{k}}}"),
                };
                ticks.extend(self.tick(10f64.powi(k), label));
            }
            if every == 1 && last - first < 7 {
                let between = (2..10).map(|m| f64::from(m) * 10f64.powi(k));
                ticks.extend(between.filter_map(|v| self.tick(v, String::new())));
            }
        }
        ticks
    }

    fn tick(&self, value: f64, label: String) -> Option<Tick> {
        let place = self.at(value).filter(|_| self.holds(value))?;
        Some(Tick { place, label })
    }

    /// Less than two powers of ten are in sight.
    fn within_a_power(&self, count: usize) -> Vec<Tick> {
        let (low, high) = (10f64.powf(self.low), 10f64.powf(self.high));
        if high / low < 4.0 {
            return self.linear(low, high, count);
        }
        let power = self.low.floor() as i32;
        let tick = |(k, m): (i32, f64)| {
            let value = m * 10f64.powi(k);
            self.tick(value, plain(value, 10f64.powi(k.min(0)), value))
        };
        let all = [power, power + 1, power + 2].into_iter();
        all.flat_map(|k| [1.0, 2.0, 5.0].map(|m| (k, m)))
            .filter_map(tick)
            .collect()
    }
}

/// A number of a multiple of `step`: as many places for all; a power of ten apart where the largest is large or the step small.
fn plain(value: f64, step: f64, largest: f64) -> String {
    let places = |step: f64| (-(step * 1.000_001).log10().floor()).max(0.0) as usize;
    if value == 0.0 {
        return "0".to_owned();
    }
    if largest >= 1e5 || step < 1e-5 && largest < 1e-2 {
        let power = largest.abs().max(value.abs()).log10().floor() as i32;
        let unit = 10f64.powi(power);
        let mantissa = format!("{:.*}", places(step / unit), value / unit);
        return match mantissa.as_str() {
            "1" => format!("10^{{{power}}}"),
            "-1" => format!("-10^{{{power}}}"),
            _ => format!("{mantissa}*10^{{{power}}}"),
        };
    }
    format!("{value:.*}", places(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(log: bool) -> Axis {
        Axis::new("x", log)
    }

    fn labels(axis: &Axis, values: &[f64]) -> Vec<String> {
        let scale = Scale::new(axis, values.iter().copied(), (0.0, 400.0));
        let ticks = scale.ticks(6).into_iter().map(|t| t.label);
        ticks.filter(|l| !l.is_empty()).collect()
    }

    #[test]
    fn numbers_are_round_and_alike() {
        assert_eq!(
            labels(&axis(false), &[0.0, 1.0]),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(|t| if t == "0.0" { "0" } else { t })
        );
        assert_eq!(
            labels(&axis(false), &[-4.0, 4.0]),
            ["-4", "-2", "0", "2", "4"]
        );
        assert_eq!(
            labels(&axis(true), &[0.1, 1000.0]),
            ["0.1", "1", "10", "100", "1000"]
        );
        let far = labels(&axis(true), &[1e-9, 1.0]);
        assert!(far.contains(&"10^{-8}".to_owned()) && far.contains(&"10^{0}".to_owned()));
        assert_eq!(labels(&axis(false), &[0.0, 3e6])[1], "10^{6}");
        let near = labels(&axis(false), &[0.990, 0.999]);
        assert!(near.iter().all(|l| l.len() == near[0].len()), "{near:?}");
    }

    /// Increasing, whole, and the ends where they belong; a constant and nothing at all have an axis.
    #[test]
    fn a_scale_is_monotone() {
        let mut broken = axis(false);
        broken.gap = Some((0.6, 0.9));
        for axis in [axis(false), axis(true), broken] {
            let scale = Scale::new(&axis, [0.5, 1.0].into_iter(), (0.0, 100.0));
            let places: Vec<f64> = (50..=100)
                .filter_map(|n| scale.at(f64::from(n) / 100.0))
                .collect();
            assert!(places.windows(2).all(|p| p[0] < p[1]) && places.len() == 51);
            assert!(places[0] > 0.0 && places[50] < 100.0);
            assert!(
                scale
                    .ticks(5)
                    .iter()
                    .all(|t| (-0.1..100.1).contains(&t.place))
            );
        }
        for values in [
            vec![],
            vec![f64::NAN],
            vec![0.7, 0.7],
            vec![0.0],
            vec![1e300, -1e300],
        ] {
            for log in [false, true] {
                let scale = Scale::new(&axis(log), values.iter().copied(), (0.0, 100.0));
                assert!(scale.ticks(5).len() < 60 && scale.at(0.5).is_some_and(f64::is_finite));
            }
        }
    }

    /// 25 powers of ten do not press the rest flat: 1 stays in sight.
    #[test]
    fn far_values_leave_the_frame() {
        let scale = Scale::new(&axis(true), [1e-25, 1.0].into_iter(), (0.0, 100.0));
        assert!(scale.holds(1.0) && !scale.holds(1e-25) && scale.holds(1e-13));
    }
}
