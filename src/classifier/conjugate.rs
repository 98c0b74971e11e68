//! Kernel regression on more rows than a matrix holds: `(K + ridge I) W = Y` by preconditioned conjugate gradients (Hestenes and Stiefel
//! 1952), the product `K V` recomputed tile by tile in every step ([`Gram::times`]), the preconditioner from landmarks (`landmarks`; Rudi,
//! Carratino and Rosasco 2017 is the model).
//!
//! All targets share the products; each has step lengths of its own. What the recurrence believes of the residual is not believed: in the end
//! the residual is computed from its definition, and where it is too large the iteration begins anew from there.
//!
//! Memory: `n k` numbers for `k` landmarks, seven matrices of the size of `Y`, and one for each core.

use super::landmarks::Landmarks;
use crate::error::{Error, Result};
use crate::gram::{Gram, Matrix};
use crate::words::named;

/// How a regression is solved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Solver {
    /// By the first where its matrices fit into memory, else by the second.
    #[default]
    Auto,
    /// The whole matrix, factored.
    Cholesky,
    /// Conjugate gradients, without the matrix.
    Cg,
}

named!(Solver, "solver": Auto = "auto", Cholesky = "cholesky", Cg = "cg");

/// The residual is computed anew at most so often.
const ROUNDS: usize = 8;

/// Conjugate gradients: when they end, and what they begin with.
///
/// ```
/// use deeplimit::classifier::{Conjugate, one_hot};
/// use deeplimit::{Activation, Depth, Effort, Gram, Kind, Lengths, Network, Points};
/// let relu: Activation = "relu".parse()?;
/// let kernel = Network::of(&relu).kernel(Depth::Layers(3), Kind::Ntk, &Effort::default())?;
/// let rows = Points::new(2, vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0])?;
/// let gram = Gram::symmetric(&kernel, &rows, Lengths::Unit)?;
/// let targets = one_hot(&[0, 1, 1], 2)?;
/// let found = Conjugate::of(3).solved(&gram, &targets, 0.1, None, &|_| true)?;
/// assert!(found.settled && found.residuals.iter().all(|r| *r < 1e-6));
/// # Ok::<(), deeplimit::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conjugate {
    /// Where `|Y - (K + ridge) W|` of every target is below this share of its `|Y|`, it ends.
    pub tolerance: f64,
    /// So many steps at most.
    pub steps: usize,
    /// Rows that the preconditioner is made from.
    pub landmarks: usize,
}

/// Where the iteration stands; to be kept, and gone on with.
#[derive(Clone, Debug)]
pub struct Iterate {
    /// `W` so far, a row for each point and a column for each target.
    pub weights: Matrix,
    /// `Y - (K + ridge) W` as the recurrence has it.
    pub residual: Matrix,
    /// Where the next step goes.
    pub direction: Matrix,
    /// `r^T P^-1 r` of each target.
    pub products: Vec<f64>,
    /// Steps behind it.
    pub steps: usize,
}

/// What a watcher of the iteration hears.
#[derive(Clone, Copy, Debug)]
pub struct Advance<'a> {
    /// Steps that are done.
    pub steps: usize,
    /// The largest residual of a target, relative to the target; 1 before the first step.
    pub residual: f64,
    /// Tiles that are done of the product (or of the landmarks' matrix, strips) that is being made, and all.
    pub tiles: (usize, usize),
    /// At the end of each step all of it.
    pub iterate: Option<&'a Iterate>,
}

/// Weights, and how good they are.
#[derive(Clone, Debug)]
pub struct Approximation {
    /// Where the iteration ended.
    pub iterate: Iterate,
    /// `|Y - (K + ridge) W|/|Y|` of each target: from its definition where it has settled, else as the recurrence has it.
    pub residuals: Vec<f64>,
    /// All of them are below the tolerance.
    pub settled: bool,
}

type Watch<'a> = &'a (dyn Fn(&Advance) -> bool + Sync);

