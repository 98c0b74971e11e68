//! `deeplimit limit` and `deeplimit depth`: reference values, the JSON, bad input.
//!
//! References: mpmath with 60 digits or more, or closed forms; none is copied from the program's output.

use crate::support::{assert_bad, begins, deeplimit, float, items};

#[test]
fn koenigs_boettcher_abel() {
    let h = items(&[
        "limit",
        "(hermite(1,x)+hermite(3,x))/sqrt(2)",
        "--rho",
        "0.1,0.5,0.99",
        "--digits",
        "30",
        "--json",
    ]);
    begins(&h[0]["limit"], "0.101344136614039886213769926755");
    begins(&h[1]["limit"], "0.713599128288601206217790164446");
    begins(&h[2]["limit"], "60.0622281108451598664954785560");
    begins(&h[1]["correction"], "0.826268531016298812376484761589");
    assert_eq!(h[0]["regime"], "singular");
    assert_eq!(h[0]["rho"], "0.1");
    let b = items(&[
        "limit",
        "(hermite(2,x)+hermite(3,x))/sqrt(2)",
        "--rho",
        "0.3,0.5",
        "--digits",
        "30",
        "--json",
    ]);
    begins(&b[0]["limit"], "0.173513764471670778713783991259");
    begins(&b[1]["limit"], "0.320458354663023463862285198733");
    let a = items(&["limit", "relu", "--rho", "0.9", "--digits", "30", "--json"]);
    begins(&a[0]["function"], "19.5058125669934531872353385728");
    assert_eq!(a[0]["limit"]["exact"], "1/4");
    assert_eq!(
        a[0]["kappa"]["value"]
            .as_str()
            .unwrap()
            .trim_end_matches('0'),
        "0.375"
    );
}

/// `T_L -> c*/(1-m)`: theory notes 4.8. `1/(1-b)` of cos is `1/(1 - tanh 1)`, because `dual = cosh(rho)/cosh(1)`.
#[test]
fn chaotic_and_ordered_limits() {
    let gelu = items(&["limit", "gelu", "--rho", "0.5", "--digits", "21", "--json"]);
    begins(&gelu[0]["limit"], "11.303533072275215744");
    begins(&gelu[0]["multiplier"], "0.932728829116182477183");
    let cos = items(&["limit", "cos(x)", "--rho", "0.5", "--json"]);
    assert!((float(&cos[0]["limit"]) - 1.0 / (1.0 - 1f64.tanh())).abs() < 1e-13);
}

/// Kinks: `c*` of relu6 on the verge of 1, and the ordered phase, where `T_L` tends to its limit like the root of what others do.
#[test]
fn limits_with_kinks() {
    let relu6 = &items(&["limit", "relu6", "--rho", "0.5", "--json"])[0];
    let (gap, m) = (float(&relu6["verge"]), float(&relu6["multiplier"]));
    assert!(gap > 1e-17 && gap < 1e-16 && m <= 1.0 && relu6["function"].is_null());
    assert!(float(&relu6["limit"]) > 1e6);
    let sigmoid = &items(&["limit", "hard_sigmoid", "--rho", "0.5", "--json"])[0];
    let b = float(&sigmoid["multiplier"]);
    assert!((float(&sigmoid["limit"]) * (1.0 - b) - 1.0).abs() < 1e-14);
    assert!(sigmoid["formula"].as_str().unwrap().contains("b^(L/2)"));
    // B' = E 1(Z > 0)/E (relu(Z) + 1)^2 = (1/2)/(3/2 + sqrt(2/pi)), and c = sqrt(8)/pi of the half that is even
    let shifted = &items(&["limit", "relu(x)+1", "--rho", "0.5", "--json"])[0];
    let square = 1.5 + (2.0 / std::f64::consts::PI).sqrt();
    let b = 0.5 / square;
    assert!((float(&shifted["multiplier"]) / b - 1.0).abs() < 1e-14);
    let c = 8f64.sqrt() / std::f64::consts::PI / 2.0 * b;
    let root = float(&shifted["function"]).sqrt();
    let correction = c * root / ((1.0 - b) * b.sqrt() * (1.0 - b.sqrt()));
    assert!((float(&shifted["correction"]) / correction - 1.0).abs() < 1e-13);
}

/// R oscillates: 5.35e-8 for the optimal activation of d = 4; factors 1.1585, 1.3825 and 2.17 (theory notes 4.3).
#[test]
fn the_oscillation_of_r() {
    for (text, what, value, slack) in [
        ("optimal(2)", "relative", 5.35e-8, 0.01e-8),
        ("optimal(24)", "max_over_min", 1.1585, 0.00005),
        ("optimal(32)", "max_over_min", 1.3825, 0.00005),
        ("sin(sqrt(13.8258)*x)", "max_over_min", 2.17, 0.005),
    ] {
        let o = &items(&["limit", text, "--fourier", "3", "--digits", "12", "--json"])[0];
        let found = if what == "relative" {
            &o["coefficients"][0][what]
        } else {
            &o[what]
        };
        assert!((float(found) - value).abs() <= slack, "{text}: {found}");
    }
}

