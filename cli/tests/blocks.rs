//! `--network` and `--skip`: reference values, the JSON, bad input.
//!
//! References are independent of the program: closed forms, and residual kernels of ReLU by mpmath (the recursion of Huang et al. 2020
//! with 20 digits, 10,000 layers).

use crate::support::{assert_bad, begins, deeplimit, float, items};

#[test]
fn words_and_skips_are_classified() {
    let word = &items(&["classify", "--network", "optimal(4) optimal(8)", "--json"])[0];
    assert_eq!(word["activation"], "optimal(4) optimal(8)");
    assert_eq!(
        (word["regime"].as_str(), word["proved"].as_bool()),
        (Some("singular"), Some(true))
    );
    assert_eq!(word["alpha"]["exact"], "6");
    assert_eq!(float(&word["b_prime"]), 4.0);

    let order = &items(&[
        "classify",
        "--network",
        "(hermite(2) erf)*2 hermite(3)",
        "--json",
    ])[0];
    assert_eq!(
        (order["regime"].as_str(), order["order"].as_u64()),
        (Some("nearest-neighbour"), Some(12))
    );

    let flows = items(&["classify", "relu", "x", "--skip", "1/sqrt(L)", "--json"]);
    assert_eq!(flows[0]["activation"], "relu, skip 1/sqrt(L)");
    assert_eq!(flows[0]["regime"], "flow");
    assert_eq!(
        items(&["classify", "relu", "--skip", "1/L", "--json"])[0]["regime"],
        "frozen"
    );
    // rho -> (rho + rho^2)/2
    let square = &items(&["classify", "x^2-1", "--skip", "1", "--json"])[0];
    assert_eq!(square["regime"], "singular");
    assert!((float(&square["alpha"]) - 2.0 * 2f64.ln() / 1.5f64.ln()).abs() < 1e-14);

    let open = deeplimit(&["classify", "relu", "--skip", "1/L^(1/4)"]);
    assert_eq!(open.code, Some(1), "{}", open.stdout);
    let session = deeplimit(&["classify", "--network", "tanh relu*2", "--explain"]);
    assert!(
        session.code == Some(0) && session.stdout.contains("tanh relu*2"),
        "{}",
        session.stdout
    );
}

#[test]
fn residual_kernels_have_the_known_values() {
    let line = ["ntk", "relu", "--rho", "1/2", "--json", "--skip"];
    let at = |skip: &str, depth: &str| {
        let line = [&line[..], &[skip, "--depth", depth]].concat();
        items(&line).remove(0)
    };
    let row = at("sqrt(1/10)", "10000");
    assert_eq!(
        (row["convention"].as_str(), row["depth"].as_u64()),
        (Some("huang2020"), Some(10_000))
    );
    begins(&row["ntk"], "0.25223865172974");
    begins(&at("1/sqrt(L)", "10000")["ntk"], "0.43991225370082");
    let limit =
        |skip: &str| items(&["limit", "relu", "--rho", "1/2", "--skip", skip, "--json"]).remove(0);
    begins(&limit("1/sqrt(L)")["limit"], "0.439906601498435");
    begins(&limit("1/L")["limit"], "0.471165557188781");
    assert_eq!(limit("0.3")["limit"]["exact"], "1/4");
}

#[test]
fn kernels_of_words_are_compositions() {
    // rho -> rho^2 -> rho^6: S_6 = rho^216, and T_6 = rho^216 (1 + 3 + 6 + 18 + 36 + 108 + 216)
    let row = &items(&[
        "ntk",
        "--network",
        "hermite(2) hermite(3)",
        "--rho",
        "0.5",
        "--depth",
        "6",
        "--json",
    ])[0];
    let power = 0.5_f64.powi(216);
    assert!((float(&row["nngp"]) / power - 1.0).abs() < 1e-14);
    assert!((float(&row["ntk"]) / power - 388.0).abs() < 1e-11);
    assert_eq!(row["activation"], "hermite(2) hermite(3)");
    let deep = &items(&[
        "ntk",
        "--network",
        "relu x",
        "--rho",
        "1",
        "--depth",
        "2000001",
        "--json",
    ])[0];
    assert_eq!(float(&deep["ntk"]), 2_000_002.0);
}

#[test]
fn what_is_no_network_is_one_sentence() {
    for (line, said) in [
        (
            &["classify", "--network", ""][..],
            "at least one activation",
        ),
        (
            &["classify", "--network", "tanh golu"],
            "`golu` in the word `tanh golu` names no activation",
        ),
        (&["classify", "--network", "relu*0"], "repeated 0 times"),
        (&["classify", "--network", "relu*65"], "at most 64 layers"),
        (&["classify", "relu", "--skip", "0"], "branch scale of 0"),
        (
            &["classify", "relu", "--skip", "-0.3"],
            "branch scale is positive",
        ),
        (&["classify", "relu", "--skip", "inf"], "is no branch scale"),
        (
            &["limit", "relu", "--rho", "0.5", "--skip", "1/0"],
            "is no branch scale",
        ),
        (
            &["ntk", "relu", "--rho", "0.5", "--depth", "9", "--skip", "L"],
            "is no branch scale",
        ),
        (
            &["ntk", "relu", "--rho", "0.5", "--depth", "0", "--skip", "1"],
            "at least one layer",
        ),
        (
            &[
                "ntk",
                "--network",
                "relu tanh",
                "--rho",
                "2",
                "--depth",
                "1",
            ],
            "between -1 and 1",
        ),
        (
            &["classify", "--network", "relu erf", "--arithmetic", "f64"],
            "in balls alone",
        ),
    ] {
        let session = deeplimit(line);
        assert_bad(&format!("{line:?}"), &session);
        assert!(
            session.stderr.contains(said),
            "{line:?}: {}",
            session.stderr
        );
    }
    for line in [
        &["classify", "relu", "--network", "tanh erf"][..],
        &["classify"],
        &[
            "ntk",
            "relu",
            "--skip",
            "1",
            "--sigma-w",
            "2",
            "--rho",
            "0",
            "--depth",
            "2",
        ],
        &["limit", "relu", "--skip", "1", "--fourier", "2"],
    ] {
        assert_eq!(deeplimit(line).code, Some(2), "{line:?}");
    }
}
