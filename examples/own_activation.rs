//! An activation of one's own with a parameter: how alpha depends on it, and where it is 2.
//!
//! ```sh
//! cargo run --example own_activation
//! ```

use deeplimit::{Activation, Effort, Result};

fn alpha(a: f64) -> Result<f64> {
    let activation: Activation = format!("sin({a:?}*x)").parse()?;
    let verdict = activation.classify(&Effort::default())?;
    Ok(verdict.alpha.map_or(f64::NAN, |alpha| alpha.to_f64()))
}

fn main() -> Result<()> {
    for a in [0.25, 0.5, 1.0, 1.5, 2.0] {
        println!("sin({a}*x): alpha = {:.10}", alpha(a)?);
    }

    // alpha grows with a: the bisection finds the a of consistency in dimension 2
    let (mut low, mut high) = (1.0, 2.0);
    while high - low > 1e-9 {
        let middle = 0.5 * (low + high);
        if alpha(middle)? < 2.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let found: Activation = format!("sin({low:?}*x)").parse()?;
    let verdict = found.classify(&Effort::digits(20))?;
    println!("{verdict}");
    if let Some(alpha) = verdict.alpha {
        println!("alpha = {alpha:.20}");
    }
    Ok(())
}
