//! Pairs of images: one, a block, a Gram matrix.

use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use super::activation::Form;
use super::alike::LineLayout;
use super::architecture::{Architecture, Readout, check_bias};
use super::course::Course;
use super::diagonal::{Desk, DiagonalPlan, add_diagonal};
use super::geometry::Geometry;
use super::lane::Lane;
use super::loops::LayerConstants;
use super::network::ConvNetwork;
use super::profile::Profile;
use super::vector::Processor;
use super::whole::Matrices;
use crate::error::{Error, Result};
use crate::image::Images;
use crate::recursion::Kind;

/// Profiles of as many images as fit in here are kept at a time, twice; the results of their pairs until they are in the matrix.
/// Measured (`VmHWM`) between 2,000 and 10,000 CIFAR-10 images, vanilla, one layer: 0.28 GB beyond images and matrix.
const KEPT: usize = 128 << 20;
/// The profiles of a tile of pairs stay in the second-level cache of a core.
const NEAR: usize = 512 << 10;
/// The most images on a side of a tile.
const SIDE_MAX: usize = 16;

/// The kernel of an architecture for images of one shape, in `f32` or `f64`.
///
/// Accuracy (heuristic, tested against a direct recursion): 1e-5 in `f32` and 1e-12 in `f64`, relative, on images whose
/// patches are not nearly parallel. Patches at an angle below 1e-3 (`f32`) or 6e-8 (`f64`) count as parallel:
/// `kappa0` changes by at most 5e-4 or 2e-8 there, and rounding costs as much in any case. So with `f32` and `a z + b |z|` the diagonal
/// of equal positions is always done in `f64` (without pooling that is all of it), and so are others where most of a sample of patches
/// are that near, as those of an image and its moved copy; of a [`ConvNetwork`] that goes through all positions at once, a pair of images
/// where most patches at equal positions are. Single patches that are nearly parallel by chance stay in `f32`.
///
/// For other activations than `a z + b |z|` that is so as far as the Hermite series reaches: every pair of patches is off by at
/// most 3e-6 (`f32`) or 1e-6 (`f64`) of `sqrt(E phi(u)^2 E phi(v)^2)` besides, an estimate by Parseval; the tests hold
/// `f64` to 3.2e-7 against closed forms and integrals over two dimensions. An image whose patches need more than 1,024 terms is refused.
///
/// For `a z + b |z|` a pair of patches of which one is zero has `Sigma = K = Theta = 0`; without bias a zero image has `K(0, x) = 0`. A patch
/// counts as zero where its variance is below [`Lane::SMALLEST`]: 1e-30 in `f32`.
#[derive(Clone, Debug)]
pub struct Cntk<T: Lane> {
    engine: Engine<T>,
    shape: [usize; 3],
    /// The numbers of convolutions that are wanted: one for a network.
    layers: Vec<usize>,
    readout: Readout,
    kernel: Kind,
    last_trained: bool,
    /// Of this kernel, in its profiles.
    mark: u64,
    processor: Processor,
}

/// The two ways.
#[derive(Clone, Debug)]
// There is one for all pairs, so its size does not matter.
#[allow(clippy::large_enum_variant)]
enum Engine<T: Lane> {
    /// Diagonal after diagonal, some of them in `f64`.
    Diagonal(DiagonalPlan<T>, Option<DiagonalPlan<f64>>),
    /// All pairs of positions at once.
    Whole(Course<T>),
}

/// The memory of one thread.
enum Bench<T: Lane> {
    Diagonal(Desk<T>, Option<Desk<f64>>),
    Whole(Matrices<T>, Option<Matrices<f64>>),
}

/// Kernels between `rows` and `columns` images, one matrix per number of layers, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernels {
    /// Images of the first kind.
    pub rows: usize,
    /// Images of the second kind.
    pub columns: usize,
    /// `values[l][i columns + j]`, in the order of [`Architecture::layers`].
    pub values: Vec<Vec<f64>>,
}

/// Told of every number of pairs that is finished; `false` stops the work.
pub type Watch<'a> = &'a (dyn Fn(usize) -> bool + Sync);

