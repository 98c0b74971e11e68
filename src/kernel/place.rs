//! A correlation in the coordinate that keeps its digits.

/// A place in the chart that keeps its digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// The gap `1 - rho`, `rho > 1/2`.
    Near(f64),
    /// `rho`, `|rho| <= 1/2`.
    Middle(f64),
    /// `1 + rho`, `rho < -1/2`.
    Far(f64),
}

impl Place {
    /// The place of a correlation.
    pub fn of(rho: f64) -> Self {
        if rho > 0.5 {
            Place::Near(1.0 - rho)
        } else if rho < -0.5 {
            Place::Far(1.0 + rho)
        } else {
            Place::Middle(rho)
        }
    }

    /// `rho`
    pub fn value(self) -> f64 {
        match self {
            Place::Near(t) => 1.0 - t,
            Place::Middle(rho) => rho,
            Place::Far(u) => u - 1.0,
        }
    }

    /// The same for equal places, and another for others.
    pub fn key(self) -> (u8, u64) {
        match self {
            Place::Near(t) => (0, t.to_bits()),
            Place::Middle(rho) => (1, rho.to_bits()),
            Place::Far(u) => (2, u.to_bits()),
        }
    }

    /// `ln |rho|`, with the digits that the gap has.
    pub fn log_modulus(self) -> f64 {
        match self {
            Place::Near(t) | Place::Far(t) => (-t).ln_1p(),
            Place::Middle(rho) => rho.abs().ln(),
        }
    }
}

/// The mirror symmetry of a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mirror {
    /// None that is known.
    None,
    /// `f(-rho) = f(rho)`
    Even,
    /// `f(-rho) = -f(rho)`
    Odd,
}
