//! What may be typed behind `deeplimit cntk`.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};
use deeplimit::cntk::{Input, Numbers, Readout};
use deeplimit::image::Layout;
use deeplimit::recursion::Kind;
use deeplimit::store::Shard;

use super::choice::one_of;

/// `deeplimit cntk`.
#[derive(Args, Debug)]
pub struct Cntk {
    /// Training images: CIFAR-10 .bin, idx, .npy, or a folder of PNG
    #[arg(
        long,
        value_name = "PATH",
        long_help = "Training images: CIFAR-10 .bin, idx, .npy, or a folder of PNG, in
which each folder is a class of its name. Files may be compressed by
gzip. Bytes are divided by 255 (samples of 16 bits in PNG by 65535);
other numbers are taken as they are"
    )]
    pub train: PathBuf,
    /// Their labels, where they are not inside
    #[arg(
        long,
        value_name = "PATH",
        long_help = "Their labels, where they are not inside: whole numbers (of any type,
or -1 and +1) or one-hot rows in .npy or idx. Classes of training and
test images are matched by their names"
    )]
    pub train_labels: Option<PathBuf>,
    /// How many of them: the first ones, or all
    #[arg(long, value_name = "N", value_parser = count)]
    pub train_count: Option<usize>,
    /// Pass over so many training images first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub train_skip: usize,
    /// Test images
    #[arg(long, value_name = "PATH")]
    pub test: PathBuf,
    /// Their labels, where they are not inside
    #[arg(long, value_name = "PATH")]
    pub test_labels: Option<PathBuf>,
    /// How many of them: the first ones, or all
    #[arg(long, value_name = "N", value_parser = count)]
    pub test_count: Option<usize>,
    /// Pass over so many test images first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub test_skip: usize,
    /// Axes of arrays, if unclear: nhwc, nchw or nhw
    #[arg(
        long,
        value_parser = layout(),
        value_name = "AXES",
        hide_possible_values = true,
        long_help = "The axes of arrays of images, where their sizes do not show them:
nhwc (images, rows, columns, channels: TensorFlow), nchw (images,
channels, rows, columns: PyTorch), nhw (one channel)"
    )]
    pub layout: Option<Layout>,
    /// Report the accuracy on the first N test images too
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub apart: usize,
    /// Numbers of convolutions (depth in the paper is one more)
    #[arg(
        long,
        required_unless_present = "network",
        value_name = "L,...",
        value_delimiter = ',',
        value_parser = layers
    )]
    pub layers: Vec<usize>,
    /// vanilla (all pixels) or gap (global average pooling)
    #[arg(
        long,
        value_parser = readout(),
        required_unless_present = "network",
        value_name = "READOUT",
        hide_possible_values = true
    )]
    pub readout: Option<Readout>,
    /// Layer after layer instead: 'conv3 relu pool2 conv3 relu gap'
    #[arg(
        long,
        value_name = "LAYERS",
        conflicts_with_all = ["layers", "readout", "activation", "filter"],
        long_help = "Layer after layer instead, words in quotes:
conv3 (3 x 3 filters), conv3/2 (stride 2), conv3:circular (wraps
around), pool2 (means of 2 x 2), activations as for --activation;
gap or flatten comes last. Every convolution is followed by one
activation. Not a stack of equal convolutions: ten times slower"
    )]
    pub network: Option<String>,
    /// The activation: a x + b |x| (exact), or any smooth one
    #[arg(long, value_name = "EXPR", default_value = "relu")]
    pub activation: String,
    /// Rows and columns of a filter, odd
    #[arg(long, value_name = "Q", default_value_t = 3)]
    pub filter: usize,
    /// First layer: sum (as in the paper) or mean over its window
    #[arg(
        long,
        value_parser = input(),
        value_name = "HOW",
        hide_possible_values = true,
        long_help = "First layer: sum (as in the paper) or mean over its window and
the channels. Without it: sum for activations a x + b |x|, to which
the scale of images means nothing; mean for others, which are
normalised where pixels have variance 1"
    )]
    pub input: Option<Input>,
    /// Standard deviation of the bias of each convolution
    #[arg(long, value_name = "SD", default_value = "0", value_parser = deviation)]
    pub bias: f64,
    /// Do not train the first and the last layer
    #[arg(long)]
    pub fixed: bool,
    /// ntk, or nngp (only the read-out is trained)
    #[arg(
        long,
        value_parser = kernel(),
        value_name = "KERNEL",
        default_value_t = Kind::Ntk,
        hide_possible_values = true
    )]
    pub kernel: Kind,
    /// Pixels: standard, norm-one or none
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        default_value_t = Preprocess::Standard,
        hide_possible_values = true,
        long_help = "Pixels: standard, norm-one or none.
