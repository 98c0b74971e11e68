//! What an infinitely wide and infinitely deep network becomes, with the evidence:
//!
//! ```sh
//! cargo run --example verdict -- tanh 'max(x,0)-1/sqrt(2*pi)'
//! ```

use deeplimit::{Activation, Effort, Result};

fn main() -> Result<()> {
    let mut typed: Vec<String> = std::env::args().skip(1).collect();
    if typed.is_empty() {
        typed = ["relu", "tanh", "x^2-1", "softplus"]
            .map(str::to_owned)
            .to_vec();
    }
    for text in typed {
        let activation: Activation = text.parse()?;
        let verdict = activation.classify(&Effort::digits(30))?;
        println!("{verdict}");
        let constants = [
            ("A", &verdict.a),
            ("A'", &verdict.a_prime),
            ("B'", &verdict.b_prime),
        ];
        for (name, value) in constants {
            if let Some(value) = value {
                println!("  {name:2} = {value:.30}");
            }
        }
        for (n, step) in verdict.evidence.iter().enumerate() {
            println!("  {}. {step}", n + 1);
        }
        // the steps stand on enclosures, which are gone through once more
        assert!(!verdict.proved || verdict.checked().is_ok());
    }
    Ok(())
}
