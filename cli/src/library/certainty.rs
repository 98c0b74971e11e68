//! How certain the entries of a Gram matrix are, and which rows say nothing new.

use deeplimit::gram::{Gram, Lengths, PROMISE, Points, Rounding, Twins};
use deeplimit::kernel::Kernel;
use serde::Serialize;

/// The largest error of the entries of compiled kernels.
#[derive(Clone, Copy, Debug, Default)]
pub struct KernelError {
    /// Relative ([`deeplimit::kernel::Conditions`]): of the function, and by the rounding of correlations. An estimate.
    pub largest: f64,
    /// Of the function alone.
    pub function: f64,
    /// What the rounding of correlations adds, at most.
    pub rounding: f64,
    /// How many of the places it was met at have a second computation, no enclosure.
    pub estimated: usize,
    /// Of rows with a variance each: relative to the roots of the diagonal.
    pub kept: bool,
    twins: Twins,
    /// The rows are new ones, and those that they are twins of are the training rows.
    new: bool,
}

/// The contract: keys of every answer with a Gram matrix in it.
#[derive(Serialize)]
pub struct ErrorJson {
    /// The largest relative error of an entry: of the function, and what the rounding of the correlations makes of it.
    error: f64,
    /// At so many of the places no enclosure resolved the function; there its error is the difference from a second computation.
    estimated: usize,
    /// `estimate`: no bound.
    error_is: &'static str,
    /// Of the function alone, the largest that was met.
    error_function: f64,
    /// By the rounding of correlations.
    error_rounding: f64,
    /// Rows that are an earlier row (with new rows: a training row), number for number.
    equal_rows: usize,
    /// That are a positive multiple of one, exactly: correlation 1.
    parallel_rows: usize,
    /// That are a positive multiple of one up to rounding: correlations as the numbers stand.
    rounded_rows: usize,
    /// That are a negative multiple of one.
    opposite_rows: usize,
}

/// To one digit.
fn rounded_up(x: f64) -> f64 {
    let unit = 10f64.powf(x.log10().floor());
    match x > 0.0 {
        true => (x / unit - 1e-9).ceil() * unit,
        false => 0.0,
    }
}

impl KernelError {
    /// That of one kernel on rows such as these.
    pub fn of(kernel: &Kernel, points: &Points) -> Self {
        let (a, r) = (kernel.accuracy(), Rounding::of(points.dimension()));
        KernelError {
            largest: a.of_entries(r.gap, r.product),
            function: a.relative,
            rounding: a.of_rounding(r.gap, r.product),
            estimated: a.estimated,
            ..KernelError::default()
        }
    }

    /// The same where lengths may count.
    pub fn of_rows(kernel: &Kernel, points: &Points, lengths: Lengths) -> Self {
        match lengths == Lengths::Keep && kernel.length_exponent().is_none() {
            true => KernelError::promised(PROMISE),
            false => KernelError::of(kernel, points),
        }
    }

    /// That of a Gram matrix.
    pub fn of_gram(gram: &Gram) -> Self {
        match gram.error() {
            Some(error) => KernelError::promised(error),
            None => KernelError::of(gram.kernel(), gram.points()[0]),
        }
    }

    /// Of rows with a variance each.
    fn promised(largest: f64) -> Self {
        KernelError {
            largest,
            function: largest,
            kept: true,
            ..KernelError::default()
        }
    }

    /// That of two; the rows are those of the first.
    #[must_use]
    pub fn with(self, other: KernelError) -> Self {
        KernelError {
            largest: self.largest.max(other.largest),
            function: self.function.max(other.function),
            rounding: self.rounding.max(other.rounding),
            estimated: self.estimated + other.estimated,
            kept: self.kept || other.kept,
            ..self
        }
    }

    /// Rows like earlier ones.
    #[must_use]
    pub fn among(self, twins: Twins) -> Self {
        KernelError { twins, ..self }
    }

    /// New rows like training rows.
    #[must_use]
    pub fn between(self, twins: Twins) -> Self {
        KernelError {
            twins,
            new: true,
            ..self
        }
    }

    /// For programs.
    pub fn json(&self) -> ErrorJson {
        ErrorJson {
            error: self.largest,
            estimated: self.estimated,
            error_is: "estimate",
            error_function: self.function,
            error_rounding: self.rounding,
            equal_rows: self.twins.equal,
            parallel_rows: self.twins.parallel,
            rounded_rows: self.twins.rounded,
            opposite_rows: self.twins.opposite,
        }
    }

    /// For people.
    pub fn words(&self) -> String {
        let how = match self.estimated {
            0 => "",
            _ => ", near rho = 1 against a second computation, where kinks leave enclosures wide",
        };
        let error = format!(
            "largest error of an entry, an estimate: {:.0e} (the function {:.0e}{how}; the rounding of correlations {:.0e})",
            self.largest, self.function, self.rounding
        );
        let error = match self.kept {
            true => format!(
                "largest error of an entry, of sqrt(K(x, x) K(x', x')), measured: {:.0e} or less",
                rounded_up(self.largest)
            ),
            false => error,
        };
        let Twins {
            equal,
            parallel,
            rounded,
            opposite,
        } = self.twins;
        let one = match self.new {
            true => "a training row",
            false => "an earlier one",
        };
        let lines = [
            (equal, format!("equal to {one}")),
            (parallel, format!("a multiple of {one}: correlation 1")),
            (
                rounded,
                format!(
                    "a multiple of {one} up to rounding: the correlation of the numbers as they stand"
                ),
            ),
            (opposite, format!("a negative multiple of {one}")),
        ];
        let lines = lines.into_iter().filter(|(count, _)| *count > 0);
        let lines = lines.map(|(count, what)| match count {
            1 => format!("\n1 row is {what}"),
            n => format!("\n{n} rows are each {what}"),
        });
        error + &lines.collect::<String>()
    }
}
