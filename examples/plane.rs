//! `plane DIGITS RHO.. -- EXPR..`: the dual by integration in the plane, with times.
use deeplimit::{
    activation::Expr,
    deadline::Deadline,
    dual::{Slope, integrate},
    exact::Structure,
};
use rug::{Complete, Rational};
fn rational(t: &str) -> Rational {
    let (sign, t) = t.strip_prefix('-').map_or((1, t), |t| (-1, t));
    let (a, b) = t.split_once('.').unwrap_or((t, ""));
    Rational::from((
        rug::Integer::parse(format!("{a}{b}")).unwrap().complete(),
        rug::Integer::from(rug::Integer::u_pow_u(10, b.len() as u32)),
    )) * sign
}
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let digits: f64 = args[0].parse().unwrap();
    let k = args.iter().position(|a| a == "--").unwrap();
    for e in &args[k + 1..] {
        let s = Structure::new(&Expr::parse(e).unwrap()).unwrap();
        for r in &args[1..k] {
            let t = std::time::Instant::now();
            match integrate(
                &s,
                &rational(r),
                (digits * 3.33) as u32,
                Deadline::default(),
            ) {
                Ok(v) => {
                    let d = digits as usize + 3;
                    print!(
                        "{e} {r}: {} +- {:.1e}",
                        v.dual.mid().to_string_radix(10, Some(d)),
                        v.dual.rad().to_f64()
                    );
                    match v.slope {
                        Slope::Finite(s) => print!(
                            "  slope {} +- {:.1e}",
                            s.mid().to_string_radix(10, Some(d)),
                            s.rad().to_f64()
                        ),
                        s => print!("  slope {s:?}"),
                    }
                    println!("  {:?}", t.elapsed());
                }
                Err(e) => println!("{r}: {e:?} {:?}", t.elapsed()),
            }
        }
    }
}
