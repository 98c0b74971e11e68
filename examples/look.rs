use deeplimit::activation::*;
fn main() {
    let mut texts: Vec<String> = catalogue::catalogue()
        .iter()
        .map(|e| match e.name {
            "hermite" => "hermite(5)".into(),
            "optimal" => "optimal(5)".into(),
            n => n.to_string(),
        })
        .collect();
    texts.extend(
        [
            "max(x,0)-1/sqrt(2*pi)",
            "x*sigmoid(1.702*x)",
            "(x+1)^2-2*x-1",
            "x*(1+tanh(-x))-x",
            "sqrt(8)*x",
            "1/sqrt(2*pi)*exp(-x^2/2)",
            "x/3+x/6",
            "e*exp(x)/exp(2)",
            "sin(pi/2)+cos(2*pi)",
            "abs(-2*x)",
            "sqrt(x^2)",
            "(x-3)^6",
            "x<0?-x:x",
            "sigmoid(x)-1/2",
            "softplus-x/2",
            "min(max(x,-1),1)",
            "abs(sin(x))",
            "log(exp(x)+exp(-x))",
            "x^x",
            "2^x",
            "(1-cos(x))/x^2",
            "exp(1/x)",
            "x*abs(x)",
            "sqrt(2/pi)*x",
            "1/0",
            "0/0",
            "x/x",
            "hermite(4,2*x)",
            "(x^2-1)/sqrt(2)-hermite(2)",
            "1/(x+1)/(x+2)*exp(x)",
        ]
        .map(String::from),
    );
    for t in
        std::env::args()
            .skip(1)
            .collect::<Vec<_>>()
            .iter()
            .chain(if std::env::args().len() > 1 {
                [].iter()
            } else {
                texts.iter()
            })
    {
        match Expr::parse(t) {
            Err(e) => println!("{t}: {e:?}"),
            Ok(e) => {
                let t0 = std::time::Instant::now();
                let d = e.derivative();
                println!(
                    "{e}\n   expand {}\n   simple {}\n   expsim {}\n   d      {d}\n   d2     {}\n   {:?} {:?} poly {:?}  {:?}",
                    e.expand(),
                    e.simplify(),
                    e.expand().simplify(),
                    d.derivative(),
                    e.parity(),
                    e.homogeneity(),
                    e.polynomial_over_constants()
                        .map(|c| c.iter().map(|c| c.to_string()).collect::<Vec<_>>()),
                    t0.elapsed()
                );
                for x in [0.0, 0.3, -1.7] {
                    let v = Tape::<f64>::new(
                        &[
                            e.clone(),
                            e.simplify(),
                            e.expand().simplify(),
                            d.clone(),
                            d.derivative(),
                        ],
                        53,
                    )
                    .at(&x);
                    println!("     {x}: {v:?}");
                }
            }
        }
    }
}
