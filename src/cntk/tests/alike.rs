//! Images that differ by less than `f32` tells apart.

use super::*;
use crate::cntk::ConvNetwork;

const SHAPE: [usize; 3] = [32, 32, 3];

/// An image, and the same with a thousandth of noise.
fn twins(shape: [usize; 3]) -> [Vec<f64>; 2] {
    let of = |seed| {
        noise(shape.iter().product(), seed)
            .into_iter()
            .map(f64::from)
    };
    let x: Vec<f64> = of(1).collect();
    let y = x.iter().zip(of(2)).map(|(x, e)| x + 1e-3 * e).collect();
    [x, y]
}

/// Rows and columns further on, zeros where there was nothing.
fn moved(image: &[f64], [height, width, channels]: [usize; 3], by: [usize; 2]) -> Vec<f64> {
    let mut out = vec![0.0; image.len()];
    for i in by[0]..height {
        for j in by[1]..width {
            let (to, from) = (i * width + j, (i - by[0]) * width + j - by[1]);
            out[to * channels..][..channels].copy_from_slice(&image[from * channels..][..channels]);
        }
    }
    out
}

fn of<T: Lane>(architecture: &Architecture, [x, y]: [&[f64]; 2]) -> Vec<f64> {
    let kernel = Cntk::<T>::new(architecture, SHAPE).unwrap();
    let [x, y] = [x, y].map(|image| kernel.profile(image).unwrap());
    kernel.pair(&x, &y).unwrap()
}

/// The largest relative difference.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let each = a.iter().zip(b).map(|(a, b)| (a / b - 1.0).abs());
    each.fold(0.0, f64::max)
}

/// 20 layers in `f32` were off by 4.8e-3 without pooling and by 1.8e-5 with it; other pairs are by 4e-8.
#[test]
fn near_duplicates_keep_their_gap() {
    let [x, y] = twins(SHAPE);
    let other: Vec<f64> = noise(x.len(), 3).into_iter().map(f64::from).collect();
    for (readout, promised) in [(Readout::Vanilla, 0.0), (Readout::Gap, 2e-7)] {
        let architecture = network("relu", &[20], readout);
        for pair in [[&x[..], &y], [&x, &other]] {
            let (single, double) = (
                of::<f32>(&architecture, pair),
                of::<f64>(&architecture, pair),
            );
            let apart = apart(&single, &double);
            assert!(apart <= promised, "{readout:?}: {apart:e}");
        }
    }
    // a copy that is moved by a row and two columns
    let copy = moved(&y, SHAPE, [1, 2]);
    let architecture = network("relu", &[5], Readout::Gap);
    let pair = [&x[..], &copy];
    let apart = apart(
        &of::<f32>(&architecture, pair),
        &of::<f64>(&architecture, pair),
    );
    assert!(apart < 2e-7, "{apart:e}");
}

/// The same against the recursion as it is written, in `f64`: rounding of 1e-16 in a correlation with a gap of 5e-7.
#[test]
fn near_duplicates_against_the_recursion() {
    let shape = [5, 6, 2];
    let rounded = |v: Vec<f64>| -> Vec<f32> { v.iter().map(|x| *x as f32).collect() };
    let [x, y] = twins(shape).map(rounded);
    for readout in [Readout::Vanilla, Readout::Gap] {
        let architecture = network("relu", &[1, 6], readout);
        let wanted = slow(&architecture, (0.5, 0.5), shape, &x, &y);
        let got = fast::<f64>(&architecture, shape, &x, &y);
        assert!(
            apart(&got, &wanted) < 1e-9,
            "{readout:?}: {got:?} {wanted:?}"
        );
        // with pooling all but the diagonals of like patches are in f32, whose products are off by 1e-7
        let got = fast::<f32>(&architecture, shape, &x, &y);
        assert!(
            apart(&got, &wanted) < 1e-6,
            "{readout:?}: {got:?} {wanted:?}"
        );
    }
}

/// A network that goes through all positions at once.
#[test]
fn near_duplicates_through_pools() {
    let [x, y] = twins([8, 8, 3]);
    let of_network = "conv3 relu pool2 conv3 relu conv3:circular relu flatten";
    for text in [of_network, &of_network.replace("flatten", "gap")] {
        let network: ConvNetwork = text.parse().unwrap();
        fn pair<T: Lane>(network: &ConvNetwork, x: &[f64], y: &[f64]) -> Vec<f64> {
            let kernel = Cntk::<T>::of(network, [8, 8, 3]).unwrap();
            let [x, y] = [x, y].map(|image| kernel.profile(image).unwrap());
            kernel.pair(&x, &y).unwrap()
        }
        // the whole pair in f64, to the last bit
        assert_eq!(pair::<f32>(&network, &x, &y), pair::<f64>(&network, &x, &y));
        let z: Vec<f64> = noise(192, 5).into_iter().map(f64::from).collect();
        let apart = apart(
            &pair::<f32>(&network, &x, &z),
            &pair::<f64>(&network, &x, &z),
        );
        assert!(apart > 0.0 && apart < 1e-5, "{text}: {apart:e}");
    }
}
