use deeplimit::{activation::Expr, deadline::Deadline, recursion::*, real::*};
use std::time::{Instant, Duration};
fn show(q: &Quantity) -> String { match &q.value { Value::Finite{midpoint, radius} => format!("{}", certain_digits(midpoint, radius, 20)), _ => "inf".into() } }
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let e = |s: &str| Expr::parse(s).unwrap();
    let t = Instant::now();
    let rhos: Vec<rug::Rational> = a[2].split(',').map(|r| rug::Rational::from_f64((r.parse::<f64>().unwrap()*1000.0).round()).unwrap()/1000).collect();
    let s = Settings { convention: a[4].parse().unwrap(), sigma_w: a.get(5).filter(|x| *x != "-").map(|x| e(x)), sigma_b: a.get(6).map(|x| e(x)) };
    let rows = ntk(&e(&a[1]), &rhos, a[3].parse().unwrap(), &s, 20, Deadline::after(Duration::from_secs(60)));
    match rows { Err(e) => println!("{e}"), Ok(rows) => for r in rows { match r { Err(e) => println!("{e}"), Ok(r) => println!("{} {} {} log {}", r.rho, show(&r.nngp), show(&r.ntk), r.log_ntk.map_or("-".into(), |q| show(&q))) } } }
    println!("{:?}", t.elapsed());
}
