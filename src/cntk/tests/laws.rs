//! Laws of the kernels, and what is not a number of an image.

use super::*;
use crate::classifier::{Definite, Regression, labels, one_hot};
use crate::cntk::bend;
use crate::deadline::Deadline;
use crate::dual::Dual;
use crate::error::{Error, Result};
use crate::gram::Matrix;
use crate::image::Images;
use crate::recursion::{Correlation, UnitLayers};

fn go(_: usize) -> bool {
    true
}

/// Rounding of a kernel's sums in f64, far below what a broken law would change.
const ROUNDING: f64 = 1e-12;

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * b.abs()
}

#[test]
fn one_pixel_is_the_fully_connected_network() {
    // L convolutions of 1 x 1 are L hidden layers; the kernel is homogeneous of degree 1 in either norm.
    let (x, y) = ([0.6_f32, 0.8, 0.0], [0.0_f32, 0.6, 0.8]);
    let dot = |u: &[f32], v: &[f32]| -> f64 {
        let products = u.iter().zip(v).map(|(a, b)| f64::from(*a) * f64::from(*b));
        products.sum()
    };
    let norms = (dot(&x, &x) * dot(&y, &y)).sqrt();
    let relu = UnitLayers::new(Dual::ArcCosine(0.5));
    for layers in [1, 2, 5] {
        let rho = Correlation::new(dot(&x, &y) / norms);
        let wanted = relu
            .kernels(rho, layers as u64, Deadline::default())
            .unwrap();
        let mut architecture = network("relu", &[layers], Readout::Vanilla);
        architecture.filter = 1;
        let ntk = fast::<f64>(&architecture, [1, 1, 3], &x, &y)[0];
        assert!(near(ntk, wanted.ntk.value() * norms, ROUNDING));
        architecture.filter = 1;
        architecture.kernel = Kind::Nngp;
        let nngp = fast::<f64>(&architecture, [1, 1, 3], &x, &y)[0];
        assert!(near(nngp, wanted.nngp.value() * norms, ROUNDING));
    }
}

#[test]
fn a_constant_image_far_from_its_border_is_fully_connected_too() {
    // In the middle of a constant image every window is full, and all positions are alike: Sigma^(0) = 9 x.y, and each
    // layer maps the correlation as a hidden layer does.
    let (c, d) = ([0.3_f32, -0.5, 0.2], [0.4_f32, 0.1, 0.7]);
    let kernel = |shape: [usize; 3], x: &[f32], y: &[f32]| {
        fast::<f64>(&network("relu", &[3], Readout::Vanilla), shape, x, y)[0]
    };
    let dot = |u: [f32; 3], v: [f32; 3]| -> f64 {
        (0..3).map(|i| f64::from(u[i]) * f64::from(v[i])).sum()
    };
    let norms = (dot(c, c) * dot(d, d)).sqrt();
    let rho = Correlation::new(dot(c, d) / norms);
    let relu = UnitLayers::new(Dual::ArcCosine(0.5));
    let wanted = relu.kernels(rho, 3, Deadline::default()).unwrap();
    // trace(11 x 11) - 2 trace(11 x 10) + trace(10 x 10) is the second difference: one pixel of the middle.
    let rectangle = |h: usize, w: usize| {
        let (x, y) = (c.repeat(h * w), d.repeat(h * w));
        kernel([h, w, 3], &x, &y)
    };
    let middle = rectangle(11, 11) - rectangle(11, 10) - rectangle(10, 11) + rectangle(10, 10);
    // K^(3) has 1/9 where the others have 9/9, and Sigma^(0) is 9 x.y.
    assert!(near(middle, wanted.ntk.value() * norms, 1e-10), "{middle}");
}

#[test]
fn channels_may_change_places_and_images_too() {
    let shape = [4, 5, 3];
    let (x, y) = (noise(60, 1), noise(60, 2));
    let permuted =
        |v: &[f32]| -> Vec<f32> { v.chunks(3).flat_map(|p| [p[2], p[0], p[1]]).collect() };
    for readout in [Readout::Vanilla, Readout::Gap] {
        let architecture = network("relu", &[3], readout);
        let kernel = |x: &[f32], y: &[f32]| fast::<f64>(&architecture, shape, x, y)[0];
        let wanted = kernel(&x, &y);
        assert!(near(kernel(&permuted(&x), &permuted(&y)), wanted, ROUNDING));
        assert!(!near(kernel(&permuted(&x), &y), wanted, 1e-6));
        assert!(near(kernel(&y, &x), wanted, ROUNDING));
        // A copy of an image is the image.
        let copy: Vec<f32> = x.clone();
        let cntk = Cntk::<f64>::new(&architecture, shape).unwrap();
        let (a, b) = (cntk.profile(&x).unwrap(), cntk.profile(&copy).unwrap());
        let (apart, same) = (cntk.pair(&a, &b).unwrap()[0], cntk.pair(&a, &a).unwrap()[0]);
        assert!(near(apart, same, ROUNDING));
    }
}

