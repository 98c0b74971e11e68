//! Against the direct recursion and the oracle.

use super::*;
use crate::cntk::Processor;

/// What the documentation of [`Cntk`] promises.
const SINGLE: f64 = 1e-5;
const DOUBLE: f64 = 1e-12;

#[track_caller]
fn assert_near(got: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), wanted.len());
    for (g, w) in got.iter().zip(wanted) {
        assert!(
            (g - w).abs() <= tolerance * w.abs(),
            "{what}: {g:e} is not {w:e}: relative error {:e}",
            (g - w) / w
        );
    }
}

/// All fields of the architecture, each off its default at least once.
fn architectures(readout: Readout) -> Vec<(Architecture, (f64, f64))> {
    let layers = [1, 2, 4, 7];
    let relu = (0.5, 0.5);
    let base = network("relu", &layers, readout);
    let with = |change: &dyn Fn(&mut Architecture)| {
        let mut a = base.clone();
        change(&mut a);
        (a, relu)
    };
    vec![
        (base.clone(), relu),
        with(&|a| a.kernel = Kind::Nngp),
        with(&|a| a.first_trained = false),
        with(&|a| a.last_trained = false),
        with(&|a| a.bias = 0.7),
        with(&|a| {
            a.bias = 1.3;
            a.first_trained = false;
        }),
        with(&|a| a.filter = 1),
        with(&|a| a.filter = 5),
        (network("abs(x)", &layers, readout), (0.0, 1.0)),
        (network("3*x", &layers, readout), (3.0, 0.0)),
        (
            network("leaky_relu(x, 0.25)", &layers, readout),
            (0.625, 0.375),
        ),
    ]
}

#[test]
fn the_direct_recursion_agrees_on_random_images() {
    for (n, shape) in [[1, 1, 3], [4, 4, 3], [5, 7, 2], [8, 8, 3]]
        .into_iter()
        .enumerate()
    {
        let size = shape.iter().product();
        let x = noise(size, 2 * n as u64 + 1);
        let y = noise(size, 2 * n as u64 + 2);
        for readout in [Readout::Vanilla, Readout::Gap] {
            for (architecture, ab) in architectures(readout) {
                if architecture.filter / 2 >= shape[0].max(shape[1]) {
                    continue;
                }
                if shape[0] == 8 && architecture.filter == 5 {
                    // As the smaller ones, and slow.
                    continue;
                }
                let wanted = slow(&architecture, ab, shape, &x, &y);
                let what = format!("{shape:?} {architecture:?}");
                // Signs cancel where a kernel is not a sum of positive terms: linear nets, and 1 x 1 images.
                let scale = |tolerance: f64| match ab.1 == 0.0 || shape[0] == 1 {
                    true => 100.0 * tolerance,
                    false => tolerance,
                };
                let double = fast::<f64>(&architecture, shape, &x, &y);
                assert_near(&double, &wanted, scale(DOUBLE), &what);
                let single = fast::<f32>(&architecture, shape, &x, &y);
                assert_near(&single, &wanted, scale(SINGLE), &what);
            }
        }
    }
}

#[test]
fn an_image_with_itself_takes_half_the_work_and_gives_the_same() {
    let shape = [5, 7, 2];
    let x = noise(70, 5);
    for readout in [Readout::Vanilla, Readout::Gap] {
        for (architecture, ab) in architectures(readout) {
            let wanted = slow(&architecture, ab, shape, &x, &x);
            let double = fast::<f64>(&architecture, shape, &x, &x);
            assert_near(&double, &wanted, DOUBLE, &format!("{architecture:?}"));
            let single = fast::<f32>(&architecture, shape, &x, &x);
            assert_near(&single, &wanted, SINGLE, &format!("{architecture:?}"));
        }
    }
}

