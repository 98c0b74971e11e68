//! Which share of random activations is classified with a proof? Expressions of the grammar of depth up to six, with kinks, powers and steep
//! factors, at 15 digits and ten seconds each; what is left is listed by kind of reason.
//!
//!     cargo bench --bench arbitrary -- 1000 7
//!
//! (how many, and the seed; `--list` shows every expression that is left).

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use deeplimit::{Activation, Deadline, Effort, Error};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

const SECONDS: u64 = 10;

/// Random text in the grammar.
struct Writer(ChaCha8Rng);

impl Writer {
    fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let i = self.below(words.len() as u32) as usize;
        words[i]
    }

    fn number(&mut self) -> String {
        let tenths = 1 + self.below(30);
        format!("{}", f64::from(tenths) / 10.0)
    }

    /// A shift, a scale, sometimes a steep one.
    fn line(&mut self, u: &str) -> String {
        let scale = match self.below(4) {
            0 => String::new(),
            1 | 2 => format!("{}*", self.number()),
            _ => format!("{}*", [10, 30, 100][self.below(3) as usize]),
        };
        let sign = self.one_of(&["+", "-"]);
        match self.below(2) {
            0 => format!("{scale}({u})"),
            _ => format!("({scale}({u}){sign}{})", self.number()),
        }
    }

    fn tree(&mut self, depth: u32) -> String {
        if depth == 0 || self.below(8) == 0 {
            return match self.below(3) {
                0 => "x".to_string(),
                _ => self.line("x"),
            };
        }
        let u = self.tree(depth - 1);
        match self.below(12) {
            0 | 1 => {
                let v = self.tree(depth - 1);
                let op = self.one_of(&["+", "-", "*"]);
                format!("({u}{op}{v})")
            }
            2 => {
                let v = self.tree(depth - 1);
                let f = self.one_of(&["min", "max"]);
                format!("{f}({u},{v})")
            }
            3 => {
                let v = self.tree(depth - 1);
                let below = self.one_of(&["1+abs", "1+exp", "2+sin", "1+softplus"]);
                format!("({u})/({below}({v}))")
            }
            4 => {
                let p = self.one_of(&["0.5", "1.5", "2", "3", "(1/3)", "0.75"]);
                format!("abs({u})^{p}")
            }
            5 | 6 => {
                let f = self.one_of(&["tanh", "erf", "atan", "sin", "asinh", "sigmoid"]);
                let u = self.line(&u);
                format!("{f}({u})")
            }
            7 | 8 => {
                let f = self.one_of(&[
                    "relu",
                    "elu",
                    "relu6",
                    "hard_tanh",
                    "softsign",
                    "abs",
                    "leaky_relu",
                ]);
                let u = self.line(&u);
                format!("{f}({u})")
            }
            9 => {
                let f = self.one_of(&["gelu", "silu", "softplus", "mish"]);
                let u = self.line(&u);
                format!("{f}({u})")
            }
            10 => format!("exp(-({u})^2)"),
            _ => {
                let v = self.tree(depth - 1);
                let c = self.number();
                format!("(x<{c}?{u}:{v})")
            }
        }
    }
}

/// The kind of a reason: its words without numbers and formulas.
fn kind(reason: &str) -> String {
    let words = [
        "deadline",
        "no region of analyticity",
        "no bound of the form",
        "continuous",
        "switch",
        "cannot be told apart",
        "pieces",
        "is not zero",
        "infinitely many",
        "c*",
        "pole",
        "B' = 1",
        "= 0",
        "digits",
    ];
    let found = words.iter().find(|w| reason.contains(**w));
    found.map_or_else(|| reason.chars().take(60).collect(), |w| (*w).to_string())
}

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let list = std::env::args().any(|a| a == "--list");
    let (count, seed) = (
        numbers.first().copied().unwrap_or(100),
        numbers.get(1).copied().unwrap_or(1),
    );
    let mut writer = Writer(ChaCha8Rng::seed_from_u64(seed));
    let texts: Vec<String> = (0..count)
        .map(|_| {
            let depth = 1 + writer.below(6);
            writer.tree(depth)
        })
        .collect();
    let left: Mutex<BTreeMap<String, Vec<String>>> = Mutex::default();
    let add = |kind: String, text: String| left.lock().unwrap().entry(kind).or_default().push(text);
    let answered = |text: &String| -> (bool, bool, f64) {
        let begin = Instant::now();
        let effort = Effort {
            deadline: Deadline::after(Duration::from_secs(SECONDS)),
            ..Effort::default()
        };
        let verdict = text
            .parse::<Activation>()
            .and_then(|activation| activation.classify(&effort));
        let seconds = begin.elapsed().as_secs_f64();
        let (proved, refused) = match verdict {
            Ok(report) if report.proved => (true, false),
            Ok(report) => {
                let reason = report.missing.join("; ");
                add(kind(&reason), format!("{text}: {reason}"));
                (false, false)
            }
            // undefined, constant, or divergent: proved, too
            Err(Error::Domain(_)) => (false, true),
            Err(error) => {
                add(kind(&error.to_string()), format!("{text}: {error}"));
                (false, false)
            }
        };
        if seconds > 1.2 * SECONDS as f64 {
            add(
                "slower than its deadline".into(),
                format!("{text}: {seconds:.1} s"),
            );
        }
        (proved, refused, seconds)
    };
    let results: Vec<(bool, bool, f64)> = texts.par_iter().map(answered).collect();
    let proved = results.iter().filter(|r| r.0).count();
    let refused = results.iter().filter(|r| r.1).count();
    let mut seconds: Vec<f64> = results.iter().map(|r| r.2).collect();
    seconds.sort_by(f64::total_cmp);
    println!(
        "of {count} random activations (seed {seed}) {proved} are classified with a proof, {refused} are proved to have no verdict; {} are left",
        results.len() - proved - refused
    );
    println!(
        "seconds: median {:.3}, 90 % {:.3}, longest {:.1}",
        seconds[seconds.len() / 2],
        seconds[seconds.len() * 9 / 10],
        seconds[seconds.len() - 1]
    );
    let left = left.into_inner().unwrap();
    let mut kinds: Vec<_> = left.into_iter().collect();
    kinds.sort_by_key(|(_, texts)| std::cmp::Reverse(texts.len()));
    for (kind, texts) in kinds {
        println!("{:5}  {kind}", texts.len());
        for text in texts.iter().take(if list { usize::MAX } else { 2 }) {
            println!("         {text}");
        }
    }
}
