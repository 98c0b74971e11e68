//! What `benches/side_by_side.py` times side by side with neural-tangents; it passes the inputs and reads the answers.
//!
//!     peer gram POINTS N D LAYERS OUT      nngp and ntk of n points together (relu), into new memory and
//!                                           into that of the round before; milliseconds on stdout
//!     peer cntk IMAGES N LAYERS f32|f64 OUT   all n^2 pairs of 32 x 32 x 3 images, with pooling (relu), on all cores
//!
//! Files are doubles (images: floats), little-endian, without a header.

use std::time::Instant;

use deeplimit::activation::Expr;
use deeplimit::cntk::{Architecture, Cntk, Lane, Readout};
use deeplimit::deadline::Deadline;
use deeplimit::gram::{Gram, Lengths, Points};
use deeplimit::image::Images;
use deeplimit::kernel::{Depth, Kernel, Kind};

/// Both matrices take milliseconds: of so many rounds the best counts.
const ROUNDS: usize = 30;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The best of several runs, in milliseconds.
fn best(runs: usize, mut run: impl FnMut() -> Outcome) -> Result<f64, Box<dyn std::error::Error>> {
    let mut least = f64::INFINITY;
    for _ in 0..runs {
        let begun = Instant::now();
        run()?;
        least = least.min(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(least)
}

fn kept(path: &str, values: &[f64]) -> Outcome {
    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    Ok(std::fs::write(path, bytes)?)
}

fn gram(points: &str, [n, d]: [usize; 2], layers: u64, out: &str) -> Outcome {
    let bytes = std::fs::read(points)?;
    let (numbers, _) = bytes.as_chunks::<8>();
    let numbers = numbers.iter().map(|b| f64::from_le_bytes(*b)).collect();
    let points = Points::new(d, numbers)?;
    let relu = Expr::parse("relu")?;
    let depth = Depth::Layers(layers);
    let kernels = || -> Result<[Kernel; 2], deeplimit::error::Error> {
        let both = Kernel::both(&relu, depth, Deadline::default())?;
        Ok([both.nngp, both.ntk])
    };
    let prepared = best(3, || {
        std::hint::black_box(kernels()?);
        Ok(())
    })?;
    // one of the two alone: together they should cost what this costs
    let alone = best(3, || {
        let ntk = Kernel::new(&relu, depth, Kind::Ntk, Deadline::default())?;
        std::hint::black_box(ntk);
        Ok(())
    })?;
    let pair = kernels()?;
    let mut values = Vec::new();
    let fresh = best(ROUNDS, || {
        values.clear();
        for kernel in &pair {
            values.push(Gram::symmetric(kernel, &points, Lengths::Unit)?.matrix());
        }
        Ok(())
    })?;
    let again = best(ROUNDS, || {
        for (kernel, out) in pair.iter().zip(&mut values) {
            Gram::symmetric(kernel, &points, Lengths::Unit)?.matrix_into(out);
        }
        Ok(())
    })?;
    println!(
        "{{\"n\": {n}, \"prepared\": {prepared}, \"alone\": {alone}, \"fresh\": {fresh}, \"again\": {again}}}"
    );
    kept(out, &[&values[0].values[..], &values[1].values].concat())
}

fn cntk<T: Lane>(images: &str, n: usize, layers: usize, out: &str) -> Outcome {
    let bytes = std::fs::read(images)?;
    let (numbers, _) = bytes.as_chunks::<4>();
    let pixels: Vec<f32> = numbers.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let images = Images::new([32, 32, 3], pixels, vec![0; n])?;
    let relu = Expr::parse("relu")?;
    let network = Architecture::new(&relu, &[layers], Readout::Gap)?;
    let kernel = Cntk::<T>::new(&network, [32, 32, 3])?;
    let mut values = Vec::new();
    let time = best(2, || {
        let block = kernel.block(&images, &images, &|_| true)?;
        values = block.map(|b| b.values.concat()).unwrap_or_default();
        Ok(())
    })?;
    println!("{{\"milliseconds\": {time}}}");
    kept(out, &values)
}

fn main() -> Outcome {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["gram", points, n, d, layers, out] => {
            gram(points, [n.parse()?, d.parse()?], layers.parse()?, out)
        }
        ["cntk", images, n, layers, "f32", out] => {
            cntk::<f32>(images, n.parse()?, layers.parse()?, out)
        }
        ["cntk", images, n, layers, "f64", out] => {
            cntk::<f64>(images, n.parse()?, layers.parse()?, out)
        }
        _ => {
            println!("run by benches/side_by_side.py");
            Ok(())
        }
    }
}
