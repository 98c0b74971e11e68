use clap::CommandFactory;

use super::*;

fn parsed(line: &[&str]) -> Result<Cli, clap::Error> {
    let args = std::iter::once("deeplimit").chain(line.iter().copied());
    Cli::try_parse_from(with_leading_minus(args.map(String::from)))
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn an_expression_may_begin_with_a_minus_sign_and_options_still_follow() {
    let line = ["classify", "relu", "-x", "-hermite(3,x)", "--json", "-V(x)"];
    let Command::Classify(c) = parsed(&line).unwrap().command else {
        panic!("not classify")
    };
    assert!(c.effort.json);
    let trimmed: Vec<_> = c.expressions.iter().map(|e| e.trim_start()).collect();
    assert_eq!(trimmed, ["relu", "-x", "-hermite(3,x)", "-V(x)"]);
}

#[test]
fn the_value_of_an_option_may_begin_with_a_minus_sign() {
    let line = ["dual", "-x", "--rho", "-1/2,0.5", "--json"];
    let Command::Dual(d) = parsed(&line).unwrap().command else {
        panic!("not dual")
    };
    assert!(d.effort.json);
    assert_eq!(d.rho, ["-1/2", "0.5"]);
    let line = [
        "gram",
        "--data",
        "-x.csv",
        "--activation",
        "-x",
        "--depth",
        "3",
        "--out",
        "-K.npy",
    ];
    let Command::Gram(g) = parsed(&line).unwrap().command else {
        panic!("not gram")
    };
    let matrix = g.matrix.unwrap();
    assert_eq!(
        (matrix.data.to_str(), matrix.out.to_str()),
        (Some("-x.csv"), Some("-K.npy"))
    );
    assert_eq!(g.network.unwrap().activation, ["-x"]);
    // As typed, in the error too.
    let line = ["hermite", "relu", "--terms", "-5"];
    let error = parsed(&line).unwrap_err().to_string();
    assert!(error.contains("'-5'"), "{error}");
}

#[test]
fn two_minus_signs_go_after_two_dashes() {
    let Command::Classify(c) = parsed(&["classify", "--", "--x"]).unwrap().command else {
        panic!("not classify")
    };
    assert_eq!(c.expressions, ["--x"]);
    assert!(parsed(&["classify", "--jsn", "relu"]).is_err());
}

#[test]
fn digits_outside_the_range_are_refused_with_the_range_named() {
    for bad in [
        "0",
        "1001",
        "1000000",
        "-3",
        "ten",
        "1e4",
        "99999999999999999999",
    ] {
        let error = parsed(&["classify", "relu", "--digits", bad]).unwrap_err();
        assert!(
            error.to_string().contains("from 1 to 1000"),
            "{bad}: {error}"
        );
    }
    for good in ["1", "1000", "1e3", "10^2"] {
        assert!(parsed(&["classify", "relu", "--digits", good]).is_ok());
    }
}

#[test]
fn a_deadline_is_a_positive_number_of_seconds() {
    for bad in ["0", "-1", "nan", "inf", "1e300", "soon"] {
        assert!(
            parsed(&["classify", "relu", "--timeout", bad]).is_err(),
            "{bad}"
        );
    }
    let Command::Classify(c) = parsed(&["classify", "relu", "--timeout", "0.25"])
        .unwrap()
        .command
    else {
        panic!("not classify")
    };
    assert_eq!(c.effort.timeout, Duration::from_millis(250));
}

#[test]
fn negative_correlations_need_no_ceremony() {
    let Command::Dual(d) = parsed(&["dual", "relu", "--at", "-0.5,0.9"])
        .unwrap()
        .command
    else {
        panic!("not dual")
    };
    let trimmed: Vec<_> = d.rho.iter().map(|e| e.trim()).collect();
    assert_eq!(trimmed, ["-0.5", "0.9"]);
}