fn dots(a: &Matrix, b: &Matrix) -> Vec<f64> {
    let mut sums = vec![0.0; a.columns];
    let rows = a
        .values
        .chunks_exact(a.columns)
        .zip(b.values.chunks_exact(a.columns));
    for (a, b) in rows {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums
}

/// `a + factors b`, a factor for each column, in place.
fn add(a: &mut Matrix, factors: &[f64], b: &Matrix) {
    let m = a.columns;
    for (a, b) in a.values.chunks_exact_mut(m).zip(b.values.chunks_exact(m)) {
        for ((a, b), f) in a.iter_mut().zip(b).zip(factors) {
            *a += f * b;
        }
    }
}

fn largest(x: &[f64]) -> f64 {
    x.iter().copied().fold(0.0, f64::max)
}

/// One regression on its way.
struct Course<'a> {
    gram: &'a Gram<'a>,
    targets: &'a Matrix,
    ridge: f64,
    /// `|Y|` of each target.
    sizes: Vec<f64>,
    preconditioner: Landmarks,
}

impl Course<'_> {
    /// `(K + ridge) V`
    fn applied(
        &self,
        v: &Matrix,
        (steps, residual): (usize, f64),
        watch: Watch,
    ) -> Result<Option<Matrix>> {
        let told = |done, all| {
            watch(&Advance {
                steps,
                residual,
                tiles: (done, all),
                iterate: None,
            })
        };
        let mut product = self.gram.times(v, told)?;
        if let Some(product) = &mut product {
            add(product, &vec![self.ridge; v.columns], v);
        }
        Ok(product)
    }

    fn relative(&self, residual: &Matrix) -> Vec<f64> {
        let squares = dots(residual, residual).into_iter();
        let of = |(square, size): (f64, &f64)| {
            if *size > 0.0 {
                square.sqrt() / size
            } else {
                0.0
            }
        };
        squares.zip(&self.sizes).map(of).collect()
    }

    /// From these weights, whose residual is known.
    fn begun(&self, weights: Matrix, residual: Matrix, steps: usize) -> Iterate {
        let direction = self.preconditioner.solved(&residual);
        Iterate {
            products: dots(&residual, &direction),
            weights,
            residual,
            direction,
            steps,
        }
    }

    /// One step for those targets that need it.
    fn step(&self, at: &mut Iterate, product: &Matrix, open: &[bool]) -> Result<()> {
        let curvature = dots(&at.direction, product);
        if open
            .iter()
            .zip(&curvature)
            .any(|(open, c)| *open && (*c <= 0.0 || !c.is_finite()))
        {
            return Err(Error::Unresolved(
                "the kernel matrix is not positive definite to within rounding: a larger ridge helps".to_owned(),
            ));
        }
        let lengths: Vec<f64> = (0..open.len())
            .map(|c| {
                if open[c] {
                    at.products[c] / curvature[c]
                } else {
                    0.0
                }
            })
            .collect();
        add(&mut at.weights, &lengths, &at.direction);
        let back: Vec<f64> = lengths.iter().map(|x| -x).collect();
        add(&mut at.residual, &back, product);
        let mut next = self.preconditioner.solved(&at.residual);
        let products = dots(&at.residual, &next);
        let turns: Vec<f64> = (0..open.len())
            .map(|c| {
                if open[c] {
                    products[c] / at.products[c]
                } else {
                    0.0
                }
            })
            .collect();
        add(&mut next, &turns, &at.direction);
        at.direction = next;
        at.products = products;
        at.steps += 1;
        Ok(())
    }
}

impl Conjugate {
    /// For so many rows: a tolerance of 1e-6, and `6 sqrt(n)` landmarks.
    pub fn of(rows: usize) -> Self {
        Conjugate {
            tolerance: 1e-6,
            steps: 1000,
            landmarks: ((6.0 * (rows as f64).sqrt()) as usize).clamp(1, rows.max(1)),
        }
    }

