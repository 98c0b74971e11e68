//! Networks with strides, pooling and circular padding, as data and as text.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::activation::is_homogeneous;
use super::architecture::{Architecture, Input, Readout};
use crate::activation::{Constants, Expr};
use crate::error::{Error, Result};
use crate::recursion::Kind;

/// The largest filter, stride and pool.
const SIDE_MAX: usize = 999;
/// What a word may be.
const WORDS: &str = "a layer is conv3, conv3/2 (stride), conv3:circular (padding), pool2 or an activation, and the last word is gap or flatten";

/// What is beyond the border of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zeros.
    Zero,
    /// The image again: a torus.
    Circular,
}

/// A layer of a [`ConvNetwork`].
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// `filter x filter`, odd; the output has a pixel at every `stride`-th one, from the first on.
    Convolution {
        /// Rows and columns
        filter: usize,
        /// Pixels from one window to the next
        stride: usize,
        /// Beyond the border
        padding: Padding,
    },
    /// Any activation; it is normalised to `E phi(Z)^2 = 1`.
    Activation(Expr),
    /// The mean over squares of so many rows and columns.
    Pool(usize),
}

/// A convolutional network, layer after layer.
///
/// As text, words with spaces between: `conv3` is a convolution with 3 x 3 filters, `conv3/2` has stride 2, `conv3:circular`
/// wraps around; `pool2` averages squares of 2 x 2; `relu`, `tanh`, `leaky_relu(x, 0.1)` are activations; `gap` (global average
/// pooling) or `flatten` comes last. Every convolution is followed by one activation, at once or behind a pool.
///
/// The kernel is that of [`cntk`](super), layer by layer: a convolution maps `Sigma = q^-2 sum_D K + beta^2`,
/// `Theta = q^-2 sum_D T + beta^2`, an activation `K = c_sigma E phi(u) phi(v)`, `T = c_sigma E phi'(u) phi'(v) Theta + K`, and
/// pooling averages `K` and `T` over the squares of both positions (it is linear, and has no weights).
///
/// ```
/// use deeplimit::cntk::{Layer, ConvNetwork, Readout};
/// // Five layers of the Myrtle family (Shankar et al. 2020)
/// let network: ConvNetwork = "conv3 relu conv3 relu pool2 conv3 relu pool2 conv3 relu pool2 gap".parse()?;
/// assert_eq!(network.layers.len(), 11);
/// assert_eq!(network.layers[4], Layer::Pool(2));
/// assert_eq!(network.readout, Readout::Gap);
/// assert_eq!(network.to_string().parse::<ConvNetwork>()?, network);
/// let error = "conv3 conv3 gap".parse::<ConvNetwork>().unwrap_err();
/// assert!(error.to_string().contains("activation"));
/// # Ok::<(), deeplimit::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConvNetwork {
    /// From the image on.
    pub layers: Vec<Layer>,
    /// Flattened or averaged.
    pub readout: Readout,
    /// NTK or NNGP.
    pub kernel: Kind,
    /// The standard deviation of the bias of every convolution.
    pub bias: f64,
    /// The first convolution is trained.
    pub first_trained: bool,
    /// The read-out is trained.
    pub last_trained: bool,
    /// How the first convolution sums: as in the paper where all activations are `a z + b |z|`, otherwise the mean.
    pub input: Input,
}

impl FromStr for ConvNetwork {
    type Err = Error;

    fn from_str(text: &str) -> Result<ConvNetwork> {
        ConvNetwork::parse_with(text, &Constants::default())
    }
}