standard: each channel has mean 0 and deviation 1 over the
training images; norm-one: each pixel has norm 1; none: bytes/255"
    )]
    pub preprocess: Preprocess,
    /// Whiten whole images too (ZCA), with this epsilon
    #[arg(long, value_name = "EPSILON", value_parser = epsilon)]
    pub zca: Option<f64>,
    /// f32 or f64; without pooling always f64
    #[arg(
        long,
        value_parser = numbers(),
        value_name = "NUMBERS",
        default_value_t = Numbers::F32,
        hide_possible_values = true
    )]
    pub numbers: Numbers,
    /// The ridge relative to the mean diagonal
    #[arg(long = "ridge", visible_alias = "jitter", value_name = "RIDGE", default_value = "0", value_parser = super::gram::ridge)]
    pub jitter: f64,
    /// Values of letters that are constants: a=1.5,b=sqrt(2)
    #[arg(long, value_name = "NAME=VALUE,...")]
    pub set: Vec<String>,
    /// Keep the kernels in this folder (Zarr); a later run goes on there
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Every N-th tile of the kernels from the I-th on, no accuracy
    #[arg(
        long,
        value_name = "I/N",
        value_parser = super::gram::shard,
        requires = "out",
        long_help = "Every N-th tile of the kernels from the I-th on, into --out, and no
accuracy. The N processes may run at the same time, on several
machines, into one shared folder or into folders of their own, which
`deeplimit gram merge` joins. Without --shard, the same line finds the
tiles in --out and goes on to the accuracy"
    )]
    pub shard: Option<Shard>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `--preprocess`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Preprocess {
    /// Each channel: mean 0 and deviation 1 over the training images
    Standard,
    /// Each pixel: norm 1 over the channels
    NormOne,
    /// Bytes over 255
    None,
}

/// clap's own is wider than a page.
pub const USAGE: &str = "deeplimit cntk --train <PATH> --test <PATH> --layers <L,...>
                      --readout <READOUT> [OPTIONS]
       deeplimit cntk --train <PATH> --test <PATH> --network <LAYERS> [OPTIONS]";

pub const HELP: &str = "Examples:
  deeplimit cntk --train data_batch_1.bin --train-count 2000 \\
      --test test_batch.bin --layers 2,3,5,10,20 --readout vanilla
  deeplimit cntk --train data_batch_1.bin --train-count 200 \\
      --test test_batch.bin --test-count 1000 --layers 10 \\
      --readout gap --out kernels
  deeplimit cntk --train train.npy --train-labels train-y.npy \\
      --test test.npy --test-labels test-y.npy --layers 3 \\
      --readout gap --json
  deeplimit cntk --train data_batch_1.bin --test test_batch.bin \\
      --layers 10 --readout gap --out kernels --shard 3/16
  deeplimit cntk --train data_batch_1.bin --train-count 100 \\
      --test test_batch.bin --test-count 100 --network \\
      'conv3 relu conv3 relu pool2 conv3 relu pool2 conv3 relu pool2 gap'

The last network is like Myrtle5 (Shankar et al. 2020). An activation that is
not a x + b |x| goes by its Hermite series, with an error below 3e-6 (f32) or
1e-6 (f64) between any two patches; one with other kinks is refused.

Kernel regression with the convolutional kernel of Arora et al. (2019): the
classifier that an infinitely wide convolutional network becomes by
training. Labels are one-hot, shifted to mean zero. One pass computes all
numbers of layers. Ctrl-C keeps what is finished; with --out, the same
command goes on from there.";

fn layout() -> impl TypedValueParser<Value = Layout> {
    let words = [
        (Layout::Nhwc, "Channels last"),
        (Layout::Nchw, "Channels first"),
        (Layout::Nhw, "One channel"),
    ];
    one_of(words, Layout::name)
}

fn readout() -> impl TypedValueParser<Value = Readout> {
    let words = [
        (Readout::Vanilla, "All pixels"),
        (Readout::Gap, "Global average pooling"),
    ];
    one_of(words, Readout::name)
}

fn input() -> impl TypedValueParser<Value = Input> {
    let words = [
        (Input::Sum, "As in the paper"),
        (Input::Mean, "Over the window and the channels"),
    ];
    one_of(words, Input::name)
}

fn kernel() -> impl TypedValueParser<Value = Kind> {
    let words = [
        (Kind::Ntk, "Neural tangent kernel"),
        (Kind::Nngp, "Gaussian process"),
    ];
    one_of(words, Kind::name)
}

fn numbers() -> impl TypedValueParser<Value = Numbers> {
    let words = [(Numbers::F32, "Fast"), (Numbers::F64, "Six times slower")];
    one_of(words, Numbers::name)
}

fn count(text: &str) -> Result<usize, String> {
    let n = text.parse().ok().filter(|n| *n > 0);
    n.ok_or_else(|| "the number of images must be a whole number from 1".to_owned())
}

fn layers(text: &str) -> Result<usize, String> {
    let n = text.parse().ok().filter(|n| (1..=10_000).contains(n));
    n.ok_or_else(|| "the number of layers must be a whole number from 1 to 10000".to_owned())
}

fn deviation(text: &str) -> Result<f64, String> {
    crate::exact::double(text, "standard deviation").map_err(|e| e.to_string())
}

fn epsilon(text: &str) -> Result<f64, String> {
    crate::exact::double(text, "epsilon").map_err(|e| e.to_string())
}
