//! Theorem 1 of Radhakrishnan, Belkin and Uhler (2022), seen: T_L/((L+1) A'^(2L)) tends to the singular kernel h.
//!
//! ```sh
//! cargo run --example limit
//! ```

use deeplimit::{Activation, Effort, Network, Result};

fn main() -> Result<()> {
    let activation: Activation = "optimal(2)".parse()?;
    let effort = Effort::digits(30);
    let rhos = ["1/10", "1/2", "99/100"];
    let limits = activation.limit(&rhos, &effort)?;
    for (rho, at) in rhos.iter().zip(&limits) {
        println!("h({rho}) = {:.30}", at.limit);
    }

    // A'^2 = 1/2: after L layers T_L is some (L+1) 2^-L h, and the relative distance falls like 1/L
    let network = Network::of(&activation);
    for depth in [10, 100, 1000] {
        let rows = network.values(depth, &rhos, &effort)?;
        print!("L = {depth:4}");
        for (row, at) in rows.iter().zip(&limits) {
            let ntk = row.ntk.as_ref().map_or(f64::NAN, |t| t.ln().to_f64());
            let layers = depth as f64;
            let scaled = (ntk + layers * 2f64.ln()).exp() / (layers + 1.0);
            print!("  {:+.2e}", scaled / at.limit.to_f64() - 1.0);
        }
        println!();
    }
    Ok(())
}
