//! Rows nearer to each other, or to each other's opposite, than unit vectors in doubles show.

use super::*;

fn entry(k: &Kernel, rows: &[f64]) -> f64 {
    let x = Points::new(rows.len() / 2, rows.to_vec()).unwrap();
    let m = Gram::symmetric(k, &x, Lengths::Unit).unwrap().matrix();
    assert_eq!(m.values[1], m.values[2]);
    m.values[1]
}

/// A tenth of a row, rounded: `1 - rho` is 3.85e-34 (mpmath, 80 digits), where an entry was 88 % off.
#[test]
fn a_rounded_multiple_has_the_gap_of_its_numbers() {
    let t = gap_of(&[3.0, 1.0], &[0.3, 0.1]);
    assert!((t / 3.851_859_888_774_472e-34 - 1.0).abs() < 1e-14, "{t:e}");
    // h(1 - t) of optimal(4) there, by the recursion in 120 digits
    let k = kernel("optimal(4)", Depth::Infinite);
    let value = entry(&k, &[3.0, 1.0, 0.3, 0.1]);
    assert!(
        (value / 9.873_476_986_674_905e66 - 1.0).abs() < 1e-12,
        "{value:e}"
    );
}

/// ExactPoints multiples are equal inputs, of whatever length; opposite ones are opposite.
#[test]
fn multiples_have_correlation_1() {
    for text in ["optimal(4)", "relu", "sin(x)"] {
        let k = kernel(text, Depth::Infinite);
        for factor in [1.0, 3.0, 0.375, 2f64.powi(-996), 2f64.powi(900)] {
            // 21 bits each: products are exact
            let row = [1.0, -0.25, 1234.5];
            let other = row.map(|x| x * factor);
            let same = entry(&k, &[&row[..], &other].concat());
            assert_eq!(same, k.diagonal(), "{text} {factor:e}");
            let opposite: Vec<f64> = other.iter().map(|x| -x).collect();
            let value = entry(&k, &[&row[..], &opposite].concat());
            assert_eq!(value, k.at(-1.0), "{text} {factor:e}");
        }
    }
    // the smallest doubles there are
    let k = kernel("relu", Depth::Layers(1));
    assert_eq!(entry(&k, &[5e-324, 1e-323, 1.0, 2.0]), 2.0);
}

/// Gaps down to the range of doubles, and below it, where they count as its smallest number: never as 0.
#[test]
fn no_gap_is_lost() {
    for (e, expected) in [
        (1e-8, 5e-17),
        (2.828_427_124_746_190_3e-17, 4e-34),
        (1e-100, 5e-201),
        (1e-153, 5e-307),
        (1e-200, f64::MIN_POSITIVE),
        (5e-324, f64::MIN_POSITIVE),
    ] {
        for sign in [1.0, -1.0] {
            let t = gap_of(
                &[1.0, 0.0, 3.0],
                &[sign, sign * e * 10f64.sqrt(), 3.0 * sign],
            );
            assert!((t / expected - 1.0).abs() < 1e-14, "{e:e}: {t:e}");
        }
    }
    let k = kernel("optimal(4)", Depth::Infinite);
    assert!(entry(&k, &[1.0, 0.0, 1.0, 5e-324]) > 1e300);
}

/// ReLU at `-1 + u`: `T_1 = (sin a - 2 a cos a)/pi`, `a = acos(1 - u)`, for rows that are nearly opposite.
#[test]
fn nearly_opposite_rows_keep_their_digits() {
    let k = kernel("relu", Depth::Layers(1));
    for e in [0.3, 1e-2, 1e-6, 1e-9, 1e-17, 1e-100] {
        let a = f64::atan(e);
        let exact = (a.sin() - 2.0 * a * a.cos()) / std::f64::consts::PI;
        let value = entry(&k, &[1.0, 0.0, -2.0, 2.0 * e]);
        assert!(
            (value / exact - 1.0).abs() < 1e-12,
            "{e:e}: {value:e} {exact:e}"
        );
    }
}