#[test]
fn every_processor_gives_the_same_kernel() {
    let shape = [9, 19, 3];
    let size = shape.iter().product();
    let (x, y) = (noise(size, 1), noise(size, 2));
    let architecture = network("relu", &[1, 2, 6], Readout::Gap);
    let values = |p: Processor| {
        let kernel = Cntk::<f64>::new(&architecture, shape).unwrap().on(p);
        let (x, y) = (kernel.profile(&x).unwrap(), kernel.profile(&y).unwrap());
        let single = Cntk::<f32>::new(&architecture, shape).unwrap().on(p);
        let (u, v) = (
            single.profile(&kernel_pixels(&x)).unwrap(),
            single.profile(&kernel_pixels(&y)).unwrap(),
        );
        (kernel.pair(&x, &y).unwrap(), single.pair(&u, &v).unwrap())
    };
    // The pixels again, from the first lines of a profile: padding is left out.
    fn kernel_pixels(profile: &crate::cntk::Profile<f64>) -> Vec<f32> {
        let at = |i: usize, c: usize| profile.channel(c)[i / 19 * 20 + i % 19] as f32;
        (0..9 * 19)
            .flat_map(|i| (0..3).map(move |c| at(i, c)))
            .collect()
    }
    let all = Processor::all();
    let (double, single) = values(all[0]);
    for p in &all[1..] {
        let (d, s) = values(*p);
        assert_near(&d, &double, DOUBLE, p.name());
        assert_near(&s, &single, SINGLE, p.name());
    }
}

#[test]
fn the_oracle_of_tiny_images() {
    let text = include_str!("../../../tests/oracles/cntk_tiny.txt");
    type Case = (&'static str, [usize; 3], &'static [f32], &'static [f32]);
    let images: &[Case] = &[
        (
            "3x3x1 A,B",
            [3, 3, 1],
            &[1., 2., 0., 0., 1., 3., 2., 0., 1.],
            &[0., 1., 1., 2., 1., 0., 1., 0., 2.],
        ),
        (
            "3x3x1 A,A",
            [3, 3, 1],
            &[1., 2., 0., 0., 1., 3., 2., 0., 1.],
            &[1., 2., 0., 0., 1., 3., 2., 0., 1.],
        ),
        (
            "2x2x2 A2,B2",
            [2, 2, 2],
            &[1., 0., -1., 1., 2., 1., 0., 3.],
            &[2., 1., 1., -2., 0., 0., 1., 1.],
        ),
    ];
    let mut lines = 0;
    for line in text.lines() {
        let (name, shape, x, y) = images.iter().find(|i| line.starts_with(i.0)).unwrap();
        let field = |key: &str| {
            let from = line.find(key).unwrap() + key.len();
            line[from..].split_whitespace().next().unwrap().to_owned()
        };
        let layers: usize = field("L=").parse().unwrap();
        let fixed = field("fix=") == "True";
        for (key, readout) in [("noGAP=", Readout::Vanilla), (" GAP=", Readout::Gap)] {
            let wanted: f64 = field(key).parse().unwrap();
            let mut architecture = network("relu", &[layers], readout);
            architecture.first_trained = !fixed;
            architecture.last_trained = !fixed;
            let what = format!("{name} L={layers} fixed={fixed}");
            assert_near(
                &fast::<f64>(&architecture, *shape, x, y),
                &[wanted],
                DOUBLE,
                &what,
            );
            assert_near(
                &fast::<f32>(&architecture, *shape, x, y),
                &[wanted],
                SINGLE,
                &what,
            );
        }
        lines += 1;
    }
    assert_eq!(lines, 24);
}

#[test]
fn one_pass_gives_all_numbers_of_layers_in_the_order_asked_for() {
    let shape = [4, 4, 1];
    let (x, y) = (noise(16, 1), noise(16, 2));
    let together = fast::<f64>(&network("relu", &[5, 2, 5, 3], Readout::Gap), shape, &x, &y);
    for (n, l) in [5, 2, 5, 3].into_iter().enumerate() {
        let alone = fast::<f64>(&network("relu", &[l], Readout::Gap), shape, &x, &y);
        assert_eq!(together[n], alone[0]);
    }
}
