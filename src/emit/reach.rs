//! Where a program stays finite in half precision.

use super::program::Program;

/// A format of two bytes.
pub(super) struct Format {
    pub name: &'static str,
    /// Its largest number.
    largest: f64,
    /// All positive numbers, from 0 on.
    numbers: fn() -> Vec<f64>,
}

pub(super) const FORMATS: [Format; 2] = [
    Format {
        name: "float16",
        largest: 65504.0,
        numbers: halves,
    },
    Format {
        name: "bfloat16",
        largest: 3.389_531_389_251_535_5e38,
        numbers: brains,
    },
];

/// IEEE 754 binary16: 5 bits of exponent, 10 of fraction.
fn halves() -> Vec<f64> {
    let value = |bits: u32| {
        let (exponent, fraction) = (bits >> 10, f64::from(bits & 1023) / 1024.0);
        match exponent {
            0 => fraction * 2_f64.powi(-14),
            _ => (1.0 + fraction) * 2_f64.powi(exponent as i32 - 15),
        }
    };
    (0..0x7c00).map(value).collect()
}

/// bfloat16: the upper half of binary32.
fn brains() -> Vec<f64> {
    let value = |bits: u32| f64::from(f32::from_bits(bits << 16));
    (0..0x7f80).map(value).collect()
}

/// The ends of the largest interval round 0 in which no value on the way is too large; nothing where 0 itself is out.
///
/// Every number of the format is tried, in doubles: what rounding to the format does beside the largest number is not seen.
pub(super) fn reach(program: &Program, format: &Format) -> Option<(f64, f64)> {
    let numbers = (format.numbers)();
    let mut values = Vec::new();
    let mut end = |sign: f64| {
        let finite = |x: &&f64| {
            let (value, largest) = program.at(sign * **x, &mut values);
            value.is_finite() && largest <= format.largest
        };
        numbers.iter().take_while(finite).last().map(|x| sign * x)
    };
    Some((end(-1.0)?, end(1.0)?))
}

/// The sentence about it.
pub(super) fn sentence(program: &Program, format: &Format) -> String {
    let name = format.name;
    match reach(program, format) {
        None => format!("In {name} it is not finite at 0."),
        Some((low, high)) if -low == format.largest && high == format.largest => {
            format!("In {name} it is finite for every finite x.")
        }
        Some((low, high)) => {
            let shown = |x: f64| match x.abs() {
                size if size >= 1e6 || size < 1e-3 && size > 0.0 => format!("{x:.3e}"),
                _ => format!("{x}"),
            };
            format!(
                "In {name} it is finite for {} <= x <= {}.",
                shown(low),
                shown(high)
            )
        }
    }
}