/// `R(u) = u^alpha h`, at `u = 1`: `h(1/2)`.
#[test]
fn distances() {
    let r = items(&["limit", "tanh", "--distance", "1", "--json"]);
    assert_eq!(r[0]["R"]["value"], r[0]["limit"]["value"]);
    assert_eq!(r[0]["distance"], "1");
    let h = items(&["limit", "tanh", "--rho", "1/2", "--json"]);
    assert_eq!(h[0]["limit"], r[0]["limit"]);
}

/// An odd kernel is minus infinite at opposite inputs: `h(-rho) = -h(rho)`, `h(1)` infinite.
#[test]
fn the_sign_of_infinity() {
    for text in ["optimal(2)", "optimal(1)", "erf", "tanh", "sign"] {
        let all = items(&["limit", text, "--rho", "-1,1,-0.5,0.5", "--json"]);
        for (row, sign) in all.iter().zip(["-inf", "inf"]) {
            assert_eq!(row["limit"]["value"], sign, "{text}");
            assert_eq!(row["function"]["value"], sign, "{text}");
        }
        assert_eq!(float(&all[2]["limit"]), -float(&all[3]["limit"]), "{text}");
        let far = items(&["limit", text, "--distance", "2,0", "--json"]);
        assert_eq!(far[0]["limit"]["value"], "-inf", "{text}");
        assert_eq!(far[1]["limit"]["value"], "inf", "{text}");
    }
    let shown = deeplimit(&["limit", "optimal(2)", "--rho", "-1"]).stdout;
    assert!(
        shown
            .lines()
            .any(|l| l.starts_with("-1 ") && l.contains("-inf")),
        "{shown}"
    );
    // even and neither: the same on both sides, or finite
    let even = items(&["limit", "cos(x)", "--rho", "-1,1", "--json"]);
    assert_eq!(even[0]["limit"], even[1]["limit"]);
}

/// A row says what it is at, and no digit is printed that is not certain.
#[test]
fn rows_and_digits_mean_what_they_say() {
    let shown = deeplimit(&["limit", "optimal(2)", "--rho", "0.5", "--distance", "1"]).stdout;
    assert!(
        shown.contains("\nrho = 0.5 ") && shown.contains("\nu = 1 "),
        "{shown}"
    );
    let o = &items(&[
        "limit",
        "optimal(2)",
        "--fourier",
        "2",
        "--digits",
        "8",
        "--json",
    ])[0];
    for c in o["coefficients"].as_array().unwrap() {
        for key in ["re", "im", "relative"] {
            let (value, radius) = (float(&c[key]), c[key]["radius"].as_str().unwrap());
            let radius: f64 = radius.parse().unwrap();
            assert!(value == 0.0 || value.abs() > radius / 2.0, "{key} {c}");
        }
    }
}

/// Points of a file: in seconds, with lines for pairs of the same direction.
#[test]
fn depths_of_data() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("two-hundred.csv");
    // a row for each angle, not evenly: no pair is farther than 2 rad apart, the closest 1e-4
    let angle = |n: u32| f64::from(n * n) / 2e4;
    let mut text = String::from("x,y\n");
    for n in 0..200 {
        text += &format!("{:?},{:?}\n", angle(n).cos(), angle(n).sin());
    }
    text += &format!("{:?},{:?}\n", 2.0 * angle(3).cos(), 2.0 * angle(3).sin());
    std::fs::write(&file, text).unwrap();
    let line = ["depth", "tanh", "--data", file.to_str().unwrap()];
    let session = deeplimit(&line);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    assert!(
        session.stderr.contains("201 rows of 2 columns")
            && session.stderr.contains("1 pair has the same direction"),
        "{}",
        session.stderr
    );
    assert!(
        session
            .stdout
            .contains("the inputs are the same up to sign"),
        "{}",
        session.stdout
    );
    let rows = items(&[&line[..], &["--json"]].concat());
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["rho"], "1");
    assert!(
        rows[0]["note"]
            .as_str()
            .unwrap()
            .contains("the same up to sign")
    );
    // 1 - cos(angle(1) - angle(0)) = 1.25e-9, and cos(angle(199))
    let gap = 1.0 - rows[1]["rho"].as_str().unwrap().parse::<f64>().unwrap();
    assert!(
        (gap / (2.0 * (angle(1) / 2.0).sin().powi(2)) - 1.0).abs() < 1e-6,
        "{gap}"
    );
    let far: f64 = rows[2]["rho"].as_str().unwrap().parse().unwrap();
    assert!((far - angle(199).cos()).abs() < 1e-15);
    assert!(rows[1]["depth"].is_u64() && rows[2]["depth"].is_u64());
    // the same as asked one by one
    let rho = format!("{far:?}");
    let one = items(&["depth", "tanh", "--rho", &rho, "--json"]);
    assert_eq!(one[0]["depth"], rows[2]["depth"]);
    for (rho, part) in [
        ("1", "the same up to sign"),
        ("-1", "the same up to sign"),
        ("0", "0 at every depth"),
    ] {
        let row = &items(&["depth", "tanh", "--rho", rho, "--json"])[0];
        assert!(row["note"].as_str().unwrap().contains(part), "{row}");
        assert!(row["depth"].is_null() && row["f32"].is_null());
    }
}

