use deeplimit::activation::Expr;
use deeplimit::limit::*;
fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let digits: usize = args.remove(0).parse().unwrap();
    for a in args {
        let t = std::time::Instant::now();
        let e = Expr::parse(&a).unwrap();
        match classify(
            &e,
            &Options {
                digits,
                ..Options::default()
            },
        ) {
            Ok(c) => {
                println!(
                    "{a}: {:?} {:?} proved={} {:?}",
                    c.regime,
                    c.phase,
                    c.proved,
                    t.elapsed()
                );
                for (n, q) in [
                    ("norm", &c.normalisation),
                    ("A", &c.a),
                    ("A'", &c.a_prime),
                    ("B'", &c.b_prime),
                    ("alpha", &c.alpha),
                    ("c*", &c.fixed_point),
                    ("m", &c.multiplier),
                ] {
                    if let Some(q) = q {
                        match &q.value {
                            Value::Finite { midpoint, radius } => println!(
                                "   {n} = {} +- {:.2e}  {:?}",
                                midpoint.to_string_radix(10, Some(digits.min(60))),
                                radius.to_f64(),
                                q.exact
                            ),
                            Value::Infinite => println!("   {n} = inf"),
                        }
                    }
                }
                for m in &c.missing {
                    println!("   missing: {m}");
                }
                for m in &c.evidence {
                    println!("   - {m}");
                }
            }
            Err(e) => println!("{a}: {e:?}  {:?}", t.elapsed()),
        }
    }
}