/// Differences from exact correlations are within the error that is reported, its rounding included.
#[test]
fn entries_are_within_the_error_that_is_reported() {
    for (text, depth) in [
        ("relu", Depth::Layers(3)),
        ("x^2-1", Depth::Layers(9)),
        ("optimal(4)", Depth::Infinite),
        ("exp(x)*x", Depth::Layers(20)),
    ] {
        let k = kernel(text, depth);
        for (n, d) in [(60, 3), (40, 30), (30, 700)] {
            let r = Rounding::of(d);
            let error = k.accuracy().of_entries(r.gap, r.product);
            let mut rows = numbers(n * d, 11 + d as u64);
            // some rows near each other, and some nearly opposite
            for i in 1..n / 2 {
                let size = 2f64.powi(-(i as i32));
                let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
                for c in 0..d {
                    rows[2 * i * d + c] = sign * rows[c] + size * rows[2 * i * d + c];
                }
            }
            let x = Points::new(d, rows).unwrap();
            let m = Gram::symmetric(&k, &x, Lengths::Unit).unwrap().matrix();
            for i in 0..n {
                for j in 0..i {
                    let t = exact_gap(&x.given()[i * d..][..d], &x.given()[j * d..][..d]);
                    let (exact, mirrored) = match t < 1.0 {
                        true => (k.at_gap(t), 0.0),
                        // 400 bits keep 1 + rho as well
                        false => {
                            let opposite: Vec<f64> =
                                x.given()[j * d..][..d].iter().map(|x| -x).collect();
                            let u = exact_gap(&x.given()[i * d..][..d], &opposite);
                            (k.at_opposite_gap(u), k.at_gap(u))
                        }
                    };
                    let middle = if (t - 1.0).abs() < 0.5 {
                        k.at(0.5)
                    } else {
                        0.0
                    };
                    let size = exact.abs().max(mirrored.abs()).max(middle.abs());
                    let apart = (m.row(i)[j] - exact).abs() / size;
                    assert!(apart <= error, "{text} {d} {t:e}: {apart:e} {error:e}");
                }
            }
        }
    }
}

#[test]
fn twins_are_counted() {
    let of = |rows: &[f64]| Twins::of(&Points::with_zero_rows(2, rows.to_vec()).unwrap());
    let none = Twins::default();
    assert_eq!(of(&[1.0, 0.0, 1.0, 1e-7, 1.0, 1e-15]), none);
    let equal = |equal| Twins { equal, ..none };
    assert_eq!(of(&[1.0, 2.0, 1.0, 2.0, -0.0, 1.0, 0.0, 1.0]), equal(2));
    // zero has no direction, and two of them are equal
    assert_eq!(of(&[0.0, 0.0, 1.0, 2.0, 0.0, 0.0]), equal(1));
    // of many scaled copies all but the first say nothing new; the order of the rows does not matter
    let many: Vec<f64> = (1..=100)
        .rev()
        .flat_map(|n| [f64::from(n), 3.0 * f64::from(n)])
        .collect();
    let copies = |parallel| Twins { parallel, ..none };
    assert_eq!(of(&many), copies(99));
    let mixed = [1.0, 3.0, -2.0, -6.0, -0.1, -0.3];
    assert_eq!(
        of(&mixed),
        Twins {
            rounded: 1,
            opposite: 1,
            ..none
        }
    );
    let train = Points::new(2, vec![1.0, 0.0, 1.0, 3.0, 1.0, 3.0]).unwrap();
    let test = Points::new(2, vec![2.0, 6.0, 1.0, 0.0, 1.0, 1.0, 2.0, 6.0, 0.1, 0.3]).unwrap();
    let twins = Twins::between(&test, &train);
    assert_eq!(
        twins,
        Twins {
            equal: 1,
            parallel: 2,
            rounded: 1,
            opposite: 0
        }
    );
}
