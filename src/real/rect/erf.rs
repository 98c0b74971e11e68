//! The error function on rectangles.
//!
//! Along the vertical segment from `x` to `z = x + iy`,
//!
//! `erf z = erf x + 2/sqrt(pi) e^(-x^2) int_0^y e^(t^2) (sin 2xt + i cos 2xt) dt`,
//!
//! and with `Y = max |y|`
//!
//! * `|Im erf z| <= 2/sqrt(pi) e^(-x^2) int_0^Y e^(t^2) dt <= 2/sqrt(pi) e^(-x^2) (e^(Y^2) - 1)/Y`
//!   (compare the power series term by term: `1/((k-1)! (2k-1)) <= 1/k!`);
//! * `|Re erf z - erf x| <= 2/sqrt(pi) e^(-x^2) (e^(Y^2) - 1) min(1/Y, |x|)` (`|sin 2xt| <= 2|x|t`, and
//!   `int_0^Y 2t e^(t^2) dt = e^(Y^2) - 1`);
//! * `|erfc z| <= e^(Y^2) erfc(x)`: on the horizontal ray from `z` the integrand has the modulus
//!   `e^(y^2 - (x+s)^2)`. Mirrored, `|erfc(-z)| <= e^(Y^2) erfc(-x)`.
//! * mean value: `erf z - erf x0 = 2/sqrt(pi) (z - x0) w` with `w` in the convex hull of `e^(-u^2)`, `u` on the
//!   segment from `x0` to `z`.
//!
//! The result is the common part. All quantities are rounded outward.

use rug::Float;

use super::Rect;
use crate::real::{Analytic, Bits, Interval, Real};

/// Bounds of how far erf leaves the real axis' values.
struct Departure {
    re: Float,
    im: Float,
}

fn two_over_sqrt_pi(bits: Bits) -> Interval {
    Interval::int(2, bits) / Interval::pi(bits).sqrt()
}

impl Rect {
    /// `None` for a rectangle without bound in the imaginary direction.
    fn departure(&self) -> Option<Departure> {
        let bits = self.bits();
        let height = self.im.mag();
        if !height.is_finite() {
            return None;
        }
        let height = Interval::point(height);
        let growth = height.square().exp_m1();
        let decay = (-Interval::point(self.re.mig()).square()).exp();
        let common = two_over_sqrt_pi(bits) * decay * growth;
        let im = &common / &height;
        let re = if self.re.is_finite() {
            let by_sine = &common * Interval::point(self.re.mag());
            Real::min(&im, &by_sine)
        } else {
            im.clone()
        };
        Some(Departure {
            re: re.into_ends().1,
            im: im.into_ends().1,
        })
    }

    /// Upper bound of `e^(Y^2) erfc(x)`.
    fn erfc_modulus(&self, x: &Float) -> Interval {
        let bits = self.bits();
        let growth = Interval::point(self.im.mag()).square().exp();
        let bound = growth * Interval::point(x.clone()).erfc();
        Interval::symmetric(Float::with_val(bits, bound.hi()))
    }

    /// The mean value form, for rectangles that are small (at most 1 wide and within 1 of the axis).
    fn erf_by_slope(&self, middle: &Float, value: &Interval) -> Option<Self> {
        let bits = self.bits();
        if !(self.im.mag() <= 1 && self.re.width() <= 1) {
            return None;
        }
        let x0 = Interval::point(middle.clone());
        let path = Rect {
            re: self.re.clone(),
            im: self.im.hull(&Interval::zero(bits)),
        };
        let slope = (-path.square()).exp();
        let step = Rect {
            re: (&self.re - &x0) * two_over_sqrt_pi(bits),
            im: &self.im * two_over_sqrt_pi(bits),
        };
        let change = slope * step;
        Some(Rect {
            re: change.re + value,
            im: change.im,
        })
    }

    pub(super) fn error_function(&self) -> Self {
        let bits = self.bits();
        if self.is_real() {
            return Self::real(self.re.erf());
        }
        if self.is_undefined() {
            return self.clone();
        }
        let Some(departure) = self.departure() else {
            return Self::whole(bits);
        };
        let mut erf = Rect {
            re: self.re.erf().widened(&departure.re),
            im: Interval::symmetric(departure.im),
        };
        let one = Interval::int(1, bits);
        if *self.re.lo() > 0 {
            let rest = self.erfc_modulus(self.re.lo());
            erf = erf.intersect(&Rect {
                re: &one + &rest,
                im: rest,
            });
        } else if *self.re.hi() < 0 {
            let rest = self.erfc_modulus(&-self.re.hi().clone());
            erf = erf.intersect(&Rect {
                re: &rest - &one,
                im: rest,
            });
        }
        let middle = self.re.to_float();
        let value = Interval::point(middle.clone()).erf();
        match self.erf_by_slope(&middle, &value) {
            Some(narrow) => erf.intersect(&narrow),
            None => erf,
        }
    }

    pub(super) fn complementary_error_function(&self) -> Self {
        let bits = self.bits();
        if self.is_real() {
            return Self::real(self.re.erfc());
        }
        if self.is_undefined() {
            return self.clone();
        }
        let Some(departure) = self.departure() else {
            return Self::whole(bits);
        };
        let mut erfc = Rect {
            re: self.re.erfc().widened(&departure.re),
            im: Interval::symmetric(departure.im),
        };
        if *self.re.lo() > 0 {
            let rest = self.erfc_modulus(self.re.lo());
            erfc = erfc.intersect(&Rect {
                re: rest.clone(),
                im: rest,
            });
        } else if *self.re.hi() < 0 {
            let rest = self.erfc_modulus(&-self.re.hi().clone());
            erfc = erfc.intersect(&Rect {
                re: &rest + Interval::int(2, bits),
                im: rest,
            });
        }
        let middle = self.re.to_float();
        let value = Interval::point(middle.clone()).erfc();
        // erfc x0 - (erf z - erf x0)
        match self.erf_by_slope(&middle, &-value) {
            Some(narrow) => erfc.intersect(&-narrow),
            None => erfc,
        }
    }
}
