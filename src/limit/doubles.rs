//! The limit kernels in doubles, as fast as a table: `S_L` and `T_L` at any depth for less than a microsecond.
//!
//! With `P` the function that straightens the dual (`P(f) = m P`, or `P(f) = P + 1`) the chain rule `P'(f) f' = m P'` makes
//! `T_L P'(S_L)/m^L` a sum of `S_j P'(S_j)/m^j`. So there is a function `C(rho)`, the memory, with
//!
//! `S_L = P^-1(m^L P(rho))`, `T_L = S_L + { m^L (a L P(rho) + C(rho)) - C(S_L) }/P'(S_L)`
//!
//! at a fixed point `p < 1` (singular, chaotic; `C` is [`Koenigs::correction_at`]), and at the edge of chaos
//!
//! `S_L = A^-1(A(rho) + L)`, `T_L = S_L + { Q(S_L) - Q(rho) }/A'(S_L)`, `Q(f) - Q = rho A'`.
//!
//! `P`, `P'` and `C` (or `Q`) are Chebyshev interpolants on pieces of `[0, 1)`, in `rho` up to 1/4 and in `log(1 - rho)` beyond,
//! divided by the power of `1 - rho` that they grow like; the inverse is Newton's method on the piece. Negative
//! correlations are folded by parity, or walked until they are small. [DERIVED]

use super::kernel::{Limit, LimitKernel};
use super::{Abel, Koenigs};
use crate::activation::Parity;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::real::{Ball, Real};
use crate::recursion::{Correlation, Layer, Pair, Scaled, Unit, Walk};