impl<T: Lane> Cntk<T> {
    /// For images of `height x width x channels`.
    ///
    /// # Errors
    /// [`Error::Domain`] for fields of the architecture out of range, [`Error::Shape`] for images without pixels.
    pub fn new(
        architecture: &Architecture,
        [height, width, channels]: [usize; 3],
    ) -> Result<Cntk<T>> {
        let form = Cntk::<T>::form_of(architecture)?;
        check_shape([height, width, channels])?;
        let radius = architecture.filter / 2;
        if radius >= height.max(width) {
            return Err(Error::Shape(format!(
                "a filter of {0} x {0} is larger than twice an image of {height} x {width}",
                architecture.filter
            )));
        }
        let shape = [height, width, channels];
        let layers = architecture.layers.iter().copied().max().unwrap_or(0);
        let mut wanted = vec![false; layers];
        for l in &architecture.layers {
            wanted[l - 1] = true;
        }
        let geometry = Geometry {
            height,
            width,
            channels,
            radius,
        };
        // where the activation has no kink the gap has no root
        let fine = (!T::FINE && matches!(form, Form::Bent(_)))
            .then(|| plan::<f64>(architecture, geometry, &wanted, form.clone()));
        let plan = plan::<T>(architecture, geometry, &wanted, form);
        Ok(Cntk {
            engine: Engine::Diagonal(plan, fine),
            shape,
            layers: architecture.layers.clone(),
            readout: architecture.readout,
            kernel: architecture.kernel,
            last_trained: architecture.last_trained,
            mark: mark(&(architecture, shape)),
            processor: Processor::best(),
        })
    }

    /// The fields are in their ranges, and the activation has a form in this precision.
    pub(super) fn form_of(architecture: &Architecture) -> Result<Form> {
        architecture.check()?;
        Form::new(&architecture.activation, T::REST)
    }

    /// The kernel of a network for images of `height x width x channels`. One that is a stack of equal convolutions with zero
    /// padding and stride 1 is that of [`ConvNetwork::stack`]; any other takes some five times as long.
    ///
    /// # Errors
    /// As [`Cntk::new`]; [`Error::Shape`] for images that cannot be pooled or are too large.
    ///
    /// ```
    /// use deeplimit::cntk::{Cntk, ConvNetwork};
    /// let network: ConvNetwork = "conv3:circular tanh pool2 conv3/2 relu gap".parse()?;
    /// let kernel = Cntk::<f64>::of(&network, [4, 4, 1])?;
    /// let x = kernel.profile(&[0.5; 16])?;
    /// assert!(kernel.pair(&x, &x)?[0] > 0.0);
    /// assert!(Cntk::<f64>::of(&network, [5, 5, 1]).is_err());
    /// # Ok::<(), deeplimit::error::Error>(())
    /// ```
    pub fn of(network: &ConvNetwork, shape: [usize; 3]) -> Result<Cntk<T>> {
        network.check()?;
        check_bias(network.bias)?;
        check_shape(shape)?;
        if let Some(stack) = network.stack() {
            return Cntk::new(&stack, shape);
        }
        let mark = mark(&(network, shape));
        Ok(Cntk {
            engine: Engine::Whole(Course::new(network, shape, mark)?),
            shape,
            layers: vec![1],
            readout: network.readout,
            kernel: network.kernel,
            last_trained: network.last_trained,
            mark,
            processor: Processor::best(),
        })
    }

    /// With the instructions of another processor: every one gives the same kernel up to rounding.
    #[must_use]
    pub fn on(mut self, processor: Processor) -> Cntk<T> {
        self.processor = processor;
        self
    }

    /// The instructions in use.
    pub fn processor(&self) -> Processor {
        self.processor
    }

    /// The relative rounding of a kernel, generously: two equal images differ by less.
    pub fn rounding() -> f64 {
        T::NEAR.double()
    }

    /// What is computed once per image.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of pixels, [`Error::Data`] for pixels that are no numbers or out of range.
    pub fn profile<P: Copy + Into<f64>>(&self, pixels: &[P]) -> Result<Profile<T>> {
        let pixels: Vec<f64> = pixels.iter().map(|p| (*p).into()).collect();
        let [height, width, channels] = self.shape;
        if pixels.len() != height * width * channels {
            return Err(Error::Shape(format!(
                "an image of {} numbers is not {height} x {width} x {channels}",
                pixels.len()
            )));
        }
        match &self.engine {
            Engine::Diagonal(plan, fine) => {
                let fine = fine.as_ref();
                let fine = fine.map(|fine| Profile::new(&pixels, fine, self.mark));
                Ok(Profile::new(&pixels, plan, self.mark)?.with_fine(fine.transpose()?))
            }
            Engine::Whole(course) => course.profile(&pixels, self.processor),
        }
    }

    /// The kernel of two images, for every number of layers that is wanted.
    ///
    /// # Errors
    /// [`Error::Shape`] for profiles of another kernel.
    pub fn pair(&self, x: &Profile<T>, y: &Profile<T>) -> Result<Vec<f64>> {
        if !x.fits(self.mark) || !y.fits(self.mark) {
            return Err(Error::Shape(
                "a profile of another kernel or of images of another shape".to_owned(),
            ));
        }
        let mut values = Vec::with_capacity(self.layers.len());
        self.append(x, y, &mut self.bench(), &mut values);
        Ok(values)
    }