/// The depth of a tolerance follows the correction: `|C|/h/(L+1) = eps`.
#[test]
fn depth_follows_the_correction() {
    let l = &items(&["limit", "optimal(4)", "--rho", "0.9", "--json"])[0];
    let d = &items(&[
        "depth",
        "optimal(4)",
        "--rho",
        "0.9",
        "--tolerance",
        "1e-6",
        "--json",
    ])[0];
    let predicted = float(&l["correction"]) / float(&l["limit"]) / 1e-6;
    let depth = d["depth"].as_u64().unwrap() as f64;
    assert!(
        (depth + 1.0 - predicted).abs() <= 1.5,
        "{depth} {predicted}"
    );
    // lambda = 1/4
    assert!((float(&d["scale"]) - 1.0 / 4f64.ln()).abs() < 1e-13);
}

#[test]
fn bad_input_is_one_sentence() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("ragged.csv");
    std::fs::write(&file, "x,y\n1,2\n3,oops\n").unwrap();
    let file = file.to_str().unwrap();
    for (line, part) in [
        (vec!["limit", "relu", "--rho", "1.5"], "between -1 and 1"),
        (vec!["limit", "relu", "--rho", "one"], "no correlation"),
        (
            vec!["limit", "relu", "--distance", "2.5"],
            "between 0 and 2",
        ),
        (
            vec!["limit", "relu", "--rho", "0.5", "--fourier", "3"],
            "singular regime",
        ),
        (vec!["limit", "sign", "--fourier", "2"], "jumps"),
        (
            vec!["limit", "relu", "--rho", "0.5", "--fourier", "0"],
            "from 1 to 64",
        ),
        (
            vec!["ntk", "x^2-1", "--rho", "0.5", "--depth", "1e12"],
            "beyond the range",
        ),
        (
            vec!["ntk", "x^2-1", "--rho", "0.5", "--depth", "1e6"],
            "too far out",
        ),
        (vec!["limit", "rleu", "--rho", "0.5"], "did you mean `relu`"),
        (vec!["depth", "relu", "--tolerance", "0"], "greater than 0"),
        (
            vec!["depth", "relu", "--tolerance", "small"],
            "no tolerance",
        ),
        (
            vec!["depth", "tanh", "--data", "no-such-file.csv"],
            "no-such-file.csv",
        ),
        (
            vec!["depth", "tanh", "--data", file],
            "line 3, column 2: `oops`",
        ),
    ] {
        let session = deeplimit(&line);
        assert_bad(&line.join(" "), &session);
        assert!(
            session.stderr.contains(part),
            "{line:?}: {}",
            session.stderr
        );
    }
    // without a question there is no answer
    assert_eq!(deeplimit(&["limit", "relu"]).code, Some(2));
}

/// `T_L` over its normalisation: optimal(2) at depth 100 (mpmath, 60 digits), ReLU at 10^3 and 10^6 (mpmath, layer by layer),
/// and at 10^12 from the Abel function.
#[test]
fn tangent_kernels_of_deep_networks() {
    let float = |text: &str| rug::Float::with_val(200, rug::Float::parse(text).unwrap());
    let ntk = |activation: &str, depth: &str| {
        let k = &items(&[
            "ntk", activation, "--rho", "0.5", "--depth", depth, "--digits", "25", "--json",
        ])[0];
        assert!(k["limit"]["value"].is_string() && k["correction"]["value"].is_string());
        float(k["ntk"]["value"].as_str().unwrap())
    };
    let near = |value: rug::Float, reference: &str| {
        let distance = (value - float(reference)).abs();
        assert!(distance < 1e-19, "{reference}: {distance}");
    };
    near(
        (ntk("optimal(2)", "100") << 100u32) / 101,
        "0.72178000483331703604",
    );
    near(ntk("relu", "1000") / 1001, "0.25380244657408102861");
    near(ntk("relu", "1e6") / 1_000_001, "0.25000641488435437678");
    let started = std::time::Instant::now();
    // theory notes 4.5, from rho = 0: the Abel function fitted in mpmath
    let k = &items(&[
        "ntk", "relu", "--rho", "0", "--depth", "1e9", "--digits", "25", "--json",
    ])[0];
    near(
        float(k["ntk"]["value"].as_str().unwrap()) / 1_000_000_001,
        "0.25000000849368651461",
    );
    // to the next order: 1/4 + (3/8 log(L+1) + C)/(L+1)
    let c =
        float(
            items(&["limit", "relu", "--rho", "0.5", "--digits", "25", "--json"])[0]["correction"]
                ["value"]
                .as_str()
                .unwrap(),
        );
    let layers = float("1000000000001");
    let expected = (layers.clone().ln() * 3u32 / 8u32 + c) / &layers + 0.25f64;
    let deep = ntk("relu", "1e12") / &layers;
    assert!((deep - expected).abs() < 1e-20);
    assert!(started.elapsed() < std::time::Duration::from_secs(1));
}
