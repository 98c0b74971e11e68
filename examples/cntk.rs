//! The exact convolutional tangent kernel on images: stripes that run down or across.
//!
//! ```sh
//! cargo run --example cntk
//! ```

use deeplimit::classifier::{Definite, Regression, accuracy, one_hot};
use deeplimit::cntk::{Cntk, ConvNetwork};
use deeplimit::image::Images;
use deeplimit::{Matrix, Result};

fn stripes(count: usize, phase: usize) -> Result<Images> {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for n in 0..count {
        for p in 0..64 {
            let (i, j) = (p / 8 + n, p % 8 + n / 2);
            let along = if n % 2 == 0 { i } else { j };
            let noise = ((n * 64 + p + phase) as f64 * 12.9898).sin();
            pixels.push((along / 2 % 2) as f64 + 0.8 * noise);
        }
        labels.push((n % 2) as u8);
    }
    Images::new([8, 8, 1], pixels, labels)
}

fn main() -> Result<()> {
    let (train, test) = (stripes(24, 0)?, stripes(40, 5000)?);
    let network: ConvNetwork = "conv3 relu conv3 relu pool2 conv3 relu gap".parse()?;
    let kernel = Cntk::<f64>::of(&network, train.shape())?;
    println!(
        "{network}: one pair is {:?}",
        kernel.pair(
            &kernel.profile(train.image(0))?,
            &kernel.profile(train.image(1))?
        )?
    );

    let go = |_: usize| true;
    let matrix = |kernels: deeplimit::cntk::Kernels| {
        let values = kernels.values.into_iter().flatten().collect();
        Matrix::new(kernels.columns, values)
    };
    let (Some(gram), Some(cross)) = (kernel.gram(&train, &go)?, kernel.block(&test, &train, &go)?)
    else {
        return Ok(());
    };
    let labels = |images: &Images| {
        images
            .labels()
            .iter()
            .map(|l| usize::from(*l))
            .collect::<Vec<_>>()
    };
    let targets = one_hot(&labels(&train), 2)?;
    let fit = Regression::new(&matrix(gram)?, &targets, 1e-6, Definite::Factored)?;
    let scores = fit.predictions(&matrix(cross)?)?;
    println!(
        "{:.1} % of 40 test images",
        100.0 * accuracy(&scores, &labels(&test))
    );
    Ok(())
}
