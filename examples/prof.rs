use deeplimit::activation::Expr;
use deeplimit::deadline::Deadline;
use deeplimit::hermite::*;
use deeplimit::quadrature::*;
use deeplimit::real::*;
fn main() {
    let a = std::env::args().nth(1).unwrap();
    let acc: u32 = std::env::args().nth(2).unwrap().parse().unwrap();
    let e = Expr::parse(&a).unwrap();
    for deg in [1u32, 48, 96, 192, 384] {
        let t = std::time::Instant::now();
        let i = if deg == 1 {
            Integrand::with_derivative(&e)
        } else {
            Integrand::of(&e)
        };
        let p = Plan::new(&i, Envelope::Moments { degree: deg }, acc).unwrap();
        let tp = t.elapsed();
        let t = std::time::Instant::now();
        let bits = acc + guard_bits(deg);
        let s = Samples::<Ball>::new(&p, bits, Deadline::default()).unwrap();
        let ts = t.elapsed();
        let t = std::time::Instant::now();
        let c = coefficients(&s, 0, deg);
        println!(
            "deg {deg} reach {} nodes {} plan {tp:?} samples {ts:?} coeffs {:?} bits {bits} err {:.2e} rad {:.2e}",
            p.reach,
            p.nodes(),
            t.elapsed(),
            p.error.to_f64(),
            c[deg as usize].rad().to_f64()
        );
    }
}
