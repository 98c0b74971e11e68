use deeplimit::{activation::Expr, deadline::Deadline, quadrature::expect, real::*};
fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let a = args.remove(0);
    for d in args {
        let d: usize = d.parse().unwrap();
        let t = std::time::Instant::now();
        let q = expect(&Expr::parse(&a).unwrap(), d, Deadline::default());
        let el = t.elapsed();
        match q {
            Ok(q) => {
                let Value::Finite { midpoint, radius } = &q.value else {
                    panic!()
                };
                let s = match certain_digits(midpoint, radius, d) {
                    Certain::Digits(s) | Certain::Bound(s) => s,
                };
                println!(
                    "{a} {d}: {el:?} {}...{} rad {:.2e} exact {:?}",
                    &s[..20.min(s.len())],
                    &s[s.len().saturating_sub(12)..],
                    Float64(radius),
                    q.exact
                )
            }
            Err(e) => println!("{e:?}"),
        }
    }
}
struct Float64<'a>(&'a rug::Float);
impl std::fmt::LowerExp for Float64<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.to_string_radix(10, Some(3)))
    }
}
