use deeplimit::{
    activation::Expr, deadline::Deadline, dual, exact::Structure, real::*, recursion::*,
};
use std::time::Instant;
fn main() {
    for text in ["tanh(x)", "gelu", "elu", "silu", "relu6"] {
        let s = Structure::new(&Expr::parse(text).unwrap()).unwrap();
        for (c, degree) in [(0.9173f64, 64u32), (1.013, 256)] {
            let t = Instant::now();
            let w = Windows::new(&s, Some(degree), 100, Deadline::default());
            let q = Ball::exact(rug::Float::with_val(200, c) * c);
            let e = w.at(&q).unwrap();
            let t1 = t.elapsed();
            let t = Instant::now();
            let (v, d) = w.dual(&q).unwrap();
            let t2 = t.elapsed();
            let r = rug::Rational::from_f64(c).unwrap();
            let direct = scaled(&s, &r).unwrap();
            let t = Instant::now();
            let p = dual::prepared(&direct, degree, 100, Deadline::default()).unwrap();
            let t3 = t.elapsed();
            let rho = Ball::rational(&(7, 10).into(), 160);
            println!(
                "{text} {} window {t1:?} dual {t2:?} direct {t3:?}\n {:?}\n {:?}\n {v:?} {:?}",
                e.root,
                d.at(&rho),
                p.at(&rho),
                d.slope_at(&rho).overlaps(&p.slope_at(&rho))
            );
        }
    }
}
