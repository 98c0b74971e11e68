//! Near an end `a` of a piece where the formula is not analytic (`sqrt(x)`, `x log x`, `sqrt(tanh(x))`).
//!
//! The double exponential map winds around `a`, so the formula is bounded on all sheets at once: with `u = |x - a|` continued to
//! the logarithm's Riemann surface, `f = (u/r)^p g`, `g` in one rectangle for all `|u| <= r` on every sheet. What is analytic at `a`
//! and vanishes there `k` times is `u^k` times a mean of `f^(k)/k!` over the disc; sums, products, powers and functions of such numbers are
//! such numbers again, because `|(u/r)^q| <= 1` for `q >= 0` whatever the angle. A logarithm is bounded by
//! `K + C log(r/|u|) <= M (r/|u|)^(1/16)`, on the part of the surface to which the strip is mapped.

use rug::{Float, Rational};

use super::envelope::BITS;
use crate::activation::pieces::Breakpoint;
use crate::activation::{BinaryOp, Expr, Function, Tape};
use crate::real::{Analytic, Interval, Rect};

/// Formulas near a branch point.
pub(super) struct BranchPoint {
    functions: Vec<Node>,
}

/// `(u/r)^exponent` times something in `factor`.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pub exponent: Rational,
    pub factor: Rect,
}

/// What is looked at: all `z` with `|z - a| <= r`, and the bound of the logarithm there.
pub(super) struct Neighbourhood {
    pub disc: Rect,
    pub radius: Interval,
    /// `x > a` is the inside of the piece.
    pub rightward: bool,
    /// `|log(u/r)| <= logarithm (r/|u|)^(1/16)`
    pub logarithm: Float,
    /// Only `u > 0` is looked at, where less is asked of a formula: `exp(-1/x^2)` is small there.
    pub real: bool,
}

/// The power that stands for a logarithm: any positive one will do.
pub(super) const LOGARITHM: (i32, i32) = (1, 16);

/// How a formula is made, down to what is analytic at the point.
enum Node {
    /// It vanishes `order` times; the tape is that of the derivative of this order.
    Analytic {
        order: u32,
        tape: Box<Tape<Rect>>,
    },
    Sum(Box<Node>, Box<Node>),
    Neg(Box<Node>),
    Product(Box<Node>, Box<Node>),
    Quotient(Box<Node>, Box<Node>),
    Power(Box<Node>, Rational),
    /// With a constant exponent that is not rational.
    RealPower(Box<Node>, Interval),
    Log(Box<Node>),
    Call(Function, Box<Node>),
}

impl Neighbourhood {
    /// The real `x` within `radius` of an end on its inside.
    pub(super) fn on_the_line(end: &Interval, radius: f64, rightward: bool) -> Neighbourhood {
        let point = |x: f64| Interval::point(Float::with_val(BITS, x));
        let reach = if rightward {
            point(radius)
        } else {
            point(-radius)
        };
        Neighbourhood {
            disc: Rect::real(end.hull(&(end + &reach))),
            radius: point(radius),
            rightward,
            // log(1/v) <= (16/e) v^(-1/16)
            logarithm: Float::with_val(BITS, 6),
            real: true,
        }
    }

    /// What holds `w z` for all powers `w = (u/r)^q`, `q >= 0`.
    fn shrunk(&self, z: &Rect) -> Rect {
        match self.real {
            true => z.hull_with_zero(),
            false => disc(z),
        }
    }
}

impl BranchPoint {
    /// Something is known of it on all sheets, at least near the point, on the right of which the inside of the piece is (or on the left).
    pub(super) fn is_tame(&self, at: &Breakpoint, rightward: bool) -> bool {
        let centre = at.position(2 * BITS).to_interval();
        let radius = small(&centre);
        let square = Interval::symmetric(radius.clone());
        let place = Neighbourhood {
            disc: Rect::new(&centre + &square, square),
            radius: Interval::point(radius),
            rightward,
            logarithm: Float::with_val(BITS, 100),
            real: false,
        };
        self.on(&place).is_some()
    }

    /// `None` where a formula has a part of which nothing is known there.
    pub(super) fn new(functions: &[Expr], at: &Breakpoint) -> Option<BranchPoint> {
        let functions = functions
            .iter()
            .map(|f| Node::new(f, at))
            .collect::<Option<_>>()?;
        Some(BranchPoint { functions })
    }

