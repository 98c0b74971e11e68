//! The two equations for the input's scale and shift, with their derivatives, in any arithmetic.

use super::Slopes;
use crate::real::Real;

/// A number with its derivatives by `log alpha` and by `beta/alpha_0`.
#[derive(Clone, Debug)]
pub(super) struct Dual<T> {
    pub value: T,
    pub by: [T; 2],
}

impl<T: Real> Dual<T> {
    fn map(&self, value: T, slope: &T) -> Dual<T> {
        let by = [0, 1].map(|i| slope * &self.by[i]);
        Dual { value, by }
    }
    fn plus(&self, o: &Dual<T>) -> Dual<T> {
        Dual {
            value: &self.value + &o.value,
            by: [0, 1].map(|i| &self.by[i] + &o.by[i]),
        }
    }
    fn minus(&self, o: &Dual<T>) -> Dual<T> {
        Dual {
            value: &self.value - &o.value,
            by: [0, 1].map(|i| &self.by[i] - &o.by[i]),
        }
    }
    fn times(&self, o: &Dual<T>) -> Dual<T> {
        let by = [0, 1].map(|i| &(&self.by[i] * &o.value) + &(&self.value * &o.by[i]));
        Dual {
            value: &self.value * &o.value,
            by,
        }
    }
    fn half(&self) -> Dual<T> {
        Dual {
            value: self.value.scale2(-1),
            by: [0, 1].map(|i| self.by[i].scale2(-1)),
        }
    }
    fn recip(&self) -> Dual<T> {
        let one = T::int(1, self.value.bits());
        let inverse = &one / &self.value;
        let slope = -(&inverse * &inverse);
        self.map(inverse, &slope)
    }
    fn over(&self, o: &Dual<T>) -> Dual<T> {
        self.times(&o.recip())
    }
    fn ln(&self) -> Dual<T> {
        let one = T::int(1, self.value.bits());
        self.map(self.value.ln(), &(&one / &self.value))
    }
}

/// `E phi`, `E phi^2`, `E phi'^2`, `E phi''^2` and their derivatives in `delta`, at one place.
pub(super) struct Place<T> {
    /// `alpha_0^2`, which the derivatives in `delta` contain.
    pub unit2: T,
    pub s2: T,
    pub phi: [T; 5],
    pub square: [T; 5],
    pub slope: [T; 5],
    pub curvature: Option<[T; 5]>,
}

/// The two equations, zero at a solution, and `delta`, `gamma^-2`.
pub(super) struct Equations<T> {
    pub zero: [Dual<T>; 2],
    pub output_shift: T,
    pub inverse_square: T,
}

impl<T: Real> Place<T> {
    fn dual(&self, d: &[T; 5], order: usize) -> Dual<T> {
        Dual {
            value: d[order].clone(),
            by: [&self.s2 * &d[order + 2], d[order + 1].clone()],
        }
    }

    pub(super) fn equations(&self, wanted: &Slopes) -> Equations<T> {
        let bits = self.s2.bits();
        let zero = T::int(0, bits);
        let number = |value: T| Dual {
            value,
            by: [zero.clone(), zero.clone()],
        };
        // alpha^2, whose logarithm grows by 2
        let scale2 = {
            let value = &self.unit2 * &self.s2;
            Dual {
                by: [value.scale2(1), zero.clone()],
                value,
            }
        };
        let s2 = Dual {
            value: self.s2.clone(),
            by: [self.s2.scale2(1), zero.clone()],
        };
        let [m1, m1_2] = [0, 2].map(|k| self.dual(&self.phi, k));
        let [m2, m2_2] = [0, 2].map(|k| self.dual(&self.square, k));
        let slope = self.dual(&self.slope, 0);
        match wanted {
            Slopes::Dks(wanted) => {
                let variance = m2.minus(&m1.times(&m1));
                // (alpha/2) dV/dalpha
                let w = s2.times(&m2_2.half().minus(&m1.times(&m1_2)));
                let log = scale2.times(&slope).over(&variance).ln();
                Equations {
                    zero: [
                        log.minus(&number(T::rational(wanted, bits).ln())),
                        w.over(&variance).minus(&number(T::int(1, bits))),
                    ],
                    output_shift: -m1.value,
                    inverse_square: variance.value,
                }
            }
            Slopes::Tat(wanted) => {
                let curvature = self
                    .curvature
                    .as_ref()
                    .map_or_else(|| number(T::undefined(bits)), |c| self.dual(c, 0));
                let unit2 = number(self.unit2.clone());
                let energy = scale2.times(&slope);
                // alpha_0^2 E phi phi'', alpha_0^2 E phi''
                let delta = unit2.times(&slope).minus(&m2_2.half()).over(&m1_2);
                let first = scale2.times(&curvature).over(&slope).ln();
                let twice = delta.times(&m1).plus(&delta.times(&m1));
                let second = m2.plus(&twice).plus(&delta.times(&delta)).over(&energy);
                Equations {
                    zero: [
                        first.minus(&number(T::rational(wanted, bits).ln())),
                        second.minus(&number(T::int(1, bits))),
                    ],
                    output_shift: delta.value,
                    inverse_square: energy.value,
                }
            }
        }
    }
}
