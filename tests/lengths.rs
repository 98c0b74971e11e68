//! Rows of several lengths against two-dimensional integrals computed elsewhere (tests/oracles/lengths.py), and the laws of covariances.

use proptest::prelude::*;
use serde_json::Value as Json;

use deeplimit::gram::Spectrum;
use deeplimit::{
    Activation, Convention, Depth, Effort, Gram, Kernel, Kind, Lengths, Network, Points,
};

fn kernel(text: &str, layers: u64, kind: Kind) -> Kernel {
    let activation: Activation = text.parse().unwrap();
    let network = Network::of(&activation).convention(Convention::Lee2019);
    let network = network.weights("3/2").unwrap().biases("1/10").unwrap();
    network
        .kernel(Depth::Layers(layers), kind, &Effort::default())
        .unwrap()
}

#[test]
fn entries_are_the_integrals() {
    let json: Json = serde_json::from_str(include_str!("oracles/lengths.json")).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let numbers = rows.iter().flat_map(|r| r.as_array().unwrap());
    let points = Points::new(4, numbers.map(|x| x.as_f64().unwrap()).collect()).unwrap();
    let layers = json["layers"].as_u64().unwrap();
    for case in json["cases"].as_array().unwrap() {
        let text = case["activation"].as_str().unwrap();
        for kind in [Kind::Nngp, Kind::Ntk] {
            let kernel = kernel(text, layers, kind);
            let gram = Gram::symmetric(&kernel, &points, Lengths::Keep).unwrap();
            let error = gram.error().unwrap();
            assert!(error < 1e-11);
            let k = gram.matrix();
            for entry in case["entries"].as_array().unwrap() {
                let number = |key: &str| entry[key].as_u64().unwrap() as usize;
                let (i, j) = (number("row"), number("column"));
                let size = (k.row(i)[i] * k.row(j)[j]).sqrt();
                let off = (k.row(i)[j] - entry[kind.name()].as_f64().unwrap()).abs() / size;
                // the figure that is handed out; sixteen digits were written
                assert!(off < error + 1e-15, "{text} {kind} {i} {j}: {off} {error}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    /// Both kernels are covariances: no eigenvalue is negative. Turning all rows changes nothing.
    #[test]
    fn kernels_of_lengths_are_covariances(
        rows in prop::collection::vec(-3.0f64..3.0, 20), angle in 0.0f64..6.0, which in 0usize..4,
    ) {
        let text = ["tanh", "silu", "gelu", "relu"][which];
        let (s, c) = angle.sin_cos();
        let turned: Vec<f64> = rows.chunks(2).flat_map(|r| [c * r[0] - s * r[1], s * r[0] + c * r[1]]).collect();
        let (x, y) = (Points::with_zero_rows(2, rows).unwrap(), Points::with_zero_rows(2, turned).unwrap());
        for kind in [Kind::Nngp, Kind::Ntk] {
            let kernel = kernel(text, 2, kind);
            let matrix = |p: &Points| Gram::symmetric(&kernel, p, Lengths::Keep).unwrap().matrix();
            let (k, l) = (matrix(&x), matrix(&y));
            let largest = (0..10).fold(0.0f64, |m, i| m.max(k.row(i)[i]));
            let spectrum = Spectrum::new(&k).unwrap();
            prop_assert!(spectrum.values().iter().all(|v| *v > -1e-12 * largest));
            for (a, b) in k.values.iter().zip(&l.values) {
                // turned rows are rounded, and nearly equal ones bend at the gap's root
                prop_assert!((a - b).abs() < 1e-7 * largest);
            }
        }
    }
}