    fn bench(&self) -> Bench<T> {
        match &self.engine {
            Engine::Diagonal(plan, fine) => {
                let fine = fine.as_ref().map(|fine| Desk::new(fine.geometry));
                Bench::Diagonal(Desk::new(plan.geometry), fine)
            }
            Engine::Whole(course) => Bench::Whole(course.matrices(), course.fine_matrices()),
        }
    }

    /// Appends the kernel of a pair for every number of layers.
    fn append(&self, x: &Profile<T>, y: &Profile<T>, bench: &mut Bench<T>, out: &mut Vec<f64>) {
        let value = |[k, t]: [f64; 2], pixels: usize| {
            let value = match (self.kernel, self.last_trained) {
                (Kind::Nngp, _) => k,
                (Kind::Ntk, true) => t,
                (Kind::Ntk, false) => t - k,
            };
            match self.readout {
                Readout::Vanilla => value,
                Readout::Gap => (pixels as f64).powi(-2) * value,
            }
        };
        match (&self.engine, bench) {
            (Engine::Diagonal(plan, fine), Bench::Diagonal(desk, fine_desk)) => {
                let fine = fine.as_ref().zip(fine_desk.as_mut());
                let sums = self.diagonals((plan, desk), fine, x, y);
                let place = |l: &usize| plan.wanted[..l - 1].iter().filter(|w| **w).count();
                let pixels = plan.geometry.pixels();
                out.extend(self.layers.iter().map(|l| value(sums[place(l)], pixels)));
            }
            (Engine::Whole(course), Bench::Whole(matrices, fine)) => {
                let all = self.readout == Readout::Gap;
                let sums = course.sums(self.processor, [x, y], (matrices, fine), all);
                out.push(value(sums, course.pixels()));
            }
            _ => unreachable!("a bench is made for its engine"),
        }
    }

    fn diagonals(
        &self,
        (plan, desk): (&DiagonalPlan<T>, &mut Desk<T>),
        fine: Option<(&DiagonalPlan<f64>, &mut Desk<f64>)>,
        x: &Profile<T>,
        y: &Profile<T>,
    ) -> Vec<[f64; 2]> {
        let wanted = plan.wanted.iter().filter(|w| **w).count();
        let mut sums = vec![[0.0; 2]; wanted];
        let geometry = plan.geometry;
        let layout = LineLayout {
            height: geometry.height,
            width: geometry.width,
            channels: geometry.channels,
            stride: geometry.stride(),
            radius: geometry.radius,
        };
        let twins = x.fine.as_deref().zip(y.fine.as_deref());
        let mut fine = fine.zip(twins);
        let mut add = |shift, weight| {
            if let Some(((plan, desk), (x, y))) = &mut fine
                && (shift == 0 || layout.alike(x, y, shift))
            {
                add_diagonal(self.processor, plan, x, y, shift, weight, desk, &mut sums);
            } else {
                add_diagonal(self.processor, plan, x, y, shift, weight, desk, &mut sums);
            }
        };
        add(0, 1.0);
        if self.readout == Readout::Gap {
            for shift in 1..plan.geometry.count() as isize {
                if std::ptr::eq(x, y) {
                    add(shift, 2.0);
                } else {
                    add(shift, 1.0);
                    add(-shift, 1.0);
                }
            }
        }
        sums
    }

    /// The kernels between two sets of images, on all cores. `None` if it was stopped.
    ///
    /// # Errors
    /// As [`Cntk::profile`], with the number of the image.
    pub fn block(&self, rows: &Images, columns: &Images, watch: Watch) -> Result<Option<Kernels>> {
        self.kernels(rows, columns, false, watch)
    }

    /// The Gram matrix of a set of images, every pair once. `None` if it was stopped.
    ///
    /// # Errors
    /// As [`Cntk::block`].
    pub fn gram(&self, images: &Images, watch: Watch) -> Result<Option<Kernels>> {
        self.kernels(images, images, true, watch)
    }

