//! Rows and labels in, labels out: by networks of several depths, and by what infinite depth makes of them.
//!
//! ```sh
//! cargo run --example classify_rows
//! ```

use deeplimit::{Activation, Depth, Effort, Kind, Network, Points, Result};

/// Two classes on a circle, in turns: nearest neighbours know them, a majority does not.
fn sector(angle: f64) -> usize {
    usize::from((angle * 3.0 / std::f64::consts::PI).floor() as i64 % 2 != 0)
}

fn circle(count: usize, from: f64) -> Result<(Points, Vec<usize>)> {
    let angles: Vec<f64> = (0..count)
        .map(|k| (from + 2.4 * k as f64).rem_euclid(2.0 * std::f64::consts::PI))
        .collect();
    let rows = angles.iter().flat_map(|a| [a.cos(), a.sin()]).collect();
    Ok((
        Points::new(2, rows)?,
        angles.into_iter().map(sector).collect(),
    ))
}

fn main() -> Result<()> {
    let (train, labels) = circle(60, 0.0)?;
    let (test, truth) = circle(200, 0.1)?;
    for text in ["optimal(2)", "relu", "sigmoid", "max(x,0)-1/sqrt(2*pi)"] {
        let activation: Activation = text.parse()?;
        for depth in [Depth::Layers(1), Depth::Layers(10), Depth::Infinite] {
            let kernel = Network::of(&activation).kernel(depth, Kind::Ntk, &Effort::default())?;
            let fitted = kernel.fit(&train, &labels, 1e-9)?;
            let found = fitted.labels(&test)?;
            let right = found.iter().zip(&truth).filter(|(a, b)| a == b).count();
            println!(
                "{text:22} depth {depth:3}  {:17} {:5.1} %",
                fitted.classifier().name(),
                100.0 * right as f64 / truth.len() as f64
            );
        }
    }
    Ok(())
}
