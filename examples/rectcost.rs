use deeplimit::activation::*;
use deeplimit::real::*;
use rug::Float;
fn main() {
    let iv = |a: f64, b: f64| Interval::new(Float::with_val(64, a), Float::with_val(64, b));
    for a in [
        "x",
        "exp(x)",
        "tanh(x)",
        "erf(x)",
        "x*sigmoid(1.702*x)",
        "log(1+exp(x))",
        "x*x+1",
    ] {
        let e = Expr::parse(a).unwrap().expand().simplify();
        let d = e.derivative().simplify();
        let t1 = Tape::<Rect>::new(&[e.clone()], 64);
        let t2 = Tape::<Rect>::new(&[e, d], 64);
        let z = Rect::new(iv(0.5, 1.0), iv(1.0, 1.0));
        let time = |t: &Tape<Rect>| {
            let s = std::time::Instant::now();
            for _ in 0..1000 {
                std::hint::black_box(t.at(&z));
            }
            s.elapsed() / 1000
        };
        println!(
            "{a}: phi {:?} ({} steps), with derivative {:?} ({} steps)",
            time(&t1),
            t1.steps(),
            time(&t2),
            t2.steps()
        );
    }
    for (a, y0, y1) in [
        ("gelu", 0.0, 0.5),
        ("gelu", 2.0, 2.8),
        ("gelu", 4.0, 5.6),
        ("gelu", 8.0, 8.0),
        ("gelu", 8.0, 11.0),
    ] {
        let e = Expr::parse(a).unwrap().expand().simplify();
        let d = e.derivative().simplify();
        let t2 = Tape::<Rect>::new(&[e, d.clone()], 64);
        for (x0, x1) in [(0.0, 0.5), (1.0, 1.5), (4.0, 5.0), (8.0, 10.0)] {
            let z = Rect::new(iv(x0, x1), iv(y0, y1));
            let s = std::time::Instant::now();
            for _ in 0..100 {
                std::hint::black_box(t2.at(&z));
            }
            println!(
                "{a} on {x0},{x1} x {y0},{y1}: {:?} |phi| <= {:.3e} finite {}",
                s.elapsed() / 100,
                t2.at(&z)[0].modulus().hi().to_f64(),
                t2.at(&z)[1].is_finite()
            );
        }
        println!("{d}");
    }
    let x = Interval::new(Float::with_val(64, 0.5), Float::with_val(64, 0.7));
    let s = std::time::Instant::now();
    for _ in 0..1000 {
        std::hint::black_box(x.exp());
    }
    println!("interval exp {:?}", s.elapsed() / 1000);
    let s = std::time::Instant::now();
    for _ in 0..1000 {
        std::hint::black_box(&x * &x);
    }
    println!("interval mul {:?}", s.elapsed() / 1000);
}