    /// All functions on a neighbourhood.
    pub(super) fn on(&self, place: &Neighbourhood) -> Option<Vec<Local>> {
        self.functions.iter().map(|f| f.on(place)).collect()
    }
}

impl Node {
    fn new(f: &Expr, at: &Breakpoint) -> Option<Node> {
        if let Some(analytic) = Node::analytic(f, at) {
            return Some(analytic);
        }
        let of = |e: &Expr| Node::new(e, at).map(Box::new);
        Some(match f {
            Expr::Neg(a) => Node::Neg(of(a)?),
            Expr::Binary(BinaryOp::Add, a, b) => Node::Sum(of(a)?, of(b)?),
            Expr::Binary(BinaryOp::Sub, a, b) => Node::Sum(of(a)?, Node::Neg(of(b)?).into()),
            Expr::Binary(BinaryOp::Mul, a, b) => Node::Product(of(a)?, of(b)?),
            Expr::Binary(BinaryOp::Div, a, b) => Node::Quotient(of(a)?, of(b)?),
            Expr::Binary(BinaryOp::Pow, a, b) => match b.as_rational() {
                Some(q) => Node::Power(of(a)?, q),
                None if b.is_constant() => {
                    let tape = Tape::<Interval>::new(std::slice::from_ref(&**b), BITS);
                    Node::RealPower(of(a)?, tape.at_one(&Interval::zero(BITS)))
                }
                None => {
                    let exponent = Node::Product(of(b)?, Node::Log(of(a)?).into());
                    Node::Call(Function::Exp, exponent.into())
                }
            },
            Expr::Call(Function::Sqrt, args) => Node::Power(of(args.first()?)?, (1, 2).into()),
            Expr::Call(Function::Log, args) => Node::Log(of(args.first()?)?),
            Expr::Call(Function::Asin | Function::Acos, args) => {
                let v = args.first()?;
                // acos v = 2 asin(sqrt((1 - v)/2)), asin v = pi/2 - acos v; mirrored at -1
                let ends = [
                    (Expr::int(1) - v.clone(), false),
                    (Expr::int(1) + v.clone(), true),
                ];
                let root = ends.into_iter().find_map(|(gap, mirrored)| {
                    let gap = gap.simplify();
                    at.is_zero_of(&gap).then_some((gap, mirrored))
                });
                let Some((gap, mirrored)) = root else {
                    let Expr::Call(function, _) = f else {
                        return None;
                    };
                    return Some(Node::Call(*function, of(v)?));
                };
                let half = Expr::call(Function::Sqrt, gap / Expr::int(2));
                let arc = Expr::int(2) * Expr::call(Function::Asin, half);
                let pi = Expr::Constant(crate::activation::Constant::Pi);
                let inverse_cosine = if mirrored { pi.clone() - arc } else { arc };
                return match f {
                    Expr::Call(Function::Acos, _) => Node::new(&inverse_cosine, at),
                    _ => Node::new(&(pi / Expr::int(2) - inverse_cosine), at),
                };
            }
            Expr::Call(Function::Exp, args) if has_logarithm(args.first()?) => {
                return Node::exponential(args.first()?, &Rational::from(1), at);
            }
            Expr::Call(Function::Min | Function::Max | Function::Step, _) => return None,
            Expr::Call(function, args) => Node::Call(*function, of(args.first()?)?),
            Expr::Named(..) => return Node::new(&f.written_out(), at),
            _ => return None,
        })
    }

    /// `exp(factor v)` of a sum of logarithms and others: a product of powers.
    fn exponential(v: &Expr, factor: &Rational, at: &Breakpoint) -> Option<Node> {
        let minus = || Rational::from(-factor);
        let product = |a, b| Some(Node::Product(Box::new(a), Box::new(b)));
        match v {
            Expr::Neg(a) => Node::exponential(a, &minus(), at),
            Expr::Binary(BinaryOp::Add, a, b) if has_logarithm(v) => {
                let first = Node::exponential(a, factor, at)?;
                product(first, Node::exponential(b, factor, at)?)
            }
            Expr::Binary(BinaryOp::Sub, a, b) if has_logarithm(v) => {
                let first = Node::exponential(a, factor, at)?;
                product(first, Node::exponential(b, &minus(), at)?)
            }
            Expr::Call(Function::Log, args) => {
                let a = Node::new(args.first()?, at)?;
                Some(Node::Power(a.into(), factor.clone()))
            }
            _ => match multiple(v) {
                Some((q, a)) => Node::exponential(a, &Rational::from(&q * factor), at),
                None => {
                    let exponent = Expr::rational(factor) * v.clone();
                    let exponent = Node::new(&exponent, at)?;
                    Some(Node::Call(Function::Exp, exponent.into()))
                }
            },
        }
    }

