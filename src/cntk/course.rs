//! A network as the stages of `whole.rs`, for images of one shape: profiles and pairs.

use super::activation::Form;
use super::alike::LineLayout;
use super::geometry::Line;
use super::lane::Lane;
use super::loops::LayerConstants;
use super::network::{ConvNetwork, Layer, Padding};
use super::profile::{Profile, Spread, checked};
use super::vector::Processor;
use super::whole::{Matrices, Moves, Size, Stage, line};
use crate::error::{Error, Result};

/// The matrices of a thread are three; more memory than this is refused.
const MEMORY: usize = 2 << 30;

/// A network for images of one shape.
#[derive(Clone, Debug)]
pub struct Course<T: Lane> {
    stages: Vec<Stage<T>>,
    /// The same in doubles, for what is computed once per image.
    exact: Vec<Stage<f64>>,
    size: Size,
    channels: usize,
    /// Pixels at the end.
    last: usize,
    /// What the pixels are multiplied by.
    input: f64,
    /// `1/q^2` of the last convolution, which is part of `K^(L)` in the paper.
    share: f64,
    first_trained: bool,
    mark: u64,
    /// Where pairs of images that are nearly alike are done in `f64`.
    layout: Option<LineLayout>,
}

impl<T: Lane> Course<T> {
    /// Of a network for images of `height x width x channels`; `mark` is kept in profiles.
    pub fn new(
        network: &ConvNetwork,
        [height, width, channels]: [usize; 3],
        mark: u64,
    ) -> Result<Course<T>> {
        let forms = network
            .layers
            .iter()
            .map(|layer| match layer {
                Layer::Activation(e) => Form::new(e, T::REST).map(Some),
                _ => Ok(None),
            })
            .collect::<Result<Vec<_>>>()?;
        let first = network.layers.iter().find_map(|l| match l {
            Layer::Convolution { filter, .. } => Some(*filter),
            _ => None,
        });
        let (own, size) = stages::<T>(network, &forms, [height, width])?;
        let (exact, _) = stages::<f64>(network, &forms, [height, width])?;
        let last = network.layers.iter().rev().find_map(|l| match l {
            Layer::Convolution { filter, .. } => Some(*filter as f64),
            _ => None,
        });
        let pixels = height * width;
        let bytes = pixels
            .checked_mul(line(pixels))
            .and_then(|n| n.checked_mul(3 * size_of::<f64>()));
        if bytes.is_none_or(|b| b > MEMORY) {
            return Err(Error::Shape(format!(
                "images of {height} x {width} are too large for a network with pooling, strides or circular padding: all pairs of pixels are kept at once"
            )));
        }
        let kinks = forms.iter().flatten().all(|f| matches!(f, Form::Bent(_)));
        let layout = (!T::FINE && kinks).then(|| LineLayout {
            height,
            width,
            channels,
            stride: width,
            radius: first.unwrap_or(1) / 2,
        });
        Ok(Course {
            layout,
            stages: own,
            exact,
            size: [height, width],
            channels,
            last: size[0] * size[1],
            input: network.input.factor(first.unwrap_or(1), channels),
            share: last.unwrap_or(1.0).powi(-2),
            first_trained: network.first_trained,
            mark,
        })
    }

    /// Pixels at the end.
    pub fn pixels(&self) -> usize {
        self.last
    }

    /// For the pairs of one thread.
    pub fn matrices(&self) -> Matrices<T> {
        Matrices::new(self.size[0] * self.size[1])
    }

    /// What is needed of an image: the standard deviations of its pixels in every layer, from its matrix with itself.
    pub fn profile(&self, pixels: &[f64], processor: Processor) -> Result<Profile<T>> {
        let count = self.size[0] * self.size[1];
        let row = line(count);
        let mut exact = Line::<f64>::zeros(self.channels * row);
        let mut rounded = Line::<T>::zeros(self.channels * row);
        for (n, value) in pixels.iter().enumerate() {
            let at = n % self.channels * row + n / self.channels;
            exact[at] = value * self.input;
            rounded[at] = T::rounded(exact[at]);
        }
        let mut matrices = Matrices::<f64>::new(count);
        matrices.begin(&exact, &exact, count, false);
        let (mut spreads, mut fine) = (vec![], vec![]);
        for stage in &self.exact {
            let Stage::Activation {
                form,
                constants,
                size,
            } = stage
            else {
                matrices.linear(stage);
                continue;
            };
            let pixels = size[0] * size[1];
            let variances = matrices.diagonal(pixels);
            checked::<T>(&variances, size[1])?;
            let same = |p: usize| p;
            let (spread, _) = Spread::<f64>::new(form, &variances, same, line(pixels), 1.0)?;
            spreads.push(Spread::<T>::new(form, &variances, same, line(pixels), 1.0)?.0);
            matrices.activate(processor, (form, constants, *size), &spread, &spread);
            fine.push(spread);
        }
        let fine = self
            .layout
            .map(|_| Profile::from_parts(exact, row, fine, self.mark));
        Ok(Profile::from_parts(rounded, row, spreads, self.mark).with_fine(fine))
    }

