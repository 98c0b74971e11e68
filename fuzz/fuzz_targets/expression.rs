//! Any bytes: an error that points into the text, or a tree that prints to a text that parses to the
//! same tree; what is made from it (simplified, derived, evaluated) neither panics nor overflows.
//!
//! `cargo +nightly fuzz run expression -- -max_total_time=60 -dict=fuzz/expression.dict`
#![no_main]

use deeplimit::activation::{Expr, Tape};
use deeplimit::error::Error;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Expr::parse(text) {
        Ok(tree) => {
            let printed = tree.to_string();
            // The printed text may be longer than the limit: names alone get their arguments inside sums.
            if printed.len() <= deeplimit::activation::parse::TEXT_LIMIT {
                assert_eq!(Expr::parse(&printed).as_ref(), Ok(&tree), "{printed}");
            }
            if tree.expand().size() < 200 {
                let simple = tree.simplify();
                assert_eq!(simple.simplify(), simple, "{tree}");
                Tape::<f64>::new(&[tree.clone(), tree.derivative()], 53).at(&0.5);
                _ = (tree.parity(), tree.homogeneity(), tree.polynomial());
            }
        }
        Err(Error::Parse { message, at }) => {
            assert!(!message.is_empty() && text.get(at).is_some());
        }
        Err(other) => panic!("{other:?}"),
    }
});
