//! The part of the seam that asks about images and their kernels.

use std::path::Path;
use std::time::Duration;

use deeplimit::cntk::{self, Architecture, ConvNetwork, Layer, Readout};
pub use deeplimit::cntk::{Convolutional, Endless, ImageTrial, Numbers, Progress};
use deeplimit::deadline::Deadline;
use deeplimit::error::Result;
use deeplimit::image::{self, Standardisation, Zca};
pub use deeplimit::image::{Images, Repeats, absent_last, one_numbering, read, repeats};
use deeplimit::limit::{self, Classification};
pub use deeplimit::store::{Filled, Fingerprint};

use crate::args;
use crate::typed;

/// Longer than this nobody waits for a remark.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// The numbers of convolutions that are asked for, in order; a network has one.
pub fn convolutions(args: &args::Cntk) -> Result<Vec<usize>> {
    let Some(text) = &args.network else {
        return Ok(args.layers.clone());
    };
    let network: ConvNetwork = typed::network(text)?;
    let convolution = |l: &&Layer| matches!(l, Layer::Convolution { .. });
    Ok(vec![network.layers.iter().filter(convolution).count()])
}

/// What depth makes of the images.
#[derive(Clone, Debug)]
pub struct Deep {
    /// The regime of the activation, which a convolution follows where all pixels are alike.
    pub classification: Classification,
    /// What that says of the kernel that is asked for.
    pub endless: Endless,
    /// Whatever the variance of the pixels is.
    pub scale_free: bool,
    /// By how much zero padding multiplies the variances of every layer, where that is known.
    pub border_factor: Option<f64>,
}

/// The same for a stack of convolutions with one activation; `None` for a network, and where the regime takes too long.
pub fn deep(args: &args::Cntk, [height, width, _]: [usize; 3]) -> Option<Deep> {
    if args.network.is_some() {
        return None;
    }
    let expr = typed::parsed(&args.activation).ok()?;
    let options = deeplimit::Effort {
        deadline: Deadline::after(PATIENCE),
        ..deeplimit::Effort::default()
    };
    let homogeneous = cntk::bend(&expr).is_ok();
    let factor = || cntk::border_factor([height, width], args.filter).ok();
    let classification = limit::classify(&expr, &options).ok()?;
    Some(Deep {
        endless: cntk::endless(&classification, args.kernel, args.bias),
        classification,
        scale_free: homogeneous,
        border_factor: (homogeneous && args.bias == 0.0).then(factor).flatten(),
    })
}

/// The precision of the kernels.
pub fn numbers(args: &args::Cntk) -> Numbers {
    args.readout.map_or(args.numbers, |r| args.numbers.with(r))
}

/// The network that is asked for: a stack of equal convolutions, or layer after layer.
enum Design {
    Stack(Architecture),
    Layers(ConvNetwork),
}

fn design(args: &args::Cntk) -> Result<Design> {
    if let Some(text) = &args.network {
        let mut network: ConvNetwork = typed::network(text)?;
        network.bias = args.bias;
        network.first_trained = !args.fixed;
        network.last_trained = !args.fixed;
        network.kernel = args.kernel;
        network.input = args.input.unwrap_or(network.input);
        return Ok(Design::Layers(network));
    }
    let activation = typed::parsed(args.activation.trim_start())?;
    let readout = args.readout.unwrap_or(Readout::Gap);
    let mut network = Architecture::new(&activation, &args.layers, readout)?;
    network.filter = args.filter;
    network.bias = args.bias;
    network.first_trained = !args.fixed;
    network.last_trained = !args.fixed;
    network.kernel = args.kernel;
    network.input = args.input.unwrap_or(network.input);
    Ok(Design::Stack(network))
}

/// Can there be such a kernel, whatever the images?
pub fn check(args: &args::Cntk) -> Result<()> {
    match design(args)? {
        Design::Stack(network) => network.check_in(numbers(args)),
        Design::Layers(_) => Ok(()),
    }
}

/// The kernel that is asked for, for images of this shape.
pub fn convolutional(args: &args::Cntk, shape: [usize; 3]) -> Result<Convolutional> {
    match design(args)? {
        Design::Stack(network) => Convolutional::new(&network, numbers(args), shape),
        Design::Layers(network) => Convolutional::of(&network, numbers(args), shape),
    }
}