/// Coefficients of a piece.
const TERMS: usize = 20;
/// Pieces in `log(1 - rho)`, each of this length.
const STEP: f64 = 1.0;
/// Inputs whose gap is below this are taken to have this one.
const SMALLEST: f64 = 1e-17;
/// Up to this correlation, of either sign, the pieces are in `rho`.
const MIDDLE: f64 = 0.25;
/// Negative correlations that are not folded reach the table after a few layers.
const WALKED: u64 = 10_000;
/// Working precision of the formal series at the edge of chaos, which fixes their order.
const ORDERS: u32 = 256;
/// Networks of up to so many layers are walked.
const SHALLOW: u64 = 16;
/// At the edge of chaos, where `Q` has grown by less than this, relatively, its growth is integrated.
const GROWTH: f64 = 0.02;
/// Nodes and weights of Gauss-Legendre on `[0, 1]` (Abramowitz and Stegun, 25.4.30).
const GAUSS: [(f64, f64); 4] = [
    (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
    (0.330_009_478_207_571_9, 0.326_072_577_431_273_07),
    (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
    (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
];

/// `S_L` and `T_L` in doubles for one activation.
///
/// Promise: an estimate; the tests compare it with the enclosures of [`LimitKernel`].
///
/// ```
/// use deeplimit::{activation::Expr, deadline::Deadline, limit::{Doubles, Subject}};
/// let subject = Subject::new(&Expr::parse("optimal(2)").unwrap(), Deadline::default()).unwrap();
/// let kernel = subject.kernel(&rug::Rational::from((9, 10)), 64, Deadline::default()).unwrap();
/// let fast = Doubles::new(&kernel).unwrap();
/// let deep = fast.kernels(0.5, 1_000_000_000_000).unwrap();
/// // T_L = (L+1) lambda^L (h + ...): the logarithm of lambda^L is kept apart
/// assert!((deep.ntk.mantissa / 1e12 - 0.713599128288601).abs() < 1e-11);
/// ```
#[derive(Clone, Debug)]
pub struct Doubles {
    dual: Dual<f64>,
    parity: Option<Parity>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// `p`, `m`, `a`.
    Koenigs {
        point: f64,
        multiplier: f64,
        drift: f64,
        table: Box<Table>,
    },
    /// And the series themselves, for orbits that end below [`SMALLEST`].
    Edge(Box<(Table, Abel<f64>)>),
    /// Nothing to be gained: a few layers are enough.
    Walked(Box<Unit<f64>>),
}

/// `P`, `P'` and the memory, tabulated.
#[derive(Clone, Debug)]
struct Table {
    /// `P ~ t^-gamma`, `P' ~ t^-(gamma+1)`, memory `~ t^-delta` as `t -> 0`.
    near_powers: Three,
    /// `P ~ rho`, memory `~ rho^2` near 0 in the singular regime.
    middle_powers: [i32; 3],
    middle: Piece,
    near: Vec<Piece>,
    /// `P` at the ends of the near pieces, increasing.
    knots: Vec<f64>,
}

/// `P`, `P'`, memory.
type Three = [f64; 3];

/// Chebyshev coefficients on one interval: of the three functions, and of the derivative of the third.
#[derive(Clone, Debug)]
struct Piece {
    from: f64,
    width: f64,
    functions: [[f64; TERMS]; 4],
}

impl Piece {
    fn new(from: f64, width: f64, f: impl Fn(f64) -> Option<Three>) -> Option<Self> {
        let n = TERMS as f64;
        let angle = |k: usize| std::f64::consts::PI * (k as f64 + 0.5) / n;
        let values = (0..TERMS)
            .map(|k| f(from + width * (1.0 + angle(k).cos()) / 2.0))
            .collect::<Option<Vec<Three>>>()?;
        let mut functions = [[0.0; TERMS]; 4];
        for (i, function) in functions.iter_mut().take(3).enumerate() {
            for (j, c) in function.iter_mut().enumerate() {
                let node = |(k, v): (usize, &Three)| v[i] * (j as f64 * angle(k)).cos();
                let sum: f64 = values.iter().enumerate().map(node).sum();
                *c = sum * if j == 0 { 1.0 } else { 2.0 } / n;
            }
        }
        // c'_(k-1) = c'_(k+1) + 2 k c_k
        let mut slope = [0.0; TERMS + 2];
        for k in (1..TERMS).rev() {
            slope[k - 1] = slope[k + 1] + 2.0 * k as f64 * functions[2][k];
        }
        slope[0] /= 2.0;
        for (c, s) in functions[3].iter_mut().zip(slope) {
            *c = s * 2.0 / width;
        }
        let finite = functions.iter().flatten().all(|c| c.is_finite());
        finite.then_some(Piece {
            from,
            width,
            functions,
        })
    }

    /// Clenshaw's scheme.
    #[inline]
    fn at(&self, i: usize, x: f64) -> f64 {
        let u = 2.0 * (x - self.from) / self.width - 1.0;
        let (mut b, mut c) = (0.0, 0.0);
        for a in self.functions[i].iter().skip(1).rev() {
            (b, c) = (2.0 * u * b + (a - c), b);
        }
        u * b + (self.functions[i][0] - c)
    }
}

/// A place in the table.
#[derive(Clone, Copy, Debug)]
enum Place {
    Middle(f64),
    /// `t = 1 - rho` and its logarithm.
    Near(f64, f64),
}

impl Place {
    fn new(at: &Correlation<f64>) -> Self {
        let t = at.gap();
        if t >= 1.0 - MIDDLE {
            return Place::Middle(at.value());
        }
        let t = t.max(SMALLEST);
        Place::Near(t, t.ln())
    }

    fn rho(self) -> f64 {
        match self {
            Place::Middle(rho) => rho,
            Place::Near(t, _) => 1.0 - t,
        }
    }
}

impl Table {
    fn new(
        near_powers: Three,
        middle_powers: [i32; 3],
        f: impl Fn(&Correlation<f64>) -> Option<Three>,
    ) -> Option<Self> {
        let middle = Piece::new(-MIDDLE, 2.0 * MIDDLE, |rho| {
            let mut all = f(&Correlation::new(rho))?;
            for (x, power) in all.iter_mut().zip(middle_powers) {
                *x /= rho.powi(power);
            }
            Some(all)
        })?;
        let first = (1.0 - MIDDLE).ln();
        let count = ((first - SMALLEST.ln()) / STEP).ceil() as usize;
        let near = (0..count)
            .map(|k| {
                Piece::new(first - STEP * (k as f64 + 1.0), STEP, |v| {
                    let mut all = f(&Correlation::gap_of(v.exp()))?;
                    for (x, power) in all.iter_mut().zip(near_powers) {
                        *x *= (power * v).exp();
                    }
                    Some(all)
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let mut table = Table {
            near_powers,
            middle_powers,
            middle,
            near,
            knots: Vec::new(),
        };
        table.knots = (0..=count)
            .map(|k| {
                let v = first - STEP * k as f64;
                table.value(0, Place::Near(v.exp(), v))
            })
            .collect();
        let increasing = table.knots.windows(2).all(|w| w[0] < w[1]);
        increasing.then_some(table)
    }

    fn piece(&self, v: f64) -> &Piece {
        let first = self.near[0].from + STEP;
        let k = ((first - v) / STEP) as usize;
        &self.near[k.min(self.near.len() - 1)]
    }

    fn value(&self, i: usize, place: Place) -> f64 {
        match place {
            Place::Middle(rho) => self.middle.at(i, rho) * rho.powi(self.middle_powers[i]),
            Place::Near(_, v) => self.piece(v).at(i, v) * (-self.near_powers[i] * v).exp(),
        }
    }

    /// `dQ/dA`.
    fn growth(&self, place: Place) -> f64 {
        match place {
            Place::Middle(rho) => self.middle.at(3, rho) / self.middle.at(1, rho),
            Place::Near(_, v) => {
                let piece = self.piece(v);
                let [_, slope, power] = self.near_powers;
                // dQ/dv = (K' - delta K) t^-delta, dA/dv = -t A'
                let inner = power * piece.at(2, v) - piece.at(3, v);
                inner / piece.at(1, v) * ((slope - 1.0 - power) * v).exp()
            }
        }
    }

    /// The place with `P = y`.
    fn inverse(&self, y: f64) -> Place {
        if y < self.knots[0] {
            let singular = self.middle_powers[0] == 1;
            let mut rho = if singular { y } else { 0.0 }.clamp(-MIDDLE, MIDDLE);
            for _ in 0..20 {
                let value = self.value(0, Place::Middle(rho));
                let step = (value - y) / self.middle.at(1, rho);
                rho = (rho - step).clamp(-MIDDLE, MIDDLE);
                if step.abs() <= 1e-15 * rho.abs() {
                    break;
                }
            }
            return Place::Middle(rho);
        }
        let k = self
            .knots
            .partition_point(|p| *p <= y)
            .clamp(1, self.near.len());
        let (low, high) = (self.knots[k - 1], self.knots[k]);
        let piece = &self.near[k - 1];
        let (from, to) = (piece.from, piece.from + piece.width);
        let mut v = (to - piece.width * (y - low) / (high - low)).clamp(from, to);
        for _ in 0..30 {
            let power = (-self.near_powers[0] * v).exp();
            // dP/dv = -t P'
            let step = (y - piece.at(0, v) * power) / (piece.at(1, v) * power);
            v = (v - step.clamp(-0.5, 0.5)).clamp(from, to);
            if step.abs() <= 4e-16 * v.abs().max(1.0) {
                break;
            }
        }
        Place::Near(v.exp(), v)
    }
}

impl Doubles {
    /// Tabulates the limit kernel. Linear, nearest-neighbour and ordered activations need no table: there a few layers are
    /// walked until nothing moves any more.
    ///
    /// # Errors
    /// [`Error::Unresolved`] where the function of the regime could not be evaluated in doubles.
    pub fn new(kernel: &LimitKernel) -> Result<Self> {
        let dual: Dual<f64> = kernel.dual.rounded();
        let b = dual.slope_at_gap(&0.0);
        let form = match &kernel.limit {
            Limit::Singular(h) => Self::koenigs(h, &dual, b),
            Limit::Chaotic(c) => Self::koenigs(c.koenigs(), &dual, b),
            Limit::EdgeOfChaos(a) => {
                // many orders, for the accuracy of doubles: the series are used early, where `Q` is not yet large
                let many = Abel::new(&kernel.dual, ORDERS);
                let abel: Abel<f64> = many.as_ref().unwrap_or(a).rounded_for(dual.clone(), 53);
                let q = abel.q() as f64;
                let powers = [1.0 / q, 1.0 + 1.0 / q, 1.0 + 2.0 / q];
                Table::new(powers, [0; 3], |place| abel.memory_at(place))
                    .map(|t| Form::Edge(Box::new((t, abel))))
            }
            Limit::Linear | Limit::NearestNeighbour(_) | Limit::Ordered(_) => {
                let unit = Unit::new(dual.clone()).with_parity(kernel.parity);
                Some(Form::Walked(Box::new(unit)))
            }
        }
        .ok_or_else(|| {
            Error::Unresolved("the limit kernel could not be tabulated in doubles".to_owned())
        })?;
        Ok(Doubles {
            dual,
            parity: kernel.parity,
            form,
        })
    }

    fn koenigs(h: &Koenigs<Ball>, dual: &Dual<f64>, b: f64) -> Option<Form> {
        let (point, multiplier) = (h.point().to_f64(), h.multiplier().to_f64());
        let singular = point == 0.0;
        let f: Koenigs<f64> = Koenigs::new(dual, point, 64)?;
        let gamma = if b.is_finite() {
            -multiplier.ln() / b.ln()
        } else {
            return None;
        };
        let middle = if singular { [1, 0, 2] } else { [0; 3] };
        let table = Table::new([gamma, gamma + 1.0, gamma + 1.0], middle, |place| {
            f.all_at(place)
        })?;
        Some(Form::Koenigs {
            point,
            multiplier,
            drift: *f.drift(),
            table: Box::new(table),
        })
    }

    /// `S_L` and `T_L` at a correlation in `[-1, 1]`. In the singular regime `lambda^L` is kept apart as a logarithm.
    ///
    /// # Errors
    /// As [`Unit::kernels`].
    pub fn kernels(&self, rho: f64, depth: u64) -> Result<Pair<Scaled<f64>>> {
        self.kernels_from(Correlation::new(rho), depth)
    }

    /// The same from `t = 1 - rho`, which has the digits near 1.
    ///
    /// # Errors
    /// As [`Unit::kernels`].
    pub fn kernels_at_gap(&self, t: f64, depth: u64) -> Result<Pair<Scaled<f64>>> {
        self.kernels_from(Correlation::gap_of(t), depth)
    }

    fn kernels_from(&self, start: Correlation<f64>, depth: u64) -> Result<Pair<Scaled<f64>>> {
        if let Form::Walked(unit) = &self.form {
            return unit.kernels(start, depth, Deadline::default());
        }
        let rho = start.value();
        if start.gap() == 0.0 || depth == 0 {
            return Unit::new(self.dual.clone()).kernels(start, depth, Deadline::default());
        }
        let (negative, start) = match self.parity {
            Some(parity) if rho < 0.0 => (parity == Parity::Odd, Correlation::new(-rho)),
            _ => (false, start),
        };
        let mut walk = Walk::new(start);
        // shallow networks are their own best formula, where a layer is cheap
        let shallow = depth <= SHALLOW && !matches!(&self.dual, Dual::Series(s) if s.degree() > 32);
        while (shallow || walk.position.value() < -MIDDLE) && walk.depth < depth.min(WALKED) {
            walk.advance(&Layer::of(&self.dual));
        }
        if walk.depth == depth {
            let out = Pair {
                nngp: Scaled::plain(walk.nngp()),
                ntk: walk.ntk(),
            };
            return Ok(if negative { out.negated() } else { out });
        }
        let place = Place::new(&walk.position);
        let (extra, left) = (walk.ntk().value() - walk.nngp(), depth - walk.depth);
        let (s, t, log) = match &self.form {
            Form::Koenigs {
                point,
                multiplier,
                drift,
                table,
            } => koenigs_kernels(table, [*point, *multiplier, *drift], place, extra, left),
            Form::Edge(edge) => edge_kernels(edge, place, extra, left),
            Form::Walked(_) => unreachable!("answered above"),
        };
        // the layers that were walked have a share of lambda^L too
        let (share, log) = match &self.form {
            Form::Koenigs { multiplier, .. } if log != 0.0 => (
                multiplier.powi(-(walk.depth as i32)),
                depth as f64 * multiplier.ln(),
            ),
            _ => (1.0, log),
        };
        let scaled = |x: f64| Scaled {
            mantissa: x * share,
            log,
        };
        let out = Pair {
            nngp: scaled(s),
            ntk: scaled(t),
        };
        Ok(if negative { out.negated() } else { out })
    }
}

/// `S`, `T` and the logarithm of what both are to be multiplied with; `extra` is `T_0 - S_0`.
fn koenigs_kernels(
    table: &Table,
    [p, m, a]: Three,
    place: Place,
    extra: f64,
    depth: u64,
) -> (f64, f64, f64) {
    let [h, slope, c] = [0, 1, 2].map(|i| table.value(i, place));
    let log = depth as f64 * m.ln();
    let gathered = depth as f64 * a * h + c + extra * slope;
    let power = log.exp();
    let last = table.inverse(power * h);
    let end = table.value(1, last);
    if p != 0.0 {
        let s = last.rho();
        return (s, s + (power * gathered - table.value(2, last)) / end, 0.0);
    }
    match last {
        Place::Middle(z) => {
            // S = z, and z/m^L = h/(h(z)/z) does not underflow
            let s = h / table.middle.at(0, z);
            let memory = table.middle.at(2, z) * z * s;
            (s, s + (gathered - memory) / end, log)
        }
        Place::Near(..) => {
            let s = last.rho();
            let t = s + (power * gathered - table.value(2, last)) / end;
            (s / power, t / power, log)
        }
    }
}

fn edge_kernels(
    (table, series): &(Table, Abel<f64>),
    place: Place,
    extra: f64,
    depth: u64,
) -> (f64, f64, f64) {
    let [abel, slope, memory] = [0, 1, 2].map(|i| table.value(i, place));
    let layers = depth as f64;
    let target = abel + layers;
    if target >= *table.knots.last().unwrap_or(&f64::INFINITY) {
        let [s, end, final_memory] = series.far_memory(&target);
        return (s, s + (final_memory - memory + extra * slope) / end, 0.0);
    }
    let last = table.inverse(target);
    let (s, end) = (last.rho(), table.value(1, last));
    let final_memory = table.value(2, last);
    let grown = if (final_memory - memory).abs() > GROWTH * memory.abs() {
        final_memory - memory
    } else {
        let node = |(x, w): &(f64, f64)| w * table.growth(table.inverse(abel + layers * x));
        layers * GAUSS.iter().map(node).sum::<f64>()
    };
    (s, s + (grown + extra * slope) / end, 0.0)
}