    fn kernels(
        &self,
        rows: &Images,
        columns: &Images,
        symmetric: bool,
        watch: Watch,
    ) -> Result<Option<Kernels>> {
        for images in [rows, columns] {
            let [height, width, channels] = self.shape;
            let [h, w, c] = images.shape();
            if [h, w, c] != [height, width, channels] {
                return Err(Error::Shape(format!(
                    "images of {h} x {w} x {c} do not fit a kernel of images of {height} x {width} x {channels}"
                )));
            }
        }
        // The lines of a profile are the same for all images, or nearly.
        let [bytes, near] = match rows.len().min(columns.len()) {
            0 => [1; 2],
            _ => {
                let first = |images| Ok(self.profiles(images, 0..1)?[0].bytes());
                let ([a, b], [c, d]) = (first(rows)?, first(columns)?);
                [a.max(c), b.max(d)]
            }
        };
        let kept = (KEPT / bytes).max(1);
        let (n, m) = (rows.len(), columns.len());
        // Few pairs are shared out too: some tiles for every core.
        let even = (n * m / (4 * rayon::current_num_threads())).isqrt();
        let side = (NEAR / (2 * near)).min(even).clamp(1, SIDE_MAX);
        let mut values = vec![vec![0.0; n * m]; self.layers.len()];
        for i in (0..n).step_by(kept) {
            let above = self.profiles(rows, i..(i + kept).min(n))?;
            let first = if symmetric { i } else { 0 };
            for j in (first..m).step_by(kept) {
                let same = symmetric && i == j;
                let apart = if same {
                    vec![]
                } else {
                    self.profiles(columns, j..(j + kept).min(m))?
                };
                let beside = if same { &above } else { &apart };
                let depths = values.len();
                for (corner, tile) in self.tiles(&above, beside, same, side, watch) {
                    let Some(tile) = tile else { return Ok(None) };
                    let pairs = pairs(corner, side, [above.len(), beside.len()], same);
                    for ((a, b), kernel) in pairs.zip(tile.chunks_exact(depths)) {
                        for (values, k) in values.iter_mut().zip(kernel) {
                            values[(i + a) * m + j + b] = *k;
                            if symmetric {
                                values[(j + b) * m + i + a] = *k;
                            }
                        }
                    }
                }
            }
        }
        Ok(Some(Kernels {
            rows: n,
            columns: m,
            values,
        }))
    }

    fn profiles(&self, images: &Images, range: std::ops::Range<usize>) -> Result<Vec<Profile<T>>> {
        range
            .into_par_iter()
            .map(|n| {
                self.profile(images.image(n)).map_err(|e| match e {
                    Error::Data(text) => Error::Data(format!("image {n}: {text}")),
                    e => e,
                })
            })
            .collect()
    }

    /// The kernels of all pairs of two sets of profiles, in the order of [`pairs`], tile by tile with its corner; above
    /// the diagonal alone where the sets are the `same`. `None` for a tile that was stopped.
    fn tiles(
        &self,
        above: &[Profile<T>],
        beside: &[Profile<T>],
        same: bool,
        side: usize,
        watch: Watch,
    ) -> Vec<Tile> {
        let corners = |n: usize| (0..n).step_by(side);
        let tiles: Vec<_> = corners(above.len())
            .flat_map(|a| corners(beside.len()).map(move |b| (a, b)))
            .filter(|(a, b)| !same || a <= b)
            .collect();
        let depths = self.layers.len();
        tiles
            .into_par_iter()
            .map_init(
                || self.bench(),
                |bench, corner| {
                    if !watch(0) {
                        return (corner, None);
                    }
                    let mut tile = Vec::with_capacity(side * side * depths);
                    for (i, j) in pairs(corner, side, [above.len(), beside.len()], same) {
                        self.append(&above[i], &beside[j], bench, &mut tile);
                    }
                    let go = watch(tile.len() / depths);
                    (corner, go.then_some(tile))
                },
            )
            .collect()
    }
}

/// What the loops need to know of an architecture that was checked.
fn plan<T: Lane>(
    architecture: &Architecture,
    geometry: Geometry,
    wanted: &[bool],
    form: Form,
) -> DiagonalPlan<T> {
    let bias = architecture.bias * architecture.bias;
    DiagonalPlan {
        geometry,
        layers: wanted.len(),
        wanted: wanted.to_vec(),
        bias,
        input: architecture
            .input
            .factor(architecture.filter, geometry.channels),
        constants: LayerConstants::new(form.bend(), bias, architecture.first_trained),
        form,
        first_trained: architecture.first_trained,
    }
}

/// The images have pixels.
fn check_shape([height, width, channels]: [usize; 3]) -> Result<()> {
    if height * width * channels > 0 {
        return Ok(());
    }
    Err(Error::Shape(format!(
        "images of {height} x {width} x {channels} have no pixels"
    )))
}

/// A number for a kernel: profiles of another one are refused.
fn mark(kernel: &impl std::fmt::Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{kernel:?}").hash(&mut hasher);
    hasher.finish()
}

/// A corner, and the kernels of the pairs of a tile.
type Tile = ((usize, usize), Option<Vec<f64>>);

/// The pairs of a tile; above the diagonal alone where both sets are the `same`.
fn pairs(
    (a, b): (usize, usize),
    side: usize,
    [n, m]: [usize; 2],
    same: bool,
) -> impl Iterator<Item = (usize, usize)> {
    let rows = a..(a + side).min(n);
    rows.flat_map(move |i| (b..(b + side).min(m)).map(move |j| (i, j)))
        .filter(move |(i, j)| !same || i <= j)
}
