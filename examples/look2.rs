use deeplimit::activation::*;
fn main() {
    for t in std::env::args().skip(1) {
        match Expr::parse(&t) {
            Err(e) => println!("{}: {e:?}", &t[..t.len().min(60)]),
            Ok(e) => {
                macro_rules! t {
                    ($n:expr,$x:expr) => {{
                        let t = std::time::Instant::now();
                        let r = $x;
                        println!("  {} {:?} size {}", $n, t.elapsed(), r);
                    }};
                }
                println!("{}", &t[..t.len().min(60)]);
                let d = e.derivative();
                t!("d", d.size());
                t!("expand", e.expand().size());
                t!("simplify", e.simplify().size());
                t!("expsim", e.expand().simplify().size());
                t!("d again", e.derivative().size());
                t!("d2", d.derivative().size());
                t!("parity", e.parity().is_some());
                t!("hom", e.homogeneity().is_some());
                t!("poly", e.polynomial_over_constants().is_some());
                t!("tape", Tape::<f64>::new(&[e.clone()], 53).steps());
                t!("tape d", Tape::<f64>::new(&[d.clone()], 53).steps());
            }
        }
    }
}