    /// For the pairs of one thread that are done in `f64`.
    pub fn fine_matrices(&self) -> Option<Matrices<f64>> {
        let pixels = self.size[0] * self.size[1];
        self.layout.map(|_| Matrices::new(pixels))
    }

    /// The sums of `K^(L)` and `T^(L)`: over all pairs of positions, or those of equal positions. In `f64` where the images are
    /// nearly the same.
    pub fn sums(
        &self,
        processor: Processor,
        [x, y]: [&Profile<T>; 2],
        (matrices, fine): (&mut Matrices<T>, &mut Option<Matrices<f64>>),
        all: bool,
    ) -> [f64; 2] {
        if let (Some(layout), Some(fine), Some(a), Some(b)) = (&self.layout, fine, &x.fine, &y.fine)
            && layout.alike(a, b, 0)
        {
            return self.sums_by(&self.exact, processor, [a, b], fine, all);
        }
        self.sums_by(&self.stages, processor, [x, y], matrices, all)
    }

    fn sums_by<U: Lane>(
        &self,
        stages: &[Stage<U>],
        processor: Processor,
        [x, y]: [&Profile<U>; 2],
        matrices: &mut Matrices<U>,
        all: bool,
    ) -> [f64; 2] {
        let count = self.size[0] * self.size[1];
        matrices.begin(&x.pixels, &y.pixels, count, self.first_trained);
        let mut spreads = x.spreads.iter().zip(&y.spreads);
        for stage in stages {
            match stage {
                Stage::Activation {
                    form,
                    constants,
                    size,
                } => {
                    if let Some((x, y)) = spreads.next() {
                        matrices.activate(processor, (form, constants, *size), x, y);
                    }
                }
                stage => matrices.linear(stage),
            }
        }
        matrices.sums(self.last, all).map(|s| s * self.share)
    }
}

/// The stages of a network, and the size at its end.
fn stages<T: Lane>(
    network: &ConvNetwork,
    forms: &[Option<Form>],
    mut size: Size,
) -> Result<(Vec<Stage<T>>, Size)> {
    let variance = network.bias * network.bias;
    let mut stages = vec![];
    let mut first = true;
    for (n, layer) in network.layers.iter().enumerate() {
        let [height, width] = size;
        match layer {
            Layer::Convolution {
                filter,
                stride,
                padding,
            } => {
                let radius = filter / 2;
                let fits = match padding {
                    Padding::Zero => radius < height.max(width),
                    Padding::Circular => *filter <= height.min(width),
                };
                if !fits {
                    return Err(Error::Shape(format!(
                        "layer {}: a filter of {filter} x {filter} is too large for {height} x {width} pixels",
                        n + 1
                    )));
                }
                let to = size.map(|s| s.div_ceil(*stride));
                let columns = Moves::new([height, width, 1], radius, *stride, *padding);
                let rows = Moves::new([1, height, to[1]], radius, *stride, *padding);
                // The first one is normalised by the factor of the pixels, or not.
                let scale = if first {
                    1.0
                } else {
                    (*filter as f64).powi(-2)
                };
                let trained = !first || network.first_trained;
                let theta = if trained { variance } else { 0.0 };
                stages.push(Stage::Convolution {
                    columns,
                    rows,
                    to,
                    scale: T::rounded(scale),
                    biases: [T::rounded(variance), T::rounded(theta)],
                });
                (first, size) = (false, to);
            }
            Layer::Activation(_) => {
                if let Some(form) = &forms[n] {
                    stages.push(Stage::Activation {
                        form: form.clone(),
                        // The biases are added by the convolution.
                        constants: LayerConstants::new(form.bend(), 0.0, false),
                        size,
                    });
                }
            }
            Layer::Pool(side) => {
                if size.iter().any(|s| !s.is_multiple_of(*side)) {
                    return Err(Error::Shape(format!(
                        "layer {}: {height} x {width} pixels are no squares of {side} x {side}",
                        n + 1
                    )));
                }
                stages.push(Stage::Pool {
                    from: size,
                    side: *side,
                });
                size = size.map(|s| s / side);
            }
        }
    }
    Ok((stages, size))
}