    /// What is analytic in some neighbourhood of the point.
    fn analytic(f: &Expr, at: &Breakpoint) -> Option<Node> {
        let (tape, value) = around(f, at);
        if !value.is_finite() {
            return None;
        }
        let order = match value.contains_zero() {
            true => at.order_of(f).unwrap_or(0),
            false => 0,
        };
        let mut derivative = f.clone();
        for _ in 0..order {
            derivative = derivative.derivative().simplify();
        }
        let tape = match order {
            0 => tape,
            _ => Tape::new(&[derivative], BITS),
        };
        Some(Node::Analytic {
            order,
            tape: tape.into(),
        })
    }

    fn on(&self, place: &Neighbourhood) -> Option<Local> {
        let out = match self {
            Node::Analytic { order, tape } => {
                let mut factor = tape.at_one(&place.disc);
                let step = match place.rightward {
                    true => place.radius.clone(),
                    false => -&place.radius,
                };
                for k in 1..=*order {
                    let per = &step / &Interval::int(i64::from(k), BITS);
                    factor = &factor * &Rect::real(per);
                }
                Local {
                    exponent: (*order).into(),
                    factor,
                }
            }
            Node::Sum(a, b) => {
                let (a, b) = (a.on(place)?, b.on(place)?);
                let exponent = a.exponent.clone().min(b.exponent.clone());
                Local {
                    factor: &a.lowered(&exponent, place) + &b.lowered(&exponent, place),
                    exponent,
                }
            }
            Node::Neg(a) => {
                let a = a.on(place)?;
                Local {
                    factor: -a.factor,
                    ..a
                }
            }
            Node::Product(a, b) => {
                let (a, b) = (a.on(place)?, b.on(place)?);
                Local {
                    factor: &a.factor * &b.factor,
                    exponent: a.exponent + b.exponent,
                }
            }
            Node::Quotient(a, b) => {
                let (a, b) = (a.on(place)?, b.on(place)?);
                Local {
                    factor: &a.factor / &b.factor,
                    exponent: a.exponent - b.exponent,
                }
            }
            Node::Power(a, q) => {
                let a = a.on(place)?;
                Local {
                    factor: a.factor.powr(q),
                    exponent: a.exponent * q,
                }
            }
            Node::RealPower(a, q) => {
                let a = a.on(place)?;
                let power = (&a.factor.ln() * &Rect::real(q.clone())).exp();
                let exponent = q * &Interval::rational(&a.exponent, BITS);
                Local {
                    factor: place.shrunk(&power),
                    exponent: exponent.lo().to_rational()?,
                }
            }
            Node::Log(a) => {
                let a = a.on(place)?;
                if a.exponent.is_zero() {
                    Local {
                        factor: a.factor.ln(),
                        exponent: a.exponent,
                    }
                } else {
                    let slope = Interval::rational(&a.exponent, BITS);
                    let power = &slope * &Interval::symmetric(place.logarithm.clone());
                    let power = match place.real {
                        true => Rect::real(power),
                        false => Rect::new(power.clone(), power),
                    };
                    Local {
                        factor: place.shrunk(&a.factor.ln()) + power,
                        exponent: Rational::from((-LOGARITHM.0, LOGARITHM.1)),
                    }
                }
            }
            Node::Call(function, a) => a.on(place)?.through(*function, place)?,
        };
        out.factor.is_finite().then_some(out)
    }
}

impl Local {
    /// The factor that goes with a smaller exponent.
    fn lowered(&self, exponent: &Rational, place: &Neighbourhood) -> Rect {
        match self.exponent == *exponent {
            true => self.factor.clone(),
            false => place.shrunk(&self.factor),
        }
    }