    /// Solves `(K + ridge I) W = Y` of a symmetric Gram matrix, or goes on from where an earlier attempt with the same data ended.
    /// `watch` says whether to go on; it is asked from all threads. Where it stops, the answer is what there is so far.
    ///
    /// # Errors
    /// [`Error::Data`] for shapes that do not fit, a ridge that is no number from 0 on, and a kernel that is infinite at equal inputs;
    /// [`Error::Unresolved`] where the matrix is not positive definite to within rounding, and where the residual does not fall any more.
    pub fn solved(
        &self,
        gram: &Gram,
        targets: &Matrix,
        ridge: f64,
        begun: Option<Iterate>,
        watch: Watch,
    ) -> Result<Approximation> {
        let (n, m) = gram.shape();
        let fits = |x: &Matrix| (x.rows, x.columns) == (n, targets.columns);
        if n != m || targets.rows != n || targets.columns == 0 || !gram.is_symmetric() {
            return Err(Error::Data(format!(
                "a Gram matrix of {n} x {m} does not go with {} targets",
                targets.rows
            )));
        }
        if !ridge.is_finite() || ridge < 0.0 {
            return Err(Error::Data(format!(
                "a ridge is a number from 0 on, {ridge} is not"
            )));
        }
        let unfit = |i: &Iterate| {
            !(fits(&i.weights)
                && fits(&i.residual)
                && fits(&i.direction)
                && i.products.len() == targets.columns)
        };
        if begun.as_ref().is_some_and(unfit) {
            return Err(Error::Shape(
                "what was begun is of other rows or targets".to_owned(),
            ));
        }
        let diagonal = gram.own()?;
        if let Some(bad) = diagonal.iter().find(|x| !x.is_finite()) {
            return Err(Error::Data(format!(
                "the kernel of equal rows is {bad}: with a singular kernel there is nothing to be solved, its smoother interpolates by itself"
            )));
        }
        let sizes: Vec<f64> = dots(targets, targets).into_iter().map(f64::sqrt).collect();
        let told = |done, all| {
            watch(&Advance {
                steps: 0,
                residual: 1.0,
                tiles: (done, all),
                iterate: None,
            })
        };
        let nothing = || Matrix {
            rows: n,
            columns: targets.columns,
            values: vec![0.0; n * targets.columns],
        };
        let prepared = Landmarks::new(gram, &diagonal, ridge, self.landmarks, told)?;
        let Some(preconditioner) = prepared else {
            let at = begun.unwrap_or_else(|| Iterate {
                weights: nothing(),
                residual: targets.clone(),
                direction: nothing(),
                products: vec![0.0; targets.columns],
                steps: 0,
            });
            return Ok(Approximation {
                residuals: vec![1.0; targets.columns],
                iterate: at,
                settled: false,
            });
        };
        let course = Course {
            gram,
            targets,
            ridge,
            sizes,
            preconditioner,
        };
        // what stopped before its first step has no direction
        let begun = begun.filter(|i| i.products.iter().any(|p| *p != 0.0));
        let at = begun.unwrap_or_else(|| course.begun(nothing(), targets.clone(), 0));
        self.run(&course, at, watch)
    }

    fn run(&self, course: &Course, mut at: Iterate, watch: Watch) -> Result<Approximation> {
        let first = at.steps;
        let mut before = f64::INFINITY;
        for _ in 0..ROUNDS {
            loop {
                let residuals = course.relative(&at.residual);
                let open: Vec<bool> = residuals.iter().map(|r| *r > self.tolerance).collect();
                let stopped = |at: Iterate, residuals| {
                    Ok(Approximation {
                        iterate: at,
                        residuals,
                        settled: false,
                    })
                };
                if !open.contains(&true) {
                    break;
                }
                if at.steps >= first + self.steps {
                    return stopped(at, residuals);
                }
                let residual = largest(&residuals);
                let Some(product) = course.applied(&at.direction, (at.steps, residual), watch)?
                else {
                    return stopped(at, residuals);
                };
                course.step(&mut at, &product, &open)?;
                let residuals = course.relative(&at.residual);
                let standing = Advance {
                    steps: at.steps,
                    residual: largest(&residuals),
                    tiles: (1, 1),
                    iterate: Some(&at),
                };
                if !watch(&standing) {
                    return stopped(at, residuals);
                }
            }
            // the residual by its definition
            let believed = course.relative(&at.residual);
            let Some(product) =
                course.applied(&at.weights, (at.steps, largest(&believed)), watch)?
            else {
                return Ok(Approximation {
                    iterate: at,
                    residuals: believed,
                    settled: false,
                });
            };
            let mut residual = course.targets.clone();
            add(&mut residual, &vec![-1.0; product.columns], &product);
            let residuals = course.relative(&residual);
            let found = largest(&residuals);
            if found <= self.tolerance {
                at.residual = residual;
                return Ok(Approximation {
                    iterate: at,
                    residuals,
                    settled: true,
                });
            }
            if found > 0.5 * before {
                break;
            }
            before = found;
            at = course.begun(at.weights, residual, at.steps);
        }
        Err(Error::Unresolved(format!(
            "the residual does not fall below {before:.1e} of the targets in doubles: a larger ridge helps, or a larger tolerance"
        )))
    }
}