#[test]
fn a_gram_matrix_is_positive_semidefinite_and_made_of_pairs() {
    let shape = [6, 5, 2];
    let count = 30;
    let images = Images::new(shape, noise(count * 60, 9), vec![]).unwrap();
    for readout in [Readout::Vanilla, Readout::Gap] {
        let architecture = network("relu", &[2, 6], readout);
        let kernel = Cntk::<f64>::new(&architecture, shape).unwrap();
        let gram = kernel.gram(&images, &go).unwrap().unwrap();
        let block = kernel.block(&images.part(3, 4).unwrap(), &images, &go);
        let block = block.unwrap().unwrap();
        for (full, part) in gram.values.iter().zip(&block.values) {
            for i in 0..4 {
                for j in 0..count {
                    assert!(near(
                        part[i * count + j],
                        full[(3 + i) * count + j],
                        ROUNDING
                    ));
                }
            }
            let matrix = nalgebra::DMatrix::from_row_slice(count, count, full);
            assert_eq!(matrix, matrix.transpose());
            let eigen = matrix.symmetric_eigenvalues();
            assert!(eigen.min() > -1e-13 * eigen.max(), "{readout:?} {eigen}");
        }
    }
}

#[test]
fn work_that_is_stopped_gives_nothing_and_all_pairs_are_counted() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let images = Images::new([3, 3, 1], noise(90, 4), vec![]).unwrap();
    let kernel = Cntk::<f32>::new(&network("relu", &[2], Readout::Gap), [3, 3, 1]).unwrap();
    assert_eq!(kernel.gram(&images, &|_| false).unwrap(), None);
    let done = AtomicUsize::new(0);
    let count = |n: usize| {
        done.fetch_add(n, Ordering::SeqCst);
        true
    };
    kernel.gram(&images, &count).unwrap().unwrap();
    assert_eq!(done.swap(0, Ordering::SeqCst), 55);
    kernel.block(&images, &images, &count).unwrap().unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 100);
}

#[test]
fn zero_images_and_zero_patches_have_kernel_zero() {
    let shape = [6, 6, 2];
    let mut half = noise(72, 3);
    half[36..].fill(0.0);
    let (zero, full) = (vec![0.0; 72], noise(72, 4));
    for readout in [Readout::Vanilla, Readout::Gap] {
        for layers in [1, 2, 6] {
            let architecture = network("relu", &[layers], readout);
            for y in [&zero, &half, &full] {
                assert_eq!(fast::<f32>(&architecture, shape, &zero, y), [0.0]);
                assert_eq!(fast::<f64>(&architecture, shape, y, &zero), [0.0]);
            }
            // Patches without a pixel of their own count for nothing: the direct recursion says the same.
            let wanted = slow(&architecture, (0.5, 0.5), shape, &half, &full)[0];
            let got = fast::<f64>(&architecture, shape, &half, &full)[0];
            assert!(near(got, wanted, ROUNDING), "{got} {wanted}");
            let wanted = slow(&architecture, (0.5, 0.5), shape, &half, &half)[0];
            let got = fast::<f32>(&architecture, shape, &half, &half)[0];
            assert!(near(got, wanted, 1e-5), "{got} {wanted}");
        }
    }
    // With a bias a zero image is an image like any other.
    let mut biased = network("relu", &[3], Readout::Gap);
    biased.bias = 0.5;
    let wanted = slow(&biased, (0.5, 0.5), shape, &zero, &full)[0];
    assert!(
        wanted > 0.0
            && near(
                fast::<f64>(&biased, shape, &zero, &full)[0],
                wanted,
                ROUNDING
            )
    );
}