impl ConvNetwork {
    /// The network of a text, with letters in its activations that stand for constants.
    ///
    /// ```
    /// use deeplimit::activation::Constants;
    /// use deeplimit::cntk::ConvNetwork;
    /// let mut constants = Constants::default();
    /// constants.set("a", "1.5")?;
    /// let network = ConvNetwork::parse_with("conv3 tanh(a*x) gap", &constants)?;
    /// assert_eq!(network.to_string(), "conv3 (tanh(1.5*x)) gap");
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parse`] with the place of what is no layer, or stands where it cannot.
    pub fn parse_with(text: &str, constants: &Constants) -> Result<ConvNetwork> {
        let mut words = words(text);
        let readout = match words.pop() {
            Some((_, "gap")) => Readout::Gap,
            Some((_, "flatten")) => Readout::Vanilla,
            Some((at, word)) => {
                return Err(fault(at, format!("the last word is `{word}`: {WORDS}")));
            }
            None => return Err(fault(0..0, format!("the network is empty: {WORDS}"))),
        };
        let layers = words
            .iter()
            .map(|(at, word)| layer(at.clone(), word, constants))
            .collect::<Result<Vec<_>>>()?;
        if let Some((n, message)) = disorder(&layers) {
            let at = words.get(n).map_or(0..text.len(), |w| w.0.clone());
            return Err(fault(at, message));
        }
        let homogeneous = layers.iter().all(|l| match l {
            Layer::Activation(e) => is_homogeneous(e),
            _ => true,
        });
        Ok(ConvNetwork {
            layers,
            readout,
            kernel: Kind::Ntk,
            bias: 0.0,
            first_trained: true,
            last_trained: true,
            input: if homogeneous { Input::Sum } else { Input::Mean },
        })
    }
}

impl fmt::Display for ConvNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for layer in &self.layers {
            match layer {
                Layer::Convolution {
                    filter,
                    stride,
                    padding,
                } => {
                    write!(f, "conv{filter}")?;
                    if *stride > 1 {
                        write!(f, "/{stride}")?;
                    }
                    if *padding == Padding::Circular {
                        f.write_str(":circular")?;
                    }
                }
                // Parentheses, so that an expression with spaces is one word.
                Layer::Activation(e) => write!(f, "({e})")?,
                Layer::Pool(side) => write!(f, "pool{side}")?,
            }
            f.write_str(" ")?;
        }
        f.write_str(match self.readout {
            Readout::Gap => "gap",
            Readout::Vanilla => "flatten",
        })
    }
}

impl ConvNetwork {
    /// All fields are in their ranges and the layers in an order that has a kernel.
    pub(super) fn check(&self) -> Result<()> {
        if let Some((n, message)) = disorder(&self.layers) {
            return Err(Error::Domain(format!("layer {}: {message}", n + 1)));
        }
        for layer in &self.layers {
            match layer {
                Layer::Convolution { filter, stride, .. } => {
                    check_filter(*filter).map_err(Error::Domain)?;
                    check_side(*stride, 1, "stride").map_err(Error::Domain)?;
                }
                Layer::Pool(side) => check_side(*side, 2, "pool").map_err(Error::Domain)?,
                Layer::Activation(_) => {}
            }
        }
        Ok(())
    }

    /// The same network as convolutions of one kind with one activation, which are much faster; `None` where it is none.
    pub fn stack(&self) -> Option<Architecture> {
        let [
            Layer::Convolution { filter, .. },
            Layer::Activation(activation),
            ..,
        ] = self.layers.as_slice()
        else {
            return None;
        };
        let first = Layer::Convolution {
            filter: *filter,
            stride: 1,
            padding: Padding::Zero,
        };
        let second = Layer::Activation(activation.clone());
        let mut pairs = self.layers.chunks(2);
        if !pairs.all(|p| p[0] == first && p.get(1) == Some(&second)) {
            return None;
        }
        Some(Architecture {
            filter: *filter,
            layers: vec![self.layers.len() / 2],
            readout: self.readout,
            kernel: self.kernel,
            activation: activation.clone(),
            input: self.input,
            bias: self.bias,
            first_trained: self.first_trained,
            last_trained: self.last_trained,
        })
    }
}

/// The first layer that is out of place.
fn disorder(layers: &[Layer]) -> Option<(usize, String)> {
    // A convolution whose activation has not come yet.
    let mut open: Option<usize> = None;
    let mut begun = false;
    for (n, layer) in layers.iter().enumerate() {
        match layer {
            Layer::Convolution { .. } => {
                if open.is_some() {
                    return Some((n, "between two convolutions there must be an activation (`x` for a linear network)".to_owned()));
                }
                (open, begun) = (Some(n), true);
            }
            Layer::Activation(_) => {
                if open.take().is_none() {
                    let text = match begun {
                        false => "an activation must have a convolution before it",
                        true => {
                            "between two activations there must be a convolution (conv1 mixes no pixels)"
                        }
                    };
                    return Some((n, text.to_owned()));
                }
            }
            Layer::Pool(_) => {}
        }
    }
    if let Some(n) = open {
        let text =
            "the last convolution must be followed by an activation (`x` for a linear network)";
        return Some((n, text.to_owned()));
    }
    (!begun).then(|| {
        let n = layers.len().saturating_sub(1);
        (n, "a network must have a convolution".to_owned())
    })
}

/// Words and their places; spaces in parentheses separate nothing.
fn words(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut words = vec![];
    let (mut start, mut depth) = (None, 0_usize);
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let end = at == text.len();
        if end || (c.is_whitespace() && depth == 0) {
            if let Some(from) = start.take() {
                words.push((from..at, &text[from..at]));
            }
            continue;
        }
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        start.get_or_insert(at);
    }
    words
}

fn fault(at: Range<usize>, message: String) -> Error {
    Error::Parse {
        message,
        at,
        free: None,
    }
}

fn check_filter(filter: usize) -> std::result::Result<(), String> {
    if filter.is_multiple_of(2) {
        return Err(format!(
            "a filter must have an odd number of rows, so that it has a middle; {filter} is even"
        ));
    }
    check_side(filter, 1, "filter")
}

fn check_side(side: usize, least: usize, what: &str) -> std::result::Result<(), String> {
    if (least..=SIDE_MAX).contains(&side) {
        return Ok(());
    }
    Err(format!(
        "a {what} must be a whole number from {least} to {SIDE_MAX}; {side} is not"
    ))
}

fn layer(at: Range<usize>, word: &str, constants: &Constants) -> Result<Layer> {
    let number = |text: &str, least: usize, what: &str| -> Result<usize> {
        let n = text
            .parse()
            .map_err(|_| fault(at.clone(), format!("`{text}` is no {what}: {WORDS}")))?;
        check_side(n, least, what).map_err(|m| fault(at.clone(), m))?;
        Ok(n)
    };
    let begins_with_digit = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit());
    if let Some(rest) = word.strip_prefix("conv") {
        let part = |text: &str| text.find(['/', ':']).unwrap_or(text.len());
        let (filter, mut rest) = rest.split_at(part(rest));
        let filter = number(filter, 0, "filter")?;
        check_filter(filter).map_err(|m| fault(at.clone(), m))?;
        let (mut stride, mut padding) = (1, Padding::Zero);
        while !rest.is_empty() {
            let (mark, body) = rest.split_at(1);
            let (body, behind) = body.split_at(part(body));
            match (mark, body) {
                ("/", _) => stride = number(body, 1, "stride")?,
                (_, "zero") => padding = Padding::Zero,
                (_, "circular") => padding = Padding::Circular,
                _ => {
                    let message = format!("`{body}` is no padding: zero or circular");
                    return Err(fault(at, message));
                }
            }
            rest = behind;
        }
        return Ok(Layer::Convolution {
            filter,
            stride,
            padding,
        });
    }
    if let Some(rest) = word.strip_prefix("pool").filter(begins_with_digit) {
        return Ok(Layer::Pool(number(rest, 2, "pool")?));
    }
    if ["gap", "flatten", "pool"].contains(&word) {
        return Err(fault(at, format!("`{word}` here: {WORDS}")));
    }
    Expr::parse_with(word, constants)
        .map(Layer::Activation)
        .map_err(|e| match e {
            Error::Parse {
                message,
                at: inside,
                free,
            } => Error::Parse {
                message: format!("{message} ({WORDS})"),
                at: at.start + inside.start..at.start + inside.end,
                free,
            },
            e => e,
        })
}