    /// A function of it that is analytic on its values.
    fn through(self, function: Function, place: &Neighbourhood) -> Option<Local> {
        match function {
            // real on the real axis, where it has one sign
            Function::Abs | Function::Sign => {
                let sign = self.factor.re().sign().filter(|s| s.is_ne())?;
                let one = Rect::int(sign as i64, BITS);
                return Some(match function {
                    Function::Abs => Local {
                        factor: &self.factor * &one,
                        ..self
                    },
                    _ => Local {
                        factor: one,
                        exponent: Rational::new(),
                    },
                });
            }
            _ => {}
        }
        let values = match (self.exponent < 0, place.real) {
            (false, _) => self.lowered(&Rational::new(), place),
            // all that is farther from zero
            (true, true) => Rect::real(beyond(self.factor.re())?),
            (true, false) => return None,
        };
        let one = Rect::int(1, BITS);
        // F(v) = v F'(w) for some mean over w, where F(0) = 0
        let slope = match function {
            _ if self.exponent <= 0 => None,
            Function::Sin => Some(values.cos()),
            Function::Tan => Some(&one + &values.tan().square()),
            Function::Sinh => Some(values.cosh()),
            Function::Tanh => Some(&one - &values.tanh().square()),
            Function::Asinh => Some(&one / &(&one + &values.square()).sqrt()),
            Function::Atan => Some(&one / &(&one + &values.square())),
            Function::Asin => Some(&one / &(&one - &values.square()).sqrt()),
            Function::Erf => {
                let scale = &Rect::int(2, BITS) / &Rect::pi(BITS).sqrt();
                Some(&scale * &(-values.square()).exp())
            }
            _ => None,
        };
        if let Some(slope) = slope {
            return Some(Local {
                factor: &self.factor * &slope,
                exponent: self.exponent,
            });
        }
        let factor = match function {
            Function::Exp => values.exp(),
            Function::Sin => values.sin(),
            Function::Cos => values.cos(),
            Function::Tan => values.tan(),
            Function::Sinh => values.sinh(),
            Function::Cosh => values.cosh(),
            Function::Tanh => values.tanh(),
            Function::Asin => values.asin(),
            Function::Acos => values.acos(),
            Function::Atan => values.atan(),
            Function::Asinh => values.asinh(),
            Function::Erf => values.erf(),
            Function::Erfc => values.erfc(),
            _ => return None,
        };
        Some(Local {
            factor,
            exponent: Rational::new(),
        })
    }
}

/// `q`, `a` where the tree is `q a`.
fn multiple(e: &Expr) -> Option<(Rational, &Expr)> {
    match e {
        Expr::Binary(BinaryOp::Mul, a, b) => match (a.as_rational(), b.as_rational()) {
            (Some(q), _) => Some((q, &**b)),
            (_, Some(q)) => Some((q, &**a)),
            _ => None,
        },
        Expr::Binary(BinaryOp::Div, a, b) => {
            let q = b.as_rational().filter(|q| !q.is_zero())?;
            Some((q.recip(), &**a))
        }
        _ => None,
    }
}

/// A multiple of a logarithm is one of the addends.
fn has_logarithm(e: &Expr) -> bool {
    match e {
        Expr::Call(Function::Log, _) => true,
        Expr::Neg(a) => has_logarithm(a),
        Expr::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => has_logarithm(a) || has_logarithm(b),
        _ => multiple(e).is_some_and(|(_, a)| has_logarithm(a)),
    }
}

fn small(centre: &Interval) -> Float {
    centre.mag().max(&Float::with_val(BITS, 1)) >> 24u32
}

/// The values of a formula near a point, on a square that no pole of a formula that people write is in unless it is at the point.
fn around(f: &Expr, at: &Breakpoint) -> (Tape<Rect>, Rect) {
    let tape = Tape::<Rect>::new(std::slice::from_ref(f), BITS);
    let centre = at.position(2 * BITS).to_interval();
    let small = Interval::symmetric(small(&centre));
    let value = tape.at_one(&Rect::new(&centre + &small, small));
    (tape, value)
}

/// The formula is analytic in some neighbourhood of the point: `true` is a proof.
pub(super) fn is_analytic(f: &Expr, at: &Breakpoint) -> bool {
    around(f, at).1.is_finite()
}

/// All `w x` with `w >= 1`, for numbers of one sign.
fn beyond(x: &Interval) -> Option<Interval> {
    let infinity = Float::with_val(BITS, rug::float::Special::Infinity);
    match x.sign()? {
        std::cmp::Ordering::Greater => Some(Interval::new(x.lo().clone(), infinity)),
        std::cmp::Ordering::Less => Some(Interval::new(-infinity, x.hi().clone())),
        std::cmp::Ordering::Equal => None,
    }
}

/// The square around zero that holds `w z` for all `|w| <= 1`.
fn disc(z: &Rect) -> Rect {
    let side = z.modulus().mag();
    if !side.is_finite() {
        return Rect::undefined(BITS);
    }
    let side = Interval::symmetric(side);
    Rect::new(side.clone(), side)
}