#[test]
fn what_is_no_kernel_is_refused_in_a_sentence() {
    assert!(bend(&"tanh".parse().unwrap()).is_err());
    assert!(bend(&"x-x".parse().unwrap()).is_err());
    let good = network("relu", &[2], Readout::Gap);
    let with = |change: &dyn Fn(&mut Architecture), wanted: &str| {
        let mut a = good.clone();
        change(&mut a);
        let error = Cntk::<f32>::new(&a, [4, 4, 1]).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    };
    with(&|a| a.filter = 4, "odd");
    with(&|a| a.filter = 0, "odd");
    with(&|a| a.filter = 9, "larger");
    with(&|a| a.layers = vec![], "no number of layers");
    with(&|a| a.layers = vec![3, 0], "0 is not");
    with(&|a| a.activation = "x-x".parse().unwrap(), "no kernel");
    with(&|a| a.bias = -1.0, "bias");
    assert!(Cntk::<f32>::new(&good, [0, 4, 1]).is_err());
    let kernel = Cntk::<f32>::new(&good, [4, 4, 1]).unwrap();
    assert!(matches!(kernel.profile(&[0.0; 15]), Err(Error::Shape(_))));
    assert!(matches!(
        kernel.profile(&[f32::NAN; 16]),
        Err(Error::Data(_))
    ));
    assert!(matches!(kernel.profile(&[1e30; 16]), Err(Error::Data(_))));
    let images = Images::new([2, 8, 1], noise(64, 1), vec![]).unwrap();
    let error = kernel.gram(&images, &go).unwrap_err();
    assert!(
        matches!(&error, Error::Shape(t) if t.contains("2 x 8")),
        "{error}"
    );
    let other = Cntk::<f32>::new(&network("relu", &[3], Readout::Gap), [4, 4, 1]).unwrap();
    let (a, b) = (
        kernel.profile(&[1.0; 16]).unwrap(),
        other.profile(&[1.0; 16]).unwrap(),
    );
    assert!(kernel.pair(&a, &b).is_err());
}

#[test]
fn regression_interpolates_and_says_what_it_cannot() {
    let count = 24;
    let images = Images::new([4, 4, 2], noise(count * 32, 8), vec![]).unwrap();
    let kernel = Cntk::<f64>::new(&network("relu", &[3], Readout::Vanilla), [4, 4, 2]).unwrap();
    let gram = kernel
        .gram(&images, &go)
        .unwrap()
        .unwrap()
        .values
        .swap_remove(0);
    let known: Vec<usize> = (0..count).map(|n| n * n % 5).collect();
    let square = Matrix::new(count, gram.clone()).unwrap();
    let regression = fitted(&gram, &known, 5, 0.0, 1e-12).unwrap();
    assert_eq!(labels(&regression.predictions(&square).unwrap()), known);
    // So much jitter that the training images see the majority of their neighbours: no interpolation any more.
    let blunt = fitted(&gram, &known, 5, 1e6, 1e-12).unwrap();
    assert_ne!(labels(&blunt.predictions(&square).unwrap()), known);

    assert!(matches!(
        fitted(&gram, &known, 4, 0.0, 1e-12),
        Err(Error::Data(_))
    ));
    assert!(matches!(
        fitted(&gram, &known, 5, -1.0, 1e-12),
        Err(Error::Data(_))
    ));
    let targets = one_hot(&known[1..], 5).unwrap();
    let short = Regression::new(&square, &targets, 0.0, Definite::Factored);
    assert!(matches!(short, Err(Error::Data(_))));
    assert!(matches!(
        regression.predictions(&Matrix::new(count - 1, gram[..count - 1].to_vec()).unwrap()),
        Err(Error::Data(_))
    ));
    let twice = fitted(&[1.0; 4], &[0, 1], 2, 0.0, 1e-12).err().unwrap();
    assert!(matches!(&twice, Error::Unresolved(t) if t.contains("ridge")));
    assert!(fitted(&[1.0; 4], &[0, 1], 2, 1e-6, 1e-12).is_ok());
}

/// The classifier of the paper: the ridge relative to the mean of the diagonal.
fn fitted(
    gram: &[f64],
    known: &[usize],
    classes: usize,
    ridge: f64,
    rounding: f64,
) -> Result<Regression> {
    let gram = Matrix::new(known.len(), gram.to_vec())?;
    let ridge = ridge * gram.mean_diagonal();
    let targets = one_hot(known, classes)?;
    Regression::new(&gram, &targets, ridge, Definite::Beyond(rounding))
}

#[test]
fn equal_images_are_noticed_in_either_precision() {
    fn refused<T: Lane>() {
        let mut pixels = noise(3 * 48, 8);
        pixels.copy_within(..48, 96);
        let images = Images::new([4, 4, 3], pixels, vec![]).unwrap();
        let kernel = Cntk::<T>::new(&network("relu", &[4], Readout::Gap), [4, 4, 3]).unwrap();
        let gram = kernel
            .gram(&images, &go)
            .unwrap()
            .unwrap()
            .values
            .swap_remove(0);
        let rounding = Cntk::<T>::rounding();
        assert!(fitted(&gram, &[0, 1, 0], 2, 0.0, rounding).is_err());
        assert!(fitted(&gram, &[0, 1, 0], 2, 1e-4, rounding).is_ok());
        let two = kernel
            .gram(&images.part(1, 2).unwrap(), &go)
            .unwrap()
            .unwrap();
        assert!(fitted(&two.values[0], &[0, 1], 2, 0.0, rounding).is_ok());
    }
    refused::<f32>();
    refused::<f64>();
}
