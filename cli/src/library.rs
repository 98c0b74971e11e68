//! The seam: the questions that this door asks of the library, and nothing else. Every command goes
//! through here; no other file of the command line calls the mathematics.

use std::path::Path;
use std::time::Duration;

pub use deeplimit::activation::Entry;
use deeplimit::activation::Expr;
use deeplimit::cntk::{self, Cntk};
pub use deeplimit::cntk::{Kernels, Regression, Watch};
use deeplimit::deadline::Deadline;
pub use deeplimit::dual::DualValue;
use deeplimit::error::Result;
pub use deeplimit::image::Images;
use deeplimit::image::{self, Standardisation, Zca};
use deeplimit::limit::{self, Classification, Options, Quantity};
use deeplimit::{dual, hermite, quadrature, real};
use rug::Rational;

use crate::args::{self, Arithmetic};

/// How much is wanted of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Significant decimal digits.
    pub digits: u32,
    /// How long the answer may take.
    pub timeout: Duration,
}

impl Request {
    fn digits(&self) -> usize {
        self.digits as usize
    }

    /// The clock starts here.
    fn deadline(&self) -> Deadline {
        Deadline::after(self.timeout)
    }
}

impl From<Arithmetic> for real::Arithmetic {
    fn from(road: Arithmetic) -> Self {
        match road {
            Arithmetic::Ball => Self::Ball,
            Arithmetic::Mpfr => Self::Mpfr,
            Arithmetic::F64 => Self::F64,
        }
    }
}

/// `deeplimit constants`.
#[derive(Clone, Debug)]
pub struct Constants {
    pub activation: String,
    pub normalisation: Option<Quantity>,
    pub a: Option<Quantity>,
    pub a_prime: Option<Quantity>,
    pub b_prime: Option<Quantity>,
    pub alpha: Option<Quantity>,
}

/// The expression in printed form, or the syntax error.
pub fn printed(text: &str) -> Result<String> {
    Expr::parse(text).map(|expr| expr.to_string())
}

/// The catalogue.
pub fn catalogue() -> &'static [Entry] {
    deeplimit::activation::catalogue()
}

/// What a network with this activation becomes.
pub fn classification(text: &str, request: Request, road: Arithmetic) -> Result<Classification> {
    let deadline = request.deadline();
    let expr = Expr::parse(text)?;
    let (digits, arithmetic) = (request.digits(), road.into());
    limit::classify(
        &expr,
        &Options {
            digits,
            arithmetic,
            deadline,
        },
    )
}

/// `1/E phi^2`, `A`, `A'`, `B'`, `alpha`.
pub fn constants(text: &str, request: Request) -> Result<Constants> {
    let c = classification(text, request, Arithmetic::Ball)?;
    Ok(Constants {
        activation: c.activation,
        normalisation: c.normalisation,
        a: c.a,
        a_prime: c.a_prime,
        b_prime: c.b_prime,
        alpha: c.alpha,
    })
}

/// `a_0, ..., a_(terms-1)`.
pub fn hermite(text: &str, terms: u32, request: Request) -> Result<Vec<Quantity>> {
    let deadline = request.deadline();
    hermite::terms(&Expr::parse(text)?, terms, request.digits(), deadline)
}

/// The dual and its slope at correlations in `[-1, 1]`.
pub fn dual(text: &str, at: &[Rational], request: Request) -> Result<Vec<DualValue>> {
    let deadline = request.deadline();
    dual::values(&Expr::parse(text)?, at, request.digits(), deadline)
}

/// `E f(Z)`.
pub fn expectation(text: &str, request: Request) -> Result<Quantity> {
    let deadline = request.deadline();
    quadrature::expect(&Expr::parse(text)?, request.digits(), deadline)
}

/// The images of a file or folder.
pub fn images(path: &Path, labels: Option<&Path>) -> Result<Images> {
    image::open(path, labels)
}

/// Changes training and test images alike.
pub fn preprocess(args: &args::Cntk, train: &mut Images, test: &mut Images) -> Result<()> {
    match args.preprocess {
        args::Preprocess::None => {}
        args::Preprocess::NormOne => {
            image::standard::scale_pixels_to_norm_one(train);
            image::standard::scale_pixels_to_norm_one(test);
        }
        args::Preprocess::Standard => {
            let standard = Standardisation::of(train)?;
            standard.apply(train)?;
            standard.apply(test)?;
        }
    }
    if let Some(epsilon) = args.zca {
        let zca = Zca::of(train, epsilon)?;
        zca.apply(train)?;
        zca.apply(test)?;
    }
    Ok(())
}

/// A convolutional kernel in either precision.
pub enum Convolutional {
    Single(Box<Cntk<f32>>),
    Double(Box<Cntk<f64>>),
}

impl Convolutional {
    /// The kernel that is asked for, for images of this shape.
    pub fn new(args: &args::Cntk, shape: [usize; 3]) -> Result<Convolutional> {
        let activation = Expr::parse(args.activation.trim_start())?;
        let readout = match args.readout {
            args::Readout::Vanilla => cntk::Readout::Vanilla,
            args::Readout::Gap => cntk::Readout::Gap,
        };
        let mut network = cntk::Architecture::new(&activation, &args.layers, readout)?;
        network.filter = args.filter;
        network.bias = args.bias;
        network.first_trained = !args.fixed;
        network.last_trained = !args.fixed;
        network.kernel = match args.kernel {
            args::Kernel::Ntk => cntk::Kind::Ntk,
            args::Kernel::Nngp => cntk::Kind::Nngp,
        };
        Ok(match args.numbers {
            args::Numbers::F32 => Convolutional::Single(Box::new(Cntk::new(&network, shape)?)),
            args::Numbers::F64 => Convolutional::Double(Box::new(Cntk::new(&network, shape)?)),
        })
    }

    /// All pairs of two sets; `None` if it was stopped.
    pub fn block(&self, rows: &Images, columns: &Images, go: Watch) -> Result<Option<Kernels>> {
        match self {
            Convolutional::Single(k) => k.block(rows, columns, go),
            Convolutional::Double(k) => k.block(rows, columns, go),
        }
    }

    /// All pairs of one set; `None` if it was stopped.
    pub fn gram(&self, images: &Images, go: Watch) -> Result<Option<Kernels>> {
        match self {
            Convolutional::Single(k) => k.gram(images, go),
            Convolutional::Double(k) => k.gram(images, go),
        }
    }

    /// The relative rounding of a kernel.
    pub fn rounding(&self) -> f64 {
        match self {
            Convolutional::Single(_) => Cntk::<f32>::rounding(),
            Convolutional::Double(_) => Cntk::<f64>::rounding(),
        }
    }

    /// The instructions in use.
    pub fn processor(&self) -> &'static str {
        match self {
            Convolutional::Single(k) => k.processor().name(),
            Convolutional::Double(k) => k.processor().name(),
        }
    }
}
