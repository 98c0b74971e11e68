//! How long the preparation of a compiled kernel takes: every activation of the catalogue, ten layers deep (or as many as are said), in four
//! networks, and its error as it was measured.
//!
//!     cargo bench --bench prepare
//!     cargo bench --bench prepare -- 100 relu6 elu
//!
//! A line for each activation: seconds and error in each network, both kernels at once; at last the slowest and the worst. What is
//! estimated, and not measured against enclosures, has a `~`.

use std::time::{Duration, Instant};

use deeplimit::activation::{Expr, catalogue};
use deeplimit::kernel::Kernel;
use deeplimit::recursion::{Convention, Depth, Settings};
use deeplimit::{Deadline, Error};

const TIMEOUT: Duration = Duration::from_secs(120);

/// A name, and `sigma_w`, `sigma_b`; the first is the unit network of the paper.
const NETWORKS: [(&str, Option<(&str, &str)>); 4] = [
    ("unit", None),
    ("1.5, 0", Some(("3/2", "0"))),
    ("1.5, 0.1", Some(("3/2", "1/10"))),
    ("1, 0.5", Some(("1", "1/2"))),
];

fn settings(sigmas: Option<(&str, &str)>) -> Settings {
    let Some((w, b)) = sigmas else {
        return Settings::default();
    };
    let constant = |text| Some(Expr::parse(text).unwrap());
    Settings {
        convention: Convention::Lee2019,
        sigma_w: constant(w),
        sigma_b: constant(b),
        ..Settings::default()
    }
}

fn main() {
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let depth = asked.iter().find_map(|a| a.parse().ok()).unwrap_or(10);
    let names: Vec<&String> = asked.iter().filter(|a| a.parse::<u64>().is_err()).collect();
    println!("{depth} layers, NNGP and NTK: seconds and error");
    print!("{:16}", "");
    NETWORKS.iter().for_each(|(name, _)| print!("  {name:18}"));
    println!();
    let mut slowest = (0.0, String::new());
    let mut worst = (0.0, String::new());
    for entry in catalogue() {
        if !names.is_empty() && !names.iter().any(|n| *n == entry.name) {
            continue;
        }
        print!("{:16}", entry.name);
        for (network, sigmas) in NETWORKS {
            let begun = Instant::now();
            let expr = Expr::parse(entry.name).unwrap();
            let kernels = Kernel::both_of_network(
                &expr,
                Depth::Layers(depth),
                &settings(sigmas),
                Deadline::after(TIMEOUT),
            );
            let seconds = begun.elapsed().as_secs_f64();
            let what = format!("{} ({network})", entry.name);
            if seconds > slowest.0 {
                slowest = (seconds, what.clone());
            }
            match kernels {
                Ok(pair) => {
                    let both = [pair.nngp.accuracy(), pair.ntk.accuracy()];
                    let error = both[0].measured.max(both[1].measured);
                    let estimated = both.iter().any(|a| a.estimated > 0);
                    if error > worst.0 {
                        worst = (error, what);
                    }
                    let sign = if estimated { "~" } else { " " };
                    print!("  {seconds:6.2} s {sign}{error:8.1e}");
                }
                Err(Error::Domain(_)) => print!("  {seconds:6.2} s  none    "),
                Err(Error::Timeout { .. }) => print!("  {seconds:6.2} s  late    "),
                Err(_) => print!("  {seconds:6.2} s  refused "),
            }
        }
        println!();
    }
    println!("slowest: {:.2} s, {}", slowest.0, slowest.1);
    println!("largest error: {:.1e}, {}", worst.0, worst.1);
}
